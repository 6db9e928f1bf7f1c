"""Sending as one writes it first: templates, EmailMultiAlternatives, one connection, a row saved after each message."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context, Template
from django.utils import timezone

from benchmarks import newsletter
from broadcasts import messages
from broadcasts.models import Broadcast, Email
from contacts.models import Contact


class Loop:
    def __init__(self, broadcast: Broadcast, connection: BaseEmailBackend) -> None:
        self._broadcast = broadcast
        self._connection = connection
        self._subject = Template(newsletter.subject(_tag))
        self._text = Template(newsletter.text(_tag))
        self._html = Template(newsletter.html(_tag))

    def send(self, email: Email, contact: Contact) -> None:
        url = messages.unsubscribe_url(email.pk)
        values = {**contact.properties, "first_name": contact.first_name, "last_name": contact.last_name}
        context = Context({**values, "email": contact.email, "unsubscribe_url": url})
        message = EmailMultiAlternatives(
            subject=self._subject.render(context),
            body=self._text.render(context),
            from_email=self._broadcast.sender,
            to=[f'"{contact.name}" <{contact.email}>'],
            headers={"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            connection=self._connection,
        )
        message.attach_alternative(self._html.render(context), "text/html")
        message.send()
        email.status = Email.Status.SENT
        email.sent_at = timezone.now()
        email.save()


def main(broadcast_id: str) -> int:
    broadcast = Broadcast.objects.get(pk=broadcast_id)
    relay = urlsplit(settings.SMTP_URL)
    contacts = Contact.objects.filter(audience=broadcast.audience).in_bulk()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with get_connection(backend, host=relay.hostname, port=relay.port) as connection:
        loop = Loop(broadcast, connection)
        for email in broadcast.emails.order_by("pk"):
            loop.send(email, contacts[email.contact_id])
    return len(contacts)


def _tag(name: str, fallback: str) -> str:
    variable = name.removeprefix("contact.").removeprefix("RESEND_").lower()
    return f'{{{{ {variable}|default:"{fallback}" }}}}'
