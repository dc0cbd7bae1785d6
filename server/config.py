"""The configuration of a server: defaults < data folder < TOML file < environment < flags; validated, frozen.

A key is the same word everywhere: `users_max` in the file, `DESKTOP_CHAT_USERS_MAX` in the
environment, `--max-users` or `--users-max` as a flag. Every error names its key and its source.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from server.i18n.translation import _
from server.names.addresses import Address, AddressError, is_everywhere, is_loopback, parse_address
from server.protocol import limits
from server.sessions.admission import Policy

LogLevel = Literal["debug", "info", "warning", "error"]
ENVIRONMENT_PREFIX: Final = "DESKTOP_CHAT_"


class ConfigError(Exception):
    """A key has a wrong value, or there is no such key; the text names key and source."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one server runs. Times in seconds.

    `sign_in`: whether somebody new needs an invite, or just a name.
    `send_rate_per_s` 0 takes the throttle of messages away (benchmarks, `torture`). `peer` "" runs
    without a second server. `wait_for_peer`: lead nobody after a start before the other server was
    met. `lead_anyway`: lead also with an archive that lacks what this server once confirmed.
    `strict`: acknowledge nothing that is not on both disks. `announce`: on the local network (mDNS);
    left open, whoever listens for other computers does.
    """

    listen: str = "127.0.0.1:7000"
    peer_listen: str = "127.0.0.1:7002"
    peer: str = ""
    advertise: str = ""
    users_max: Annotated[int, Meta(ge=1, le=100_000)] = 100
    policy: Policy = Policy.FILL
    plain: bool = False
    sign_in: Literal["open", "invite"] = "invite"
    send_rate_per_s: Annotated[float, Meta(ge=0, le=1_000_000)] = limits.SEND_RATE_PER_S
    silence_s: Annotated[float, Meta(ge=0.3, le=60)] = 1.0
    confirm_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.5
    boot_wait_s: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    wait_for_peer: bool = False
    lead_anyway: bool = False
    strict: bool = False
    announce: bool | None = None
    log_level: LogLevel = "info"

    @property
    def listen_address(self) -> Address:
        """Where clients connect (port 0: a free one)."""
        return _address("listen", self.listen)

    @property
    def peer_listen_address(self) -> Address:
        """Where the other server connects."""
        return _address("peer_listen", self.peer_listen)

    @property
    def peer_address(self) -> Address | None:
        """Where the other server listens for this one."""
        return _address("peer", self.peer) if self.peer else None

    @property
    def is_announced(self) -> bool:
        """Whether people on the local network may find this server."""
        return not is_loopback(self.listen_address.host) if self.announce is None else self.announce


def load_config(
    path: Path | None,
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
    *,
    kept: Mapping[str, Any] | None = None,
) -> Config:
    """Merge the sources; flags that are None were not given, `kept` is what the data folder knows.

    Raises `ConfigError`.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    layers: tuple[tuple[str, Mapping[str, Any]], ...] = (
        (_("the data folder"), kept or {}),
        (_("the file {path}").format(path=path), _read_file(path)),
        (_("the environment"), _read_environment(environment)),
        (_("the command line"), {key: value for key, value in flags.items() if value is not None}),
    )
    for source, found in layers:
        for key, value in found.items():
            if key not in Config.__struct_fields__:
                known = ", ".join(Config.__struct_fields__)
                text = _("There is no key {key!r} (from {source}). Known: {known}.")
                raise ConfigError(text.format(key=key, source=source, known=known))
            values[key], sources[key] = value, source
    config = _convert(values, sources)
    try:
        _check(config)
    except ConfigError as error:
        key, _colon, sentence = str(error).partition(": ")
        raise _wrong(key, sources.get(key, _("the defaults")), sentence) from error
    return config


def _check(config: Config) -> None:
    """What the types cannot say."""
    for key in ("listen", "peer_listen", "peer", "advertise"):
        text = getattr(config, key)
        if text or key in {"listen", "peer_listen"}:
            _address(key, text)
    if is_everywhere(config.listen_address.host) and not config.advertise:
        raise ConfigError(
            "listen: "
            + _(
                "{address} means every network card; say with advertise (--advertise HOST:PORT)"
                " how people reach this server."
            ).format(address=config.listen)
        )
    for key in ("wait_for_peer", "strict"):
        if getattr(config, key) and not config.peer:
            raise ConfigError(f"{key}: " + _("this server has no second one that it could wait for (peer)."))
    if config.peer_address == config.peer_listen_address:
        raise ConfigError("peer: " + _("this is the address where this server itself listens (peer_listen)."))
    if config.plain and not is_loopback(config.listen_address.host):
        raise ConfigError(
            "plain: " + _("without encryption a server listens on this computer only (127.0.0.1).")
        )


def _convert(values: dict[str, Any], sources: dict[str, str]) -> Config:
    try:
        return msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        key = text.rpartition("$.")[2].rstrip("`") if "$." in text else "?"
        # What is wrong is said by msgspec, in English.
        sentence = text.partition(" - at ")[0] + "."
        raise _wrong(key, sources.get(key, _("the configuration")), sentence) from error


def _wrong(key: str, source: str, sentence: str) -> ConfigError:
    return ConfigError(
        _("{key} (from {source}): {sentence}").format(key=key, source=source, sentence=sentence)
    )


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            _("The file {path} cannot be read: {reason}.").format(path=path, reason=error.strerror)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            _("The file {path} is not TOML: {error}.").format(path=path, error=error)
        ) from error


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, value in environment.items():
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
        if name.startswith(ENVIRONMENT_PREFIX) and key in Config.__struct_fields__:
            found[key] = value
    return found


def _address(key: str, text: str) -> Address:
    address = parse_address(text, allow_free_port=key in {"listen", "peer_listen"})
    if isinstance(address, AddressError):
        raise ConfigError(f"{key}: {address.sentence}")
    return address
