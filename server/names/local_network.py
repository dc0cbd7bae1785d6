"""The local network (mDNS, RFC 6762): servers announce themselves there, and clients look for them.

Over IPv4 multicast; the addresses that are told may be of either kind. It is a convenience: whatever
goes wrong with it is one line in the log, and people have invite links.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

# The last one is public by its documentation, though not by its list of names.
from zeroconf import InterfaceChoice, IPVersion, ServiceStateChange, Zeroconf
from zeroconf import get_all_addresses as _all_addresses  # type: ignore[attr-defined]
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from server.i18n.marking import marked
from server.names.addresses import is_loopback
from server.names.announcements import (
    SERVICE_TYPE,
    Announcement,
    announcement_text,
    joined,
    read_announcement,
)

_log = logging.getLogger(__name__)
# Whatever others on the network send must not write tracebacks into our log.
logging.getLogger("zeroconf").setLevel(logging.CRITICAL)

# How soon another second server is announced: people look for chats now and then.
_LOOK_EVERY_S: Final = 30.0
# More chats than a person reads through: somebody is filling the list on purpose.
FOUND_MAX: Final = 64
# One question, and one more when its answer was lost.
_ASK_S: Final = 3.0


async def announce(host: str, port: int, instance: str, describe: Callable[[], Announcement]) -> None:
    """Announce a server that listens on `host`, until this is cancelled; says goodbye then.

    `instance`: its own id. `describe` is asked again now and then. Never raises what goes wrong.
    """
    try:
        network = AsyncZeroconf(interfaces=_interfaces(host), ip_version=IPVersion.V4Only)
        try:
            await _announce(network, host, port, instance, describe)
        finally:
            await network.async_unregister_all_services()
            await network.async_close()
    except Exception as error:  # whatever it is, the server goes on without it
        _log.warning(
            marked("This server is not announced on the local network (%s). People need its invite link."),
            str(error) or type(error).__name__,
        )


async def find_chats(time_s: float) -> list[Announcement]:
    """The chats that answer within the time, both servers of one joined. Raises OSError."""
    network = AsyncZeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
    asking: dict[str, asyncio.Task[Announcement | None]] = {}

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added and name not in asking and len(asking) < FOUND_MAX:
            asking[name] = asyncio.get_running_loop().create_task(_ask(zeroconf, service_type, name))

    try:
        browser = AsyncServiceBrowser(network.zeroconf, [SERVICE_TYPE], handlers=[changed])
        await asyncio.sleep(time_s)
        await browser.async_cancel()
        done = [task.result() for task in asking.values() if task.done()]
    finally:
        for task in asking.values():
            task.cancel()
        await asyncio.gather(*asking.values(), return_exceptions=True)
        await network.async_close()
    return joined(said for said in done if said is not None)


async def _announce(
    network: AsyncZeroconf, host: str, port: int, instance: str, describe: Callable[[], Announcement]
) -> None:
    told = describe()
    info = _info(host, port, instance, announcement_text(told))
    await (await network.async_register_service(info, allow_name_change=True))
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if describe() != told:
            told = describe()
            # Under the name that it got in the end.
            instance = info.name.removesuffix(f".{SERVICE_TYPE}")
            info = _info(host, port, instance, announcement_text(told))
            await (await network.async_update_service(info))


async def _ask(network: Zeroconf, service_type: str, name: str) -> Announcement | None:
    info = AsyncServiceInfo(service_type, name)
    if not await info.async_request(network, _ASK_S * 1000):
        return None
    return read_announcement(info.properties)


def _info(host: str, port: int, instance: str, text: Mapping[str, str]) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE_TYPE,
        f"{instance}.{SERVICE_TYPE}",
        port=port,
        properties=dict(text),
        server=f"{instance}.local.",
        addresses=[socket.inet_aton(address) for address in _own_addresses(host)],
    )


def _interfaces(host: str) -> Any:
    """The network card on which it listens, or all of them."""
    if is_loopback(host):
        return ["127.0.0.1"]
    return [host] if _is_ipv4(host) else InterfaceChoice.All


def _own_addresses(host: str) -> list[str]:
    if is_loopback(host):
        return ["127.0.0.1"]
    if _is_ipv4(host):
        return [host]
    return [address for address in _all_addresses() if not is_loopback(address)]


def _is_ipv4(host: str) -> bool:
    """Whether a host is one card's number, and not the sign for all."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return not address.is_unspecified
