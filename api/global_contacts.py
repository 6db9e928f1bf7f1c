"""Contacts as newer SDKs see them: one person of a team, in any of its audiences.

A contact belongs to one audience here. So an id names one contact, and an address the person's contacts in all
audiences; what can't be meant for all of them is refused rather than guessed.
"""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from api import answers, errors, lists, schemas
from api.authentication import ApiRequest
from api.contacts import answer_list, by, changed, given, told
from api.lists import Paging, moment
from api.reaching import audience_of, contacts_at
from audiences.models import Audience
from contacts import keeping, spreading
from contacts.models import Contact
from lib import public_ids
from lib.pagination import key_by_uuid

routes = Router(tags=["contacts"])


class ContactPaging(Paging):
    """Which part of the team's contacts is asked for."""

    segment_id: str | None = Field(None, description="Only contacts of this segment.")


@routes.post("", response={201: schemas.Created}, operation_id="create_contact")
def create(request: ApiRequest, body: schemas.NewGlobalContact) -> HttpResponseBase:
    """Add a contact to each of the segments, or to the audience “General” when none is named."""
    if body.topics:
        raise errors.bad("Topics don't exist here, so `topics` must be empty.")
    kept = spreading.keep(
        team=request.team,
        email=body.email,
        audiences_given=_audiences(request, body),
        details=given(body),
        by=by(request),
    )
    return answers.created("contact", public_ids.contacts.encode(kept))


@routes.get("", response=schemas.Contacts, operation_id="list_contacts")
def index(request: ApiRequest, paging: Query[ContactPaging]) -> HttpResponseBase:
    """A row per contact and audience."""
    if paging.segment_id:
        return answer_list(paging, [audience_of(request, paging.segment_id, name="segment_id").pk])
    return answer_list(paging, list(request.team.audiences.standing().values_list("pk", flat=True)))


@routes.get("/{reference:contact}", response=schemas.Contact, operation_id="get_contact")
def get(request: ApiRequest, contact: str) -> HttpResponseBase:
    """By id, or by e-mail address the newest contact with it."""
    return answers.one("contact", told(_contacts(request, contact)[0]))


@routes.patch("/{reference:contact}", response=schemas.Created, operation_id="update_contact")
def update(request: ApiRequest, contact: str, body: schemas.ContactFields) -> HttpResponseBase:
    """By id, or by e-mail address: `unsubscribed: true` reaches every audience, anything else must be unambiguous."""
    found = _contacts(request, contact)
    spreading.change(contacts=found, details=changed(body), by=by(request))
    return answers.one("contact", {"id": str(found[0].public_id)})


@routes.delete("/{reference:contact}", response=schemas.DeletedContact, operation_id="delete_contact")
def delete(request: ApiRequest, contact: str) -> HttpResponseBase:
    """By id, or by e-mail address from every audience; what isn't there counts as deleted."""
    found = _found(request, contact)
    spreading.delete(contacts=found)
    identity = str(found[0].public_id) if found else contact
    return answers.deleted("contact", identity, contact=identity)


@routes.get("/{reference:contact}/segments", response=schemas.Audiences, operation_id="list_segments_of_contact")
def segments(request: ApiRequest, contact: str, paging: Query[Paging]) -> HttpResponseBase:
    """Every audience that the person is in."""
    email = _contacts(request, contact)[0].email
    standing = request.team.audiences.standing()
    found = standing.filter(pk__in=Contact.objects.of(request.team).filter(email=email).values("audience_id"))
    return lists.answer(paging, lists.of_queryset(found, told=_told, key=key_by_uuid(standing)))


@routes.post(
    "/{reference:contact}/segments/{segment}", response=schemas.Membership, operation_id="add_contact_to_segment"
)
def join(request: ApiRequest, contact: str, segment: str) -> HttpResponseBase:
    """Add the person to another audience; who is in it stays as they are."""
    person = _contacts(request, contact)[0]
    audience = audience_of(request, segment)
    identity = public_ids.contacts.encode(spreading.copy(contact=person, to=audience, by=by(request)))
    return answers.one("contact_segment", _membership(identity, audience.uuid))


@routes.delete(
    "/{reference:contact}/segments/{segment}",
    response=schemas.EndedMembership,
    operation_id="remove_contact_from_segment",
)
def leave(request: ApiRequest, contact: str, segment: str) -> HttpResponseBase:
    """Delete the person from that audience; an opt-out is remembered."""
    person = _contacts(request, contact)[0]
    audience = audience_of(request, segment)
    there = audience.contacts.filter(email=person.email).first()
    if there is not None:
        there.audience = audience
        keeping.delete(contact=there)
    identity = there.public_id if there else person.public_id
    return answers.one("contact_segment", {**_membership(identity, audience.uuid), "deleted": True})


def _audiences(request: ApiRequest, body: schemas.NewGlobalContact) -> list[Audience]:
    ids = [each if isinstance(each, str) else each.id for each in body.segments or []]
    named = [audience_of(request, body.audience_id, name="audience_id")] if body.audience_id else []
    return named + [audience_of(request, each, name="segments") for each in dict.fromkeys(ids)]


def _found(request: ApiRequest, reference: str) -> list[Contact]:
    """The contact with that id, or those with that address, newest first."""
    contacts = Contact.objects.of(request.team).select_related("audience__team")
    return list(contacts_at(contacts, reference).order_by("-pk"))


def _contacts(request: ApiRequest, reference: str) -> list[Contact]:
    """The same, at least one, or 404."""
    found = _found(request, reference)
    if not found:
        raise errors.not_found("Contact")
    return found


def _told(audience: Audience) -> dict[str, Any]:
    return {"id": str(audience.uuid), "name": audience.name, "created_at": moment(audience.created_at)}


def _membership(contact: object, segment: object) -> dict[str, Any]:
    return {"id": str(contact), "contact_id": str(contact), "segment_id": str(segment)}
