"""Rivals that Debian packages: InspIRCd, ngIRCd and mosquitto, in plain configurations, without limits."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.rival import TEXT, MissingRivalError, Rival, Running, ended_after, free_ports
from tests.waiting import wait_until

INSTALL = "make benchmark-peers, or apt install"
# Whoever enters a room is told to all who are there, and is told who they are: that grows by the square.
IRC_RECEIVERS_MAX = 2_000
# It sends message by message: a hundred of them to 8,000 receivers took it 40 s.
MQTT_RECEIVERS_MAX = 2_000

INSPIRCD = """
<config format="xml">
<server name="bench.local" description="bench" network="bench" id="001">
<admin name="bench" nick="bench" email="bench@bench.local">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="all" allow="*" timeout="60" pingfreq="3600" fakelag="off" threshold="1000000000"
 commandrate="1000000000" recvq="16777216" softsendq="1073741824" hardsendq="1073741824"
 localmax="100000" globalmax="100000" limit="100000" maxconnwarn="off"
 resolvehostnames="no" useconnectban="no" useconnflood="no" useident="no" usednsbl="no">
<performance softlimit="100000" somaxconn="4096" clonesonconnect="no" netbuffersize="65534" quietbursts="yes">
<options defaultmodes="nt">
"""
NGIRCD = """
[Global]
Name = bench.local
AdminInfo1 = bench
AdminInfo2 = bench
AdminEMail = bench@bench.local
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = bench
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"""
MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
set_tcp_nodelay true
log_type none
user root
"""

Arguments = Callable[[str, Path], list[str]]  # of the program and its configuration


@contextmanager
def started(name: str, text: str, arguments: Arguments) -> Iterator[Running]:
    """Write its configuration, start it on a free port, end it."""
    # Programs for administrators are not on everybody's path.
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        raise MissingRivalError(f"{name} is missing ({INSTALL} {name})")
    with tempfile.TemporaryDirectory() as folder:
        path, [port] = Path(folder) / f"{name}.conf", free_ports(1)
        path.write_text(text.format(port=port), encoding="utf-8")
        # What it says is for nobody, and must not wait for a reader either.
        process = subprocess.Popen(
            arguments(program, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        with ended_after(process):
            wait_until(partial(listens, port, process), what=f"{name} listening")
            yield Running("127.0.0.1", port, (process.pid,))


def listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether it takes connections by now; raises RuntimeError when it ended."""
    if process.poll() is not None:
        raise RuntimeError(f"{process.args!r} ended with code {process.returncode}")
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def irc_greeting(number: int) -> bytes:
    """Sender and receivers alike are members: others may not write there."""
    return f"NICK p{number}\r\nUSER p{number} 0 * :p\r\n".encode()


def irc_message(_number: int) -> bytes:
    """A line for the channel."""
    return f"PRIVMSG #general :{TEXT}\r\n".encode()


def mqtt_string(text: str) -> bytes:
    """MQTT 3.1.1, 1.5.3."""
    return len(text).to_bytes(2, "big") + text.encode()


def mqtt_packet(head: int, body: bytes) -> bytes:
    """A packet with its length (MQTT 3.1.1, 2.2.3)."""
    length, rest = b"", len(body)
    while rest > 127:
        length += bytes([rest & 127 | 128])
        rest >>= 7
    return bytes([head]) + length + bytes([rest]) + body


def mqtt_greeting(number: int) -> bytes:
    """CONNECT with a clean session and no keep-alive, SUBSCRIBE with QoS 0; the sender listens elsewhere."""
    connect = mqtt_string("MQTT") + b"\x04\x02\x00\x00" + mqtt_string(f"p{number}")
    topic = mqtt_string("general" if number else "nothing")
    return mqtt_packet(0x10, connect) + mqtt_packet(0x82, b"\x00\x01" + topic + b"\x00")


def mqtt_message(_number: int) -> bytes:
    """PUBLISH with QoS 0."""
    return mqtt_packet(0x30, mqtt_string("general") + TEXT.encode())


def _inspircd(program: str, path: Path) -> list[str]:
    return [program, f"--config={path}", "--nofork", "--nolog", "--nopid", "--runasroot"]


def _ngircd(program: str, path: Path) -> list[str]:
    return [program, "--nodaemon", "--config", str(path)]


def _mosquitto(program: str, path: Path) -> list[str]:
    return [program, "-c", str(path)]


WELCOME, JOIN, END_OF_NAMES, PING = b" 001 ", b"JOIN #general\r\n", b" 366 ", b"PING bench\r\n"
PACKAGED = (
    Rival(
        "InspIRCd",
        partial(started, "inspircd", INSPIRCD, _inspircd),
        irc_greeting,
        END_OF_NAMES,
        PING,
        irc_message,
        welcome=WELCOME,
        entry=JOIN,
        receivers_max=IRC_RECEIVERS_MAX,
    ),
    Rival(
        "ngIRCd",
        partial(started, "ngircd", NGIRCD, _ngircd),
        irc_greeting,
        END_OF_NAMES,
        PING,
        irc_message,
        welcome=WELCOME,
        entry=JOIN,
        is_paced=True,  # its queue for those who knock holds ten
        receivers_max=IRC_RECEIVERS_MAX,
    ),
    Rival(
        "mosquitto",
        partial(started, "mosquitto", MOSQUITTO, _mosquitto),
        mqtt_greeting,
        b"\x90\x03\x00\x01\x00",
        b"\xc0\x00",
        mqtt_message,
        receivers_max=MQTT_RECEIVERS_MAX,
    ),
)
