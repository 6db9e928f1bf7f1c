"""Telling whoever asked for an export that it is ready or has failed. The link leads to a page, not to the file."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from exports import registry
from exports.models import Export
from lib.errors import DomainError
from mail import headers
from teams.access import may
from teams.models import Membership

log = logging.getLogger(__name__)


def notify(export: Export, *, now: datetime) -> None:
    """Send the e-mail, unless that person may not download exports of this team any more."""
    membership = Membership.objects.filter(team=export.team, user=export.requested_by_id).select_related("user").first()
    if membership is not None and may(membership, "exports.download"):
        try:
            _message(export, membership.user.email).send()
        except (DomainError, OSError) as away:
            log.warning("Nobody could be told of export %s: %s", export.pk, away)
            return
    Export.objects.filter(pk=export.pk, notified_at=None).update(notified_at=now)


def notify_all(*, now: datetime) -> None:
    for export in Export.objects.to_notify().select_related("team", "requested_by"):
        notify(export, now=now)


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
