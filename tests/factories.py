"""Plain functions that make rows with sensible values; keyword arguments say what a test is about."""

from datetime import UTC, datetime
from typing import Any

from django.utils.text import slugify

from audiences import counting
from audiences.models import Audience
from broadcasts import freezing
from broadcasts.models import Broadcast
from contacts.models import Contact
from domains import keys
from domains.models import Domain
from lib import encryption
from teams import starting
from teams.models import Membership, Team, User

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HTML = '<p>Hello {{{FIRST_NAME|there}}}</p><p><a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Unsubscribe</a></p>'


def make_team(name: str = "Northwind") -> Team:
    return Team.objects.create(name=name, slug=slugify(name))


def make_user(
    email: str, name: str = "", *, team: Team, role: str = "member", password: str = "a good password"
) -> User:
    user = make_account(email, name, password=password)
    Membership.objects.create(team=team, user=user, role=role)
    return user


def make_account(email: str, name: str = "", *, password: str = "a good password") -> User:
    """Somebody who is in no team, at a confirmed address."""
    return starting.make_user(email=email, password=password, name=name)


def make_audience(*, team: Team, name: str = "Newsletter", **fields: Any) -> Audience:
    return Audience.objects.create(team=team, name=name, **fields)


def make_contact(*, audience: Audience, email: str, **fields: Any) -> Contact:
    """A contact with the audience's counters moved along, as the product's own ways of adding do."""
    contact = Contact.objects.create(audience=audience, email=email, **fields)
    counting.change(audience.pk, {contact.status_word: 1})
    return contact


def make_contacts(*, audience: Audience, number: int) -> list[Contact]:
    contacts = Contact.objects.bulk_create(
        Contact(audience=audience, email=f"person{each}@example.test", first_name=f"Person {each}")
        for each in range(number)
    )
    counting.change(audience.pk, {"subscribed": number})
    return contacts


def make_broadcast(*, team: Team, **fields: Any) -> Broadcast:
    written = {
        "name": "Spring news",
        "sender": "Northwind <news@northwind.example>",
        "subject": "Spring is here",
        "html": HTML,
        **fields,
    }
    return Broadcast.objects.create(team=team, **written)


def make_started_broadcast(*, audience: Audience, **fields: Any) -> Broadcast:
    """A broadcast whose e-mails are in the ledger, waiting for a sender."""
    queued = make_broadcast(team=audience.team, audience=audience, status=Broadcast.Status.QUEUED, **fields)
    freezing.freeze(queued)
    return Broadcast.objects.select_related("team", "audience").get(pk=queued.pk)


def make_domain(*, team: Team, name: str = "northwind.example", **fields: Any) -> Domain:
    """A domain with a key that is no real one: making one takes long."""
    made = {
        "selector": "carillon-abc234",
        "public_key": "QUJD" * 98,
        "private_key": encryption.encrypt(b"no key", purpose=keys.PURPOSE),
        **fields,
    }
    return Domain.objects.create(team=team, name=name, **made)
