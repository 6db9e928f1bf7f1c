"""Run the development mail catcher."""

import asyncio
import signal
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from outbox.listening import HOST, Catcher, listen


class Command(BaseCommand):
    help = (
        "Catches the mail that Carillon sends in development and files it in each team's Outbox. "
        "Example: manage.py catch_mail --port 8025"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="The port on 127.0.0.1 to listen at.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("The mail catcher is for development; in production SMTP_URL names your relay.")
        try:
            asyncio.run(self._serve(options["port"]))
        except (OSError, OverflowError) as error:
            raise CommandError(f"Can't listen at {HOST}:{options['port']}: {error}.") from error

    async def _serve(self, port: int) -> None:
        """Catch until the process is told to end."""
        over = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, over.set)
        with ThreadPoolExecutor(1, thread_name_prefix="filing") as filing:
            server = await listen(port=port, catcher=Catcher(filing=filing, say=self._say))
            self._say(f"Catching mail at {HOST}:{port}")
            await over.wait()
            server.close()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
