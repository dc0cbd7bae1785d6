"""A merge gives a room or a person the name that somebody else has there already."""

from collections.abc import Container
from typing import Final

TARGET: Final = ("server.state.users.free_name", "server.state.rooms.free_name")


def replacement(name: str, taken: Container[str]) -> str:
    return name
