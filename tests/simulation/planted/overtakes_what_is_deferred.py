"""What a device asks behind a request that waits for its verdict goes ahead."""

from typing import Final

from server.archive.record import Draft
from server.engine.deferred import DeferredRequests

TARGET: Final = "server.engine.deferred.DeferredRequests.holds"


def replacement(self: DeferredRequests, draft: Draft) -> bool:
    return False
