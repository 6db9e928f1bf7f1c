"""Answering a page, or the named part of it that htmx asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragments: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only its partial named like htmx's target when that is one of `fragments`.

    A fragment's name is the id of its root element. History restores always get the whole page.
    """
    htmx = request.htmx  # type: ignore[attr-defined]
    target = htmx.target if htmx and not htmx.history_restore_request else None
    name = f"{template}#{target}" if target in fragments else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response
