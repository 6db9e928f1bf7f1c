"""Sending a draft from the command line, with the review that the dashboard asks for."""

from argparse import ArgumentParser
from datetime import UTC
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from broadcasts import publishing, reviewing, scheduling
from broadcasts.models import Broadcast
from lib.errors import DomainError
from teams.access import may
from teams.models import Membership, User


class Command(BaseCommand):
    help = (
        "Sends a draft, now or later, as a person of its team would on its review page. "
        "Example: manage.py send_broadcast 0193b7c2-8f5e-7c3a-9d41-3f2b8f6f1a10 --by mara@northwind.example "
        '--at "tomorrow at 9am"'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("broadcast", metavar="ID", type=UUID, help="Its id, as the address of its page shows it.")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="Who of the team sends it.")
        parser.add_argument("--at", metavar="WHEN", help="When, in words or as ISO 8601, in that person's time zone.")
        parser.add_argument("--rest", action="store_true", help="Send one that is over to those who haven't got it.")

    def handle(self, *, broadcast: UUID, by: str, at: str | None, rest: bool, **_options: Any) -> None:
        if rest and at:
            raise CommandError("--rest sends now: it doesn't go with --at.")
        chosen = Broadcast.objects.select_related("team", "audience").filter(uuid=broadcast).first()
        if chosen is None:
            raise CommandError(f"There is no broadcast {broadcast}.")
        user = self._sender(chosen, by)
        try:
            self.stdout.write(self._released(chosen, user, at, rest=rest))
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal

    def _released(self, broadcast: Broadcast, user: User, at: str | None, *, rest: bool) -> str:
        if rest:
            publishing.send_to_rest(broadcast, by=user)
            return f"“{broadcast}” is on its way to the rest."
        recipients = reviewing.review(broadcast).recipients
        people = f"{recipients:,} {'person' if recipients == 1 else 'people'}"
        if not at:
            publishing.send(broadcast, by=user)
            return f"“{broadcast}” is on its way to {people}."
        when = scheduling.parse(at, now=timezone.now(), zone=ZoneInfo(user.time_zone))
        publishing.schedule(broadcast, at=when, by=user)
        return f"“{broadcast}” goes out to {people} on {when.astimezone(UTC):%Y-%m-%d %H:%M} UTC."

    def _sender(self, broadcast: Broadcast, email: str) -> User:
        memberships = Membership.objects.select_related("user").filter(team=broadcast.team)
        membership = memberships.filter(user__email=email.strip().lower()).first()
        if membership is None or not may(membership, "broadcasts.send"):
            raise CommandError(f"{email} isn't somebody of “{broadcast.team}” who may send broadcasts.")
        return membership.user
