"""The addresses of this computer as the other one can use them, found out before anything is promised."""

import contextlib
import os
import socket

from server.names.addresses import Address
from server.network.errors import NetworkError, listen_error
from server.network.resolving import resolve


async def claim(*addresses: Address) -> list[Address]:
    """See that this computer can listen at all of them, and choose ports for 0. Raises NetworkError."""
    # All are held until the last one is known: two free ports must not be the same.
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(await _bound(address)) for address in addresses]
        ports = [probe.getsockname()[1] for probe in probes]
    return [Address(address.host, port) for address, port in zip(addresses, ports, strict=True)]


async def _bound(address: Address) -> socket.socket:
    try:
        family, place = (await resolve(address.host, address.port))[0]
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise listen_error(error, address.host, address.port) from error
    try:
        # As the listener does it: a port whose last connections still linger is free.
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
        # Two sockets with that option may share a port until one of them listens.
        probe.listen(1)
    except OSError as error:
        probe.close()
        raise listen_error(error, address.host, address.port) from error
    return probe


async def own_host_towards(other: Address) -> str:
    """The own address on the way to another computer; nothing is sent. Raises NetworkError."""
    try:
        family, place = (await resolve(other.host, other.port))[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)
            host: str = probe.getsockname()[0]
            return host
    except OSError as error:
        raise NetworkError("unknown_host", other.host, other.port) from error
