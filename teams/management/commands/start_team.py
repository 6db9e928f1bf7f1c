"""The first team of a new installation, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from lib.errors import DomainError
from teams.models import Team
from teams.passwords import SOURCES, sign_in_of
from teams.starting import start_team


class Command(BaseCommand):
    help = (
        f"Starts a team with its first admin. {SOURCES} "
        "Example: manage.py start_team Northwind --admin mara@northwind.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("team", metavar="NAME", help="What the team is called, as in “Northwind”.")
        parser.add_argument("--admin", metavar="EMAIL", required=True, help="The address the admin signs in with.")
        parser.add_argument("--name", default="", help="The admin's own name, as in “Mara Lindqvist”.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from standard input.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            email, password = sign_in_of(options["admin"], name=options["name"], from_stdin=options["password_stdin"])
            team = start_team(name=options["team"], admin_email=email, password=password, admin_name=options["name"])
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self._say_how_to_sign_in(team, email, known=not password)

    def _say_how_to_sign_in(self, team: Team, email: str, *, known: bool) -> None:
        kept = ", with the password they already have" if known else ""
        self.stdout.write(f"Team “{team}” is ready. {email} is its admin and signs in{kept} at")
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('account_login')}")
