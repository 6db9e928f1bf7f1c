"""Every e-mail of the team: the ledger as a list, and what became of each one."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from broadcasts import messages, tracing
from broadcasts.filtering import EmailFilterForm
from broadcasts.models import Broadcast, Email
from contacts.models import Contact
from lib import public_ids
from lib.errors import DomainError
from lib.fragments import page
from lib.framing import framed
from lib.pagination import count_up_to, key_by_public_id, paginate
from teams.middleware import TeamRequest

VIEWS = {"html": "HTML", "text": "Text", "source": "Source"}
# A page stays usable with this much of a message in it.
SHOWN_CHARACTERS = 200_000


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    filters = EmailFilterForm(request.GET)
    found = filters.filter(request.team)
    shown = paginate(
        found.select_related("broadcast").defer("broadcast__html", "broadcast__text", "broadcast__document"),
        request.GET,
        cursor=lambda email: str(email.public_id),
        key=key_by_public_id(public_ids.emails),
    )
    context = {"page": shown, "filters": filters, "count": lambda: count_up_to(found)}
    return page(request, "broadcasts/email_list.html", context, fragments=["email-table"])


@require_GET
def detail(request: TeamRequest, public_id: UUID) -> HttpResponse:
    """Its steps in order, and the message as it would be composed now."""
    broadcast, email, contact = _email(request, public_id)
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else "html"
    context = {
        "email": email,
        "contact": contact,
        "steps": tracing.steps(email),
        "views": VIEWS.items(),
        "view": view,
        "body": "" if view == "html" else _body(broadcast, email.address, contact, view),
    }
    return page(request, "broadcasts/email_detail.html", context)


@require_GET
def frame(request: TeamRequest, public_id: UUID) -> HttpResponse:
    broadcast, _, contact = _email(request, public_id)
    return framed(messages.preview(broadcast, contact).html)


def _email(request: TeamRequest, public_id: UUID) -> tuple[Broadcast, Email, Contact | None]:
    found = Email.objects.of(request.team).filter(broadcast__isnull=False).select_related("broadcast__audience")
    email = get_object_or_404(found.public(public_id))
    email.broadcast.team = request.team
    return email.broadcast, email, Contact.objects.of(request.team).filter(pk=email.contact_id).first()


def _body(broadcast: Broadcast, address: str, contact: Contact | None, view: str) -> str:
    """The message as text or source; a sender that is no address any more makes none."""
    try:
        if view == "text":
            return messages.preview(broadcast, contact).text
        return messages.source(broadcast, to=address, contact=contact).decode("ascii")[:SHOWN_CHARACTERS]
    except DomainError as fault:
        return fault.message
