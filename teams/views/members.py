"""Settings > Members: every member sees who is there, admins change it, everybody may leave."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams import staffing
from teams.access import may, require
from teams.forms import RoleForm
from teams.middleware import TeamRequest
from teams.models import Membership

PERMISSION = "members.change"


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    now, changeable = timezone.now(), may(request.membership, PERMISSION)
    every = request.team.memberships.all()
    shown = paginate(
        every.select_related("user"), request.GET, cursor=lambda each: str(each.uuid), key=key_by_uuid(every)
    )
    invitations = request.team.invitations.open().order_by("-pk") if changeable else []
    context = {
        "page": shown,
        "invitations": [(each, *each.status_at(now)) for each in invitations],
        "changeable": changeable,
    }
    return page(request, "teams/member_list.html", context, fragments=["member-table"])


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def change(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """Somebody's role."""
    member = _member(request, uuid)
    form = RoleForm(request.POST or None, initial={"role": member.role})
    if form.is_valid():
        try:
            staffing.change_role(member, role=form.cleaned_data["role"], by=request.user)
        except staffing.LastAdmin as refusal:
            blame(form, refusal)
        except DomainError as refusal:
            return _refused(request, refusal)
        else:
            role = Membership.Role(form.cleaned_data["role"])
            messages.success(request, f"{member.user}’s role is {role.label} from now on.")
            return redirect("team:members", request.team.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return page(request, "teams/member_form.html", {"member": member, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def remove(request: TeamRequest, uuid: UUID) -> HttpResponse:
    member = _member(request, uuid)
    if request.method == "GET":
        return page(request, "teams/member_confirm_remove.html", {"member": member})
    try:
        staffing.remove(member, by=request.user)
    except DomainError as refusal:
        return _refused(request, refusal)
    messages.success(request, f"{member.user} isn’t in the team any more.")
    return redirect("home") if member.user == request.user else redirect("team:members", request.team.slug)


@require_http_methods(["GET", "POST"])
def leave(request: TeamRequest) -> HttpResponse:
    if request.method == "GET":
        context = {"is_last_admin": staffing.is_last_admin(request.membership)}
        return page(request, "teams/member_confirm_leave.html", context)
    try:
        staffing.leave(request.membership)
    except DomainError as refusal:
        return _refused(request, refusal)
    messages.success(request, f"You aren’t in “{request.team}” any more.")
    return redirect("home")


def _member(request: TeamRequest, uuid: UUID) -> Membership:
    return get_object_or_404(request.team.memberships.select_related("user", "team"), uuid=uuid)


def _refused(request: TeamRequest, refusal: DomainError) -> HttpResponse:
    """Back to the list, which shows how things are by now."""
    messages.error(request, refusal.message)
    return redirect("team:members", request.team.slug)
