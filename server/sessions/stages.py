"""The stages of a connection."""

import enum


class Stage(enum.IntEnum):
    """How far a connection has come."""

    CONNECTED = 0
    GREETED = 1
    ON_STANDBY = 2
    ACTIVE = 3
