"""How to use the API, with the team's own addresses and ids."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from api import documenting, examples
from audiences.models import Audience
from lib.fragments import page
from teams.access import may
from teams.middleware import TeamRequest

SOME_ID = "00000000-0000-0000-0000-000000000000"


@require_GET
def show(request: TeamRequest) -> HttpResponse:
    base = f"{settings.PUBLIC_URL}/api"
    audience = _audience(request)
    identity = str(audience.uuid) if audience else SOME_ID
    to = f" to {audience.name}" if audience else ""
    last = request.team.broadcasts.without_content().exclude(sender="").order_by("-pk").first()
    context = {
        "audience": audience,
        "audiences": request.team.audiences.standing().order_by("name")[:100],
        "base": base,
        "deeds": {
            f"Add a contact{to}": examples.add_contact(base=base, audience=identity),
            f"Send a broadcast{to}": examples.send_broadcast(
                base=base, audience=identity, sender=last.sender if last else ""
            ),
        },
        "resources": documenting.resources(),
        "changeable": may(request.membership, "api_keys.change"),
        "limit": settings.API_RATE_LIMIT,
    }
    return page(request, "api/documentation.html", context)


def _audience(request: TeamRequest) -> Audience | None:
    """The audience that is asked for, or the newest."""
    standing = request.team.audiences.standing().order_by("-pk")
    try:
        wanted = standing.filter(uuid=UUID(request.GET.get("audience", ""))).first()
    except ValueError:
        wanted = None
    found: Audience | None = wanted or standing.first()
    return found
