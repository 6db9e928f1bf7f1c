"""API keys: every member sees their names, admins make and revoke them."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from api import issuing
from api.forms import KeyForm
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams.access import may, require
from teams.middleware import TeamRequest

PERMISSION = "api_keys.change"


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    keys = request.team.api_keys.standing().select_related("created_by")
    every = request.team.api_keys.all()
    shown = paginate(keys, request.GET, cursor=lambda key: str(key.uuid), key=key_by_uuid(every))
    context = {"page": shown, "changeable": may(request.membership, PERMISSION)}
    return page(request, "api/key_list.html", context, fragments=["key-table"])


@never_cache
@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def create(request: TeamRequest) -> HttpResponse:
    form = KeyForm(request.POST or None, team=request.team)
    if form.is_valid():
        try:
            key, token = issuing.issue(team=request.team, by=request.user, **form.cleaned_data)
        except DomainError as error:
            blame(form, error)
        else:
            # No redirect: the token is kept nowhere, not even until the next page.
            context = {"key": key, "token": token, "base": f"{settings.PUBLIC_URL}/api"}
            return page(request, "api/key_created.html", context)
    return page(request, "api/key_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def revoke(request: TeamRequest, uuid: UUID) -> HttpResponse:
    key = get_object_or_404(request.team.api_keys.standing(), uuid=uuid)
    if request.method == "GET":
        return page(request, "api/key_confirm_revoke.html", {"key": key})
    issuing.revoke(key)
    messages.success(request, f"“{key}” is revoked. Programs that use it are refused from now on.")
    return redirect("api_keys:list", request.team.slug)
