"""An audience's contacts as CSV: what the page of the audience shows, with columns that an import understands."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, ExpressionWrapper, Q, QuerySet, TextField, Value, When
from django.http import QueryDict

from audiences.models import Audience
from contacts.forms.filters import ContactFilterForm
from contacts.models import Contact
from exports.registry import Exportable, UnknownList, register
from exports.resources import Column, Flag, Instant, Plain, Resource
from lib import public_ids
from teams.models import Team

WORD = Case(*(When(status=each.value, then=Value(each.word)) for each in Contact.Status), output_field=TextField())


class ContactResource(Resource):
    id = Column("id", attribute="public_id", ids=public_ids.contacts)
    email = Column("email")
    first_name = Column("first_name")
    last_name = Column("last_name")
    unsubscribed = Column("unsubscribed", of=Flag, attribute="has_unsubscribed")
    status = Column("status", of=Plain, attribute="status_word", expression=WORD)
    unsubscribed_at = Column("unsubscribed_at", of=Instant)
    created_at = Column("created_at", of=Instant)


def _audience(team: Team, query: QueryDict) -> Audience:
    try:
        found = team.audiences.standing().filter(uuid=UUID(query.get("audience", ""))).first()
    except ValueError:
        found = None
    if found is None:
        raise UnknownList
    return found


def _rows(team: Team, query: QueryDict) -> QuerySet[Any]:
    contacts = ContactFilterForm(query).filter(_audience(team, query).contacts.all())
    # As an import asks for it: whoever bounced or complained hasn't unsubscribed by that.
    has_unsubscribed = ExpressionWrapper(Q(unsubscribed_at__isnull=False), output_field=BooleanField())
    return contacts.annotate(has_unsubscribed=has_unsubscribed).order_by("-pk")


def _filters(team: Team, query: QueryDict) -> list[tuple[str, str]]:
    values = ContactFilterForm(query).values
    found = [("Audience", _audience(team, query).name)]
    if "status" in values:
        found.append(("Status", Contact.Status[values["status"].upper()].label))
    if "q" in values:
        found.append(("Search", values["q"]))
    return found


register(Exportable("contacts", "Contacts", ContactResource, _rows, _filters))
