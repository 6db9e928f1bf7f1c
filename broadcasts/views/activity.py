"""A contact's history: the contact's page loads it from here, because only broadcasts know the e-mails."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from broadcasts.activity import activity
from contacts.models import Contact
from lib.fragments import page
from teams.middleware import TeamRequest


@require_GET
def contact_activity(request: TeamRequest, public_id: UUID) -> HttpResponse:
    contacts = Contact.objects.of(request.team).select_related("audience__team")
    contact = get_object_or_404(contacts.public(public_id))
    context = {"contact": contact, "audience": contact.audience, "entries": activity(contact)}
    return page(request, "broadcasts/contact_activity.html", context)
