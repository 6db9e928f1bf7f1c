"""Recipients' pages. The token in the address is the right to be there: no sign-in, no cookie, no script.

Mail scanners follow every link, so only a POST unsubscribes; what a GET tells of opens and clicks is taken with a
grain of salt. Since the token is the secret, a CSRF token would add nothing, and the one-click POST of mail programs
couldn't bring one.
"""

import base64
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from broadcasts import machines, noticing, unsubscribing
from broadcasts.unsubscribing import Link
from teams import logos
from teams.models import UnsubscribePage

# What mail programs take for the end of an address in a text.
CLINGING = "/.,;:!?)>]}'\"’”"
# One transparent pixel.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")

QUESTION, DONE = "public/unsubscribe.html", "public/unsubscribed.html"

ByLink = Callable[[HttpRequest, Link], HttpResponse]
ByToken = Callable[[HttpRequest, str], HttpResponse]


def by_token(view: ByLink) -> ByToken:
    """Call the view with the link behind the token; all else gets a page that tells nothing."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        token = token.rstrip(CLINGING)
        link = unsubscribing.find(token)
        if link is not None:
            response = view(request, link)
        elif unsubscribing.is_inert(token):
            response = render(request, "public/test_link.html")
        else:
            response = _unknown(request)
        return _kept_quiet(response)

    return answer


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@by_token
def unsubscribe(request: HttpRequest, link: Link) -> HttpResponse:
    if request.method == "POST":
        link = unsubscribing.unsubscribe(link, at=timezone.now())
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("Unsubscribed.", content_type="text/plain")
    return _page(request, DONE if link.unsubscribed else QUESTION, link)


@login_not_required
@csrf_exempt
@require_POST
@by_token
def undo(request: HttpRequest, link: Link) -> HttpResponse:
    try:
        link = unsubscribing.undo(link, at=timezone.now())
    except unsubscribing.TooLate:
        return _page(request, DONE, link)
    return _page(request, "public/resubscribed.html", link)


@login_not_required
@require_safe
def logo(_request: HttpRequest, digest: str) -> HttpResponse:
    """A team's logo, by what is in it: an address never shows another picture, so browsers keep it for good."""
    found = UnsubscribePage.objects.filter(logo_digest=digest).values_list("logo", flat=True).first()
    if found is None:
        raise Http404("No such logo.")
    response = HttpResponse(bytes(found), content_type=logos.CONTENT_TYPE)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_not_required
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """The same picture whatever the token: it tells nobody whether it is one. A HEAD shows it to nobody."""
    if request.method == "GET":
        noticing.opened(token, at=timezone.now(), by_machine=machines.is_one(request.headers))
    return _kept_quiet(HttpResponse(GIF, content_type="image/gif"))


@login_not_required
@require_safe
def follow(request: HttpRequest, token: str, number: str) -> HttpResponse:
    target = noticing.find(token, number.rstrip(CLINGING))
    if target is None:
        return _kept_quiet(_unknown(request))
    if request.method == "GET":
        noticing.clicked(target, at=timezone.now(), by_machine=machines.is_one(request.headers))
    return _kept_quiet(HttpResponse(status=302, headers={"Location": iri_to_uri(target.url)}))


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "public/unknown_link.html", status=404)


def _kept_quiet(response: HttpResponse) -> HttpResponse:
    """No cache keeps the answer, no index lists it, and where it leads learns no token."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, template: str, link: Link) -> HttpResponse:
    look = UnsubscribePage.of(link.email.team)
    context = {
        "link": link,
        "undoable": link.undoable(timezone.now()),
        "token": request.resolver_match.kwargs["token"],  # type: ignore[union-attr]
        "look": look,
        "logo": reverse("public:logo", args=[look.logo_digest]) if look.logo_digest else "",
    }
    return render(request, template, context)
