"""The team's audiences. One audience's own page belongs to `contacts`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from audiences import keeping
from audiences.forms import DeleteForm, NameForm
from audiences.models import Audience
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams.access import require
from teams.middleware import TeamRequest


def _audience(request: TeamRequest, uuid: UUID) -> Audience:
    return get_object_or_404(request.team.audiences.standing(), uuid=uuid)


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    audiences = request.team.audiences.standing()
    shown = paginate(audiences, request.GET, cursor=lambda audience: str(audience.uuid), key=key_by_uuid(audiences))
    return page(
        request, "audiences/audience_list.html", {"page": shown, "form": NameForm()}, fragments=["audience-table"]
    )


@require_http_methods(["GET", "POST"])
@require("audiences.change")
def create(request: TeamRequest) -> HttpResponse:
    form = NameForm(request.POST or None)
    if form.is_valid():
        try:
            audience = keeping.create(team=request.team, name=form.cleaned_data["name"], by=request.user)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect(audience)
    return page(request, "audiences/audience_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@require("audiences.change")
def rename(request: TeamRequest, uuid: UUID) -> HttpResponse:
    audience = _audience(request, uuid)
    form = NameForm(request.POST or None, initial={"name": audience.name})
    if form.is_valid():
        try:
            keeping.rename(audience=audience, name=form.cleaned_data["name"])
        except DomainError as error:
            blame(form, error)
        else:
            return redirect(audience)
    context = {"form": form, "audience": audience}
    return page(request, "audiences/audience_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@require("audiences.change")
def delete(request: TeamRequest, uuid: UUID) -> HttpResponse:
    audience = _audience(request, uuid)
    form = DeleteForm(request.POST or None)
    if form.is_valid():
        try:
            keeping.delete(audience=audience, typed_name=form.cleaned_data["name"])
        except DomainError as error:
            blame(form, error)
        else:
            messages.success(request, f"“{audience}” is deleted. Its contacts are being removed in the background.")
            return redirect("audiences:list", request.team.slug)
    context = {"form": form, "audience": audience}
    return page(request, "audiences/audience_confirm_delete.html", context, status=422 if form.is_bound else 200)
