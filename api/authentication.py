"""Whose request it is: the API key in its header, and whether that key is enough."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from api.errors import Refused
from api.issuing import digest
from api.models import ApiKey
from teams.models import Team

USED_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 200


class ApiRequest(HttpRequest):
    """A request that came in with a standing key, for annotations."""

    api_key: ApiKey
    team: Team


class Bearer(HttpBearer):
    """Tells the OpenAPI document how to sign in; the request has been let in before its operation is looked for."""

    def authenticate(self, request: Any, token: str) -> Any:
        return request.api_key


def key_of(request: HttpRequest) -> ApiKey:
    """The standing key that the request brings, with its team; refuses a request without one."""
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip()
    if not token or scheme.lower() != "bearer":
        raise Refused(401, "missing_api_key", "Missing API key in the authorization header.")
    key = None
    if len(token) <= LONGEST_TOKEN and token.isascii():
        key = ApiKey.objects.standing().select_related("team").filter(digest=digest(token)).order_by().first()
    if key is None:
        raise Refused(401, "validation_error", "API key is invalid")
    return key


def require_full_access(key: ApiKey) -> None:
    if key.permission != ApiKey.Permission.FULL_ACCESS:
        raise Refused(401, "restricted_api_key", "This API key is restricted to only send emails")


def note_use(key: ApiKey) -> None:
    """Remember that the key was used, to the minute."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
