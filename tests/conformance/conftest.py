"""One server for the whole list: whatever one input breaks, the next one sees."""

from collections.abc import Iterator

import pytest

from tests.commands.bad_clients import RawClient
from tests.commands.programs import Program
from tests.conformance.server_under_test import Honest, ServerUnderTest
from tests.end_to_end.people import People


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    """As it ships, with its throttle."""
    data = tmp_path_factory.mktemp("server")
    with Program("serve", "--data", data, "--listen", "127.0.0.1:0", "--open") as program:
        found = ServerUnderTest(program, data)
        yield found
        found.check_end()


@pytest.fixture(scope="package", autouse=True)
def honest(server: ServerUnderTest) -> Iterator[Honest]:
    """Somebody who is served all the time."""
    people = People()
    found = Honest(people, server.link)
    try:
        yield found
        found.check_end()
    finally:
        people.stop()


@pytest.fixture(scope="package", autouse=True)
def silent(server: ServerUnderTest) -> Iterator[RawClient]:
    """Somebody who has signed in and says nothing more, while everything else is tried."""
    with RawClient(server.port) as client:
        client.sign_in("Silent")
        yield client
