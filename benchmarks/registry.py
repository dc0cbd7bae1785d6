"""All cases, in the order of the table. A new one is added here, and its place in docs/performance.md."""

from benchmarks.acknowledgement import ACKNOWLEDGEMENT
from benchmarks.cases import Case
from benchmarks.connections import CONNECTIONS
from benchmarks.failover import FAILOVER
from benchmarks.fan_out import FAN_OUT
from benchmarks.file import FILE
from benchmarks.growth import GROWTH
from benchmarks.long_archive import LONG_ARCHIVE
from benchmarks.many_rooms import MANY_ROOMS
from benchmarks.searching import SEARCHING
from benchmarks.stalled import STALLED
from benchmarks.storm import STORM
from benchmarks.waiting import WAITING
from benchmarks.window import WINDOW

CASES: tuple[Case, ...] = (
    FAN_OUT,
    ACKNOWLEDGEMENT,
    FAILOVER,
    LONG_ARCHIVE,
    GROWTH,
    MANY_ROOMS,
    SEARCHING,
    CONNECTIONS,
    STORM,
    STALLED,
    WAITING,
    FILE,
    WINDOW,
)
