"""A fast SMTP sink in a thread of its own: keeps who accepted what, and misbehaves as told."""

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass


@dataclass
class Faults:
    """Every Nth time, counted over all connections; 0 is never. `delay`: seconds until anything is answered."""

    refuse_for_now_every: int = 0
    refuse_for_good_every: int = 0
    drop_in_message_every: int = 0
    lose_reply_every: int = 0
    messages_per_connection: int = 0
    stall_every: int = 0
    close_at_connect_every: int = 0
    delay: float = 0.0


class Sink:
    """`accepted` counts copies by address, `refused_for_good` has addresses; `cuts`: connections lost mid-message."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.accepted: Counter[str] = Counter()
        self.refused_for_good: set[str] = set()
        self.cuts = 0
        self.counts: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Talk(self), "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        threading.Thread(target=self._loop.run_forever, name="sink", daemon=True).start()

    def is_due(self, what: str, every: int) -> bool:
        self.counts[what] += 1
        return every > 0 and self.counts[what] % every == 0


class _Talk(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._received = b""
        self._in_message = False
        self._is_over = False
        self._address = ""
        self._carried = 0

    def connection_made(self, transport) -> None:
        self._transport = transport
        if self._sink.is_due("connections", self._sink.faults.close_at_connect_every):
            self._end()
        else:
            transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        answer = b""
        while not self._is_over:
            end = b"\r\n.\r\n" if self._in_message else b"\r\n"
            if self._in_message and self._received.startswith(b".\r\n"):
                end = b".\r\n"
            part, found, rest = self._received.partition(end)
            if not found:
                break
            self._received = rest
            answer += self._message() if self._in_message else self._command(part)
        if answer:
            loop = asyncio.get_running_loop()
            loop.call_later(self._sink.faults.delay, self._transport.write, answer)

    def _message(self) -> bytes:
        faults, sink = self._sink.faults, self._sink
        self._in_message = False
        if not self._address:
            return b"554 5.5.1 Nobody to get it\r\n"
        if sink.is_due("messages", faults.drop_in_message_every) or sink.is_due("stalls", faults.stall_every):
            sink.cuts += 1
            # A stall is cut by the client in the end: either way nothing was accepted, and it can't know.
            self._end(abruptly=faults.stall_every == 0)
            return b""
        sink.accepted[self._address] += 1
        self._carried += 1
        if sink.is_due("replies", faults.lose_reply_every):
            sink.cuts += 1
            self._end()
            return b""
        return b"250 2.0.0 Taken\r\n"

    def _command(self, line: bytes) -> bytes:
        faults, _sink = self._sink.faults, self._sink
        match line[:4].upper():
            case b"EHLO":
                return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"MAIL":
                self._address = ""
                if 0 < faults.messages_per_connection <= self._carried:
                    self._transport.write(b"421 4.7.0 Enough for one connection\r\n")
                    self._is_over = True
                    self._transport.close()
                    return b""
                return b"250 2.1.0 Go on\r\n"
            case b"RCPT":
                return self._recipient(line[line.index(b"<") + 1 : line.index(b">")].decode())
            case b"DATA":
                self._in_message = bool(self._address)
                return b"354 Go ahead\r\n" if self._address else b"503 5.5.1 Nobody to get it\r\n"
            case b"QUIT":
                self._transport.write(b"221 Bye\r\n")
                self._is_over = True
                self._transport.close()
                return b""
            case _:
                return b"250 2.0.0 Fine\r\n"

    def _recipient(self, address: str) -> bytes:
        faults, sink = self._sink.faults, self._sink
        if sink.is_due("recipients", faults.refuse_for_now_every):
            return b"450 4.2.1 Try later\r\n"
        if sink.is_due("mailboxes", faults.refuse_for_good_every):
            sink.refused_for_good.add(address)
            return b"550 5.1.1 No such mailbox\r\n"
        self._address = address
        return b"250 2.1.5 Fine\r\n"

    def _end(self, *, abruptly: bool = True) -> None:
        self._is_over = True
        if abruptly:
            self._transport.abort()
