"""What a person does with a broadcast that is under way."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from broadcasts import deciding, drafting, gathering, publishing, reporting
from broadcasts.views.dashboard import get_broadcast
from lib.errors import DomainError
from lib.fragments import page
from teams.access import require
from teams.middleware import TeamRequest


@require_POST
@require("broadcasts.send")
def pause(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Pause; the second click of a double click finds it paused, which is fine."""
    broadcast = get_broadcast(request, uuid, content=False)
    publishing.pause(broadcast)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def resume(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=False)
    publishing.resume(broadcast)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def unschedule(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    publishing.unschedule(broadcast)
    return redirect(get_broadcast(request, uuid))


@require_POST
@require("broadcasts.send")
def take_back(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    try:
        publishing.take_back(broadcast)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Taken back: nothing was sent.")
    return redirect(get_broadcast(request, uuid))


@require_http_methods(["GET", "POST"])
@require("broadcasts.send")
def rest(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Ask whether to send it to those who haven't got it, and do so; a second click finds it on its way."""
    broadcast = get_broadcast(request, uuid, content=False)
    if not broadcast.is_over:
        return redirect("broadcasts:report", request.team.slug, broadcast.uuid)
    if request.method == "GET":
        context = {"broadcast": broadcast, "rest": gathering.gather(broadcast)}
        return page(request, "broadcasts/broadcast_rest.html", context)
    try:
        publishing.send_to_rest(broadcast, by=request.user, hold=settings.SEND_HOLD)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def send_held_again(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=False)
    try:
        number = deciding.send_held_again(broadcast, by=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{number:,} held {'e-mail is' if number == 1 else 'e-mails are'} sent again.")
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.send")
def leave_held(request: TeamRequest, uuid: UUID) -> HttpResponse:
    number = deciding.leave_held(broadcast := get_broadcast(request, uuid, content=False), by=request.user)
    messages.success(request, f"{number:,} held {'e-mail is' if number == 1 else 'e-mails are'} left as failed.")
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_http_methods(["GET", "POST"])
@require("broadcasts.send")
def cancel(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid, content=False)
    if request.method == "GET" and broadcast.stoppable:
        context = {"broadcast": broadcast, "report": reporting.report(broadcast)}
        return page(request, "broadcasts/broadcast_confirm_cancel.html", context)
    try:
        publishing.cancel(broadcast)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


@require_POST
@require("broadcasts.change")
def duplicate(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Start a draft with the same content."""
    copy = drafting.duplicate(get_broadcast(request, uuid), by=request.user)
    messages.success(request, f"“{copy}” is a draft of its own.")
    return redirect(copy)
