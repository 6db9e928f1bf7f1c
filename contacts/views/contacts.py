"""An audience's contacts: the list, adding by hand, one contact's page and what can be done there."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audiences.models import Audience
from contacts import adding, deleting, editing, subscribing
from contacts.forms.contacts import AddForm, EditForm, ResubscribeForm
from contacts.forms.filters import ContactFilterForm
from contacts.models import Contact
from lib import public_ids
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import count_up_to, key_by_public_id, paginate
from mail.addresses import parse_many
from teams.access import require
from teams.middleware import TeamRequest

DETAIL = "contacts/contact_detail.html"


def get_audience(request: TeamRequest, uuid: UUID) -> Audience:
    """The team's standing audience, or 404."""
    return get_object_or_404(request.team.audiences.standing(), uuid=uuid)


def get_contact(request: TeamRequest, public_id: UUID) -> Contact:
    """The contact in one of the team's standing audiences, or 404."""
    contacts = Contact.objects.of(request.team).select_related("audience__team")
    return get_object_or_404(contacts.public(public_id))


@require_GET
def index(request: TeamRequest, audience: UUID) -> HttpResponse:
    of = get_audience(request, audience)
    filters = ContactFilterForm(request.GET)
    found = filters.filter(of.contacts.all())
    shown = paginate(
        found,
        request.GET,
        cursor=lambda contact: str(contact.public_id),
        key=key_by_public_id(public_ids.contacts),
    )
    context = {"audience": of, "page": shown, "filters": filters, "count": _count(of, filters, found)}
    return page(request, "contacts/contact_list.html", context, fragments=["contact-table"])


def _count(audience: Audience, filters: ContactFilterForm, found: Any) -> str:
    """How many contacts match, from the counters where they know."""
    values = filters.values
    if "q" in values:
        return count_up_to(found)
    return f"{getattr(audience, values.get('status', 'total')):,}"


@require_http_methods(["GET", "POST"])
@require("contacts.change")
def add(request: TeamRequest, audience: UUID) -> HttpResponse:
    of = get_audience(request, audience)
    form = AddForm(request.POST or None)
    context: dict[str, Any] = {"audience": of, "form": form}
    if not form.is_valid():
        return page(request, "contacts/contact_add.html", context, status=422 if form.is_bound else 200)
    parsed = parse_many(form.cleaned_data["addresses"])
    try:
        added = adding.add(audience=of, addresses=parsed.valid, actor=str(request.user))
    except adding.AudienceDeleted as gone:
        raise Http404 from gone
    invalid = parsed.invalid + added.invalid
    if not invalid:
        messages.success(request, summary(added))
        return redirect(of)
    # What was valid is added; what wasn't stays in the field, named, to be mended and sent again.
    again = AddForm({"addresses": "\n".join(each.text for each in invalid)})
    again.is_valid()
    some = added.added or added.existing
    context |= {"form": again, "invalid": invalid, "summary": summary(added) if some else ""}
    return page(request, "contacts/contact_add.html", context, status=422)


def summary(added: adding.Added) -> str:
    """What adding did, in a sentence or three."""
    parts = [f"{_contacts(len(added.added))} added."]
    if added.existing:
        parts.append(f"{_contacts(len(added.existing))} already here and left as they are.")
    if added.kept_out:
        parts.append(f"Still not mailed, as before: {', '.join(added.kept_out[:5])}.")
    return " ".join(parts)


def _contacts(number: int) -> str:
    return "1 contact" if number == 1 else f"{number:,} contacts"


@require_GET
def detail(request: TeamRequest, public_id: UUID) -> HttpResponse:
    return _detail(request, get_contact(request, public_id))


def _detail(
    request: TeamRequest, contact: Contact, *, resubscribe: ResubscribeForm | None = None, status: int = 200
) -> HttpResponse:
    context = {"contact": contact, "audience": contact.audience, "resubscribe": resubscribe or ResubscribeForm()}
    return page(request, DETAIL, context, status=status)


@require_http_methods(["GET", "POST"])
@require("contacts.change")
def edit(request: TeamRequest, public_id: UUID) -> HttpResponse:
    contact = get_contact(request, public_id)
    form = EditForm(request.POST or None, initial={name: getattr(contact, name) for name in editing.FIELDS})
    if form.is_valid():
        try:
            editing.edit(contact=contact, changes=form.cleaned_data, actor=str(request.user))
        except editing.ContactGone as gone:
            raise Http404 from gone
        except DomainError as error:
            blame(form, error)
        else:
            return redirect(contact)
    context = {"contact": contact, "audience": contact.audience, "form": form}
    return page(request, "contacts/contact_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@require("contacts.change")
def unsubscribe(request: TeamRequest, public_id: UUID) -> HttpResponse:
    contact = get_contact(request, public_id)
    subscribing.unsubscribe(
        contact_id=contact.pk, at=timezone.now(), why=subscribing.Why.PERSON, actor=str(request.user)
    )
    return redirect(contact)


@require_POST
@require("contacts.change")
def resubscribe(request: TeamRequest, public_id: UUID) -> HttpResponse:
    contact = get_contact(request, public_id)
    form = ResubscribeForm(request.POST)
    if form.is_valid():
        try:
            subscribing.resubscribe(
                contact_id=contact.pk,
                at=timezone.now(),
                reason=form.cleaned_data["reason"],
                actor=str(request.user),
            )
        except DomainError as error:
            blame(form, error)
        else:
            return redirect(contact)
    return _detail(request, contact, resubscribe=form, status=422)


@require_http_methods(["GET", "POST"])
@require("contacts.change")
def delete(request: TeamRequest, public_id: UUID) -> HttpResponse:
    contact = get_contact(request, public_id)
    if request.method == "GET":
        return page(request, "contacts/contact_confirm_delete.html", {"contact": contact, "audience": contact.audience})
    deleting.delete(audience=contact.audience, contact_ids=[contact.pk])
    messages.success(request, f"{contact.email} is deleted from “{contact.audience}”.")
    return redirect(contact.audience)
