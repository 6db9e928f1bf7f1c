"""Test sends: the broadcast as it stands, to a few addresses, with links that do nothing."""

import logging
from collections.abc import Sequence

from broadcasts import messages, tasks
from broadcasts.models import Broadcast
from contacts.models import Contact
from lib import bells
from lib.errors import DomainError
from mail.addresses import normalise
from teams.models import User

log = logging.getLogger(__name__)

MOST = 5


class NoAddresses(DomainError):
    code = "no_addresses"
    field = "to"
    message = "Say where the test should go."


class TooManyAddresses(DomainError):
    code = "too_many_addresses"
    field = "to"
    message = f"A test goes to {MOST} addresses at most."


class SubjectMissing(DomainError):
    code = "subject_missing"
    field = "subject"
    message = "Write a subject before you send a test."


def send_test(broadcast: Broadcast, *, to: Sequence[str], contact: Contact | None, by: User) -> None:
    """Hand a test to the queue for each address, with the contact's values or the fallbacks.

    Raises NoAddresses, TooManyAddresses, SubjectMissing, and InvalidAddress for a recipient or the sender.
    """
    addresses = list(dict.fromkeys(normalise(each) for each in to))
    if not addresses:
        raise NoAddresses
    if len(addresses) > MOST:
        raise TooManyAddresses
    if not broadcast.subject.strip():
        raise SubjectMissing
    for address in addresses:
        messages.compose_test(broadcast, to=address, contact=contact)
        # One task each, so that trying one again never doubles another.
        bells.ring(tasks.send_test, broadcast_id=broadcast.pk, to=address, contact_id=contact.pk if contact else None)
    log.info("User %s sent a test of broadcast %s to %s addresses.", by.pk, broadcast.pk, len(addresses))
