"""One person in several of a team's audiences: a contact in each, reached by the address they share."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from django.db import transaction

from audiences import keeping as audiences
from audiences import locking
from audiences.models import Audience
from contacts import defining, keeping
from contacts.editing import ContactGone
from contacts.keeping import By, Details
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from lib.errors import DomainError
from mail.addresses import InvalidAddress, normalise
from teams.models import Team


class SeveralAudiences(DomainError):
    code = "several_audiences"

    def __init__(self, email: str, number: int) -> None:
        super().__init__(f"{email} is in {number} audiences. Say which contact is meant by its id.")


def at(*, team: Team, address: str) -> ContactQuerySet:
    """The team's contacts with this address, newest first."""
    contacts = Contact.objects.of(team).select_related("audience").order_by("-pk")
    try:
        return contacts.filter(email=normalise(address))
    except InvalidAddress:
        return contacts.none()


@transaction.atomic
def keep(*, team: Team, email: str, audiences_given: Sequence[Audience], details: Details, by: By) -> int:
    """Add the person to each audience, to General when none is given; the key of the first contact."""
    found = {each.pk: each for each in audiences_given or [audiences.general(team=team)]}
    _lock(found)
    kept = {pk: keeping.keep(audience=found[pk], email=email, details=details, by=by) for pk in sorted(found)}
    return kept[next(iter(found))]


@transaction.atomic
def change(*, contacts: Sequence[Contact], details: Details, by: By) -> None:
    """Change the person's one contact. In several audiences they can only be unsubscribed, from all at once.

    Where they were deleted meanwhile there is nothing to change; raises ContactGone when that is so everywhere.
    """
    if len(contacts) > 1 and not details.only_unsubscribes:
        raise SeveralAudiences(contacts[0].email, len(contacts))
    gone = 0
    for contact in _locked(contacts):
        try:
            keeping.change(contact=contact, details=details, by=by)
        except ContactGone:
            gone += 1
    if gone == len(contacts):
        raise ContactGone


@transaction.atomic
def delete(*, contacts: Sequence[Contact]) -> None:
    """Delete the person from every audience these contacts are in."""
    for contact in _locked(contacts):
        keeping.delete(contact=contact)


def copy(*, contact: Contact, to: Audience, by: By) -> int:
    """Add the person to another audience, with the names and properties known here; the key of the contact there.

    Who is in it already stays as they are.
    """
    standing = to.contacts.filter(email=contact.email).values_list("pk", flat=True).first()
    if standing is not None:
        return int(standing)
    known = Details(contact.first_name, contact.last_name, properties=_still_defined(contact))
    return keeping.keep(audience=to, email=contact.email, details=known, by=by)


def _locked(contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts in the order of their audiences, which are locked.

    Changing one holds its audience's row, for the counters, until the transaction ends: whoever took these rows in
    another order would block those who don't, and be blocked by them.
    """
    _lock(contact.audience_id for contact in contacts)
    return sorted(contacts, key=attrgetter("audience_id"))


def _lock(audience_ids: Iterable[int]) -> None:
    """Hold all the audiences before anything in one of them, in the order in which everybody does."""
    for audience_id in sorted(audience_ids):
        locking.lock_shared(audience_id)


def _still_defined(contact: Contact) -> dict[str, object]:
    known = defining.shown(team=contact.audience.team, values=contact.properties)
    return {key: told["value"] for key, told in known.items()}
