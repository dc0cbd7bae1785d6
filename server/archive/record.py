"""The record: what the log is made of, and the hash chain that binds it (pure).

The header holds the *digest* of the body and the hash of the record before it; the record's hash
is SHA-256 over the encoded header. So a body can be erased and the chain still verifies.
The encoded header is made once, by the leader, and travels and lies on disk as these bytes.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from server.archive.erasing import content_digest
from server.i18n.translation import _

GENESIS_HASH: Final = bytes(32)
EPOCH_KIND: Final = "epoch"


# What comes from a disk or from the other server is decoded within these bounds: every value has its
# place in the store's keys of eight bytes and in JSON, whoever wrote it.
Number = Annotated[int, Meta(ge=0, le=2**53)]
_Time = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Label = Annotated[str, Meta(max_length=64)]
# An epoch record's "device" holds two labels.
_AnyDevice = Annotated[str, Meta(max_length=160)]
# The store's keys end a device with a zero byte.
_Device = Annotated[str, Meta(max_length=160, pattern=r"^[^\x00]*$")]


class Epoch(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One acquisition of leadership. Ordered by counter, then server id, then nonce."""

    counter: Number
    server: _Label
    nonce: _Label

    def __str__(self) -> str:
        return f"{self.counter}.{self.server}.{self.nonce}"


NO_EPOCH: Final = Epoch(0, "0", "0")


class EpochBody(msgspec.Struct, frozen=True, array_like=True):
    """The body of an epoch record: the ids of the one or two servers that count in a commit."""

    members: Annotated[tuple[_Label, ...], Meta(min_length=1, max_length=2)]


class Span(msgspec.Struct, frozen=True, array_like=True):
    """An epoch as the log knows it: where it starts, and who counts in its commits."""

    epoch: Epoch
    first_index: Number
    members: tuple[_Label, ...]


def span_ends(spans: Sequence[Span], last_index: int) -> list[tuple[Span, int]]:
    """Each epoch of a log with the index of its last record."""
    ends = [span.first_index - 1 for span in spans[1:]] + [last_index]
    # Not strict: an empty log has an end and no epoch.
    return list(zip(spans, ends, strict=False))


def end_of_epoch(spans: Sequence[Span], epoch: str, last_index: int) -> int | None:
    """The index at which a log leaves an epoch; None: it is none of this log's.

    A log lives through thousands of epochs and is asked at every sign-in: the epochs of one count up.
    """
    counter = int(epoch.partition(".")[0])
    place = bisect_left(spans, counter, key=lambda span: span.epoch.counter)
    if place == len(spans) or str(spans[place].epoch) != epoch:
        return None
    return spans[place + 1].first_index - 1 if place + 1 < len(spans) else last_index


def shared_index(spans: Sequence[Span], last_index: int) -> int:
    """The end of the last epoch of two members: what stands behind it was written with one alone."""
    ends = (end for span, end in reversed(span_ends(spans, last_index)) if len(span.members) > 1)
    return next(ends, 0)


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Where a record stood first that a merge moved behind the other server's records.

    `person`: whom a device belonged to there, for names may be taken here ("" for other kinds).
    """

    epoch: Epoch
    index: Number
    person: _Label = ""


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What the chain hashes. `index` counts records from 1; `time_ms` is Unix time.

    `origin` marks a record that a server acknowledged before a merge: see `docs/replication.md`.
    """

    epoch: Epoch
    index: Number
    previous_hash: bytes
    kind: _Label
    device: (
        _AnyDevice  # without a zero byte: `Record` looks for it, for a pattern takes as long as all the rest
    )
    counter: Number
    time_ms: _Time
    digest: bytes
    origin: Origin | None = None


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """What is to be archived, before it has a place in the log: a request as accepted.

    With an `origin` it stood in a log already, and is re-submitted by a merge.
    """

    kind: _Label
    device: _Device
    counter: Number
    time_ms: _Time
    body: bytes
    origin: Origin | None = None

    @property
    def id(self) -> tuple[str, int]:
        """(device, counter): the identity of the request, for ever."""
        return self.device, self.counter

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body as it was asked for."""
        return content_digest(self.kind, self.body)


class PackedRecord(msgspec.Struct, frozen=True, array_like=True):
    """A record as it lies on disk and travels between servers: encoded header and body."""

    header: bytes
    body: bytes


class DamagedRecordError(Exception):
    """Bytes that are no record, or one that does not fit where it was found."""


class Record:
    """A record in memory: its decoded header, the bytes it came as, and its hash."""

    __slots__ = ("_hash", "body", "header", "packed")

    def __init__(self, packed: PackedRecord, header: Header | None = None) -> None:
        """Decode it, unless its maker has the header already. Raises `DamagedRecordError`."""
        self.header: Final = header or _decode_header(packed.header)
        self.packed: Final = packed
        self.body: Final = packed.body
        self._hash = b""

    @property
    def hash(self) -> bytes:
        """SHA-256 of the encoded header; worked out when it is asked for: who reads the past needs none."""
        if not self._hash:
            self._hash = hashlib.sha256(self.packed.header).digest()
        return self._hash

    @property
    def index(self) -> int:
        """The place in the log, from 1."""
        return self.header.index

    @property
    def id(self) -> tuple[str, int]:
        """(device, counter)."""
        return self.header.device, self.header.counter

    @property
    def size_bytes(self) -> int:
        """What it weighs on the wire between servers."""
        return len(self.packed.header) + len(self.packed.body) + 16

    @property
    def is_epoch(self) -> bool:
        """Whether it opens an epoch, and no client asked for it."""
        return self.header.kind == EPOCH_KIND

    def members(self) -> tuple[str, ...]:
        """The members that an epoch record names."""
        try:
            return _epoch_decoder.decode(self.body).members
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise DamagedRecordError(
                _("epoch record {index} cannot be decoded").format(index=self.index)
            ) from error

    def check_follows(self, index: int, previous_hash: bytes) -> None:
        """Raise `DamagedRecordError` unless this record stands right behind (index, hash) of another."""
        if self.header.index != index + 1:
            raise DamagedRecordError(
                _("record {found} found behind {index}").format(found=self.header.index, index=index)
            )
        if self.header.previous_hash != previous_hash:
            raise DamagedRecordError(
                _("record {index} breaks the hash chain").format(index=self.header.index)
            )
        if self.header.digest != content_digest(self.header.kind, self.body):
            raise DamagedRecordError(
                _("record {index} has another body than its digest says").format(index=self.header.index)
            )

    def check_epoch(self, epoch: Epoch) -> None:
        """Raise `DamagedRecordError` unless it continues this epoch, or opens a later one of its leader's."""
        if not self.is_epoch:
            is_right = self.header.epoch == epoch
        else:
            is_right = self.header.epoch > epoch and self.header.epoch.server in self.members()
        if not is_right:
            raise DamagedRecordError(_("record {index} is of a wrong epoch").format(index=self.index))


_Decoded = TypeVar("_Decoded")

_encoder: Final = msgspec.msgpack.Encoder()
_header_decoder: Final = msgspec.msgpack.Decoder(Header)
_epoch_decoder: Final = msgspec.msgpack.Decoder(EpochBody)
_packed_decoder: Final = msgspec.msgpack.Decoder(PackedRecord)
_draft_decoder: Final = msgspec.msgpack.Decoder(Draft)


def make_record(draft: Draft, epoch: Epoch, index: int, previous_hash: bytes) -> Record:
    """Give a draft its place in the log."""
    header = Header(
        epoch=epoch,
        index=index,
        previous_hash=previous_hash,
        kind=draft.kind,
        device=draft.device,
        counter=draft.counter,
        time_ms=draft.time_ms,
        digest=draft.digest,
        origin=draft.origin,
    )
    return Record(PackedRecord(_encoder.encode(header), draft.body), header)


def make_records(drafts: Iterable[Draft], epoch: Epoch, last_index: int, last_hash: bytes) -> list[Record]:
    """Chain several drafts behind the record (last_index, last_hash)."""
    records: list[Record] = []
    for draft in drafts:
        record = make_record(draft, epoch, last_index + 1, last_hash)
        records.append(record)
        last_index, last_hash = record.index, record.hash
    return records


def epoch_draft(epoch: Epoch, members: tuple[str, ...], time_ms: int) -> Draft:
    """The draft of the record that opens an epoch; its id is the epoch itself."""
    return Draft(
        kind=EPOCH_KIND,
        device=f"epoch.{epoch.server}.{epoch.nonce}",
        counter=epoch.counter,
        time_ms=time_ms,
        body=_encoder.encode(EpochBody(members)),
    )


def redraft(record: Record, person: str = "") -> Draft:
    """The draft that re-submits a record which a merge takes out of the log.

    Where it stood first is kept over several merges.
    """
    header = record.header
    return Draft(
        kind=header.kind,
        device=header.device,
        counter=header.counter,
        time_ms=header.time_ms,
        body=record.body,
        origin=header.origin or Origin(header.epoch, header.index, person),
    )


def pack(record: Record) -> bytes:
    """A record as one value on disk."""
    return _encoder.encode(record.packed)


def unpack(value: bytes) -> Record:
    """The record in a value from disk; raises `DamagedRecordError`."""
    return Record(_decode(_packed_decoder, value))


def pack_draft(draft: Draft) -> bytes:
    """A draft as one value on disk."""
    return _encoder.encode(draft)


def unpack_draft(value: bytes) -> Draft:
    """The draft in a value from disk; raises `DamagedRecordError`."""
    return _decode(_draft_decoder, value)


def _decode_header(value: bytes) -> Header:
    try:
        header = _header_decoder.decode(value)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise DamagedRecordError(_("the header cannot be decoded: {error}").format(error=error)) from error
    if "\0" in header.device:
        raise DamagedRecordError(_("the header cannot be decoded: {error}").format(error="device"))
    return header


def _decode(decoder: msgspec.msgpack.Decoder[_Decoded], value: bytes) -> _Decoded:
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise DamagedRecordError(_("the value cannot be decoded: {error}").format(error=error)) from error
