"""Reaching a team's things by the ids that programs send, which may be anything."""

from uuid import UUID

from django.urls import register_converter
from django.urls.converters import StringConverter

from api import errors
from api.authentication import ApiRequest
from audiences.models import Audience
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from domains.models import Domain
from mail.addresses import InvalidAddress, normalise


class ReferenceConverter(StringConverter):
    """An id or an e-mail address in a route; a local part may have slashes in it."""

    regex = "[^/]+|[^@]+@[^/@]+"


register_converter(ReferenceConverter, "reference")


def uuid_of(text: str, *, name: str = "id") -> UUID:
    """The UUID that `text` spells, or a refusal that blames `name`."""
    found = uuid_or_none(text)
    if found is None:
        raise errors.bad_id(name)
    return found


def uuid_or_none(text: str) -> UUID | None:
    """The UUID that `text` spells as everybody does; UUID() itself takes braces and prefixes, too."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def audience_of(request: ApiRequest, text: str, *, name: str = "id") -> Audience:
    """The team's standing audience, or 404."""
    uuid = uuid_of(text, name=name)
    if request.named is not None and request.named.uuid == uuid:
        return request.named
    audience: Audience | None = request.team.audiences.standing().filter(uuid=uuid).order_by().first()
    if audience is None:
        raise errors.not_found("Audience")
    return audience


def domain_of(request: ApiRequest, text: str, *, name: str = "id") -> Domain:
    """The team's domain, or 404."""
    domain: Domain | None = request.team.domains.defer("private_key").filter(uuid=uuid_of(text, name=name)).first()
    if domain is None:
        raise errors.not_found("Domain")
    return domain


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
