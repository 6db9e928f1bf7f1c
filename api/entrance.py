"""What every request to the API goes through: its key, its team's limit, its answer as JSON, and the log."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from api import authentication, errors, limits, reaching, recording
from api.errors import Refused
from api.recording import Exchange

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]


def guarded(view: View) -> View:
    """Open a view to whoever brings a key, to the program alone: neither a session nor a form's token counts here."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def entered(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        began = time.perf_counter()
        try:
            authentication.let_in(request, audience=_named(kwargs))
        except Refused as refusal:
            return refusal.answer
        except Exception:
            log.exception("A request to the API couldn't be let in.")
            return errors.unexpected().answer
        exchange = recording.begin(request, began=began)
        answer = _answer(view, exchange, *args, **kwargs)
        exchange.finish(answer)
        return answer

    return entered


def _answer(view: View, exchange: Exchange, *args: Any, **kwargs: Any) -> HttpResponseBase:
    request = exchange.request
    headers: dict[str, str] = {}
    try:
        _read_body(exchange)
        headers = limits.take(request.team)
        authentication.require_full_access(request.api_key)
        answer = view(request, *args, **kwargs)
    except Refused as refusal:
        answer = refusal.answer
    if answer.status_code == 405:
        answer = errors.wrong_method().answer
    for name, value in headers.items():
        answer[name] = value
    return answer


def _named(arguments: dict[str, Any]) -> UUID | None:
    """The id of the audience in an address, when it is one."""
    text = arguments.get("audience")
    return reaching.uuid_or_none(text) if text else None


def _read_body(exchange: Exchange) -> None:
    """Have the body at hand, and kept for the log.

    No body at all says as much as an empty object; SDKs send either where there is nothing to say.
    """
    request: Any = exchange.request
    try:
        exchange.keep_body()
    except UnreadablePostError:
        raise Refused(400, "validation_error", "The body ended too early.") from None
    except RequestDataTooBig:
        raise Refused(413, "validation_error", "The body is too big.") from None
    if not (request.content_type or "").startswith("multipart/") and not request.body.strip():
        request._body = b"{}"


def routes(patterns: Iterable[Any], *, open_to_all: Collection[str | None]) -> Iterator[URLPattern]:
    """Ninja's addresses, guarded unless their name is `open_to_all`, each with and without a slash at its end.

    Some SDKs put one there; sending them elsewhere would cost a request, and the body of a POST.
    """
    for pattern in patterns:
        route = str(pattern.pattern)
        if not route:
            continue
        view = login_not_required(pattern.callback) if pattern.name in open_to_all else guarded(pattern.callback)
        yield path(route, view, pattern.default_args, pattern.name)
        yield path(f"{route}/", view, pattern.default_args)
    yield path("", nothing_here, name="api-root")
    yield re_path("", nothing_here, name="nothing")


@guarded
def nothing_here(_request: HttpRequest) -> HttpResponseBase:
    """Whatever else is asked for."""
    raise errors.no_endpoint()
