"""One contact as a program gives it: added or brought up to date in one call, all of it or nothing.

Who stands is never subscribed again by adding; only `change` lifts an opt-out, and the contact's history says who did.
"""

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from audiences.models import Audience
from contacts import adding, defining, deleting, editing, subscribing
from contacts.editing import ContactGone
from contacts.models import Contact
from mail.addresses import Address, normalise

NAMES = ("first_name", "last_name")


@dataclass(frozen=True)
class Details:
    """What is told about a contact; None says nothing. A property that is None loses its value."""

    first_name: str | None = None
    last_name: str | None = None
    unsubscribed: bool | None = None
    properties: Mapping[str, Any] | None = None

    @property
    def names(self) -> dict[str, str]:
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}

    @property
    def only_unsubscribes(self) -> bool:
        return replace(self, properties=self.properties or None) == Details(unsubscribed=True)


@dataclass(frozen=True)
class By:
    """Who changes contacts, in words for their history, and when."""

    actor: str
    at: datetime
    reason: str = ""


def keep(*, audience: Audience, email: str, details: Details, by: By) -> int:
    """Add the contact, or bring the one with this address up to date; its key. No opt-out is lifted.

    Raises InvalidAddress, AudienceDeleted, NameTooLong and what `defining.check` raises.
    """
    address = Address(normalise(email), details.first_name or "", details.last_name or "")
    given = defining.check(team=audience.team, values=details.properties) if details.properties else {}
    properties = {key: value for key, value in given.items() if value is not None}
    told = replace(details, unsubscribed=details.unsubscribed or None)
    # Adding alone is one round trip and needs no transaction around it.
    with transaction.atomic() if told.unsubscribed else nullcontext():
        while True:
            added = adding.add_one(audience=audience, address=address, properties=properties, actor=by.actor)
            if added is not None:
                _set_subscription(added, told.unsubscribed, by)
                return added
            standing = audience.contacts.filter(email=address.email).first()
            # Deleted just now, before it is found or before it is locked, it is added in the next turn.
            with suppress(ContactGone):
                if standing is not None:
                    change(contact=standing, details=told, by=by)
                    return int(standing.pk)


@transaction.atomic
def change(*, contact: Contact, details: Details, by: By) -> None:
    """Write what is told about a contact; `unsubscribed=False` lifts its opt-out.

    Raises ContactGone, NameTooLong, Suppressed and what `defining.check` raises.
    """
    if details.names or details.properties:
        editing.edit(contact=contact, changes=details.names, properties=details.properties, actor=by.actor)
    _set_subscription(contact.pk, details.unsubscribed, by)


def delete(*, contact: Contact) -> None:
    """Delete one contact; its opt-out is remembered."""
    deleting.delete(audience=contact.audience, contact_ids=[contact.pk])


def _set_subscription(contact_id: int, unsubscribed: bool | None, by: By) -> None:
    if unsubscribed is None:
        return
    if unsubscribed:
        done = subscribing.unsubscribe(contact_id=contact_id, at=by.at, why=subscribing.Why.API, actor=by.actor)
    else:
        opted_out = Contact.objects.filter(pk=contact_id, unsubscribed_at__isnull=False)
        done = opted_out.exists() and subscribing.resubscribe(
            contact_id=contact_id, at=by.at, reason=by.reason, actor=by.actor
        )
    if not done and not Contact.objects.standing().filter(pk=contact_id).exists():
        raise ContactGone
