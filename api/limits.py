"""How many requests a team may make in a second, over all of its keys; any number unless API_RATE_LIMIT says so."""

import math
import time

from django.conf import settings
from django.core.cache import cache

from api.errors import Refused
from teams.models import Team


def take(team: Team) -> dict[str, str]:
    """Count one request; the headers that say what is left. Refuses one too many.

    While the cache is away nobody is limited.
    """
    limit = settings.API_RATE_LIMIT
    if not limit:
        return {}
    now = time.time()
    window = math.floor(now)
    name = f"api-requests:{team.pk}:{window}"
    cache.add(name, 0, timeout=5)
    try:
        made = cache.incr(name)
    except ValueError:
        made = 1
    reset = str(max(1, math.ceil(window + 1 - now)))
    headers = {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(max(0, limit - made)),
        "ratelimit-reset": reset,
        "ratelimit-policy": f"{limit};w=1",
    }
    if made > limit:
        each = "1 request" if limit == 1 else f"{limit} requests"
        message = f"Too many requests. You can only make {each} per second. See rate limit response headers."
        raise Refused(429, "rate_limit_exceeded", message, retry_after=reset, **headers)
    return headers
