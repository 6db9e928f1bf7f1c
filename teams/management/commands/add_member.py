"""One more person in a team, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from lib.errors import DomainError
from teams.models import Membership, Team
from teams.passwords import SOURCES, sign_in_of
from teams.starting import add_member


class Command(BaseCommand):
    help = (
        f"Adds somebody to a team. {SOURCES} Whoever has an account already keeps their password. "
        "Example: manage.py add_member northwind jonas@northwind.example --role member"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("team", metavar="SLUG", help="The team as its addresses name it: /t/SLUG/")
        parser.add_argument("email", metavar="EMAIL", help="The address they sign in with.")
        parser.add_argument("--name", default="", help="Their own name, as in “Jonas Okafor”.")
        parser.add_argument("--role", choices=Membership.Role.values, default=Membership.Role.MEMBER)
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from standard input.")

    def handle(self, *_args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"There is no team “{options['team']}”.")
        try:
            email, password = sign_in_of(options["email"], name=options["name"], from_stdin=options["password_stdin"])
            add_member(team=team, email=email, password=password, name=options["name"], role=options["role"])
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{email} is in “{team}” ({options['role']}) and signs in at")
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('account_login')}")
