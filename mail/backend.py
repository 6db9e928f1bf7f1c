"""Django's way to the relay, for the mail that the system itself sends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from lib.errors import DomainError
from mail import addresses
from mail.blocking_smtp import Connection
from mail.relay import parse_url
from mail.replies import Outcome, RelayUnavailable

# A person waits for the page that sends this.
TIMEOUT = 5.0


class MessageRefused(DomainError):
    """The relay's no to one recipient; `permanent` when asking again would bring the same answer."""

    code = "message_refused"

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class EmailBackend(BaseEmailBackend):
    """Sends over `settings.SMTP_URL`; raises RelayUnavailable or MessageRefused unless to fail silently."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently, **kwargs)
        self._connection = Connection(replace(parse_url(settings.SMTP_URL), timeout=TIMEOUT, final_timeout=TIMEOUT))

    def open(self) -> bool:
        try:
            self._connection.open()
        except RelayUnavailable:
            if not self.fail_silently:
                raise
            return False
        return True

    def close(self) -> None:
        self._connection.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send each message to each of its recipients; return how many messages all of them got."""
        sent = 0
        try:
            for message in email_messages:
                sent += self._is_sent(message)
        finally:
            self.close()
        return sent

    def _is_sent(self, message: EmailMessage) -> bool:
        try:
            self._send(message)
        except DomainError:
            if not self.fail_silently:
                raise
            return False
        return bool(message.recipients())

    def _send(self, message: EmailMessage) -> None:
        envelope_from = addresses.parse_mailbox(message.from_email).address
        data = message.message().as_bytes().replace(b"\n", b"\r\n")
        for recipient in message.recipients():
            to = addresses.parse_mailbox(recipient).address
            reply = self._connection.send(envelope_from=envelope_from, to=to, message=data)
            if reply.outcome is not Outcome.ACCEPTED:
                raise MessageRefused(
                    f"The relay refused mail to {to}: {reply.code} {reply.text}",
                    permanent=reply.outcome is Outcome.PERMANENT,
                )
