"""Changing what is known about a contact; its address never changes, since it is what consent was given for."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiences import locking
from contacts import defining
from contacts.models import Contact, ContactEvent
from contacts.names import contact_name
from lib.errors import DomainError

FIELDS = ("first_name", "last_name")


class ContactGone(DomainError):
    code = "not_found"
    message = "This contact has been deleted."


@transaction.atomic
def edit(
    *, contact: Contact, changes: Mapping[str, str], properties: Mapping[str, Any] | None = None, actor: str
) -> bool:
    """Write the names and properties that differ and remember both values; False when nothing did.

    A property that becomes None is removed. Raises NameTooLong, ContactGone and what `defining.check` raises.
    """
    now = timezone.now()
    wanted = {name: contact_name(changes[name], field=name) for name in FIELDS if name in changes}
    given = defining.check(team=contact.audience.team, values=properties) if properties else {}
    locking.lock_shared(contact.audience_id)
    locked = Contact.objects.standing().select_for_update(of=("self",)).filter(pk=contact.pk).first()
    if locked is None:
        raise ContactGone
    differing = _differing({name: getattr(locked, name) for name in FIELDS}, wanted)
    differing |= _differing(locked.properties, given)
    if not differing:
        return False
    kept = {key: value for key, value in {**locked.properties, **given}.items() if value is not None}
    Contact.objects.filter(pk=contact.pk).update(**wanted, properties=kept, updated_at=now)
    ContactEvent.objects.create(
        contact=contact, kind=ContactEvent.Kind.EDITED, at=now, actor=actor, data={"changes": differing}
    )
    return True


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """By name, the value before and after of what changes."""
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}
