"""The Outbox: what Carillon sent in development, as it arrived over SMTP."""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from lib.fragments import page
from lib.framing import framed
from lib.pagination import count_up_to, key_by_uuid, paginate
from outbox import reading
from outbox.models import Message
from teams.access import require
from teams.middleware import TeamRequest

VIEWS = {"html": "HTML", "text": "Text", "source": "Source", "headers": "Headers"}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A page stays usable with this much of a message in it; the whole is a link away.
SHOWN_CHARACTERS = 200_000


@require_safe
@require("outbox.see")
def index(request: TeamRequest) -> HttpResponse:
    """The list; asked by the page's own polling it answers 204 while nothing has arrived."""
    term = request.GET.get("q", "")
    every = request.team.outbox.shown_to(request.membership)
    found = every.matching(term)
    shown = paginate(
        found.without_raw(),
        request.GET,
        cursor=lambda each: str(each.uuid),
        key=key_by_uuid(every),
    )
    newest = str(shown.rows[0].uuid) if shown.rows else "none"
    if request.headers.get("Outbox-Newest") == newest:
        return HttpResponse(status=204)
    relay = urlsplit(settings.SMTP_URL).hostname or LOOPBACK[0]
    context = {
        "page": shown,
        "q": term,
        "newest": newest,
        "total": count_up_to(found),
        "relay": "" if relay in LOOPBACK else relay,
        "kept": settings.OUTBOX_KEEP,
    }
    return page(request, "outbox/message_list.html", context, fragments=["message-table"])


@require_safe
@require("outbox.see")
def detail(request: TeamRequest, uuid: UUID) -> HttpResponse:
    message = _message(request, uuid)
    raw = bytes(message.raw)
    found = reading.read(raw)
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "html" if found.html else "text"
    body = {"text": found.text, "source": reading.decoded(raw)}.get(view, "")
    context = {
        "message": message,
        "found": found,
        "length": len(raw),
        "view": view,
        "views": VIEWS,
        "body": body[:SHOWN_CHARACTERS],
        "cut": len(body) > SHOWN_CHARACTERS,
    }
    return page(request, "outbox/message_detail.html", context)


@require_safe
@require("outbox.see")
def html(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """The message's HTML as the document of a sandboxed frame."""
    return framed(reading.read(bytes(_message(request, uuid).raw)).html)


@require_safe
@require("outbox.see")
def source(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """The message byte for byte, to look at or, with `?download`, to keep."""
    message = _message(request, uuid)
    response = HttpResponse(bytes(message.raw), content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{message.uuid}.eml"'
    return response


@require_POST
@require("outbox.see")
def clear(request: TeamRequest) -> HttpResponse:
    """Empty the team's Outbox of what this member sees."""
    number, _ = request.team.outbox.shown_to(request.membership).delete()
    messages.success(request, f"The Outbox is empty: {number:,} message{'' if number == 1 else 's'} deleted.")
    return redirect("outbox:list", request.team.slug)


def _message(request: TeamRequest, uuid: UUID) -> Message:
    return get_object_or_404(request.team.outbox.shown_to(request.membership), uuid=uuid)
