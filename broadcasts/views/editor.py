"""Writing a broadcast: the editor, its preview and the test send."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from broadcasts import drafting, testing
from broadcasts.forms import ContactPickerForm, DraftForm, SendTestForm
from broadcasts.messages import preview as preview_of
from broadcasts.models import Broadcast
from broadcasts.views.dashboard import get_broadcast
from contacts import defining
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.framing import framed
from mail import plain_text
from mail.addresses import InvalidAddress
from mail.unsubscribe_footer import with_footer
from teams.access import require
from teams.middleware import TeamRequest
from teams.models import Team

EDITOR = "broadcasts/broadcast_form.html"
PREVIEW = "broadcasts/broadcast_preview.html"
TEST = "broadcasts/broadcast_test.html"

MERGE_TAGS = (
    ("First name", "{{{FIRST_NAME|there}}}"),
    ("Last name", "{{{LAST_NAME}}}"),
    ("E-mail address", "{{{EMAIL}}}"),
    ("First name, newer spelling", "{{{contact.first_name|there}}}"),
    ("Unsubscribe link", "{{{RESEND_UNSUBSCRIBE_URL}}}"),
)
AFTER_SAVING = {"preview": "broadcasts:preview", "test": "broadcasts:test", "review": "broadcasts:review"}
VIEWS = (("desktop", "Desktop"), ("phone", "Phone"), ("text", "Plain text"))
CONTACTS_OFFERED = 10


@require_http_methods(["GET", "POST"])
@require("broadcasts.change")
def edit(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    if not broadcast.editable:
        if request.method == "POST":
            messages.warning(request, f"“{broadcast}” is sent or on its way, so this change was not saved.")
        return redirect(broadcast)
    if request.method == "GET":
        return _editor(request, broadcast, DraftForm.of(broadcast))
    form = DraftForm(request.POST, team=request.team)
    if not form.is_valid():
        return _editor(request, broadcast, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _save(request, broadcast, form)


def _save(request: TeamRequest, broadcast: Broadcast, form: DraftForm) -> HttpResponse:
    content = form.content
    if "add_footer" in request.POST:
        content["html"] = with_footer(content["html"])
    try:
        drafting.save(broadcast=broadcast, version=form.cleaned_data["version"], content=content)
    except drafting.ChangedElsewhere as error:
        blame(form, error)
        # Saving once more, having read that, is meant.
        form.data = dict(form.data.items()) | {"version": broadcast.version}
        return _editor(request, broadcast, form, status=HTTPStatus.CONFLICT)
    then = request.POST.get("then", "")
    if then not in AFTER_SAVING:
        messages.success(request, "Saved.")
    return redirect(AFTER_SAVING.get(then, "broadcasts:edit"), request.team.slug, broadcast.uuid)


def _editor(
    request: TeamRequest, broadcast: Broadcast, form: DraftForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "broadcast": broadcast,
        "form": form,
        "merge_tags": [*MERGE_TAGS, *_property_tags(request.team)],
        "footer": with_footer(""),
        "derived_text": plain_text.from_html(broadcast.html),
    }
    return page(request, EDITOR, context, status=status)


def _property_tags(team: Team) -> list[tuple[str, str]]:
    """What the team keeps about its contacts, as merge tags."""
    return [(f"Property {key}", f"{{{{{{contact.{key}}}}}}}") for key in sorted(defining.fallbacks(team))]


@require_GET
def preview(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    picker = ContactPickerForm(request.GET)
    contacts = _contacts(request, broadcast)
    contact = _chosen(contacts, picker.chosen)
    context = {
        "broadcast": broadcast,
        "preview": preview_of(broadcast, contact),
        "contact": contact,
        "contacts": _offered(contacts, picker.term, contact),
        "term": picker.term,
        "views": VIEWS,
        "view": next((name for name, _ in VIEWS if name == request.GET.get("view")), "desktop"),
    }
    return page(request, PREVIEW, context, fragments=["broadcast-preview"])


@require_GET
def frame(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """The e-mail's own document, which pages show in a sandboxed frame."""
    broadcast = get_broadcast(request, uuid)
    contact = _chosen(_contacts(request, broadcast), ContactPickerForm(request.GET).chosen)
    return framed(preview_of(broadcast, contact).html)


@require_http_methods(["GET", "POST"])
@require("broadcasts.send")
def send_test(request: TeamRequest, uuid: UUID) -> HttpResponse:
    broadcast = get_broadcast(request, uuid)
    contacts = _contacts(request, broadcast)
    if request.method == "GET":
        contact = _chosen(contacts, ContactPickerForm(request.GET).chosen)
        form = SendTestForm(initial={"to": request.user.email, "contact": contact and contact.public_id})
        return page(request, TEST, {"broadcast": broadcast, "form": form, "contact": contact})
    form = SendTestForm(request.POST)
    is_sound = form.is_valid()
    # What is wrong with an address says nothing about whom it is written as to.
    contact = _chosen(contacts, form.cleaned_data.get("contact"))
    if is_sound and _test_is_on_its_way(request, broadcast, form, contact):
        return redirect(broadcast)
    context = {"broadcast": broadcast, "form": form, "contact": contact}
    return page(request, TEST, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _test_is_on_its_way(
    request: TeamRequest, broadcast: Broadcast, form: SendTestForm, contact: Contact | None
) -> bool:
    to = form.cleaned_data["to"]
    try:
        testing.send_test(broadcast, to=to, contact=contact, by=request.user)
    except InvalidAddress as error:
        # The recipients are valid by now, so it is the sender who isn't.
        form.add_error(None, f"From: {error.message}")
    except DomainError as error:
        blame(form, error)
    else:
        messages.success(request, f"A test is on its way to {', '.join(to)}.")
    return form.is_valid()


def _contacts(request: TeamRequest, broadcast: Broadcast) -> ContactQuerySet:
    """The contacts that the broadcast can be previewed as."""
    return Contact.objects.of(request.team).filter(audience=broadcast.audience_id)


def _chosen(contacts: ContactQuerySet, public_id: UUID | None) -> Contact | None:
    return get_object_or_404(contacts.public(public_id)) if public_id else None


def _offered(contacts: ContactQuerySet, term: str, chosen: Contact | None) -> list[Any]:
    """The newest contacts that match, with the chosen one among them."""
    found = list((contacts.matching(term) if term else contacts).order_by("-pk")[:CONTACTS_OFFERED])
    return found if chosen is None or chosen in found else [chosen, *found]
