from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from broadcasts import auditing
from teams.models import Team


class Command(BaseCommand):
    help = (
        "Recount every broadcast and audience and say what doesn't add up. "
        "Example: manage.py check_ledger --team northwind"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--team", metavar="SLUG", help="the short name of one team, as its pages' addresses show it"
        )

    def handle(self, *, team: str | None, **_options: Any) -> None:
        found = list(auditing.discrepancies(self._team(team) if team else None))
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError("The ledger doesn't add up.")
        self.stdout.write("Everything adds up.")

    def _team(self, slug: str) -> Team:
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            raise CommandError(f"There is no team {slug!r}.")
        return team
