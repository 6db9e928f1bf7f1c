"""A person's word about a broadcast: send it now, later or to the rest; take it back; pause, resume or cancel it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from broadcasts import bodies, gathering, reporting, reviewing, ringing, tasks
from broadcasts.models import Broadcast
from lib import bells
from lib.errors import DomainError
from teams.models import User

log = logging.getLogger(__name__)

Status = Broadcast.Status


class NotReady(DomainError):
    code = "not_ready"


class AlreadySending(DomainError):
    code = "already_sending"
    message = "This broadcast isn't a draft any more: it has been sent, or is about to be."


class ChangedSinceReview(DomainError):
    code = "changed_since_review"
    message = "This broadcast was changed after you opened its review. Look again, then send it."


class AlreadyStarted(DomainError):
    code = "already_started"
    message = "It has started, so it can't be taken back any more. You can still pause or cancel it."


class AlreadyOver(DomainError):
    code = "already_over"
    message = "This broadcast is over already, so there is nothing left to cancel."


class NotOver(DomainError):
    code = "not_over"
    message = "This broadcast isn't over yet. When it is, it can be sent to the rest."


class NobodyLeft(DomainError):
    code = "nobody_left"
    message = "Nobody is left to send it to."


class NotADraft(DomainError):
    code = "not_a_draft"
    message = "Only a draft can be deleted."


class Released(DomainError):
    code = "released"
    message = "Once a broadcast has been sent, or is about to be, only its name can be changed."


def send(
    broadcast: Broadcast,
    *,
    by: User | str,
    version: int | None = None,
    hold: float = 0.0,
    footer_is_added: bool = False,
) -> None:
    """Queue a draft for sending in `hold` seconds: as it stands, or only if it is still at `version`.

    `by` is a person, or a program in words; for `footer_is_added` see `reviewing.review`.
    Raises AlreadySending, ChangedSinceReview and NotReady.
    """
    with transaction.atomic():
        locked = _ready(broadcast, version=version, footer_is_added=footer_is_added)
        locked.missed_at = None
        _queue(locked, hold=hold)
    broadcast.status, broadcast.queued_at = locked.status, locked.queued_at
    log.info("Broadcast %s was released by %s.", broadcast.pk, _named(by))


@transaction.atomic
def schedule(
    broadcast: Broadcast,
    *,
    at: datetime,
    by: User | str,
    version: int | None = None,
    footer_is_added: bool = False,
) -> None:
    """Have a draft sent at a time ahead; raises what `send` raises."""
    locked = _ready(broadcast, version=version, footer_is_added=footer_is_added)
    locked.status, locked.scheduled_at, locked.missed_at = Status.SCHEDULED, at, None
    locked.save(update_fields=["status", "scheduled_at", "missed_at", "updated_at"])
    log.info("Broadcast %s was scheduled for %s by %s.", broadcast.pk, at.isoformat(), _named(by))


def unschedule(broadcast: Broadcast) -> bool:
    """Make a scheduled broadcast a draft again; whether that made a difference."""
    scheduled = Broadcast.objects.filter(pk=broadcast.pk, status=Status.SCHEDULED)
    return scheduled.update(status=Status.DRAFT, scheduled_at=None) == 1


@transaction.atomic
def send_to_rest(broadcast: Broadcast, *, by: User, hold: float = 0.0) -> None:
    """Queue a broadcast that is over for those who haven't got it: see `gathering.gather`.

    Raises NotOver, NotReady when its audience is gone, and NobodyLeft.
    """
    locked = Broadcast.objects.select_for_update(of=("self",)).select_related("audience").get(pk=broadcast.pk)
    if not locked.is_over or locked.chunks.unfinished().exists():
        raise NotOver
    if locked.audience is None or locked.audience.deleted_at is not None:
        raise NotReady("Its audience has been deleted, so there is nobody to send it to.")
    if not gathering.gather(locked).total:
        raise NobodyLeft
    locked.waves = [*locked.waves, {"at": timezone.now().isoformat(), "by": str(by), "was": locked.status}]
    _queue(locked, hold=hold)
    log.info("Broadcast %s was released to the rest by user %s.", broadcast.pk, by.pk)


@transaction.atomic
def take_back(broadcast: Broadcast) -> None:
    """Undo `send` or `send_to_rest` while nothing has been done about it; raises AlreadyStarted."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if locked.status != Status.QUEUED:
        raise AlreadyStarted
    _unqueue(locked)


def pause(broadcast: Broadcast) -> bool:
    """Stop handing messages over within a second or so, until it is resumed; whether that made a difference."""
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Status.SENDING)
    return sending.update(status=Status.PAUSED) == 1


def resume(broadcast: Broadcast) -> bool:
    """Go on with a paused broadcast; whether that made a difference."""
    paused = Broadcast.objects.filter(pk=broadcast.pk, status=Status.PAUSED)
    done = reporting.report(broadcast).done
    if not paused.update(status=Status.SENDING, trouble="", resumed_at=Now(), done_before=done):
        return False
    ringing.ring(tasks.drain, broadcast_id=broadcast.pk)
    return True


@transaction.atomic
def cancel(broadcast: Broadcast) -> None:
    """End a broadcast for good: what isn't handed over yet never will be. Raises AlreadyOver."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if not locked.stoppable:
        raise AlreadyOver
    if locked.pending_wave:
        # Nothing of the wave has begun, so what there was before it stands.
        _unqueue(locked)
        return
    locked.status, locked.trouble = Status.CANCELED, ""
    locked.save(update_fields=["status", "trouble", "updated_at"])
    bells.ring(tasks.cancel_rest, broadcast_id=broadcast.pk)


@transaction.atomic
def delete(broadcast: Broadcast) -> None:
    """Delete a draft for good; raises NotADraft."""
    locked = Broadcast.objects.select_for_update().filter(pk=broadcast.pk).first()
    if locked is None or locked.status != Status.DRAFT:
        raise NotADraft
    locked.delete()


@transaction.atomic
def change(broadcast: Broadcast, content: Mapping[str, Any], *, footer_is_added: bool = False) -> None:
    """Write `content` (values by field) over whatever is there; a scheduled one must stay fit to be sent.

    Raises Released when more than the name of one that isn't waiting for its time would change, NotReady, and
    BodyTooBig.
    """
    bodies.check(content)
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    waits = locked.status in (Status.DRAFT, Status.SCHEDULED)
    if not waits and content.keys() - {"name"}:
        raise Released
    for name, value in content.items():
        setattr(locked, name, value)
    locked.version += 1
    if locked.status == Status.SCHEDULED:
        _refuse_blockers(locked, footer_is_added=footer_is_added)
    locked.save(update_fields=[*content, "version", "updated_at"])


def _named(by: User | str) -> str:
    return by if isinstance(by, str) else f"user {by.pk}"


def _refuse_blockers(locked: Broadcast, *, footer_is_added: bool) -> None:
    for blocker in reviewing.review(locked, footer_is_added=footer_is_added).blockers:
        raise NotReady(blocker.message, field=blocker.field)


def _ready(broadcast: Broadcast, *, version: int | None, footer_is_added: bool) -> Broadcast:
    """The draft, locked, with nothing that forbids sending it."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if locked.status != Status.DRAFT:
        raise AlreadySending
    if version is not None and locked.version != version:
        raise ChangedSinceReview
    _refuse_blockers(locked, footer_is_added=footer_is_added)
    return locked


def _queue(locked: Broadcast, *, hold: float) -> None:
    locked.status, locked.rung_at = Status.QUEUED, None
    if not locked.pending_wave:
        locked.queued_at = Now()
    # By the database's clock, which is the one that decides when it starts.
    locked.hold_until = Now() + timedelta(seconds=hold) if hold else None
    locked.save(update_fields=["status", "queued_at", "hold_until", "rung_at", "missed_at", "waves", "updated_at"])
    locked.refresh_from_db(fields=["queued_at", "hold_until"])
    ringing.ring(tasks.start, broadcast_id=locked.pk, in_seconds=hold)


def _unqueue(locked: Broadcast) -> None:
    pending = locked.pending_wave
    if pending:
        locked.status, locked.waves = pending["was"], locked.waves[:-1]
    else:
        locked.status, locked.queued_at, locked.scheduled_at = Status.DRAFT, None, None
    locked.hold_until = locked.rung_at = None
    locked.save(update_fields=["status", "queued_at", "scheduled_at", "hold_until", "rung_at", "waves", "updated_at"])
