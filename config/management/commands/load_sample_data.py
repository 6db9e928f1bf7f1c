"""Sample data for development, once, and how to sign in, each time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import sample_data


class Command(BaseCommand):
    help = (
        "Makes the sample team “Northwind” when there is no team yet, and prints how to sign in to it. "
        "Example: manage.py load_sample_data"
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError(
                "Sample data is for development. Start a team with: manage.py start_team NAME --admin EMAIL"
            )
        sample_data.load(now=timezone.now())
        if known := sample_data.sign_ins():
            self.stdout.write(known)
