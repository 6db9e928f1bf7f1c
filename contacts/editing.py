"""Changing what is known about a contact; its address never changes, since it is what consent was given for."""

from django.db import transaction
from django.utils import timezone

from audiences import locking
from contacts.models import Contact, ContactEvent
from contacts.names import contact_name
from lib.errors import DomainError

FIELDS = ("first_name", "last_name")


class ContactGone(DomainError):
    code = "not_found"
    message = "This contact has been deleted."


@transaction.atomic
def edit(*, contact: Contact, changes: dict[str, str], actor: str) -> bool:
    """Write the names that differ and remember both values; False when nothing did.

    Raises NameTooLong and ContactGone.
    """
    now = timezone.now()
    wanted = {name: contact_name(changes[name], field=name) for name in FIELDS if name in changes}
    locking.lock_shared(contact.audience_id)
    locked = Contact.objects.standing().select_for_update(of=("self",)).filter(pk=contact.pk).first()
    if locked is None:
        raise ContactGone
    differing = {
        name: [getattr(locked, name), value] for name, value in wanted.items() if getattr(locked, name) != value
    }
    if not differing:
        return False
    new_values = {name: new for name, (_, new) in differing.items()}
    Contact.objects.filter(pk=contact.pk).update(**new_values, updated_at=now)
    ContactEvent.objects.create(
        contact=contact, kind=ContactEvent.Kind.EDITED, at=now, actor=actor, data={"changes": differing}
    )
    return True
