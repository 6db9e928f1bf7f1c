"""What narrows the list of a team's e-mails: a status, a period, an address."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Min
from django.utils import timezone

from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.querysets import EmailQuerySet
from mail.addresses import InvalidAddress, normalise
from teams.models import Team

STATUSES = [("", "All Statuses"), *((status.word, status.label) for status in Email.Status)]
PERIODS = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
UNDER_WAY = (Broadcast.Status.QUEUED, Broadcast.Status.SENDING, Broadcast.Status.PAUSED)


class EmailFilterForm(forms.Form):
    """Nonsense narrows nothing."""

    q = forms.CharField(required=False, max_length=254)
    status = forms.ChoiceField(required=False, choices=STATUSES)
    days = forms.ChoiceField(required=False, choices=[("", "Any time"), *PERIODS.items()])

    @property
    def values(self) -> dict[str, str]:
        """The filters that are set, by name."""
        self.is_valid()
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    @property
    def words(self) -> list[tuple[str, str]]:
        """The filters that are set, as label and value."""
        values = self.values
        found = []
        if "status" in values:
            found.append(("Status", Email.Status[values["status"].upper()].label))
        if "days" in values:
            found.append(("Period", PERIODS[values["days"]]))
        if "q" in values:
            found.append(("To", values["q"]))
        return found

    def filter(self, team: Team) -> EmailQuerySet:
        """The team's e-mails that match."""
        values = self.values
        emails: Any = Email.objects.of(team)
        if "q" in values:
            emails = _addressed_to(emails, values["q"], team)
        if "status" in values:
            emails = _with_status(emails, Email.Status[values["status"].upper()], team)
        if "days" in values:
            emails = _since(emails, int(values["days"]), team)
        return emails


def _addressed_to(emails: EmailQuerySet, written: str, team: Team) -> EmailQuerySet:
    try:
        return emails.addressed_to(normalise(written), team=team)
    except InvalidAddress:
        return emails.none()


def _with_status(emails: EmailQuerySet, status: Email.Status, team: Team) -> EmailQuerySet:
    """By an index for what is rare; what waits is sought only where anything can wait."""
    if status == Email.Status.QUEUED:
        waiting = Chunk.objects.unfinished().filter(broadcast__team=team, broadcast__status__in=UNDER_WAY)
        emails = emails.filter(pk__gte=_first(waiting))
    # Repeated for the partial index.
    return emails.filter(status=status, status__gte=4) if status >= 4 else emails.filter(status=status)


def _since(emails: EmailQuerySet, days: int, team: Team) -> EmailQuerySet:
    """The ledger isn't indexed by time, but whatever was written since belongs to a broadcast that changed since."""
    since = timezone.now() - timedelta(days=days)
    written = Chunk.objects.filter(broadcast__team=team, broadcast__updated_at__gte=since)
    return emails.filter(created_at__gte=since, pk__gte=_first(written))


def _first(chunks: Any) -> int:
    """The id at which the first of these chunks begins; beyond all ids when there is none."""
    first = chunks.aggregate(first=Min("lo"))["first"]
    return 2**63 - 1 if first is None else int(first)
