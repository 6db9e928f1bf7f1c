"""E-mail HTML as a document of its own, for a sandboxed frame that loads it by URL.

A `srcdoc` frame would inherit the page's content security policy and show the message unstyled.
"""

import re

from django.conf import settings
from django.http import HttpResponse

# Without a target, a link in a sandboxed frame does nothing.
BASE = '<base target="_blank">'
_HEAD = re.compile(r"<head\b[^<>]*>|<html\b[^<>]*>(?!\s*<head\b)", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype[^<>]*>", re.IGNORECASE)


def framed(html: str) -> HttpResponse:
    """Answer with the HTML of an e-mail: it shows, it runs nothing, and its links open in a new tab."""
    response = HttpResponse(_with_base(html))
    response["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src data: https: {settings.PUBLIC_URL}; frame-ancestors 'self'"
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _with_base(html: str) -> str:
    """Put the base where it leaves the document's mode alone: in its head, else behind its doctype."""
    found = _HEAD.search(html) or _DOCTYPE.match(html)
    place = found.end() if found else 0
    return html[:place] + BASE + html[place:]
