"""The last look before a broadcast goes out, and sending it."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from broadcasts import publishing
from broadcasts.models import Broadcast
from broadcasts.views.dashboard import get_broadcast
from lib.fragments import page
from teams.access import require
from teams.middleware import TeamRequest


@require_GET
def review(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    return _review(request, broadcast) if broadcast.editable else redirect(broadcast)


@require_POST
@require("broadcasts.send")
def send(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Send what was reviewed; the second click of a double click finds it on its way, which is fine."""
    broadcast = get_broadcast(request, uuid)
    if not broadcast.editable:
        return redirect(broadcast)
    try:
        publishing.send(broadcast, by=request.user, version=_version(request))
    except publishing.AlreadySending:
        pass
    except publishing.ChangedSinceReview as error:
        broadcast = get_broadcast(request, uuid)
        return _review(request, broadcast, refusal=error.message, status=HTTPStatus.CONFLICT)
    except publishing.NotReady as error:
        return _review(request, broadcast, refusal=error.message, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    else:
        messages.success(request, f"“{broadcast}” is on its way.")
    return redirect("broadcasts:report", request.team.slug, broadcast.uuid)


def _version(request: TeamRequest) -> int:
    """The version that was reviewed; nonsense is none that a broadcast ever has."""
    written = request.POST.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def _review(
    request: TeamRequest, broadcast: Broadcast, *, refusal: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"broadcast": broadcast, "review": publishing.review(broadcast), "refusal": refusal}
    return page(request, "broadcasts/broadcast_review.html", context, status=status)
