"""Who speaks: a name, and the device that it speaks from."""

import msgspec

from server.protocol.request import DeviceId, Name, Password
from server.protocol.requests import Secret


class Identity(msgspec.Struct, frozen=True):
    """A person on a device. The secret is bound to the device at its first sign-in.

    `device` is 32 and `secret` 64 hexadecimal digits, made once by the app from a secure source.
    `password` lets a new device in; with `registers` it protects a name that nobody has. `code` is that
    of an invite, the setup or a reset, as in `SignIn`. Both are forgotten with the first sign-in, from
    when on the device's secret is enough. `device_name` is what the person's list of devices calls this one.
    """

    name: Name
    device: DeviceId
    secret: Secret
    password: Password = ""
    code: str = ""
    registers: bool = False
    device_name: str = ""

    def __repr__(self) -> str:
        # The secrets must not come into a log by way of a struct that is printed.
        return f"Identity(name={self.name!r}, device={self.device!r})"
