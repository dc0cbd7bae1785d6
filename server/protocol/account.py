"""The own account: its password, its devices, and its end."""

from server.protocol.request import Counter, DeviceId, Password, Request


class ChangePassword(Request, frozen=True, tag="change_password"):
    """Another password, or the first one of an open name (`old` ""); all other devices are signed out."""

    counter: Counter
    old: Password
    new: Password


class RevokeDevice(Request, frozen=True, tag="revoke_device"):
    """Sign one of the own devices out for good."""

    counter: Counter
    device: DeviceId


class Devices(Request, frozen=True, tag="devices"):
    """The own devices that may sign in."""


class Unregister(Request, frozen=True, tag="unregister"):
    """Leave the chat for good, with the password ("" for an open name): there is no way back."""

    counter: Counter
    password: Password


AccountRequest = ChangePassword | RevokeDevice | Devices | Unregister
