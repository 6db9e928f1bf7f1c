"""Addresses that a team must not mail: bounced for good, complained, or told so; and how that ends."""

from collections import Counter
from collections.abc import Mapping, Sequence
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


def suppress(
    *, team: Team, address: str, reason: str, at: datetime, email_id: int | None = None, actor: str = ""
) -> Suppression:
    """Stop mail to `address` in every audience of the team, and show it on each of its contacts."""
    [standing] = suppress_all(team=team, emails={address: email_id}, reason=reason, at=at, actor=actor)
    return standing


@transaction.atomic
def suppress_all(
    *, team: Team, emails: Mapping[str, int | None], reason: str, at: datetime, actor: str = ""
) -> list[Suppression]:
    """As `suppress`, for many addresses at once, each with the e-mail that told it; in the addresses' order.

    Who adds such an address meanwhile either sees the suppression, because they wait for these locks, or is seen here,
    because the locks wait for them: so every audience is locked, also one that doesn't have the address yet.
    """
    _lock(team)
    standing = _record(team, emails, reason, at=at, actor=actor)
    found = Contact.objects.of(team).filter(email__in=emails.keys()).order_by("audience_id", "email")
    reasons = {suppression.address: suppression.reason for suppression in standing}
    lighter = [
        contact
        for contact in found.select_for_update(of=("self",))
        if WEIGHT[contact.suppressed] < WEIGHT[reasons[contact.email]]
    ]
    for contact in lighter:
        contact.suppressed, contact.updated_at = reasons[contact.email], at
    Contact.objects.bulk_update(lighter, ["suppressed", "updated_at"])
    ContactEvent.objects.bulk_create(
        ContactEvent(
            contact=contact,
            kind=ContactEvent.Kind.SUPPRESSED,
            at=at,
            actor=actor,
            email_id=emails[contact.email],
            data={"reason": contact.suppressed},
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


def _record(
    team: Team, emails: Mapping[str, int | None], reason: str, *, at: datetime, actor: str
) -> list[Suppression]:
    """The addresses' suppressions, now with the weightier of their old reason and this one, in the addresses' order."""
    ours = [
        Suppression(team=team, address=address, reason=reason, at=at, email_id=emails[address], actor=actor)
        for address in sorted(emails)
    ]
    Suppression.objects.bulk_create(ours, ignore_conflicts=True)
    standing = list(Suppression.objects.filter(team=team, address__in=emails.keys()).order_by("address"))
    lighter = [suppression for suppression in standing if WEIGHT[suppression.reason] < WEIGHT[reason]]
    for suppression in lighter:
        suppression.reason, suppression.at, suppression.actor = reason, at, actor
        suppression.email_id = emails[suppression.address]
    Suppression.objects.bulk_update(lighter, ["reason", "at", "actor", "email_id"])
    return standing


def _count(changed: Sequence[Contact]) -> None:
    """Move the counters of the contacts' audiences, in their order, from the status read before to that of now."""
    now = dict(Contact.objects.filter(pk__in=[each.pk for each in changed]).values_list("pk", "status"))
    moved: dict[int, Counter[str]] = {}
    for contact in changed:
        deltas = moved.setdefault(contact.audience_id, Counter())
        deltas[contact.status_word] -= 1
        deltas[Contact.Status(now[contact.pk]).word] += 1
    for audience_id, deltas in sorted(moved.items()):
        counting.change(audience_id, deltas)
