"""Reaching a team's things by the ids that programs send, which may be anything."""

from uuid import UUID

from api import errors
from api.authentication import ApiRequest
from audiences.models import Audience
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from mail.addresses import InvalidAddress, normalise


def uuid_of(text: str, *, name: str = "id") -> UUID:
    """The UUID that `text` spells, or a refusal that blames `name`."""
    try:
        # UUID() itself takes braces and prefixes, too.
        if len(text) != 36:
            raise ValueError
        return UUID(text)
    except ValueError:
        raise errors.bad_id(name) from None


def audience_of(request: ApiRequest, text: str, *, name: str = "id") -> Audience:
    """The team's standing audience, or 404."""
    audience = request.team.audiences.standing().filter(uuid=uuid_of(text, name=name)).order_by().first()
    if audience is None:
        raise errors.not_found("Audience")
    return audience


def contacts_at(contacts: ContactQuerySet, reference: str) -> ContactQuerySet:
    """Those of `contacts` that a program means by an id or an e-mail address."""
    if "@" not in reference:
        return contacts.public(uuid_of(reference))
    try:
        return contacts.filter(email=normalise(reference))
    except InvalidAddress:
        return contacts.none()


def contact_in(audience: Audience, reference: str) -> Contact:
    """The audience's contact, or 404."""
    contact = contacts_at(audience.contacts.all(), reference).order_by().first()
    if contact is None:
        raise errors.not_found("Contact")
    contact.audience = audience
    return contact
