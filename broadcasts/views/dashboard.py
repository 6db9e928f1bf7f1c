"""The team's broadcasts: the list, starting a draft, deleting one."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from broadcasts import drafting, publishing
from broadcasts.forms import StartForm
from broadcasts.listing import TABS, listed, of_tab
from broadcasts.models import Broadcast
from lib.errors import DomainError
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams.access import require
from teams.middleware import TeamRequest

ALWAYS_SHOWN = ("", "draft", "sent")


@dataclass(frozen=True)
class Tab:
    """A status filter of the list with how many broadcasts it leaves."""

    key: str
    label: str
    count: int


def get_broadcast(request: TeamRequest, uuid: UUID, *, content: bool = True) -> Broadcast:
    """The team's broadcast, or 404; with its bodies unless the page doesn't show them."""
    found = request.team.broadcasts.select_related("audience")
    return get_object_or_404(found if content else found.without_content(), uuid=uuid)


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    chosen = request.GET.get("status", "")
    chosen = chosen if chosen in TABS else ""
    shown = paginate(
        of_tab(request.team, chosen).select_related("audience").without_content(),
        request.GET,
        cursor=lambda broadcast: str(broadcast.uuid),
        key=key_by_uuid(request.team.broadcasts.all()),
    )
    context = {
        "page": shown,
        "rows": listed(shown.rows),
        "tabs": _tabs(request, chosen),
        "chosen": chosen,
    }
    return page(request, "broadcasts/broadcast_list.html", context, fragments=["broadcast-table"])


def _tabs(request: TeamRequest, chosen: str) -> list[Tab]:
    counts = dict(request.team.broadcasts.values_list("status").annotate(Count("pk")).order_by())
    tabs = [Tab("", "All", sum(counts.values()))]
    tabs += [Tab(key, label, sum(counts.get(each, 0) for each in statuses)) for key, (label, statuses) in TABS.items()]
    return [tab for tab in tabs if tab.count or tab.key == chosen or tab.key in ALWAYS_SHOWN]


@require_POST
@require("broadcasts.change")
def create(request: TeamRequest) -> HttpResponse:
    """Start a draft; `audience` may come from the page of that audience."""
    asked = request.POST.get("audience") or request.GET.get("audience")
    form = StartForm({"audience": asked}, team=request.team)
    if not form.is_valid():
        raise Http404("No such audience.")
    return redirect(drafting.start(team=request.team, by=request.user, audience=form.cleaned_data["audience"]))


@require_http_methods(["GET", "POST"])
@require("broadcasts.change")
def delete(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    if request.method == "GET" and broadcast.editable:
        return page(request, "broadcasts/broadcast_confirm_delete.html", {"broadcast": broadcast})
    try:
        publishing.delete(broadcast)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(broadcast)
    messages.success(request, f"The draft “{broadcast}” is deleted.")
    return redirect("broadcasts:list", request.team.slug)
