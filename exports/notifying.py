"""Telling whoever asked for an export that it is ready or has failed. The link leads to a page, not to the file."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from exports import registry
from exports.models import Export
from lib.errors import DomainError
from mail import headers
from mail.backend import MessageRefused
from teams.access import may
from teams.models import Membership

log = logging.getLogger(__name__)


# A worker that says nothing for so long has died, or its relay was away: the next may try.
TRY_AGAIN_AFTER = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=2)


def notify(export: Export, *, now: datetime) -> bool:
    """Send the e-mail unless another worker does or that person may not have it any more; False: the relay is away.

    After each try in vain the time to the next is as long as all before, until it isn't worth it any more.
    """
    since = now - (export.finished_at or now)
    due = Export.objects.to_notify(now).filter(pk=export.pk)
    if not due.update(notify_after=now + max(since, TRY_AGAIN_AFTER)):
        return True
    relay_is_here = True
    membership = Membership.objects.filter(team=export.team, user=export.requested_by_id).select_related("user").first()
    if membership is not None and may(membership, "exports.download"):
        try:
            _message(export, membership.user.email).send()
        except MessageRefused as refusal:
            log.warning("Nobody could be told of export %s: %s", export.pk, refusal.message)
            if not refusal.permanent and since < GIVE_UP_AFTER:
                return True
        except (DomainError, OSError) as away:
            log.warning("Nobody could be told of export %s: %s", export.pk, away)
            if since < GIVE_UP_AFTER:
                return False
            relay_is_here = False
    Export.objects.filter(pk=export.pk, notified_at=None).update(notified_at=now)
    return relay_is_here


def notify_all(*, now: datetime) -> None:
    """Tell what is due, until the relay turns out to be away."""
    for export in Export.objects.to_notify(now).select_related("team", "requested_by").order_by("pk"):
        if not notify(export, now=now):
            return


def _message(export: Export, to: str) -> EmailMessage:
    url = f"{settings.PUBLIC_URL}{export.get_absolute_url()}"
    context = {"export": export, "label": registry.label(export.resource), "url": url}
    subject = "Your export is ready" if export.status == Export.Status.READY else "Your export failed"
    return EmailMessage(
        subject=subject,
        body=render_to_string("emails/export.txt", context),
        to=[to],
        headers={"Feedback-ID": headers.feedback_id(broadcast=str(export.uuid), team=export.team.slug, kind="export")},
    )
