"""The weather of a run: which faults, how often, and how big everything is; each seed draws its own mix."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Final
from unittest import mock

import msgspec

from server.replication.settings import Settings

# Every kind, and what it stands for in "How it is checked"; `--faults` chooses among them.
FAULTS: Final[dict[str, str]] = {
    "crash": "a process is killed",
    "crash_at": "a process dies between two effects of one round",
    "power": "a machine loses its power: silence instead of a refused connection",
    "stop": "a process is told to stop",
    "pause": "a process stands still",
    "cut": "the link is cut both ways",
    "one_way": "one server is not heard any more",
    "flap": "the link is cut and healed a few times in a row",
    "slow_net": "what a server sends arrives late",
    "drop": "the connection breaks, perhaps a few times in a row",
    "late": "messages of an older connection arrive in the new one, late, twice, out of order",
    "slow_disk": "each sync takes long",
    "broken_disk": "the next commit fails",
    "full_disk": "every commit fails for a while, also that of the restarted process",
    "little_room": "a disk is nearly full: a server takes nothing new from its own clients for a while",
    "lying_disk": "what was reported as synced is lost with the power",
    "skew": "somebody sets the clock on the wall",
    "replace": "a new machine takes the place of one that is dead or cut off, which may come back",
    "stale_first": "both die, and the one that has less starts first",
    "double": "the leader dies, and so does the one that has just taken over",
    "slow_reader": "a client takes nothing for a while",
    "restart_app": "a client's program is killed and started again with what is on its disk",
}
# After these nobody has a reason to take the lead or to go on alone.
GENTLE_FAULTS: Final = ("drop", "skew", "late", "little_room", "slow_reader", "restart_app")
# One that lasts; "level" is none.
ENDINGS: Final = (
    "alone",
    "dark",
    "cut",
    "one_way",
    "slow_disk",
    "full_disk",
    "little_room",
    "paused",
    "dropping",
)

# Files are small here, and come in many pieces all the same.
_PIECE_BYTES: Final = 48
_SWEEP_EVERY_S: Final = 1.0
_ERASE_EVERY_S: Final = 0.3
# A clock on the wall may jump by an hour; no request waits for as long.
_KEPT_S: Final = 2.5 * 3600


@dataclass(frozen=True, slots=True)
class Weather:
    """All that differs between the runs, besides what happens in them by chance."""

    faults: tuple[str, ...]
    fault_every_s: float
    fault_for_s: float
    safety_s: float
    first_fault_s: float
    crashes_between: int
    is_overlapping: bool
    ending: str
    devices: int
    people: int
    has_namesakes: bool
    requests_each: int
    # How much of what the devices want is about groups and friends.
    circles: float
    # And how much about accounts.
    accounts: float
    # How much of what people write is files, and how long one without a message is kept (s).
    files: float
    kept_s: float
    think_s: float
    patience_s: float
    sync_s: float
    network_s: float
    io_s: float
    settings: Settings
    answer_s_max: float
    cache_bytes: int
    trim_records: int
    snapshot_every: int
    memory_bytes: int
    rows_max: int

    @property
    def has_fronts(self) -> bool:
        """Whether anybody meets the sessions of a server: people, or a server that was replaced."""
        return self.people > 0 or "replace" in self.faults


def draw_weather(rng: random.Random, kinds: tuple[str, ...] = (), ending: str = "") -> Weather:
    """The mix of one seed, or with these kinds of faults, or with this ending."""
    weather = Weather(
        faults=kinds or _draw_kinds(rng),
        fault_every_s=rng.choice((0.15, 0.4, 0.8, 1.5)),
        fault_for_s=rng.choice((0.1, 0.5, 1.2, 2.5)),
        safety_s=rng.uniform(2.0, 6.0),
        first_fault_s=rng.choice((0.0, 0.3, 0.6, 1.0)),
        crashes_between=rng.choice((1, 2, 4, 8)),
        is_overlapping=rng.random() < 0.6,
        ending=ending or rng.choice(("level",) * 5 + ENDINGS),
        devices=rng.randint(1, 4),
        people=rng.choice((0, 0, 1, 2, 3)),
        has_namesakes=rng.random() < 0.4,
        requests_each=rng.choice((1, 2, 4, 8, 12)),
        circles=rng.choice((0.0, 0.0, 0.3, 0.9)),
        accounts=rng.choice((0.0, 0.0, 0.5)),
        files=rng.choice((0.0, 0.0, 0.3)),
        kept_s=_KEPT_S,
        think_s=rng.choice((0.02, 0.1, 0.3)),
        patience_s=rng.choice((0.4, 1.0, 2.5)),
        sync_s=rng.choice((0.0005, 0.003, 0.02)),
        network_s=rng.choice((0.0003, 0.002, 0.02)),
        io_s=rng.choice((0.0, 0.0005, 0.005)),
        settings=_draw_settings(rng),
        answer_s_max=rng.choice((2.0, 4.0, 30.0, 30.0)),
        cache_bytes=rng.choice((600, 3_000, 8 * 1024 * 1024)),
        trim_records=rng.choice((1, 8)),
        snapshot_every=rng.choice((3, 17, 50_000)),
        memory_bytes=rng.choice((1_500, 32 * 1024 * 1024)),
        rows_max=rng.choice((2, 500)),
    )
    if weather.ending == "slow_disk":
        # With a sync a second, what waits for two of them is not unknown after two.
        weather = replace(weather, answer_s_max=30.0)
    caution = 1.0 if ending else rng.random()
    if caution < 0.1:
        # Alone a strict server answers nothing, and its devices would wait for ever.
        settings = msgspec.structs.replace(weather.settings, strict=True)
        return replace(weather, settings=settings, ending="level")
    if caution < 0.2:
        return replace(weather, settings=msgspec.structs.replace(weather.settings, wait_for_peer=True))
    return weather


def _draw_kinds(rng: random.Random) -> tuple[str, ...]:
    if rng.random() < 0.1:
        return GENTLE_FAULTS
    drawn = rng.sample(list(FAULTS), rng.choice((1, 2, 2, 3, 3, 4, 6, 9)))
    return tuple(drawn) if rng.random() < 0.5 else (*drawn, "crash_at")


def _draw_settings(rng: random.Random) -> Settings:
    """The product's own times, but shorter waits, so that a run is short and meets more."""
    return Settings(
        quick_s=rng.choice((0.3, 1.0, 2.0)),
        boot_wait_s=rng.choice((0.8, 1.5, 3.0)),
        level_records=rng.choice((1, 4, 256)),
        in_flight_bytes=rng.choice((1_500, 16 * 1024 * 1024)),
        append_bytes=rng.choice((300, 1_024 * 1_024)),
    )


@contextmanager
def small_sizes(weather: Weather) -> Iterator[None]:
    """Caches, snapshots and deadlines of this run: small, so that their edges are met."""
    with ExitStack() as stack:
        for name, value in (
            ("server.replication.log.CACHE_BYTES", weather.cache_bytes),
            ("server.replication.log.TRIM_RECORDS", weather.trim_records),
            ("server.engine.derived.SNAPSHOT_EVERY_RECORDS", weather.snapshot_every),
            # One record at a time, or many.
            ("server.archive.store.CUT_RECORDS_MAX", weather.snapshot_every // 3),
            ("server.protocol.limits.ANSWER_S_MAX", weather.answer_s_max),
            ("server.sessions.delivery.MEMORY_BYTES", weather.memory_bytes),
            ("server.sessions.history.ROWS_MAX", weather.rows_max),
            ("server.protocol.limits.CHUNK_BYTES_MAX", _PIECE_BYTES),
            ("server.cluster.file_copying.PIECE_BYTES", _PIECE_BYTES),
            ("server.sessions.files.SWEEP_EVERY_S", _SWEEP_EVERY_S),
            ("server.sessions.files.ERASE_EVERY_S", _ERASE_EVERY_S),
            # A merge that hands on two at a time is met half done more often.
            ("server.engine.resubmission.IN_FLIGHT_MAX", weather.rows_max),
        ):
            stack.enter_context(mock.patch(name, value))
        yield
