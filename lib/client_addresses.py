"""The address from which a request came."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Behind a proxy what that proxy put last into X-Forwarded-For, else the peer's; None when it is no address.

    What stands before the last one is the client's own word.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    try:
        return str(ip_address((hops or peer).rpartition(",")[2].strip().partition("%")[0]))
    except ValueError:
        return None
