"""Freezing a broadcast: who gets it is decided once, in one statement, and never changes afterwards."""

from django.db import transaction
from django.utils import timezone

from audiences import locking
from audiences.models import Audience
from broadcasts import messages
from broadcasts.models import Broadcast
from contacts.models import Contact
from lib import sql
from lib.errors import DomainError

CHUNK_SIZE = 1_000
# What the statement counts contacts under whose address was suppressed for neither a bounce nor a complaint.
SUPPRESSED = 99


class CannotStart(DomainError):
    """Why a broadcast that was due fails instead of starting."""

    code = "cannot_start"


def freeze(broadcast: Broadcast) -> bool:
    """Turn a queued broadcast into e-mails and chunks; False when it isn't queued, is in hand, or can't start.

    One that can't start, because its audience is gone or nobody in it may be mailed, fails with the reason.
    """
    try:
        return _freeze(broadcast.pk)
    except CannotStart as reason:
        Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.QUEUED).update(
            status=Broadcast.Status.FAILED, failure=reason.message
        )
        return False


@transaction.atomic
def _freeze(broadcast_id: int) -> bool:
    audience_id = Broadcast.objects.values_list("audience_id", flat=True).get(pk=broadcast_id)
    if audience_id is not None:
        locking.lock_shared(audience_id)
    # Of workers that were woken for the same broadcast only one has to wait for the statements below.
    free = Broadcast.objects.select_for_update(of=("self",), skip_locked=True)
    broadcast = free.select_related("team", "audience").filter(pk=broadcast_id, status=Broadcast.Status.QUEUED).first()
    if broadcast is None:
        return False
    audience = _audience(broadcast)
    _check_content(broadcast)
    emails, excluded = _write_ledger(broadcast)
    if not emails:
        raise CannotStart("Nobody in the audience could be e-mailed when the broadcast was to start.")
    broadcast.status = Broadcast.Status.SENDING
    broadcast.audience_size = emails + sum(excluded.values())
    broadcast.excluded = excluded
    broadcast.rung_at = None
    broadcast.save(update_fields=["status", "audience_size", "excluded", "rung_at", "updated_at"])
    Audience.objects.filter(pk=audience.pk).update(last_sent_at=timezone.now())
    return True


def _audience(broadcast: Broadcast) -> Audience:
    if broadcast.audience is None or broadcast.audience.deleted_at is not None:
        raise CannotStart("The audience was deleted before the broadcast started.")
    return broadcast.audience


def _check_content(broadcast: Broadcast) -> None:
    try:
        messages.prepare(broadcast)
    except DomainError as fault:
        raise CannotStart(fault.message) from fault


def _write_ledger(broadcast: Broadcast) -> tuple[int, dict[str, int]]:
    """How many e-mails there are now, and how many contacts of each status were left out."""
    parameters = {
        "team_id": broadcast.team_id,
        "broadcast_id": broadcast.pk,
        "audience_id": broadcast.audience_id,
        "chunk_size": CHUNK_SIZE,
    }
    number_of = dict(sql.rows("broadcasts", "freeze_contacts", parameters))
    emails = number_of.pop(None)
    return emails, {_why(status): number for status, number in sorted(number_of.items())}


def _why(status: int) -> str:
    return "suppressed" if status == SUPPRESSED else Contact.Status(status).word
