"""The team in the URL becomes `request.team`; a team that isn't the user's doesn't exist for them."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from teams.models import Membership, Team, User
from teams.remembering import LAST_TEAM, keep

Answer = Callable[[HttpRequest], HttpResponse]


class TeamRequest(HttpRequest):
    """A request inside a team's pages, for annotations."""

    team: Team
    memberships: list[Membership]
    membership: Membership
    user: User


class SignInMiddleware(LoginRequiredMiddleware):
    """Asks for a sign-in; an htmx request gets a whole-page redirect, so that no sign-in page lands in a table.

    A page for everybody is answered without a look at who asks, so that no session is read for it.
    """

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        answer = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request") != "true":
            return answer
        return HttpResponse("Please sign in again.", status=401, headers={"HX-Refresh": "true"})


class TeamMiddleware:
    """Takes `team` out of the URL's arguments and puts the team and the user's membership on the request.

    A cookie keeps which team it was last, for the way home.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        team = getattr(request, "team", None)
        if team is not None and request.COOKIES.get(LAST_TEAM) != team.slug and not _is_part_of_a_page(request):
            keep(response, LAST_TEAM, team.slug, secure=request.is_secure())
        return response

    def process_view(self, request: Any, _view: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        slug = kwargs.pop("team", None)
        if slug is None:
            return
        memberships = list(Membership.objects.select_related("team").filter(user_id=request.user.pk).order_by("pk"))
        membership = next((each for each in memberships if each.team.slug == slug), None)
        if membership is None:
            raise Http404("No such team.")
        request.memberships = memberships
        request.membership, request.team = membership, membership.team


def _is_part_of_a_page(request: HttpRequest) -> bool:
    """A page left open elsewhere goes on asking for its parts; that is nobody's going there."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


class TimeZoneMiddleware:
    """Shows times in the signed-in user's zone; pages for everybody neither ask who that is nor read a session."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zoneinfo.ZoneInfo("UTC")):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> None:
        if getattr(view, "login_required", True) and request.user.is_authenticated:
            timezone.activate(zoneinfo.ZoneInfo(request.user.time_zone))
