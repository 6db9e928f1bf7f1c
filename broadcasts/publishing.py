"""From a draft to a broadcast on its way: what must be right, and the step that can't be taken twice."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audiences import counting
from audiences.models import Audience
from broadcasts import ringing, tasks
from broadcasts.models import Broadcast
from lib import bells
from lib.errors import DomainError
from mail import merge_tags
from mail.addresses import InvalidAddress, parse_mailbox
from mail.unsubscribe_footer import has_unsubscribe_link
from teams.models import User

log = logging.getLogger(__name__)

# Where large mailbox providers cut a message off, and with it the unsubscribe link at its end.
CLIPPED_BEYOND = 102 * 1024
BODIES = {"html": "HTML", "text": "plain text"}
# More of them at once help nobody.
MOST_TAG_PROBLEMS = 10
UNSUBSCRIBE_TAG = "{{{RESEND_UNSUBSCRIBE_URL}}}"
NEEDS_NO_FALLBACK = {merge_tags.EMAIL, merge_tags.UNSUBSCRIBE_URL}


class NotReady(DomainError):
    code = "not_ready"


class AlreadySending(DomainError):
    code = "already_sending"
    message = "This broadcast isn't a draft any more: it has been sent, or is about to be."


class ChangedSinceReview(DomainError):
    code = "changed_since_review"
    message = "This broadcast was changed after you opened its review. Look again, then send it."


class AlreadyOver(DomainError):
    code = "already_over"
    message = "This broadcast is over already, so there is nothing left to cancel."


class NotADraft(DomainError):
    code = "not_a_draft"
    message = "Only a draft can be deleted."


@dataclass(frozen=True)
class Problem:
    """What is to be put right, or at least looked at, and in which field."""

    code: str
    message: str
    field: str


@dataclass(frozen=True)
class Review:
    """What sending now would do; `left_out` counts contacts by status word, a blocker forbids it."""

    recipients: int
    left_out: dict[str, int]
    blockers: list[Problem]
    warnings: list[Problem]


def review(broadcast: Broadcast) -> Review:
    """Look a draft over; costs one query, because it reads the audience's counters."""
    audience = Audience.objects.standing().filter(pk=broadcast.audience_id).first()
    counts = {word: getattr(audience, word) for word in counting.COUNTERS} if audience else {}
    recipients = counts.pop("subscribed", 0)
    return Review(
        recipients=recipients,
        left_out={word: number for word, number in counts.items() if number},
        blockers=[
            *_audience_blockers(broadcast, audience),
            *_header_blockers(broadcast),
            *_body_blockers(broadcast),
        ],
        warnings=list(_warnings(broadcast)),
    )


def send(broadcast: Broadcast, *, by: User, version: int | None = None) -> None:
    """Queue a draft for sending now: as it stands, or only if it is still at `version`.

    Raises AlreadySending, ChangedSinceReview and NotReady.
    """
    with transaction.atomic():
        locked = _ready(broadcast, version=version)
        locked.status, locked.queued_at, locked.missed_at = Broadcast.Status.QUEUED, timezone.now(), None
        locked.save(update_fields=["status", "queued_at", "missed_at", "updated_at"])
        ringing.ring(tasks.start, broadcast_id=locked.pk)
    broadcast.status, broadcast.queued_at = locked.status, locked.queued_at
    log.info("Broadcast %s was released by user %s.", broadcast.pk, by.pk)


@transaction.atomic
def schedule(broadcast: Broadcast, *, at: datetime, by: User, version: int | None = None) -> None:
    """Have a draft sent at a time ahead; raises what `send` raises."""
    locked = _ready(broadcast, version=version)
    locked.status, locked.scheduled_at, locked.missed_at = Broadcast.Status.SCHEDULED, at, None
    locked.save(update_fields=["status", "scheduled_at", "missed_at", "updated_at"])
    log.info("Broadcast %s was scheduled for %s by user %s.", broadcast.pk, at.isoformat(), by.pk)


def unschedule(broadcast: Broadcast) -> bool:
    """Make a scheduled broadcast a draft again; whether that made a difference."""
    scheduled = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SCHEDULED)
    return scheduled.update(status=Broadcast.Status.DRAFT, scheduled_at=None) == 1


def _ready(broadcast: Broadcast, *, version: int | None) -> Broadcast:
    """The draft, locked, with nothing that forbids sending it."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if locked.status != Broadcast.Status.DRAFT:
        raise AlreadySending
    if version is not None and locked.version != version:
        raise ChangedSinceReview
    for blocker in review(locked).blockers:
        raise NotReady(blocker.message, field=blocker.field)
    return locked


def pause(broadcast: Broadcast) -> bool:
    """Stop handing messages over within a second or so, until it is resumed; whether that made a difference."""
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING)
    return sending.update(status=Broadcast.Status.PAUSED) == 1


def resume(broadcast: Broadcast) -> bool:
    """Go on with a paused broadcast; whether that made a difference."""
    paused = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.PAUSED)
    if not paused.update(status=Broadcast.Status.SENDING, trouble=""):
        return False
    ringing.ring(tasks.drain, broadcast_id=broadcast.pk)
    return True


@transaction.atomic
def cancel(broadcast: Broadcast) -> None:
    """End a broadcast for good: what isn't handed over yet never will be. Raises AlreadyOver."""
    status = Broadcast.Status
    on_its_way = Broadcast.objects.filter(pk=broadcast.pk, status__in=[status.QUEUED, status.SENDING, status.PAUSED])
    if not on_its_way.update(status=status.CANCELED, trouble=""):
        raise AlreadyOver
    bells.ring(tasks.cancel_rest, broadcast_id=broadcast.pk)


@transaction.atomic
def delete(broadcast: Broadcast) -> None:
    """Delete a draft for good; raises NotADraft."""
    locked = Broadcast.objects.select_for_update().filter(pk=broadcast.pk).first()
    if locked is None or locked.status != Broadcast.Status.DRAFT:
        raise NotADraft
    locked.delete()


def _audience_blockers(broadcast: Broadcast, audience: Audience | None) -> Iterator[Problem]:
    if broadcast.audience_id is None:
        yield Problem("audience_missing", "Choose an audience.", "audience")
    elif audience is None:
        yield Problem("audience_deleted", "Its audience has been deleted. Choose another one.", "audience")
    elif not audience.subscribed:
        yield Problem("nobody_to_send_to", f"Nobody in “{audience}” can be e-mailed at present.", "audience")


def _header_blockers(broadcast: Broadcast) -> Iterator[Problem]:
    if not broadcast.sender.strip():
        yield Problem("sender_missing", "Say whom it comes from: a name and an address.", "sender")
    for name, label in (("sender", "From"), ("reply_to", "Reply-to")):
        written = getattr(broadcast, name).strip()
        try:
            parse_mailbox(written) if written else None
        except InvalidAddress as fault:
            yield Problem(f"{name}_invalid", f"{label}: {fault.message}", name)
    if not broadcast.subject.strip():
        yield Problem("subject_missing", "Write a subject.", "subject")
    yield from _tag_blockers(broadcast, {"subject": "subject", "preview_text": "preview text"})


def _body_blockers(broadcast: Broadcast) -> Iterator[Problem]:
    if not any(getattr(broadcast, name).strip() for name in _bodies(broadcast)):
        yield Problem("body_empty", "Write something: the message is empty.", next(iter(_bodies(broadcast))))
        return
    for name, label in _bodies(broadcast).items():
        body = getattr(broadcast, name)
        if body.strip() and not _has_link(name, body):
            words = f"The {label} has no unsubscribe link. Put {UNSUBSCRIBE_TAG} where it belongs."
            yield Problem("unsubscribe_link_missing", words, name)
    yield from _tag_blockers(broadcast, _bodies(broadcast))


def _has_link(name: str, body: str) -> bool:
    return has_unsubscribe_link(body, "") if name == "html" else has_unsubscribe_link("", body)


def _tag_blockers(broadcast: Broadcast, fields: dict[str, str]) -> Iterator[Problem]:
    for name, label in fields.items():
        for problem in merge_tags.problems(getattr(broadcast, name))[:MOST_TAG_PROBLEMS]:
            yield Problem("merge_tag_invalid", f"In the {label}: {problem}", name)


def _warnings(broadcast: Broadcast) -> Iterator[Problem]:
    size = len(broadcast.html.encode())
    if size > CLIPPED_BEYOND:
        words = f"The HTML has {size // 1024} KB. Some mailboxes cut messages off after 102 KB."
        yield Problem("body_large", words, "html")
    for name in ("subject", "preview_text", *_bodies(broadcast)):
        for tag in dict.fromkeys(merge_tags.tags(getattr(broadcast, name))):
            if not tag.fallback and tag.name not in NEEDS_NO_FALLBACK:
                words = f"The merge tag {tag.name} has no fallback: it stays empty for contacts without a value."
                yield Problem("fallback_missing", words, name)


def _bodies(broadcast: Broadcast) -> dict[str, str]:
    """The bodies that the broadcast's mode sends, by field."""
    return {"text": BODIES["text"]} if broadcast.mode == Broadcast.Mode.TEXT else BODIES
