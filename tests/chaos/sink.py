"""A fast SMTP sink in a thread of its own: keeps who accepted what, and misbehaves as told.

What is counted is written by the sink's thread and read by anybody.
"""

import asyncio
import threading
from collections import Counter
from dataclasses import asdict, dataclass


@dataclass
class Faults:
    """Every Nth time, counted over all connections; 0 is never. `delay`: seconds until anything is answered.

    What stalls is any answer, be it to a command or to a message; the connection then stays open and silent.
    """

    refuse_for_now_every: int = 0
    refuse_for_good_every: int = 0
    drop_in_message_every: int = 0
    lose_reply_every: int = 0
    messages_per_connection: int = 0
    stall_every: int = 0
    close_at_connect_every: int = 0
    delay: float = 0.0

    @property
    def wanted(self) -> set[str]:
        """The faults that are to happen, by name."""
        return {name for name, often in asdict(self).items() if often and name != "delay"}


class Sink:
    """`accepted` counts copies by address; `refused_for_good` and `put_off` have the addresses to which that happened.

    `cuts`: connections lost while the client couldn't know whether its message was taken, but for those `condemned`
    (by the client's port) because the client was killed; `losses`: all others that ended without the client's goodbye.
    `fired`: how often each fault happened.
    """

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.condemned: set[int] = set()
        self.reset(Faults())
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(lambda: _Talk(self), "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)
        self._thread.start()

    def reset(self, faults: Faults) -> None:
        """Forget all that was counted, and misbehave like this from now on."""
        self.faults = faults
        self.accepted: Counter[str] = Counter()
        self.refused_for_good: set[str] = set()
        self.put_off: set[str] = set()
        self.cuts = self.losses = 0
        self.fired: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()

    def is_due(self, fault: str) -> bool:
        """Count one more occasion for the fault; whether it is to happen now."""
        every = getattr(self.faults, fault)
        self._counts[fault] += 1
        due = every > 0 and self._counts[fault] % every == 0
        self.fired[fault] += due
        return due


class _Talk(asyncio.Protocol):
    """One connection. `_owes`: some of a message came in, and the answer to it hasn't gone out."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._received = b""
        self._in_message = False
        self._is_over = False
        self._closes = False
        self._quits = False
        self._owes = False
        self._is_to_drop = False
        self._address = ""
        self._carried = 0

    def connection_made(self, transport) -> None:
        self._transport = transport
        self._client = transport.get_extra_info("peername")[1]
        self._sink.condemned.discard(self._client)
        self._sink.open.add(self._client)
        if self._sink.is_due("close_at_connect_every"):
            self._hang_up()
        else:
            transport.write(b"220 sink\r\n")

    def connection_lost(self, error) -> None:
        self._is_over = True
        self._sink.open.discard(self._client)
        if self._client not in self._sink.condemned and not self._quits:
            self._sink.cuts += self._owes
            self._sink.losses += not self._owes
        self._sink.condemned.discard(self._client)

    def data_received(self, data: bytes) -> None:
        self._received += data
        answers = b""
        while not self._is_over:
            answer = self._message() if self._in_message else self._command()
            if answer is None:
                break
            if not self._closes and self._sink.is_due("stall_every"):
                self._sink.put_off.add(self._address)
                self._is_over = True
                break
            answers += answer
        if answers:
            # One after the other, so that no answer overtakes an earlier one.
            asyncio.get_running_loop().call_later(self._sink.faults.delay, self._say, answers)

    def _say(self, answers: bytes) -> None:
        if self._transport.is_closing():
            return
        self._owes = False
        self._transport.write(answers)
        if self._closes:
            self._transport.close()

    def _message(self) -> bytes | None:
        """Take in what there is of a message; the answer, once all of it is there."""
        sink = self._sink
        if not self._received:
            return None
        self._owes = bool(self._address)
        if self._address and self._is_to_drop:
            self._hang_up()
            return None
        end = b".\r\n" if self._received.startswith(b".\r\n") else b"\r\n.\r\n"
        _, found, rest = self._received.partition(end)
        if not found:
            return None
        self._received, self._in_message = rest, False
        if not self._address:
            return b"554 5.5.1 Nobody to get it\r\n"
        sink.accepted[self._address] += 1
        self._carried += 1
        if sink.is_due("lose_reply_every"):
            self._hang_up()
            return None
        return b"250 2.0.0 Taken\r\n"

    def _command(self) -> bytes | None:
        line, found, rest = self._received.partition(b"\r\n")
        if not found:
            return None
        self._received = rest
        match line[:4].upper():
            case b"EHLO":
                return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"MAIL":
                return self._sender()
            case b"RCPT":
                return self._recipient(line[line.index(b"<") + 1 : line.index(b">")].decode())
            case b"DATA":
                return self._data()
            case b"QUIT":
                self._is_over = self._closes = self._quits = True
                return b"221 Bye\r\n"
            case _:
                return b"250 2.0.0 Fine\r\n"

    def _sender(self) -> bytes:
        self._address = ""
        if 0 < self._sink.faults.messages_per_connection <= self._carried:
            self._sink.fired["messages_per_connection"] += 1
            self._is_over = self._closes = True
            return b"421 4.7.0 Enough for one connection\r\n"
        return b"250 2.1.0 Go on\r\n"

    def _recipient(self, address: str) -> bytes:
        if self._sink.is_due("refuse_for_now_every"):
            self._sink.put_off.add(address)
            return b"450 4.2.1 Try later\r\n"
        if self._sink.is_due("refuse_for_good_every"):
            self._sink.refused_for_good.add(address)
            return b"550 5.1.1 No such mailbox\r\n"
        self._address = address
        return b"250 2.1.5 Fine\r\n"

    def _data(self) -> bytes:
        if not self._address:
            return b"503 5.5.1 Nobody to get it\r\n"
        self._in_message = True
        self._is_to_drop = self._sink.is_due("drop_in_message_every")
        return b"354 Go ahead\r\n"

    def _hang_up(self) -> None:
        self._is_over = True
        self._transport.abort()
