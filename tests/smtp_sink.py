"""A real SMTP server on a loopback port that keeps what it accepts and misbehaves on request."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

READY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Received:
    """An accepted message; `connection` counts connections from 1."""

    envelope_from: str
    recipients: tuple[str, ...]
    data: bytes
    connection: int
    encrypted: bool = False


@dataclass
class Faults:
    """What goes wrong; change it at any time. "Every" counts over all connections, 0 is never.

    `refuse_recipient` gets an address and returns the refusal, or None to take it.
    `stall_at` is "banner", "MAIL", "RCPT", "DATA" or "dot": nothing is answered there any more.
    With `most_connections` open, further ones are turned away. `answer_after` is how many seconds the answer to a
    whole message takes. `no_pipelining` doesn't offer it, and with `helo_only` nothing is offered.
    """

    refuse_every: int = 0
    refuse_with: str = "550 5.1.1 No such mailbox"
    refuse_recipient: Callable[[str], str | None] | None = None
    refuse_sender: str = ""
    refuse_message: str = ""
    refuse_connections: bool = False
    close_at_connect: bool = False
    drop_in_data_every: int = 0
    lose_reply_every: int = 0
    messages_per_connection: int = 0
    most_connections: int = 0
    stall_at: str = ""
    answer_after: float = 0.0
    no_pipelining: bool = False
    helo_only: bool = False


@dataclass
class _Counts:
    connections: int = 0
    recipients: int = 0
    data_commands: int = 0
    messages: int = 0


class Sink:
    """Runs in a thread of its own: `with Sink() as sink: … sink.url … sink.messages`."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.port = 0
        self.faults = Faults()
        self.counts = _Counts()
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.login = login
        self.transports: set[Any] = set()
        self.conversations: set[asyncio.Protocol] = set()
        self._lock = threading.Lock()
        self._messages: list[Received] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"{'smtps' if self.implicit_tls else 'smtp'}://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[Received]:
        with self._lock:
            return list(self._messages)

    def accepted_addresses(self) -> list[str]:
        """Return the recipient of each accepted message, in order and with repeats."""
        return [address for message in self.messages for address in message.recipients]

    def clear(self) -> None:
        with self._lock:
            self._messages.clear()

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink", daemon=True)
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        """Cut every connection and stop listening; does nothing when stopped."""
        if self._loop is None or self._thread is None:
            return
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(READY_SECONDS)
        self._loop.close()
        self._loop = self._thread = self._server = None

    def keep(self, received: Received) -> None:
        with self._lock:
            self._messages.append(received)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(READY_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", self.port, ssl=self.tls if self.implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _protocol(self) -> asyncio.Protocol:
        self.counts.connections += 1
        if self.faults.close_at_connect:
            return _TurnAway(b"")
        if self.faults.refuse_connections:
            return _TurnAway(b"421 4.3.2 Not now\r\n")
        if 0 < self.faults.most_connections <= len(self.conversations):
            return _TurnAway(b"421 4.7.0 Too many connections\r\n")
        if self.faults.stall_at == "banner":
            return _Silence(self)
        conversation = _Conversation(self, self.counts.connections)
        self.conversations.add(conversation)
        return conversation

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=self.login == (data.login.decode(), data.password.decode()), handled=False)


class _TurnAway(asyncio.Protocol):
    def __init__(self, farewell: bytes) -> None:
        self._farewell = farewell

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._farewell)
        transport.close()


class _Silence(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._sink.transports.add(transport)


class _Conversation(SMTP):
    """One connection; aiosmtpd's own faultless server but for DATA."""

    def __init__(self, sink: Sink, number: int) -> None:
        self._sink = sink
        self._socket_transport: asyncio.BaseTransport | None = None
        super().__init__(
            _Replies(sink, number),
            hostname="sink.test",
            data_size_limit=None,
            enable_SMTPUTF8=True,
            tls_context=None if sink.implicit_tls else sink.tls,
            auth_required=sink.login is not None,
            auth_require_tls=False,
            authenticator=sink.authenticate if sink.login else None,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._socket_transport is None:
            self._socket_transport = transport
            self._sink.transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink.transports.discard(self._socket_transport)
        self._sink.conversations.discard(self)
        super().connection_lost(error)

    async def hang_up(self, farewell: str = "") -> NoReturn:
        """Say the farewell and close, or cut the connection without a word."""
        if farewell:
            await self.push(farewell)
            self.transport.close()
        else:
            self.transport.abort()
        raise asyncio.CancelledError

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds its commands by these names
        if self._sink.faults.helo_only:
            await self.push("502 5.5.1 Command not known")
        else:
            await super().smtp_EHLO(hostname)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        counts, faults = self._sink.counts, self._sink.faults
        counts.data_commands += 1
        await _stall(faults, "DATA")
        if _is_due(counts.data_commands, faults.drop_in_data_every):
            await self.push("354 Go ahead")
            await self._reader.readline()
            await self.hang_up()
        await super().smtp_DATA(arg)


class _Replies:
    """What the server answers; aiosmtpd finds these hooks by name."""

    def __init__(self, sink: Sink, number: int) -> None:
        self._sink = sink
        self._number = number
        self._accepted = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if self._sink.faults.no_pipelining:
            return responses
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        faults = self._sink.faults
        await _stall(faults, "MAIL")
        if 0 < faults.messages_per_connection <= self._accepted:
            await server.hang_up("421 4.7.0 Enough for one connection")
        if faults.refuse_sender:
            return faults.refuse_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender taken"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        faults = self._sink.faults
        self._sink.counts.recipients += 1
        await _stall(faults, "RCPT")
        refusal = faults.refuse_recipient(address) if faults.refuse_recipient else None
        if refusal is None and _is_due(self._sink.counts.recipients, faults.refuse_every):
            refusal = faults.refuse_with
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        faults, counts = self._sink.faults, self._sink.counts
        await _stall(faults, "dot")
        if faults.refuse_message:
            return faults.refuse_message
        counts.messages += 1
        self._accepted += 1
        data, encrypted = envelope.original_content or b"", self._sink.implicit_tls or session.ssl is not None
        self._sink.keep(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), data, self._number, encrypted))
        if _is_due(counts.messages, faults.lose_reply_every):
            await server.hang_up()
        await asyncio.sleep(faults.answer_after)
        return "250 2.0.0 Message taken"


async def _stall(faults: Faults, place: str) -> None:
    if faults.stall_at == place:
        await asyncio.Event().wait()


def _is_due(count: int, every: int) -> bool:
    return every > 0 and count % every == 0
