"""Small things that a browser keeps for us."""

from django.http import HttpResponseBase

LAST_TEAM = "team"
A_YEAR = 365 * 24 * 3600


def keep(response: HttpResponseBase, name: str, value: str, *, secure: bool) -> None:
    """Have the browser keep the value for a year, out of reach for scripts."""
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
