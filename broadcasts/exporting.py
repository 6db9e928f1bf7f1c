"""The team's broadcasts and e-mails as CSV, as their lists show them."""

from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Coalesce
from django.http import QueryDict

from broadcasts.filtering import EmailFilterForm
from broadcasts.listing import TABS, of_tab
from broadcasts.models import Chunk, Email
from exports.registry import Exportable, register
from exports.resources import Column, Flag, Instant, Plain, Resource
from lib import public_ids
from teams.models import Team

Status = Email.Status
# The numbers of a broadcast, each the e-mails with one of these statuses.
NUMBERS = {
    "number_of_emails": tuple(Status),
    "number_sent": (Status.SENT, Status.DELIVERED, Status.COMPLAINED),
    "number_bounced": (Status.BOUNCED,),
    "number_failed": (Status.FAILED,),
}


WORD = Case(*(When(status=each.value, then=Value(each.word)) for each in Status), output_field=TextField())


class BroadcastResource(Resource):
    id = Column("id", of=Plain, attribute="uuid")
    name = Column("name")
    subject = Column("subject")
    sender = Column("from", attribute="sender")
    reply_to = Column("reply_to")
    audience = Column("audience", attribute="audience__name")
    audience_id = Column("audience_id", of=Plain, attribute="audience__uuid")
    status = Column("status", of=Plain)
    created_at = Column("created_at", of=Instant)
    scheduled_at = Column("scheduled_at", of=Instant)
    sent_at = Column("sent_at", of=Instant)
    emails = Column("emails", of=Plain, attribute="number_of_emails")
    sent = Column("sent", of=Plain, attribute="number_sent")
    bounced = Column("bounced", of=Plain, attribute="number_bounced")
    failed = Column("failed", of=Plain, attribute="number_failed")
    opened = Column("opened", of=Plain)
    clicked = Column("clicked", of=Plain)


def _number(statuses: tuple[Status, ...]) -> Coalesce:
    """How many of its e-mails have one of these statuses, as its chunks have counted them."""
    counts = [F(f"counts__{status.value}") for status in statuses]
    chunks = Chunk.objects.filter(broadcast=OuterRef("pk")).order_by().values("broadcast")
    return Coalesce(Subquery(chunks.annotate(number=Sum(sum(counts[1:], counts[0]))).values("number")), 0)


def _rows(team: Team, query: QueryDict) -> QuerySet[Any]:
    numbers = {name: _number(statuses) for name, statuses in NUMBERS.items()}
    return of_tab(team, query.get("status", "")).select_related("audience").annotate(**numbers).order_by("-pk")


def _filters(_team: Team, query: QueryDict) -> list[tuple[str, str]]:
    tab = TABS.get(query.get("status", ""))
    return [("Status", tab[0])] if tab else []


class EmailResource(Resource):
    id = Column("id", attribute="public_id", ids=public_ids.emails)
    to = Column("to", attribute="address")
    broadcast = Column("broadcast", attribute="broadcast__name")
    broadcast_id = Column("broadcast_id", of=Plain, attribute="broadcast__uuid")
    status = Column("status", of=Plain, attribute="status_word", expression=WORD)
    reply = Column("reply")
    attempts = Column("attempts", of=Plain)
    may_have_arrived_twice = Column("may_have_arrived_twice", of=Flag, attribute="maybe_twice")
    created_at = Column("created_at", of=Instant)
    sent_at = Column("sent_at", of=Instant)
    delivered_at = Column("delivered_at", of=Instant)
    opened_at = Column("opened_at", of=Instant)
    clicked_at = Column("clicked_at", of=Instant)
    bounced_at = Column("bounced_at", of=Instant)
    complained_at = Column("complained_at", of=Instant)


def _emails(team: Team, query: QueryDict) -> QuerySet[Any]:
    return EmailFilterForm(query).filter(team).select_related("broadcast").order_by("-pk")


def _email_filters(_team: Team, query: QueryDict) -> list[tuple[str, str]]:
    return EmailFilterForm(query).words


register(Exportable("broadcasts", "Broadcasts", BroadcastResource, _rows, _filters))
register(Exportable("emails", "E-mails", EmailResource, _emails, _email_filters))
