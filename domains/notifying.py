"""Telling a team's admins that a domain broke whose records had been right."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from domains import reporting
from domains.models import Domain
from lib.errors import DomainError
from mail import headers
from teams.access import may

log = logging.getLogger(__name__)


def notify_all() -> None:
    """Tell of every domain that broke and of which nobody has been told; of one that is well again nothing is told."""
    for pk in Domain.objects.filter(is_untold=True).values_list("pk", flat=True):
        try:
            _notify(pk)
        except (DomainError, OSError) as away:
            log.warning("Nobody could be told that domain %s broke: %s", pk, away)


@transaction.atomic
def _notify(pk: int) -> None:
    """Send the e-mails under the row's lock, so that two workers don't send them twice."""
    untold = Domain.objects.select_for_update(skip_locked=True, of=["self"]).filter(pk=pk, is_untold=True)
    domain = untold.select_related("team").first()
    if domain is None:
        return
    for membership in domain.team.memberships.select_related("user"):
        if may(membership, "domains.change"):
            _message(domain, membership.user.email).send()
    Domain.objects.filter(pk=pk).update(is_untold=False)


def _message(domain: Domain, to: str) -> EmailMessage:
    context = {
        "domain": domain,
        "broken": [row for row in reporting.required(domain) if row.is_wrong],
        "url": f"{settings.PUBLIC_URL}{domain.get_absolute_url()}",
    }
    return EmailMessage(
        subject=f"DNS records of {domain} are not right any more",
        body=render_to_string("emails/domain_broke.txt", context),
        to=[to],
        headers={"Feedback-ID": headers.feedback_id(broadcast=str(domain.uuid), team=domain.team.slug, kind="domain")},
    )
