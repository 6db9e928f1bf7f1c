"""What became of a broadcast: live while it goes out, every recipient listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from broadcasts import reporting, tracking
from broadcasts.models import Broadcast, Email
from broadcasts.reporting import Report
from broadcasts.views.dashboard import get_broadcast
from contacts.models import Contact
from lib import public_ids
from lib.fragments import page
from lib.pagination import Page, key_by_public_id, paginate
from teams.middleware import TeamRequest
from teams.models import Team

TEMPLATE = "broadcasts/broadcast_report.html"
SUMMARY, RECIPIENTS = "report-summary", "recipient-table"
STOP_POLLING = 286
FAST, SLOW, SLOW_AFTER = 1, 5, 30.0
SOON, SELDOM = 90.0, 60
SCHEDULED = Broadcast.Status.SCHEDULED
FILTERS = {
    "": "All Statuses",
    **{status.word: status.label for status in Email.Status},
    reporting.MAYBE_TWICE: "May have arrived twice",
}


@dataclass(frozen=True)
class Recipient:
    """A row of the ledger with its contact, who may be gone by now; `attempt` is the next one, if it waits for that."""

    email: Email
    contact: Contact | None

    @property
    def attempt(self) -> int | None:
        return self.email.attempts + 1 if self.email.next_attempt_at else None


@require_GET
def report(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=not request.htmx)  # type: ignore[attr-defined]
    if broadcast.editable:
        # A schedule may be canceled while somebody looks at it: a part of a page can't become another page.
        address = broadcast.get_absolute_url()
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]
    if request.htmx and request.GET.get("was") == SCHEDULED != broadcast.status:  # type: ignore[attr-defined]
        # It has started: now there is much that the page didn't have.
        return HttpResponseClientRefresh()
    context = _context(request, broadcast)
    is_over = request.htmx.target == SUMMARY and not context["live"]()  # type: ignore[attr-defined]
    status = STOP_POLLING if is_over else HTTPStatus.OK
    return page(request, TEMPLATE, context, fragments=[SUMMARY, RECIPIENTS], status=status)


def _context(request: TeamRequest, broadcast: Broadcast) -> dict[str, Any]:
    """What the page shows, computed when drawn: a poll draws only the summary, turning pages only the table."""
    now = timezone.now()
    asked = request.GET.get("status", "")
    chosen = asked if asked in FILTERS else ""
    numbers = cache(partial(reporting.report, broadcast))
    shown = cache(partial(_page, request, broadcast, chosen))
    hours = cache(partial(tracking.timeline, broadcast))
    return {
        "broadcast": broadcast,
        "report": numbers,
        "now": now,
        "live": cache(lambda: _is_live(broadcast, numbers())),
        "poll": _seconds_between_polls(broadcast, now),
        **_hold(broadcast, now),
        # The head, with its buttons, changes only when the status does: nobody's click or focus gets lost.
        "head_changed": request.GET.get("was") != broadcast.status,
        "pace": lambda: reporting.pace(broadcast, numbers(), now=now),
        "waves": reporting.waves(broadcast),
        "hours": hours,
        "peak": lambda: max(max(hour.opened, hour.clicked, hour.unsubscribed) for hour in hours()),
        "links": cache(partial(tracking.link_table, broadcast)),
        "page": shown,
        "recipients": cache(lambda: _with_contacts(request.team, shown().rows)),
        "found": lambda: _found(numbers(), chosen),
        "filters": FILTERS.items(),
        "chosen": chosen,
    }


def _is_live(broadcast: Broadcast, numbers: Report) -> bool:
    """Whether the numbers still move by themselves: after pausing or canceling they do for a moment."""
    withdrawing = broadcast.status == Broadcast.Status.CANCELED and numbers.waiting > 0
    return broadcast.under_way or numbers.in_hand or withdrawing or broadcast.status == SCHEDULED


def _seconds_between_polls(broadcast: Broadcast, now: datetime) -> int:
    """How often the page asks again: often at first, when most happens, and seldom long before it goes out."""
    if broadcast.scheduled_at is not None and broadcast.status == SCHEDULED:
        return SLOW if (broadcast.scheduled_at - now).total_seconds() < SOON else SELDOM
    return SLOW if (now - reporting.began_at(broadcast)).total_seconds() > SLOW_AFTER else FAST


def _hold(broadcast: Broadcast, now: datetime) -> dict[str, int]:
    """For how many seconds more it can be taken back before it starts, of how many it is `held_for`."""
    if broadcast.status != Broadcast.Status.QUEUED or broadcast.hold_until is None:
        return {"starts_in": 0}
    left = max(0, ceil((broadcast.hold_until - now).total_seconds()))
    return {"starts_in": left, "held_for": max(0, ceil(settings.SEND_HOLD) - left), "hold": ceil(settings.SEND_HOLD)}


def _found(numbers: Report, chosen: str) -> int:
    """How many e-mails the filter leaves."""
    if chosen == reporting.MAYBE_TWICE:
        return numbers.maybe_twice
    return numbers.by_status[chosen] if chosen else numbers.emails


def _page(request: TeamRequest, broadcast: Broadcast, chosen: str) -> Page[Email]:
    return paginate(
        reporting.recipients(broadcast, chosen),
        request.GET,
        cursor=lambda email: str(email.public_id),
        key=key_by_public_id(public_ids.emails),
    )


def _with_contacts(team: Team, emails: Sequence[Email]) -> list[Recipient]:
    ids = [email.contact_id for email in emails if email.contact_id is not None]
    contacts = Contact.objects.of(team).in_bulk(ids)
    return [Recipient(email, contacts.get(email.contact_id)) for email in emails]
