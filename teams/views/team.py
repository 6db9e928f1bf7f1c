"""A team's name, and starting another team."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from teams import starting
from teams.access import may, may_open_teams, require
from teams.forms import TeamForm
from teams.middleware import TeamRequest

PERMISSION = "settings.change"


@require_http_methods(["GET", "POST"])
def rename(request: TeamRequest) -> HttpResponse:
    if request.method == "POST":
        return _rename(request)
    return _team(request, TeamForm(initial={"name": request.team.name}))


@require(PERMISSION)
def _rename(request: TeamRequest) -> HttpResponse:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            starting.rename_team(request.team, name=form.cleaned_data["name"])
        except DomainError as refusal:
            blame(form, refusal)
        else:
            messages.success(request, f"The team is called “{request.team}” from now on.")
            return redirect("team:rename", request.team.slug)
    return _team(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _team(request: TeamRequest, form: TeamForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    changeable = may(request.membership, PERMISSION)
    form.fields["name"].disabled = not changeable
    return page(request, "teams/team_form.html", {"form": form, "changeable": changeable}, status=status)


@require_http_methods(["GET", "POST"])
def create(request: TeamRequest) -> HttpResponse:
    """Another team for somebody who is trusted with one already."""
    if not may_open_teams(request.user.memberships.all()):
        raise PermissionDenied("Only somebody who is an admin of a team can start another one.")
    form = TeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = starting.open_team(name=form.cleaned_data["name"], by=request.user)
        except DomainError as refusal:
            blame(form, refusal)
        else:
            messages.success(request, f"“{team}” is yours. Invite the people who work with you.")
            return redirect("team:members", team.slug)
    return page(request, "teams/team_create.html", {"form": form}, status=422 if form.is_bound else 200)
