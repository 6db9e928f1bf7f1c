"""Which teams there are and who is in them, from the command line."""

from typing import Any

from django.core.management.base import BaseCommand

from teams.models import Team


class Command(BaseCommand):
    help = "Lists every team with its members, so that nobody keeps one that they shouldn't. Example: manage.py teams"

    def handle(self, *_args: Any, **_options: Any) -> None:
        for team in Team.objects.order_by("slug").iterator():
            self.stdout.write(f"{team.slug}: “{team}”, since {team.created_at:%Y-%m-%d}")
            for each in team.memberships.select_related("user").order_by("role", "user__email"):
                self.stdout.write(f"  {each.role:<6}  {each.user.email}")
        if not Team.objects.exists():
            self.stdout.write("There is no team yet: manage.py start_team makes one.")
