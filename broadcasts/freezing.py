"""Freezing a broadcast: who gets it is decided once, in one statement, and never changes afterwards."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from audiences import locking
from audiences.models import Audience
from broadcasts import gathering, messages, recounting
from broadcasts.models import Broadcast, Link
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

    One that has been sent before gets those who are left of its audience (a wave) instead. One that can't start,
    because its audience is gone or nobody in it may be mailed, fails with the reason.
    """
    try:
        return _freeze(broadcast.pk)
    except CannotStart as reason:
        _give_up(broadcast.pk, reason)
        return False


@transaction.atomic
def _freeze(broadcast_id: int) -> bool:
    audience_id = Broadcast.objects.values_list("audience_id", flat=True).get(pk=broadcast_id)
    if audience_id is not None:
        locking.lock_shared(audience_id)
    # Of workers that were woken for the same broadcast only one has to wait for the statements below.
    free = Broadcast.objects.startable().select_for_update(of=("self",), skip_locked=True)
    broadcast = free.select_related("team", "audience").filter(pk=broadcast_id).first()
    if broadcast is None:
        return False
    audience = _audience(broadcast)
    _check_content(broadcast)
    if broadcast.pending_wave:
        _begin_wave(broadcast)
    else:
        _begin(broadcast)
    broadcast.status, broadcast.rung_at, broadcast.failure = Broadcast.Status.SENDING, None, ""
    broadcast.save(update_fields=["status", "audience_size", "excluded", "waves", "rung_at", "failure", "updated_at"])
    Audience.objects.filter(pk=audience.pk).update(last_sent_at=timezone.now())
    return True


def _begin(broadcast: Broadcast) -> None:
    parameters = {
        "team_id": broadcast.team_id,
        "broadcast_id": broadcast.pk,
        "audience_id": broadcast.audience_id,
        "chunk_size": CHUNK_SIZE,
    }
    number_of = dict(sql.rows("broadcasts", "freeze_contacts", parameters))
    emails = number_of.pop(None)
    if not emails:
        raise CannotStart("Nobody in the audience could be e-mailed when the broadcast was to start.")
    broadcast.excluded = _excluded(number_of)
    broadcast.audience_size = emails + broadcast.excluded_total
    _write_links(broadcast)


def _begin_wave(broadcast: Broadcast) -> None:
    """Who is left out is counted anew, so that e-mails and excluded go on adding up to the audience."""
    found = gathering.gather(broadcast, chunk_size=CHUNK_SIZE)
    if not found.total:
        raise CannotStart("Nobody was left to send it to.")
    recounting.recount(broadcast)
    sql.execute("broadcasts", "open_chunks", {"broadcast_id": broadcast.pk})
    emails = (broadcast.audience_size or 0) - broadcast.excluded_total + found.joined
    broadcast.excluded = _excluded(found.excluded)
    broadcast.audience_size = emails + broadcast.excluded_total
    wave = {**broadcast.waves[-1], "at": timezone.now().isoformat(), "again": found.again_total, "joined": found.joined}
    del wave["was"]
    broadcast.waves = [*broadcast.waves[:-1], wave]


def _give_up(broadcast_id: int, reason: CannotStart) -> None:
    """Let it fail; or, if it had been sent before, be what it was."""
    with transaction.atomic():
        broadcast = Broadcast.objects.select_for_update().get(pk=broadcast_id)
        if broadcast.status != Broadcast.Status.QUEUED:
            return
        pending = broadcast.pending_wave
        if pending:
            broadcast.status, broadcast.waves = pending["was"], broadcast.waves[:-1]
            broadcast.failure = f"It couldn't be sent to the rest: {reason.message}"
        else:
            broadcast.status, broadcast.failure = Broadcast.Status.FAILED, reason.message
        broadcast.save(update_fields=["status", "waves", "failure", "updated_at"])


def _audience(broadcast: Broadcast) -> Audience:
    if broadcast.audience is None or broadcast.audience.deleted_at is not None:
        raise CannotStart("The audience was deleted before the broadcast started.")
    return broadcast.audience


def _check_content(broadcast: Broadcast) -> None:
    try:
        messages.prepare(broadcast)
    except DomainError as fault:
        raise CannotStart(fault.message) from fault


def _excluded(number_of: Mapping[int, int]) -> dict[str, int]:
    """How many contacts of each status were left out, in words."""
    return {_why(status): number for status, number in sorted(number_of.items())}


def _write_links(broadcast: Broadcast) -> None:
    """What tracked links may lead to: they name a number, so that they can't lead anywhere else."""
    urls = messages.tracked_urls(broadcast)
    Link.objects.bulk_create(Link(broadcast=broadcast, number=number, url=url) for number, url in enumerate(urls, 1))


def _why(status: int) -> str:
    return "suppressed" if status == SUPPRESSED else Contact.Status(status).word
