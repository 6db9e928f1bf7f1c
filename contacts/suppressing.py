"""Addresses that a team must not mail: bounced for good, complained, or told so."""

from datetime import datetime

from django.db import transaction

from audiences import counting, locking
from contacts.models import Contact, ContactEvent, Suppression
from teams.models import Team

# A weightier reason replaces a lighter one, never the other way round.
WEIGHT = {"": 0, "manual": 1, "bounce": 2, "complaint": 3, "erased": 4}


@transaction.atomic
def suppress(
    *, team: Team, address: str, reason: str, at: datetime, email_id: int | None = None, actor: str = ""
) -> None:
    """Stop mail to `address` in every audience of the team, and show it on each of its contacts."""
    suppression, _ = Suppression.objects.select_for_update().get_or_create(
        team=team, address=address, defaults={"reason": reason, "at": at, "email_id": email_id, "actor": actor}
    )
    if WEIGHT[reason] > WEIGHT[suppression.reason]:
        suppression.reason, suppression.at, suppression.email_id, suppression.actor = reason, at, email_id, actor
        suppression.save()
    found = Contact.objects.of(team).filter(email=address).order_by("audience_id")
    audience_ids = list(found.values_list("audience_id", flat=True))
    for audience_id in audience_ids:
        locking.lock_shared(audience_id)
    for contact in Contact.objects.select_for_update().filter(audience_id__in=audience_ids, email=address):
        _mark(contact, suppression.reason, at=at, actor=actor, email_id=email_id)


def _mark(contact: Contact, reason: str, *, at: datetime, actor: str, email_id: int | None) -> None:
    if WEIGHT[contact.suppressed] >= WEIGHT[reason]:
        return
    old = contact.status_word
    Contact.objects.filter(pk=contact.pk).update(suppressed=reason, updated_at=at)
    ContactEvent.objects.create(
        contact=contact,
        kind=ContactEvent.Kind.SUPPRESSED,
        at=at,
        actor=actor,
        email_id=email_id,
        data={"reason": reason},
    )
    contact.refresh_from_db(fields=["status"])
    counting.move(contact.audience_id, old=old, new=contact.status_word)
