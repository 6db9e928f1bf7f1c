"""Changing what is known about a contact; its address never changes, since it is what consent was given for."""

from django.db import transaction
from django.utils import timezone

from contacts.models import Contact, ContactEvent

FIELDS = ("first_name", "last_name")


@transaction.atomic
def edit(*, contact: Contact, changes: dict[str, str], actor: str) -> bool:
    """Write the names that differ and remember both values; False when nothing did."""
    now = timezone.now()
    locked = Contact.objects.select_for_update().get(pk=contact.pk)
    differing = {
        name: [getattr(locked, name), changes[name]]
        for name in FIELDS
        if name in changes and getattr(locked, name) != changes[name]
    }
    if not differing:
        return False
    new_values = {name: new for name, (_, new) in differing.items()}
    Contact.objects.filter(pk=contact.pk).update(**new_values, updated_at=now)
    ContactEvent.objects.create(
        contact=contact, kind=ContactEvent.Kind.EDITED, at=now, actor=actor, data={"changes": differing}
    )
    return True
