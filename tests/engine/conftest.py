"""What the tests of the engine share."""

import pytest

from tests.engine.merging import cut_off
from tests.replication.servers import Servers


@pytest.fixture
def split() -> Servers:
    """Two servers that are cut off from each other, each with a person of its own."""
    return cut_off()
