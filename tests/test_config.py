"""The configuration: each layer goes before the one below it, and each error names its key and its source."""

from pathlib import Path

import pytest

from server.config import Config, ConfigError, load_config
from server.names.addresses import Address
from server.sessions.admission import Policy


def toml(folder: Path, text: str) -> Path:
    path = folder / "server.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_source_the_defaults_hold() -> None:
    assert load_config(None, {}, {}) == Config()


def test_each_layer_goes_before_the_one_below(tmp_path: Path) -> None:
    kept = {"listen": "127.0.0.1:1", "peer_listen": "127.0.0.1:1", "peer": "b:1", "users_max": 1}
    path = toml(tmp_path, 'peer_listen = "127.0.0.1:2"\npeer = "b:2"\nusers_max = 2')
    environment = {"DESKTOP_CHAT_PEER": "b:3", "DESKTOP_CHAT_USERS_MAX": "3", "OTHER": "x"}
    config = load_config(path, environment, {"users_max": 4, "policy": None}, kept=kept)
    assert config.listen_address == Address("127.0.0.1", 1)
    assert config.peer_listen_address == Address("127.0.0.1", 2)
    assert config.peer_address == Address("b", 3)
    assert config.users_max == 4
    assert config.policy is Policy.FILL


def test_the_environment_is_text_and_is_read_as_what_the_key_is() -> None:
    environment = {
        "DESKTOP_CHAT_PLAIN": "true",
        "DESKTOP_CHAT_POLICY": "round-robin",
        "DESKTOP_CHAT_SILENCE_S": "0.5",
    }
    config = load_config(None, environment, {})
    assert (config.plain, config.policy, config.silence_s) == (True, Policy.ROUND_ROBIN, 0.5)


def test_a_variable_of_the_environment_that_is_no_key_is_not_ours() -> None:
    assert load_config(None, {"DESKTOP_CHAT_SEED": "7"}, {}) == Config()


def test_without_a_peer_there_is_no_peer_address() -> None:
    assert load_config(None, {}, {}).peer_address is None


def test_port_0_is_for_listening_only() -> None:
    assert load_config(None, {}, {"listen": "127.0.0.1:0"}).listen_address.port == 0
    with pytest.raises(ConfigError, match=r"peer \(from the command line\): The port"):
        load_config(None, {}, {"peer": "127.0.0.1:0"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("listen", "127.0.0.1:99999"),
        ("listen", ""),
        ("peer_listen", "http://a"),
        ("peer", "a b"),
        ("advertise", "a:x"),
        ("users_max", 0),
        ("users_max", "many"),
        ("policy", "random"),
        ("send_rate_per_s", -1),
        ("silence_s", 0),
        ("confirm_s", 1000),
        ("boot_wait_s", "nan"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_its_source(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(None, {}, {key: value})
    assert str(error.value).startswith(f"{key} (from the command line): ")


def test_the_source_that_is_told_is_the_one_that_counted(tmp_path: Path) -> None:
    path = toml(tmp_path, "users_max = 5")
    with pytest.raises(ConfigError, match=r"^users_max \(from the environment\)"):
        load_config(path, {"DESKTOP_CHAT_USERS_MAX": "none"}, {})
    with pytest.raises(ConfigError, match=r"^listen \(from the data folder\)"):
        load_config(path, {}, {}, kept={"listen": "?"})
    with pytest.raises(ConfigError, match=rf"^policy \(from the file {path}\)"):
        load_config(toml(tmp_path, "policy = 3"), {}, {})


def test_a_key_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    path = toml(tmp_path, "max_users = 5")
    with pytest.raises(ConfigError, match=r"no key 'max_users' \(from the file .*users_max"):
        load_config(path, {}, {})


def test_a_file_that_is_not_there_or_no_toml_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml cannot be read"):
        load_config(tmp_path / "missing.toml", {}, {})
    with pytest.raises(ConfigError, match=r"server\.toml is not TOML"):
        load_config(toml(tmp_path, "a ="), {}, {})
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"bytes\.toml is not TOML"):
        load_config(path, {}, {})


def test_without_encryption_only_this_computer_is_served() -> None:
    assert load_config(None, {}, {"plain": True, "listen": "[::1]:0"}).plain
    with pytest.raises(ConfigError, match=r"^plain \(from the command line\): without encryption"):
        load_config(None, {}, {"plain": True, "listen": "10.0.0.1:7000"})


@pytest.mark.parametrize("key", ["wait_for_peer", "strict"])
def test_a_server_alone_has_nobody_to_wait_for(key: str) -> None:
    assert getattr(load_config(None, {}, {key: True, "peer": "127.0.0.1:9"}), key)
    with pytest.raises(
        ConfigError, match=rf"^{key} \(from the command line\): this server has no second one"
    ):
        load_config(None, {}, {key: True})


def test_a_server_is_not_its_own_peer() -> None:
    with pytest.raises(ConfigError, match=r"^peer \(from the command line\): this is the address where"):
        load_config(None, {}, {"peer": "127.0.0.1:7002"})


def test_whoever_listens_on_every_card_says_how_people_reach_it() -> None:
    with pytest.raises(ConfigError, match=r"^listen \(from the command line\): 0\.0\.0\.0:7000 means every"):
        load_config(None, {}, {"listen": "0.0.0.0:7000"})
    config = load_config(None, {}, {"listen": "0.0.0.0:7000", "advertise": "chat.example:7000"})
    assert config.listen_address.port == 7000
