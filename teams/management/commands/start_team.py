"""The first team of a new installation, from the command line."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from lib.errors import DomainError
from mail import addresses
from teams.models import Team, User
from teams.starting import start_team


class Command(BaseCommand):
    help = (
        "Starts a team with its first admin. The password is taken from CARILLON_PASSWORD, from the first "
        "line of the standard input, or asked for. "
        "Example: manage.py start_team Northwind --admin mara@northwind.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("team", metavar="NAME", help="What the team is called, as in “Northwind”.")
        parser.add_argument("--admin", metavar="EMAIL", required=True, help="The address the admin signs in with.")
        parser.add_argument("--name", default="", help="The admin's own name, as in “Mara Lindqvist”.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from standard input.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            email = addresses.normalise(options["admin"])
            known = User.objects.filter(email=email).exists()
            password = "" if known else self._password(User(email=email, name=options["name"]), options)
            team = start_team(name=options["team"], admin_email=email, password=password, admin_name=options["name"])
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self._say_how_to_sign_in(team, email, known=known)

    def _password(self, user: User, options: dict[str, Any]) -> str:
        password = _given(from_stdin=options["password_stdin"])
        try:
            validate_password(password, user)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        return password

    def _say_how_to_sign_in(self, team: Team, email: str, *, known: bool) -> None:
        kept = ", with the password they already have" if known else ""
        self.stdout.write(f"Team “{team}” is ready. {email} is its admin and signs in{kept} at")
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('account_login')}")


def _given(*, from_stdin: bool) -> str:
    """The password, from where it was said to come."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if password := os.environ.get("CARILLON_PASSWORD", ""):
        return password
    if not sys.stdin.isatty():
        raise CommandError("No password: set CARILLON_PASSWORD, or pipe it in with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise CommandError("The two passwords differ. Nothing was started.")
    return password
