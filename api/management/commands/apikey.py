"""API keys from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.issuing import issue
from api.models import ApiKey
from lib.errors import DomainError
from teams.models import Team


class Command(BaseCommand):
    help = (
        "Makes a key for programs that use the API, and prints its token, which can't be had again, as the last line. "
        "Example: manage.py apikey create deploy --team northwind"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        create = commands.add_parser("create", help="Make a key.")
        create.add_argument("name", metavar="NAME", help="What the key is called in lists and in contacts' histories.")
        create.add_argument("--team", metavar="SLUG", required=True, help="The team, as in its addresses: /t/SLUG/")
        create.add_argument("--permission", choices=ApiKey.Permission.values, default=ApiKey.Permission.FULL_ACCESS)
        create.add_argument("--domain", metavar="NAME", help="With sending access: the one domain it may send from.")

    def handle(self, *_args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"There is no team “{options['team']}”.")
        domain = team.domains.filter(name=options["domain"]).first()
        if options["domain"] and domain is None:
            raise CommandError(f"“{team}” has no domain “{options['domain']}”.")
        try:
            key, token = issue(
                team=team, name=options["name"], by=None, permission=options["permission"], domain=domain
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"“{key}” opens “{team}” ({key.opens[0].lower()}{key.opens[1:]}). Its token:")
        self.stdout.write(token)
