"""Telling a team's admins that a domain broke whose records had been right, each of them once at most."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone

from domains import reporting
from domains.models import Domain
from lib.errors import DomainError
from mail import headers
from mail.backend import MessageRefused
from mail.replies import RelayUnavailable
from teams.access import may
from teams.models import User

log = logging.getLogger(__name__)

# A worker that says nothing for so long has died, or the relay took not all e-mails: the next may try.
TRY_AGAIN_AFTER = timedelta(minutes=10)


def notify_all() -> None:
    """Tell of every domain that broke and of which not all have been told, until the relay turns out to be away.

    Of a domain that is well again nothing is told.
    """
    now = timezone.now()
    for pk in Domain.objects.to_tell(now).values_list("pk", flat=True):
        try:
            _notify(pk, now=now)
        except (RelayUnavailable, OSError) as away:
            log.warning("Nobody could be told that domain %s broke: %s", pk, away)
            return


def _notify(pk: int, *, now: datetime) -> None:
    """Send the e-mails outside of any transaction; raises RelayUnavailable or OSError when the relay is away.

    Who is about to be told is written down before, so nobody is told twice whatever happens; and only while the claim
    holds, which ends when the domain is well again or breaks anew.
    """
    claim = now + TRY_AGAIN_AFTER
    if not Domain.objects.to_tell(now).filter(pk=pk).update(tell_at=claim):
        return
    claimed = Domain.objects.filter(pk=pk, is_untold=True, tell_at=claim)
    domain = claimed.select_related("team").first()
    if domain is None:
        return
    told, waiting = list(domain.told), False
    for admin in _admins(domain):
        if admin.pk in told:
            continue
        if not claimed.update(told=[*told, admin.pk]):
            return
        try:
            is_settled = _tell(_message(domain, admin.email))
        except (RelayUnavailable, OSError):
            claimed.update(told=told)
            raise
        if is_settled:
            told.append(admin.pk)
        else:
            claimed.update(told=told)
            waiting = True
    claimed.update(is_untold=waiting)


def _admins(domain: Domain) -> list[User]:
    memberships = domain.team.memberships.select_related("user").order_by("pk")
    return [membership.user for membership in memberships if may(membership, "domains.change")]


def _tell(message: EmailMessage) -> bool:
    """Whether that was all there is to do for this recipient: it was taken, or refused for good."""
    try:
        message.send()
    except MessageRefused as refusal:
        log.warning("An admin isn’t told of a broken domain: %s", refusal.message)
        return refusal.permanent
    except RelayUnavailable as trouble:
        if not trouble.maybe_sent:
            raise
        log.warning("An admin may not have been told of a broken domain: %s", trouble.message)
    except (DomainError, ValueError) as refusal:
        log.warning("An admin can’t be told of a broken domain: %s", refusal)
    return True


def _message(domain: Domain, to: str) -> EmailMessage:
    if domain.failed_in_silence:
        subject = f"DNS does not answer for {domain} any more"
    elif domain.status == Domain.Status.FAILED:
        subject = f"{domain} counts as failed"
    else:
        subject = f"DNS records of {domain} are not right any more"
    context = {
        "domain": domain,
        "rows": [row for row in reporting.required(domain) if row.is_wrong or row.is_unanswered],
        "url": f"{settings.PUBLIC_URL}{domain.get_absolute_url()}",
    }
    return EmailMessage(
        subject=subject,
        body=render_to_string("emails/domain_broke.txt", context),
        to=[to],
        headers={"Feedback-ID": headers.feedback_id(broadcast=str(domain.uuid), team=domain.team.slug, kind="domain")},
    )
