"""From a host name to socket addresses, without a thread where the name is a number already."""

import asyncio
import socket
from typing import Any


async def resolve(host: str, port: int) -> list[tuple[int, Any]]:
    """Families and socket addresses of a host, best first; never empty. Raises socket.gaierror."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]
