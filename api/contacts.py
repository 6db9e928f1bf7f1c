"""Contacts of one audience."""

from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router

from api import answers, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, Source, moment
from api.reaching import audience_of, contact_in, contacts_at
from contacts import defining, keeping, listing
from contacts.keeping import By, Details
from contacts.listing import Listed
from contacts.models import Contact
from lib import public_ids
from lib.pagination import key_by_public_id

in_audience = Router(tags=["contacts of an audience"])
in_segment = Router(tags=["contacts of an audience"])


@in_audience.post("/{audience}/contacts", response={201: schemas.Created}, operation_id="create_contact_in_audience")
def create(request: ApiRequest, audience: str, body: schemas.NewContact) -> HttpResponseBase:
    """Add a contact, or bring the one with this address up to date. Never subscribes anybody again."""
    of = audience_of(request, audience)
    kept = keeping.keep(audience=of, email=body.email, details=given(body), by=by(request))
    return answers.created("contact", public_ids.contacts.encode(kept))


@in_audience.get("/{audience}/contacts", response=schemas.Contacts, operation_id="list_contacts_in_audience")
def index(request: ApiRequest, audience: str, paging: Query[Paging]) -> HttpResponseBase:
    return answer_list(paging, [audience_of(request, audience).pk])


@in_segment.get("/{segment}/contacts", response=schemas.Contacts, operation_id="list_contacts_in_segment")
def index_of_segment(request: ApiRequest, segment: str, paging: Query[Paging]) -> HttpResponseBase:
    return answer_list(paging, [audience_of(request, segment).pk])


@in_audience.get(
    "/{audience}/contacts/{reference:contact}", response=schemas.Contact, operation_id="get_contact_in_audience"
)
def get(request: ApiRequest, audience: str, contact: str) -> HttpResponseBase:
    """By id or e-mail address."""
    return answers.one("contact", told(contact_in(audience_of(request, audience), contact)))


@in_audience.patch(
    "/{audience}/contacts/{reference:contact}", response=schemas.Created, operation_id="update_contact_in_audience"
)
def update(request: ApiRequest, audience: str, contact: str, body: schemas.ContactFields) -> HttpResponseBase:
    """Change names, properties or subscription; `unsubscribed: false` lifts an opt-out, which is recorded."""
    of = contact_in(audience_of(request, audience), contact)
    keeping.change(contact=of, details=changed(body), by=by(request))
    return answers.one("contact", {"id": str(of.public_id)})


@in_audience.delete(
    "/{audience}/contacts/{reference:contact}",
    response=schemas.DeletedContact,
    operation_id="delete_contact_in_audience",
)
def delete(request: ApiRequest, audience: str, contact: str) -> HttpResponseBase:
    """By id or e-mail address; what isn't there counts as deleted."""
    of = audience_of(request, audience)
    found = contacts_at(of.contacts.all(), contact).first()
    if found is not None:
        found.audience = of
        keeping.delete(contact=found)
    return answers.deleted("contact", found.public_id if found else contact, contact=contact)


def by(request: ApiRequest) -> By:
    """Who changes contacts here, for their history."""
    return By(request.api_key.actor, timezone.now(), reason="asked for through the API")


def given(body: schemas.ContactFields) -> Details:
    """What a new contact comes with; null says nothing."""
    return Details(body.first_name, body.last_name, body.unsubscribed, body.properties)


def changed(body: schemas.ContactFields) -> Details:
    """What changes of a contact; a name that is null becomes empty."""
    names = {name: getattr(body, name) or "" for name in keeping.NAMES if name in body.model_fields_set}
    return Details(**names, unsubscribed=body.unsubscribed, properties=body.properties)


def told(contact: Contact) -> dict[str, Any]:
    return {
        "id": str(contact.public_id),
        "email": contact.email,
        "first_name": contact.first_name or None,
        "last_name": contact.last_name or None,
        "created_at": moment(contact.created_at),
        "unsubscribed": contact.unsubscribed_at is not None,
        "properties": defining.shown(team=contact.audience.team, values=contact.properties),
    }


def told_in_list(contact: Listed) -> dict[str, Any]:
    return {
        "id": str(public_ids.contacts.encode(contact.id)),
        "email": contact.email,
        "first_name": contact.first_name or None,
        "last_name": contact.last_name or None,
        "created_at": moment(contact.created_at),
        "unsubscribed": contact.unsubscribed,
    }


def answer_list(paging: Paging, audience_ids: Sequence[int]) -> HttpResponseBase:
    """The contacts of these audiences."""
    source = Source[Listed](
        newest=lambda above, below, most: listing.newest(
            audience_ids=audience_ids, above=above, below=below, most=most
        ),
        following=lambda above, most: listing.following(audience_ids=audience_ids, above=above, most=most),
        key_of=lambda row: row.id,
        told=told_in_list,
        key=key_by_public_id(public_ids.contacts),
    )
    return lists.answer(paging, source)
