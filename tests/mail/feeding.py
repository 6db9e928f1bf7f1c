"""Letters for a pipelined connection, a feeder that notes what it is told, and a wire to look at."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from mail.relay import parse_url
from mail.replies import RelayUnavailable, Reply
from mail.smtp import Connection

BODY = b"Subject: Hi\r\n\r\nHello\r\n"
GO_AHEAD = ("250 2.1.0 Sender taken", "250 2.1.5 Recipient taken", "354 Go ahead")
TAKEN = "250 2.0.0 Message taken"
RELAY = replace(parse_url("smtp://relay.test"), timeout=30, final_timeout=600)


def on_a_loop(test):
    """Run a test that is a coroutine."""

    @wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


@dataclass(eq=False)
class Letter:
    name: str
    body: bytes = BODY

    @property
    def envelope(self) -> bytes:
        return f"MAIL FROM:<n@n.test>\r\nRCPT TO:<{self.name}@x.test>\r\nDATA\r\n".encode()

    def message(self) -> bytes:
        return self.body


class Feeding:
    """Feeds one letter for each name; `told` is what it was told, in order, as (what, name, more).

    `is_open` is the gate; `is_idle`: there is nothing more to do on its connection, or no connection more.
    """

    def __init__(self, *names: str, is_open: bool = True, body: bytes = BODY) -> None:
        self.letters = deque(Letter(name, body) for name in names)
        self.told: list[tuple[str, str, Any]] = []
        self.replies: dict[str, Reply] = {}
        self.is_open = is_open
        self.is_gone = asyncio.Event()
        self.is_idle = asyncio.Event()

    def all(self, what: str) -> list[str]:
        return [name for told, name, _ in self.told if told == what]

    @property
    def fates(self) -> dict[str, str]:
        """What became of each letter: "settled", "unsent" or "unanswered"."""
        return {name: what for what, name, _ in self.told if what in ("settled", "unsent", "unanswered")}

    def trouble(self, what: str) -> RelayUnavailable | None:
        """What came with the last thing told of this kind."""
        return [more for told, _, more in self.told if told == what][-1]

    def take(self, *, ahead: bool) -> Letter | None:
        return self.letters.popleft() if self.letters else None

    def begin(self, letter: Letter, connection: Connection) -> None:
        self.told.append(("begin", letter.name, None))

    def may_send(self, letter: Letter, connection: Connection) -> bool:
        self.told.append(("may send", letter.name, None))
        return self.is_open

    def settled(self, letter: Letter, reply: Reply, connection: Connection) -> None:
        self.told.append(("settled", letter.name, f"{reply.code} {reply.text}"))
        self.replies[letter.name] = reply

    def unsent(self, letter: Letter, connection: Connection, trouble: RelayUnavailable | None) -> None:
        self.told.append(("unsent", letter.name, trouble))

    def unanswered(self, letter: Letter, connection: Connection, trouble: RelayUnavailable) -> None:
        self.told.append(("unanswered", letter.name, trouble))

    def ready(self, connection: Connection) -> None:
        self.told.append(("ready", "", None))
        if self.letters:
            connection.start()
        else:
            self.is_idle.set()

    def gone(self, connection: Connection, trouble: RelayUnavailable | None) -> None:
        self.told.append(("gone", "", trouble))
        self.is_idle.set()
        self.is_gone.set()


class Wire(asyncio.Transport):
    """Where a connection writes; what its relay says is given to `says`."""

    def __init__(self, feeder: Feeding, *, most: int = 0, pipelining: bool = True) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.connection: Connection[Letter] = Connection(RELAY, feeder, most=most, pipelining=pipelining)
        self.connection.connection_made(self)
        self._is_closing = False

    def says(self, *lines: str) -> None:
        """All in one go."""
        if not self._is_closing:
            self.connection.data_received("".join(f"{line}\r\n" for line in lines).encode())

    def loses(self, error: Exception | None = None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self.connection.connection_lost(error)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self._is_closing

    def write(self, data: Any) -> None:
        assert not self._is_closing, "written to a connection that is cut"
        self.written.append(bytes(data))

    def abort(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)


def started(*names: str, is_open: bool = True, most: int = 0, pipelining: bool = True) -> tuple[Feeding, Wire]:
    """A feeder of letters, and a wire on which the first one's envelope is written."""
    feeder = Feeding(*names, is_open=is_open)
    wire = Wire(feeder, most=most, pipelining=pipelining)
    wire.connection.start()
    return feeder, wire
