"""Settings > Unsubscribe page: how a team's recipients see it. Every member sees the settings, admins change them."""

import base64
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from broadcasts import unsubscribing
from broadcasts.styling import ColoursForm, PageForm
from broadcasts.views import public
from contacts.receiving import was_too_big
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from teams import dressing, logos
from teams.access import may, require
from teams.middleware import TeamRequest
from teams.models import UnsubscribePage

PERMISSION = "settings.change"
SETTINGS = "broadcasts/unsubscribe_page_settings.html"


@require_http_methods(["GET", "POST"])
def edit(request: TeamRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    return _settings(request, PageForm(page=UnsubscribePage.of(request.team)))


@require(PERMISSION)
def _change(request: TeamRequest) -> HttpResponse:
    form = _filled_in(request)
    if form.is_valid():
        try:
            dressing.dress(team=request.team, **form.chosen)
        except DomainError as error:
            blame(form, error)
        else:
            messages.success(request, "Saved. Recipients see it from now on, also by links in e-mails sent before.")
            return redirect("settings:unsubscribe_page", request.team.slug)
    return _settings(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_http_methods(["GET", "POST"])
def preview(request: TeamRequest) -> HttpResponse:
    """The page that recipients get, for a frame: as it is, or with what a form holds and nobody has saved."""
    if request.method == "POST":
        return _try_on(request)
    return _framed(request, UnsubscribePage.of(request.team))


@require(PERMISSION)
def _try_on(request: TeamRequest) -> HttpResponse:
    return _framed(request, _filled_in(request).tried_on())


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def reset(request: TeamRequest) -> HttpResponse:
    if request.method == "GET":
        return page(request, "broadcasts/unsubscribe_page_confirm_reset.html", {})
    dressing.reset(request.team)
    messages.success(request, "The unsubscribe page looks as it came.")
    return redirect("settings:unsubscribe_page", request.team.slug)


def _filled_in(request: TeamRequest) -> PageForm:
    now = UnsubscribePage.of(request.team)
    return PageForm(request.POST, request.FILES, page=now, too_big=was_too_big(request))


def _settings(request: TeamRequest, form: PageForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    changeable = may(request.membership, PERMISSION)
    for field in form.fields.values():
        field.disabled = not changeable
    # While colours are being chosen, they come by the address; the answer is how well they can be read.
    colours = ColoursForm(request.POST or request.GET or None, page=form.page)
    context = {
        "form": form,
        "look": form.page,
        "palette": colours.palette,
        "changeable": changeable,
    }
    return page(request, SETTINGS, context, fragments=["contrast-check"], status=status)


def _framed(request: TeamRequest, look: UnsubscribePage) -> HttpResponse:
    link = unsubscribing.example(
        team=request.team, address=request.user.email, unsubscribed=request.POST.get("state") == "done"
    )
    context = {"link": link, "undoable": True, "token": "preview", "look": look, "logo": _inside(look)}
    response = render(request, public.DONE if link.unsubscribed else public.QUESTION, context)
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    response["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; style-src 'nonce-{nonce}'; "
        f"img-src data: {settings.PUBLIC_URL}; frame-ancestors 'self'"
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _inside(look: UnsubscribePage) -> str:
    """The logo as an address that holds it, since one that isn't saved has no other."""
    if not look.logo_digest:
        return ""
    return f"data:{logos.CONTENT_TYPE};base64,{base64.b64encode(look.logo).decode()}"
