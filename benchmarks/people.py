"""The people of our own server: person N has one name, one device and one secret, in every case."""

from server.protocol import requests
from server.protocol.frames import encode_frame

# Ids of a connection's first requests; those of messages lie behind them.
HELLO_ID, SIGN_IN_ID, PING_ID, FIRST_MESSAGE_ID = 1, 2, 3, 10


def name(number: int) -> str:
    """The name of a person."""
    return f"person {number}"


def device(number: int) -> str:
    """The device of a person."""
    return f"{number:032x}"


def secret(number: int) -> str:
    """What only the device of a person knows."""
    return f"{number:064x}"


def hello(number: int, *, cursor: requests.Cursor | None = None, standby: bool = False) -> bytes:
    """What a person says first; with a cursor the past behind it is sent."""
    sign_in = requests.SignIn(
        id=SIGN_IN_ID,
        name=name(number),
        device=device(number),
        secret=secret(number),
        cursor=cursor,
        standby=standby,
    )
    return encode_frame(requests.Hello(id=HELLO_ID, versions=[1])) + encode_frame(sign_in)
