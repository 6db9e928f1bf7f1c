"""Whose request it is: the API key in its header, and whether that key is enough."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from api.errors import Refused
from api.issuing import digest
from api.models import ApiKey
from audiences.models import Audience
from lib import sql
from teams.models import Team

USED_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 200


class ApiRequest(HttpRequest):
    """A request that came in with a standing key, for annotations."""

    api_key: ApiKey
    team: Team
    # The standing audience that the address names, if it names one.
    named: Audience | None


class Bearer(HttpBearer):
    """Tells the OpenAPI document how to sign in; the request has been let in before its operation is looked for."""

    def authenticate(self, request: Any, token: str) -> Any:
        return request.api_key


def let_in(request: Any, *, audience: UUID | None) -> None:
    """Put key, team and the audience with that id on a request that brings a standing key; refuse any other."""
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip()
    if not token or scheme.lower() != "bearer":
        raise Refused(401, "missing_api_key", "Missing API key in the authorization header.")
    known = len(token) <= LONGEST_TOKEN and token.isascii()
    found = _found({"digest": digest(token), "audience": audience}) if known else None
    if found is None:
        raise Refused(401, "validation_error", "API key is invalid")
    request.team = _row(Team, ("id", "name", "slug"), found[:3])
    request.api_key = _row(ApiKey, ("id", "team_id", "uuid", "name", "permission", "last_used_at"), found[3:9])
    request.api_key.team = request.team
    request.named = None
    if found[9] is not None:
        request.named = _row(Audience, ("id", "team_id", "uuid", "name", "created_at"), found[9:])
        request.named.team = request.team


def _row(model: type[Model], fields: Sequence[str], values: Sequence[Any]) -> Any:
    """A row of which some fields are known, in the order in which the model has them; the others are read if needed."""
    return model.from_db("default", fields, values)


def _found(parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    """The row of `find_key`; asked again when the connection, kept from an earlier request, is found broken.

    Django would look whether it is sound first, which costs as much as the question itself.
    """
    connection.health_check_done = True  # type: ignore[attr-defined] # Django's own name
    try:
        rows = sql.prepared("api", "find_key", parameters)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        rows = sql.prepared("api", "find_key", parameters)
    return rows[0] if rows else None


def require_full_access(key: ApiKey) -> None:
    if key.permission != ApiKey.Permission.FULL_ACCESS:
        raise Refused(401, "restricted_api_key", "This API key is restricted to only send emails")


def note_use(key: ApiKey) -> None:
    """Remember that the key was used, to the minute."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
