"""`dump`: the archive made readable, and its chain verified; only reading, beside a running server too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from server.archive.disk import DamagedDiskError, DiskError, SqliteReader
from server.archive.erasing import ErasedBody, is_erased, target_of
from server.archive.record import GENESIS_HASH, DamagedRecordError, Record
from server.archive.store import StoreReader
from server.cluster.data_folder import DataFolder, FolderError
from server.commands.serving import fail, told_errors
from server.i18n.translation import _, number_text, use_language
from server.state.bodies import (
    DeleteBody,
    DeviceBody,
    EditBody,
    MemberBody,
    MessageBody,
    ReactBody,
    RoomBody,
)
from server.state.fold import decode_body, fold
from server.state.rebuild import rebuild
from server.state.state import State
from server.terminal.printing import printable

_LAST: Final = 2**62
# A column of its own has the room, and a password's hash is for nobody.
_NOT_SHOWN: Final = frozenset({"room", "password"})


class Row(msgspec.Struct, frozen=True):
    """A record as it is shown. `number` 0: no message; `refused`: the code when it was void."""

    index: int
    number: int
    epoch: str
    time_ms: int
    kind: str
    device: str
    counter: int
    who: str
    room: str
    text: str
    refused: str
    hash: str


class BrokenChainError(Exception):
    """The record that should stand at `index` does not fit behind the one before it."""

    def __init__(self, index: int, reason: str) -> None:
        self.index = index
        text = _("Record {index} is damaged: {reason}. The {count} before it are in order.")
        super().__init__(text.format(index=index, reason=reason, count=index - 1))


@click.command(
    epilog="""\b
Examples:
  python -m server dump /srv/chat --from 1 --to 20
  python -m server dump /srv/chat --check
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "first", type=click.IntRange(1), default=1, help="The first index.  [default: 1]")
@click.option(
    "--to", "last", type=click.IntRange(1), default=_LAST, help="The last index.  [default: the end]"
)
@click.option(
    "--check", "is_check", is_flag=True, help="Only verify the chain: ok, or the first broken index."
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
def command(*, folder: Path, first: int, last: int, is_check: bool, is_json: bool) -> None:
    """Print the archive in a data folder, a record a line.

    The columns: index in the log, number among the messages, epoch, time (UTC), kind, who, room, text.
    """
    if is_json:
        # For programs: in one language, whoever starts them.
        use_language("en")
    with told_errors():
        reader, names = _open(DataFolder(folder))
    try:
        if is_check:
            _check(reader, first, last, is_json=is_json)
            return
        for row in rows(reader, names, first, last):
            click.echo(msgspec.json.encode(row) if is_json else _line(row))
    except BrokenChainError as error:
        if is_check and is_json:
            click.echo(msgspec.json.encode({"ok": False, "index": error.index, "reason": str(error)}))
        fail(str(error))
    except DiskError as error:
        fail(_("The archive cannot be read: {error}.").format(error=error))


def _open(folder: DataFolder) -> tuple[StoreReader, dict[str, str]]:
    """The archive, and the names of both servers by their ids."""
    places = [name for name in ("a", "b") if DataFolder(folder.path / name).is_made]
    if not folder.is_made and places:
        found = _(" or ").join(str(folder.path / name) for name in places)
        raise FolderError(
            _("{path} holds the servers of a pair: say {found}.").format(path=folder.path, found=found)
        )
    cluster = folder.read()
    if not folder.archive.exists():
        raise FolderError(
            _("The server in {path} was never started: it has no archive yet.").format(path=folder.path)
        )
    names = {cluster.server: cluster.name, cluster.peer: cluster.peer_name}
    return StoreReader(SqliteReader(folder.archive)), names


def chain(reader: StoreReader, first: int, last: int) -> Iterator[Record]:
    """The records between two indices, each checked to follow the one before."""
    index, previous_hash = first - 1, GENESIS_HASH
    try:
        before = reader.record(index) if index else None
        if before is not None:
            previous_hash = before.hash
        for record in reader.all_records(first, last):
            record.check_follows(index, previous_hash)
            index, previous_hash = record.index, record.hash
            yield record
    except (DamagedDiskError, DamagedRecordError) as error:
        raise BrokenChainError(index + 1, str(error)) from error


def rows(reader: StoreReader, names: dict[str, str], first: int, last: int) -> Iterator[Row]:
    """The records between two indices with their verdicts and with names instead of ids."""
    snapshots = [(row.index, row.state) for row in reader.snapshots()]
    state = rebuild(snapshots, lambda low, high: chain(reader, low, high), first - 1)
    for record in chain(reader, state.index + 1, last):
        try:
            outcome = fold(state, record)
            what = _meaning(record, state, names)
        except DamagedRecordError as error:
            raise BrokenChainError(record.index, str(error)) from error
        number = outcome.told.number if outcome.told else 0
        yield _row(record, number, outcome.refusal.code if outcome.refusal else "", what)


def _row(record: Record, number: int, refused: str, what: tuple[str, str, str]) -> Row:
    header = record.header
    who, room, text = what
    return Row(
        index=record.index,
        number=number,
        epoch=str(header.epoch),
        time_ms=header.time_ms,
        kind=header.kind,
        device=header.device,
        counter=header.counter,
        who=who,
        room=room,
        text=text,
        refused=refused,
        hash=record.hash.hex(),
    )


def _meaning(record: Record, state: State, names: dict[str, str]) -> tuple[str, str, str]:
    """Who did what in which room, in words; the record is folded already."""
    if record.is_epoch:
        members = [names.get(member, member) for member in record.members()]
        leader = record.header.epoch.server
        what = _("leads; members: {names}").format(names=", ".join(members))
        return names.get(leader, leader), "", what
    user = state.user_of_device(record.header.device)
    who = user.name if user else ""
    body = decode_body(record.header.kind, record.body)
    match body:
        case MessageBody(room, text):
            return who, _room_name(state, room), text
        case RoomBody(_, name):
            return who, name, _("made the room")
        case MemberBody(room):
            return who, _room_name(state, room), _("joined")
        case DeviceBody(_, name):
            return who or name, "", _("signed in on a new device")
        case EditBody(room, _, counter, text):
            what = _("edited message {counter}: {text}").format(counter=counter, text=text)
            return who, _room_name(state, room), what
        case DeleteBody(room, _, counter):
            return who, _room_name(state, room), _("deleted message {counter}").format(counter=counter)
        case ReactBody(room, _, counter, emoji, is_on):
            what = (
                _("put {emoji} to message {counter}") if is_on else _("took {emoji} from message {counter}")
            )
            return who, _room_name(state, room), what.format(emoji=emoji, counter=counter)
        case ErasedBody(room=room):
            return who, _room_name(state, room), _("(erased)")
        case None:
            return who, "", _("({count} bytes of an unknown kind)").format(count=len(record.body))
        case _:
            room = getattr(body, "room", "")
            return who, _room_name(state, room) if room else "", _fields(body, state)


def _fields(body: msgspec.Struct, state: State) -> str:
    """What a record says, as the program calls it, with names instead of ids; no secrets and no hashes."""
    words = []
    for name, value in msgspec.structs.asdict(body).items():
        if isinstance(value, str | bool | float) and value != "" and name not in _NOT_SHOWN:
            user = state.users.get(value) if isinstance(value, str) else None
            words.append(f"{name}={user.name if user else value}")
    return " ".join(words)


def _room_name(state: State, room: str) -> str:
    found = state.rooms.get(room)
    return found.name if found else room


def _line(row: Row) -> str:
    """One line, whatever the text holds."""
    time = datetime.fromtimestamp(row.time_ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    epoch = ".".join(part[:6] for part in row.epoch.split(".")[:2])
    number = str(row.number) if row.number else "-"
    text = printable(row.text.replace("\\", "\\\\").replace("\n", "\\n"))
    void = "  " + _("(void: {code})").format(code=row.refused) if row.refused else ""
    room = f"#{printable(row.room)}" if row.room else "-"
    return (
        f"{row.index:>8}  {number:>8}  {epoch:<12}  {time}  {row.kind:<8}"
        f"  {printable(row.who):<16}  {room}  {text}{void}"
    )


def _waiting_deletions(reader: StoreReader) -> Iterator[tuple[str, int]]:
    """What is deleted by requests that a merge has not brought into the log again."""
    key = b""
    while rows := reader.quarantine(key, 1_000):
        key = rows[-1].key
        for draft in (row.draft for row in rows if row.draft.kind == "delete"):
            target = target_of(draft.kind, draft.body)
            if target is not None:
                yield target


def _check_erased(without: list[int]) -> None:
    """What is erased was deleted by a record of the log."""
    if without:
        raise BrokenChainError(min(without), _("its body is erased, and no record deletes the message"))


def _check(reader: StoreReader, first: int, last: int, *, is_json: bool) -> None:
    count, end, tail = 0, first - 1, b""
    erased: dict[tuple[str, int], int] = {}
    deleted: set[tuple[str, int]] = set()
    for record in chain(reader, first, last):
        count, end, tail = count + 1, record.index, record.hash
        kind = record.header.kind
        target = record.id if kind == "message" else target_of(kind, record.body)
        if target is not None and kind == "delete":
            deleted.add(target)
        elif target == record.id and is_erased(kind, record.body):
            # Edits that are void are erased as well.
            erased.setdefault(target, record.index)
    if first == 1 and reader.record(end + 1) is None:
        # The chain binds what was written, and a body that is erased only says so of itself.
        deleted.update(_waiting_deletions(reader))
        _check_erased([index for target, index in erased.items() if target not in deleted])
    if is_json:
        facts = {"ok": True, "records": count, "first": first, "last": end, "hash": tail.hex()}
        click.echo(msgspec.json.encode(facts))
    elif count:
        click.echo(
            _("ok: {count} records, {first} to {last}, the chain holds; the last hash is {tail}").format(
                count=number_text(count), first=first, last=end, tail=tail.hex()
            )
        )
    else:
        click.echo(_("ok: there are no records in that range"))
