"""Inviting people, sending an invitation again, withdrawing it: for admins."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from lib.errors import DomainError
from lib.fragments import page
from mail.addresses import parse_many
from teams import inviting
from teams.access import require
from teams.forms import InviteForm
from teams.middleware import TeamRequest
from teams.models import Invitation

PERMISSION = "members.change"


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def invite(request: TeamRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if not form.is_valid():
        return page(request, "teams/invite.html", {"form": form}, status=422 if form.is_bound else 200)
    parsed, role = parse_many(form.cleaned_data["addresses"]), form.cleaned_data["role"]
    emails = [each.email for each in parsed.valid]
    try:
        outcome = inviting.invite(team=request.team, emails=emails, role=role, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return _refused(request, refusal)
    refused = parsed.invalid + outcome.refused
    said = summary(outcome.invited)
    if not refused:
        messages.success(request, said)
        return redirect("team:members", request.team.slug)
    # Who could be invited is; the rest stays in the field, named, to be mended and sent again.
    again = InviteForm({"addresses": "\n".join(each.text for each in refused), "role": role})
    again.is_valid()
    context: dict[str, Any] = {"form": again, "refused": refused, "summary": said if outcome.invited else ""}
    return page(request, "teams/invite.html", context, status=422)


@require_POST
@require(PERMISSION)
def send_again(request: TeamRequest, uuid: UUID) -> HttpResponse:
    invitation = _invitation(request, uuid)
    try:
        inviting.send_again(invitation, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return _refused(request, refusal)
    messages.success(request, f"{invitation.email} gets another e-mail. The link in the earlier one has ended.")
    return redirect("team:members", request.team.slug)


@require_POST
@require(PERMISSION)
def withdraw(request: TeamRequest, uuid: UUID) -> HttpResponse:
    invitation = _invitation(request, uuid)
    try:
        inviting.withdraw(invitation, by=request.user, now=timezone.now())
    except DomainError as refusal:
        return _refused(request, refusal)
    messages.success(request, f"The invitation of {invitation.email} is withdrawn; its link opens nothing any more.")
    return redirect("team:members", request.team.slug)


def summary(invited: list[str]) -> str:
    """Who was invited, in a sentence."""
    if len(invited) == 1:
        return f"{invited[0]} is invited. The e-mail is on its way."
    return f"{len(invited)} people are invited. The e-mails are on their way."


def _invitation(request: TeamRequest, uuid: UUID) -> Invitation:
    return get_object_or_404(request.team.invitations.select_related("team"), uuid=uuid)


def _refused(request: TeamRequest, refusal: DomainError) -> HttpResponse:
    messages.error(request, refusal.message)
    return redirect("team:members", request.team.slug)
