"""What every request is, and the types of the fields that many have."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.protocol import limits

Count = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
Counter = Annotated[int, Meta(ge=1, le=limits.INTEGER_MAX)]
RequestId = Annotated[int, Meta(ge=1, le=limits.INTEGER_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Identifier = Annotated[str, Meta(min_length=1, max_length=64)]
DeviceId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Password = Annotated[str, Meta(max_length=limits.PASSWORD_CHARACTERS_MAX)]


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="request"):
    """What every request has. `bytes` announces raw bytes behind the line."""

    id: RequestId
    bytes: Annotated[int, Meta(ge=0, le=limits.CHUNK_BYTES_MAX)] = 0
