"""Answers of one thing."""

import json
from typing import Any

from django.http import HttpResponse

from api.errors import JSON


def one(kind: str, told: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """An object of a kind, told as JSON."""
    return HttpResponse(json.dumps({"object": kind, **told}), content_type=JSON, status=status)


def created(kind: str, identity: object, **told: Any) -> HttpResponse:
    return one(kind, {"id": str(identity), **told}, status=201)


def many(data: list[dict[str, Any]], *, status: int = 200) -> HttpResponse:
    """What became of several things that were named in one request."""
    return HttpResponse(json.dumps({"data": data}), content_type=JSON, status=status)


def deleted(kind: str, identity: object, **told: Any) -> HttpResponse:
    return one(kind, {"id": str(identity), **told, "deleted": True})
