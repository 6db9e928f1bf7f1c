"""To whom of a broadcast's recipients one thing happened, or who did it."""

from typing import Any, Literal

from django.db.models import OuterRef, Prefetch, Subquery

from broadcasts import reporting
from broadcasts.models import Broadcast, Email, EmailEvent
from broadcasts.querysets import EmailQuerySet
from lib.storable import is_storable
from mail.addresses import InvalidAddress, normalise

Deed = Literal["sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "suppressed"]
Kind = EmailEvent.Kind
Status = Email.Status
TAKEN = (Status.SENT, Status.DELIVERED, Status.COMPLAINED)


def recipients(broadcast: Broadcast, deed: Deed, *, address: str = "") -> EmailQuerySet:
    """The broadcast's e-mails of which `deed` is true, to the contact with that address, or one with it as a part.

    A whole address is looked up by indexes; a part of one is sought in all of the broadcast's e-mails.
    """
    emails = _to(broadcast, address) if address else _all(broadcast)
    match deed:
        case "sent":
            return emails.filter(status__in=TAKEN)
        case "opened" | "clicked":
            return emails.exclude(**{f"{deed}_at": None})
        case "unsubscribed":
            return _unsubscribed(broadcast, emails)
        case "suppressed":
            return _rare(emails, Status.SKIPPED)
        case "bounced" | "complained":
            return _rare(emails, Email.Status[deed.upper()])
    return emails.filter(status=Status.DELIVERED)


def with_clicks(emails: EmailQuerySet) -> EmailQuerySet:
    """The same, each with the first click of a person on each link as `clicks`."""
    of_people = EmailEvent.objects.filter(kind=Kind.CLICKED, by_machine=False).order_by("pk")
    return emails.prefetch_related(Prefetch("events", queryset=of_people, to_attr="clicks"))


def _all(broadcast: Broadcast) -> EmailQuerySet:
    emails: Any = reporting.recipients(broadcast)
    return emails


def _to(broadcast: Broadcast, address: str) -> EmailQuerySet:
    try:
        whole = normalise(address)
    except InvalidAddress:
        emails = _all(broadcast)
        return emails.filter(address__icontains=address) if is_storable(address) else emails.none()
    ours: Any = broadcast.emails.all()
    return ours.addressed_to(whole, team=broadcast.team)


def _rare(emails: EmailQuerySet, status: Email.Status) -> EmailQuerySet:
    # Repeated for the partial index.
    return emails.filter(status=status, status__gte=4)


def _unsubscribed(broadcast: Broadcast, emails: EmailQuerySet) -> EmailQuerySet:
    """Those whose latest event about that is an unsubscribe, found from the events, of which there are few."""
    first, last = reporting.span(broadcast.chunks.all())
    ever = EmailEvent.objects.filter(email__gte=first, email__lte=last, kind=Kind.UNSUBSCRIBED)
    latest = EmailEvent.objects.filter(email=OuterRef("pk"), kind__in=(Kind.UNSUBSCRIBED, Kind.RESUBSCRIBED))
    newest = Subquery(latest.order_by("-pk").values("kind")[:1])
    return emails.filter(pk__in=ever.values("email")).annotate(newest=newest).filter(newest=Kind.UNSUBSCRIBED)
