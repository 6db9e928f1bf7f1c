"""Where the link of an invitation leads. A look at it changes nothing, since mail scanners look too."""

from http import HTTPStatus
from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from teams import joining
from teams.accounts import owner_of
from teams.forms import JoinForm
from teams.models import Invitation, Membership


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """What the visitor may do: join, sign in first, sign out first, or make an account, which is what a POST does."""
    try:
        invitation = joining.find(token, now=timezone.now())
    except joining.Unusable:
        return _unusable(request, token)
    if not request.user.is_authenticated and not owner_of(invitation.email):
        return _new_account(request, invitation, token)
    if request.method == "POST":
        return redirect(request.path)
    return render(request, "teams/invitation.html", _context(request, invitation))


@never_cache
@login_not_required
@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Join with the account that is signed in."""
    if not request.user.is_authenticated:
        return redirect("invitations:join", token)
    now = timezone.now()
    try:
        membership = joining.join(joining.find(token, now=now), by=request.user, now=now)
    except joining.NotYours:
        return redirect("invitations:join", token)
    except joining.Unusable:
        return _unusable(request, token)
    return _welcome(request, membership)


def _context(request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    """What the page asks: whose address it is, and whether there is anything left to do."""
    user, email = request.user, invitation.email
    if not user.is_authenticated:
        return {"invitation": invitation, "state": "signed-out"}
    if user.memberships.filter(team=invitation.team).exists():
        state = "member"
    elif joining.owns(user, email):
        state = "welcome"
    else:
        state = "unconfirmed" if user.email == email else "other"
    return {"invitation": invitation, "state": state}


def _new_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST or None, email=invitation.email)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "teams/invitation_new.html", {"invitation": invitation, "form": form}, status=status)
    try:
        membership = joining.join_as_new(invitation, **form.cleaned_data, now=timezone.now())
    except joining.AccountExists:
        return redirect(request.path)
    except joining.Unusable:
        return _unusable(request, token)
    # As after any sign-in: this also starts what allauth keeps of a session.
    perform_login(request, membership.user)
    return _welcome(request, membership)


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    messages.success(request, f"Welcome to “{membership.team}”.")
    return redirect("audiences:list", membership.team.slug)


def _unusable(request: HttpRequest, token: str) -> HttpResponse:
    """The same page for every link that opens nothing, except for whom it has let in before, or by a second click."""
    if request.user.is_authenticated and (membership := joining.joined_with(token, request.user)):
        messages.info(request, f"You are in “{membership.team}” already.")
        return redirect("audiences:list", membership.team.slug)
    if request.method == "POST" and joining.account_made(token, now=timezone.now()):
        messages.success(request, "Your account is made. Sign in with it.")
        return redirect("account_login")
    return render(request, "teams/invitation_unusable.html", status=HTTPStatus.NOT_FOUND)
