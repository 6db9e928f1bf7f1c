"""The mail catcher's SMTP side: a small server on loopback that hands each message to be filed."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import InterfaceError, OperationalError, close_old_connections

from outbox import catching, reading

HOST = "127.0.0.1"
MAX_BYTES = 25 * 1024 * 1024
# Enough to let commits share their flush to disk; more would only fight over the interpreter.
FILING_THREADS = 4

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Catcher:
    """What the server does with a message: file it, or say it in the terminal when it belongs to no team."""

    def __init__(self, *, filing: Executor, say: Callable[[str], None]) -> None:
        self._filing = filing
        self._say = say

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING, which aiosmtpd does but doesn't say."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        try:
            await asyncio.get_running_loop().run_in_executor(self._filing, self._take, envelope)
        except (OperationalError, InterfaceError):
            return "451 4.3.0 The Outbox's database is away; try again later"
        return "250 2.0.0 Caught"

    def _take(self, envelope: Envelope) -> None:
        """Runs in a filing thread, whose database connection lasts from message to message."""
        close_old_connections()
        raw = envelope.original_content or b""
        filed = catching.file(mail_from=envelope.mail_from or "", rcpt_to=envelope.rcpt_tos, raw=raw)
        if filed is None:
            self._say(in_words(envelope.rcpt_tos, raw))


def in_words(rcpt_to: list[str], raw: bytes) -> str:
    """A message for the terminal; control characters can't touch the terminal's state."""
    found = reading.read(raw)
    body = found.text.strip() or "(no plain text)"
    lines = [f"To:      {', '.join(rcpt_to)}", f"Subject: {found.header('Subject')}", "", *body.splitlines()]
    return _UNPRINTABLE.sub("", "\n".join(["", *(f"  {line}".rstrip() for line in lines), ""]))


async def listen(*, port: int, catcher: Catcher) -> asyncio.Server:
    """Start the server; it runs with the event loop. Raises OSError when the port can't be had."""
    loop = asyncio.get_running_loop()

    def connection() -> Any:
        # A hostname of its own spares every connection a look-up of this machine's.
        return SMTP(
            catcher,
            hostname="outbox.carillon.localhost",
            ident="Carillon Outbox",
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    return await loop.create_server(connection, HOST, port)
