"""Opening a pipelined connection: greeting, TLS and sign-in, all as the relay's settings ask."""

import asyncio
import base64
import smtplib
import ssl
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

from mail.dialling import our_name, trusted
from mail.relay import Relay, Security
from mail.replies import unavailable
from mail.smtp import Connection, Feeder, L

Result = TypeVar("Result")

_MOST_BYTES = 64 * 1024


async def connect(
    relay: Relay, feeder: Feeder[L], *, most: int = 0, tls_context: ssl.SSLContext | None = None
) -> Connection[L]:
    """Open a connection that carries at most so many messages (0: any number), and tell the feeder it is ready.

    Raises RelayUnavailable.
    """
    greeting = _Greeting(relay, tls_context or trusted(relay.security))
    try:
        return await greeting.connected(feeder, most)
    except (OSError, ValueError) as error:
        greeting.abort()
        raise unavailable(relay, error) from error
    except BaseException:
        greeting.abort()
        raise


class _Greeting(asyncio.Protocol):
    """The conversation before the first message, a command and its reply at a time.

    Its methods raise OSError, of which smtplib's exceptions are a kind.
    """

    def __init__(self, relay: Relay, context: ssl.SSLContext) -> None:
        self._loop = asyncio.get_running_loop()
        self._relay = relay
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._arrived = asyncio.Event()
        self._is_lost = False
        self._extensions: dict[str, str] = {}

    async def connected(self, feeder: Feeder[L], most: int) -> Connection[L]:
        await self._open()
        await self._expect(await self._reply())
        await self._greet()
        if self._wants_tls():
            await self._start_tls()
            await self._greet()
        if self._relay.username:
            await self._sign_in()
        return self._handed_over(feeder, most)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._arrived.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        self._arrived.set()

    async def _open(self) -> None:
        context = self._context if self._relay.security is Security.TLS else None
        await self._in_time(self._loop.create_connection(lambda: self, self._relay.host, self._relay.port, ssl=context))

    async def _greet(self) -> None:
        code, text = await self._say(f"EHLO {our_name()}")
        if 200 <= code < 300:
            lines = [line.split(" ", 1) for line in text.decode("ascii", "replace").split("\n")[1:]]
            self._extensions = {name.upper(): "".join(rest) for name, *rest in lines}
        else:
            self._extensions = {}
            await self._expect(await self._say(f"HELO {our_name()}"))

    def _wants_tls(self) -> bool:
        if self._relay.security is Security.STARTTLS:
            if "STARTTLS" not in self._extensions:
                raise smtplib.SMTPNotSupportedError("STARTTLS isn't offered")
            return True
        return self._relay.security is Security.OFFERED and "STARTTLS" in self._extensions

    async def _start_tls(self) -> None:
        await self._expect(await self._say("STARTTLS"))
        if self._received or self._transport is None:
            # Said before TLS by somebody in between, to be taken for said within it.
            raise ConnectionResetError
        upgraded = self._loop.start_tls(self._transport, self, self._context, server_hostname=self._relay.host)
        transport = await self._in_time(upgraded)
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    async def _sign_in(self) -> None:
        offered = self._extensions.get("AUTH", "").upper().split()
        user, password = self._relay.username.encode(), self._relay.password.encode()
        if "PLAIN" in offered:
            reply = await self._say("AUTH PLAIN " + _base64(b"\0" + user + b"\0" + password))
        elif "LOGIN" in offered:
            reply = await self._say("AUTH LOGIN")
            for secret in (user, password):
                if reply[0] == 334:
                    reply = await self._say(_base64(secret))
        else:
            raise smtplib.SMTPNotSupportedError("no way to sign in that we know")
        if reply[0] != 235:
            raise smtplib.SMTPAuthenticationError(*reply)

    def _handed_over(self, feeder: Feeder[L], most: int) -> Connection[L]:
        transport = self._transport
        if transport is None or self._is_lost or self._received:
            # Unasked, a relay only says goodbye.
            raise ConnectionResetError
        pipelining = "PIPELINING" in self._extensions
        connection = Connection(self._relay, feeder, most=most, pipelining=pipelining)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        feeder.ready(connection)
        return connection

    async def _say(self, command: str) -> tuple[int, bytes]:
        if self._transport is None:
            raise ConnectionResetError
        self._transport.write(command.encode() + b"\r\n")
        return await self._reply()

    async def _reply(self) -> tuple[int, bytes]:
        """The code, and the text with its lines parted by newlines."""
        lines = []
        while True:
            line = await self._in_time(self._line())
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join(lines)
            if len(lines) > 100:
                raise smtplib.SMTPResponseException(500, b"Its replies have no end.")

    async def _line(self) -> bytes:
        while b"\n" not in self._received:
            if self._is_lost:
                raise ConnectionResetError
            if len(self._received) > _MOST_BYTES:
                raise smtplib.SMTPResponseException(500, b"Its replies have no end.")
            self._arrived.clear()
            await self._arrived.wait()
        line, _, self._received = self._received.partition(b"\n")
        return line.rstrip(b"\r")

    async def _expect(self, reply: tuple[int, bytes]) -> None:
        if not 200 <= reply[0] < 300:
            raise smtplib.SMTPResponseException(*reply)

    async def _in_time(self, step: Coroutine[Any, Any, Result]) -> Result:
        return await asyncio.wait_for(step, self._relay.timeout)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
