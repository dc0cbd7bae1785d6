"""Who speaks: a name, and the device that it speaks from."""

import msgspec

from server.protocol.requests import DeviceId, Name, Secret


class Identity(msgspec.Struct, frozen=True):
    """A person on a device. The secret is bound to the device at its first sign-in.

    `device` is 32 and `secret` 64 hexadecimal digits, made once by the app from a secure source.
    """

    name: Name
    device: DeviceId
    secret: Secret

    def __repr__(self) -> str:
        # The secret must not come into a log by way of a struct that is printed.
        return f"Identity(name={self.name!r}, device={self.device!r})"
