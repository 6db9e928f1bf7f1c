"""What the chrome of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("light", "dark" or "" for the system's) and whether development pages exist."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "development": settings.DEVELOPMENT}
