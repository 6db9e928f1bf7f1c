"""The mail catcher's SMTP side: a small server on loopback that hands each message to be filed."""

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import InterfaceError, OperationalError, close_old_connections

from outbox import catching, reading
from outbox.catching import Caught

HOST = "127.0.0.1"
MAX_BYTES = 25 * 1024 * 1024
# What arrives while others are being filed is filed with one commit, up to so many.
FILED_AT_ONCE = 100

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Catcher:
    """What the server does with a message: file it, or say it in the terminal when it belongs to no team."""

    def __init__(self, *, filing: Executor, say: Callable[[str], None]) -> None:
        self._filing = filing
        self._say = say
        self._waiting: list[tuple[Caught, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING, which aiosmtpd does but doesn't say."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        loop = asyncio.get_running_loop()
        caught = Caught(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content or b"")
        is_filed: asyncio.Future[None] = loop.create_future()
        self._waiting.append((caught, is_filed))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._file_what_waits())
        try:
            await is_filed
        except (OperationalError, InterfaceError):
            return "451 4.3.0 The Outbox's database is away; try again later"
        return "250 2.0.0 Caught"

    async def _file_what_waits(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:FILED_AT_ONCE], self._waiting[FILED_AT_ONCE:]
            trouble = None
            try:
                await loop.run_in_executor(self._filing, self._take, [caught for caught, _ in batch])
            except Exception as fault:  # Whatever it is, whoever waits for an answer must be told.
                trouble = fault
            for _, is_filed in batch:
                # One that hung up waits no more.
                if is_filed.done():
                    continue
                if trouble is None:
                    is_filed.set_result(None)
                else:
                    is_filed.set_exception(trouble)

    def _take(self, batch: Sequence[Caught]) -> None:
        """Runs in the filing thread, whose database connection lasts from batch to batch."""
        close_old_connections()
        for caught, message in zip(batch, catching.file(batch), strict=True):
            if message is None:
                self._say(in_words(caught.rcpt_to, caught.raw))


def in_words(rcpt_to: Sequence[str], raw: bytes) -> str:
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
