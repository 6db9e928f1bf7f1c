"""`manage.py run`: the whole of Carillon in one foreground process."""

import os
import signal
import sys
import textwrap
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from config import running
from config.running import Programs
from lib import embedded
from lib.embedded import OwnServers
from lib.errors import DomainError
from lib.processes import Roster
from lib.supervising import Supervisor, Terminal

NAMES = ["postgres", "valkey", "catcher", "web", "worker", "starter", "importer", "resolver", "sender", "beat"]
# What ends last, first: a worker that finishes its mail needs the catcher, and everything the servers.
SERVERS, CATCHER, PRODUCT = range(3)
# The workers have the rights of whoever started Carillon, on purpose, and read no pickles.
QUIET = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}


class Command(BaseCommand):
    help = (
        "Runs everything in the foreground: database, web server and workers; in development sample data "
        "and a mail catcher too. PORT and VAR choose port and data directory, as in PORT=8080 manage.py run."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Until the supervisor listens to them, these signals unwind what has been started so far.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        terminal = Terminal(sys.stdout, NAMES)
        try:
            with running.only_instance(settings.VAR, port=settings.PORT) as roster:
                _run(roster, terminal)
        except DomainError as refusal:
            sys.exit(refusal.message)
        except KeyboardInterrupt:
            pass
        terminal.say("Carillon has stopped.")


def _run(roster: Roster, terminal: Terminal) -> None:
    terminal.say("Starting Carillon ...")
    with _servers(terminal) as servers:
        _prepare()
        environment = _environment()
        programs = Programs(roster, checkout=settings.BASE_DIR, var=settings.VAR, environment=environment)
        with Supervisor(terminal) as supervisor:
            if servers:
                supervisor.adopt(*servers.children, stage=SERVERS)
                servers.offer(PORT=environment["PORT"], SMTP_URL=environment["SMTP_URL"])
            if not settings.SMTP_URL:
                supervisor.start(programs.catcher(environment["SMTP_URL"]), stage=CATCHER)
            supervisor.start(programs.web(port=settings.PORT), stage=PRODUCT)
            notes = _await_page(supervisor, programs)
            if not supervisor.stopping:
                supervisor.start(*programs.workers(), programs.beat(), stage=PRODUCT)
                terminal.say(_welcome(notes))
            supervisor.tend(until=lambda: False)
            terminal.say("Stopping ...")


def _servers(terminal: Terminal) -> AbstractContextManager[OwnServers | None]:
    """The embedded servers, run by us, unless the environment names others."""
    if {settings.DATABASE_URL, settings.REDIS_URL} & set(embedded.addresses(settings.VAR).values()):
        return embedded.own(var=settings.VAR, waiting=terminal.say)
    return nullcontext()


def _prepare() -> None:
    """Bring the database, and outside development the collected static files, to this version."""
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
    if not settings.DEVELOPMENT:
        call_command("collectstatic", verbosity=0, interactive=False)


def _environment() -> dict[str, str]:
    """What the programs read; the catcher's address is chosen here, so that all of them know it."""
    smtp_url = settings.SMTP_URL or f"smtp://{running.HOST}:{running.free_port()}"
    return {**os.environ, **QUIET, "VAR": str(settings.VAR), "PORT": str(settings.PORT), "SMTP_URL": smtp_url}


def _await_page(supervisor: Supervisor, programs: Programs) -> str:
    """Wait for the first page and, loaded meanwhile, the sample data; returns what that said.

    The workers start afterwards: they would only take the processor from both, and their bells wait for them.
    """
    sample_data = programs.sample_data()
    if settings.DEVELOPMENT:
        sample_data.start()
    supervisor.tend(until=lambda: not sample_data.alive and running.page_answers(settings.PORT))
    sample_data.kill()
    return sample_data.output.read().decode() if sample_data.output else ""


def _welcome(notes: str) -> str:
    text = "\n\n".join(filter(None, [f"Carillon is ready: {settings.PUBLIC_URL}", notes.strip(), "Ctrl-C stops it."]))
    rule = "=" * 78
    return f"{rule}\n{textwrap.indent(text, '  ')}\n{rule}"
