"""The e-mails that invite people. Their tokens are made here and are nowhere else than in the e-mail."""

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from lib.errors import DomainError
from mail import headers
from mail.backend import MessageRefused
from mail.one_line import one_line
from teams.models import Invitation
from teams.tokens import digest

log = logging.getLogger(__name__)

BYTES = 32
# A worker that says nothing for so long has died, or its relay was away: the next may try.
TRY_AGAIN_AFTER = timedelta(minutes=1)


def notify(invitation: Invitation, *, now: datetime) -> bool:
    """Send the e-mail unless another worker has or does; False when the relay is away.

    The digest is committed before the e-mail leaves, so every link that arrives works, or a later one took its place.
    """
    token = secrets.token_urlsafe(BYTES)
    due = Invitation.objects.to_notify(now).filter(pk=invitation.pk)
    if not due.update(digest=digest(token), attempted_at=now, next_attempt_at=now + TRY_AGAIN_AFTER):
        return True
    outcome: dict[str, object] = {"notified_at": now, "failure": ""}
    try:
        _message(invitation, token).send()
    except MessageRefused as refusal:
        outcome = {"notified_at": now} if refusal.permanent else _deferred(invitation, now)
        outcome["failure"] = refusal.message
    except (DomainError, OSError) as away:
        log.warning("The invitation of %s waits: %s", invitation.email, away)
        return False
    Invitation.objects.filter(pk=invitation.pk, digest=digest(token)).update(**outcome)
    return True


def notify_all(*, now: datetime) -> None:
    """Send what is due, until the relay turns out to be away."""
    due = Invitation.objects.to_notify(now)
    for invitation in due.select_related("team").order_by("pk"):
        if not notify(invitation, now=now):
            return


def _deferred(invitation: Invitation, now: datetime) -> dict[str, object]:
    """When it is tried again: the oftener the relay has said no, the later. The end of the invitation ends that."""
    delays = settings.SEND_RETRY_DELAYS
    wait = timedelta(seconds=delays[min(invitation.refusals, len(delays) - 1)])
    return {"refusals": invitation.refusals + 1, "next_attempt_at": now + max(wait, TRY_AGAIN_AFTER)}


def _message(invitation: Invitation, token: str) -> EmailMessage:
    path = reverse("invitations:join", args=[token])
    context = {"invitation": invitation, "url": f"{settings.PUBLIC_URL}{path}", "site": settings.PUBLIC_URL}
    team = invitation.team
    return EmailMessage(
        subject=one_line(f"{invitation.invited_by_name} invites you to {team.name} on Carillon"),
        body=render_to_string("emails/invitation.txt", context),
        to=[invitation.email],
        headers={"Feedback-ID": headers.feedback_id(broadcast=str(invitation.uuid), team=team.slug, kind="invitation")},
    )
