"""Pages that belong to no team: where to go after signing in, the theme, the health check."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from teams.context import THEMES, current_team
from teams.middleware import TeamRequest
from teams.remembering import keep


@require_GET
def home(request: TeamRequest) -> HttpResponse:
    """The team that this browser saw last, else the user's first, else a page that says how to get into one."""
    team = current_team(request)
    if team is None:
        return render(request, "teams/no_team.html")
    return redirect("audiences:list", team.slug)


@require_POST
@login_not_required
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie, so that the server renders it without a flash."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = redirect(back if safe else "home")
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        keep(answer, "theme", chosen, secure=request.is_secure())
    else:
        answer.delete_cookie("theme")
    return answer


@require_GET
@login_not_required
def healthz(_request: HttpRequest) -> HttpResponse:
    """Whether this process answers; what it stands on is asked elsewhere."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def csrf_failed(request: HttpRequest, **_reason: Any) -> HttpResponse:
    """A form whose token is missing or old, in words."""
    message = "This page is older than your session. Go back, reload it and send the form again."
    return render(request, "403.html", {"exception": message}, status=403)
