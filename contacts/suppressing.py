"""Addresses that a team must not mail: bounced for good, complained, or told so; and how that ends."""

from datetime import datetime

from django.db import transaction

from audiences import counting
from audiences import locking as audiences
from audiences.models import Audience
from contacts import locking
from contacts.models import Contact, ContactEvent, Suppression
from lib.errors import DomainError
from teams.models import Team

# A weightier reason replaces a lighter one, never the other way round.
WEIGHT = {"": 0, "manual": 1, "bounce": 2, "complaint": 3, "erased": 4}


class Erased(DomainError):
    code = "erased"
    message = "This person was erased on their own wish, so the address stays suppressed."


@transaction.atomic
def suppress(
    *, team: Team, address: str, reason: str, at: datetime, email_id: int | None = None, actor: str = ""
) -> Suppression:
    """Stop mail to `address` in every audience of the team, and show it on each of its contacts.

    Who adds the address meanwhile either sees the suppression, because they wait for these locks, or is seen here,
    because the locks wait for them: so every audience is locked, also one that doesn't have the address yet.
    """
    _lock(team)
    standing = _record(team, address, reason, at=at, email_id=email_id, actor=actor)
    found = Contact.objects.of(team).filter(email=address).order_by("audience_id").select_for_update(of=("self",))
    lighter = [contact for contact in found if WEIGHT[contact.suppressed] < WEIGHT[standing.reason]]
    Contact.objects.filter(pk__in=[each.pk for each in lighter]).update(suppressed=standing.reason, updated_at=at)
    ContactEvent.objects.bulk_create(
        ContactEvent(
            contact=contact,
            kind=ContactEvent.Kind.SUPPRESSED,
            at=at,
            actor=actor,
            email_id=email_id,
            data={"reason": standing.reason},
        )
        for contact in lighter
    )
    _count(lighter)
    return standing


@transaction.atomic
def lift(*, suppression: Suppression, at: datetime, reason: str, actor: str) -> None:
    """Allow mail to the address again; each of its contacts keeps in its history who allowed that, and why."""
    if suppression.reason == Suppression.Reason.ERASED:
        raise Erased
    _lock(suppression.team)
    if not Suppression.objects.filter(pk=suppression.pk).delete()[0]:
        return
    found = Contact.objects.of(suppression.team).filter(email=suppression.address).exclude(suppressed="")
    contacts = list(found.order_by("audience_id").select_for_update(of=("self",)))
    Contact.objects.filter(pk__in=[each.pk for each in contacts]).update(suppressed="", updated_at=at)
    ContactEvent.objects.bulk_create(
        ContactEvent(
            contact=contact,
            kind=ContactEvent.Kind.EDITED,
            at=at,
            actor=actor,
            data={"changes": {"suppressed": [contact.get_suppressed_display(), "no"]}, "reason": reason},
        )
        for contact in contacts
    )
    _count(contacts)


def _lock(team: Team) -> None:
    """Keep imports from adding contacts, and everybody else too, until the transaction ends."""
    standing = Audience.objects.standing().filter(team=team).order_by("pk")
    for audience_id in standing.values_list("pk", flat=True):
        audiences.lock_shared(audience_id)
    locking.lock_exclusively(team.pk)


def _record(team: Team, address: str, reason: str, *, at: datetime, email_id: int | None, actor: str) -> Suppression:
    """The address's suppression, now with the weightier of its old reason and this one."""
    suppression, _ = Suppression.objects.select_for_update().get_or_create(
        team=team, address=address, defaults={"reason": reason, "at": at, "email_id": email_id, "actor": actor}
    )
    if WEIGHT[reason] > WEIGHT[suppression.reason]:
        suppression.reason, suppression.at, suppression.email_id, suppression.actor = reason, at, email_id, actor
        suppression.save()
    return suppression


def _count(changed: list[Contact]) -> None:
    """Move the counters of the contacts' audiences, in their order, from the status read before to that of now."""
    now = dict(Contact.objects.filter(pk__in=[each.pk for each in changed]).values_list("pk", "status"))
    for contact in changed:
        counting.move(contact.audience_id, old=contact.status_word, new=Contact.Status(now[contact.pk]).word)
