"""What a first `make run` finds: a team with two people, two audiences, a draft and a sent broadcast.

It is made the product's own ways (freezing, unsubscribing, suppressing), so that all of its numbers add up.
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Value

from audiences import counting
from audiences.models import Audience
from broadcasts import freezing, recounting, unsubscribing
from broadcasts.models import Broadcast, Chunk, Email
from config.sample_people import Person, people
from contacts import subscribing, suppressing
from contacts.models import Contact, ContactEvent
from teams.models import Membership, Team, User
from teams.starting import add_member, start_team

NUMBER_OF_CONTACTS = 250
OVER = timedelta(days=90)
SENT_BEFORE = timedelta(days=4, hours=3)
PACE = timedelta(milliseconds=100)
SENDER = "Northwind Coffee <hello@northwind.example>"
BODIES = Path(__file__).parent / "sample_broadcasts"
# Easy to read aloud and to type: no letter looks like another.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class SignIn:
    role: str
    email: str
    name: str
    password: str


def load(*, now: datetime) -> bool:
    """Make the sample team unless there is any team already; whether it did."""
    if Team.objects.exists():
        return False
    with transaction.atomic():
        team, admin = _team()
        _product_updates(team, admin, now=now)
        audience = _newsletter(team, admin, now=now)
        _draft(team, audience, admin, now=now)
    return True


def sign_ins() -> str:
    """How to sign in as the people of the sample data, a line each; "" when that isn't known here."""
    if not _kept().exists():
        return ""
    found = [SignIn(**each) for each in json.loads(_kept().read_text())]
    width = max(len(each.email) for each in found)
    return "\n".join(f"{each.role:<8}{each.email:<{width}}   {each.password}" for each in found)


def _kept() -> Path:
    return Path(settings.VAR) / "sign-ins.json"


def _team() -> tuple[Team, User]:
    """Northwind with its admin and its member; their passwords reach the disk before the database."""
    mara = SignIn("Admin", "mara@northwind.example", "Mara Lindqvist", _password())
    jonas = SignIn("Member", "jonas@northwind.example", "Jonas Okafor", _password())
    _keep([mara, jonas])
    team = start_team(name="Northwind", admin_email=mara.email, password=mara.password, admin_name=mara.name)
    add_member(team=team, email=jonas.email, password=jonas.password, name=jonas.name, role=Membership.Role.MEMBER)
    return team, User.objects.get(email=mara.email)


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def _keep(found: Sequence[SignIn]) -> None:
    _kept().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(_kept(), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump([asdict(each) for each in found], file, indent=2)


def _newsletter(team: Team, admin: User, *, now: datetime) -> Audience:
    """The audience whose broadcast went out a few days ago, with what happened before, by and since then."""
    begun, sent_at = now - OVER, now - SENT_BEFORE
    audience = Audience.objects.create(team=team, name="Newsletter", created_by=admin, created_at=begun)
    everybody = people(NUMBER_OF_CONTACTS)
    moments = [begun + OVER * ((each + 1) / NUMBER_OF_CONTACTS) ** 0.8 for each in range(NUMBER_OF_CONTACTS)]
    before = sum(moment < sent_at for moment in moments)
    contacts = _add(audience, everybody[:before], moments[:before], actor=admin.name)
    _leave_before(contacts, team, sent_at=sent_at, actor=admin.name)
    _sent(team, audience, admin, sent_at=sent_at)
    _add(audience, everybody[before:], moments[before:], actor=admin.name)
    return audience


def _product_updates(team: Team, admin: User, *, now: datetime) -> None:
    begun = now - timedelta(days=30)
    audience = Audience.objects.create(team=team, name="Product updates", created_by=admin, created_at=begun)
    chosen = people(NUMBER_OF_CONTACTS)[10:130:10]
    _add(audience, chosen, [begun + timedelta(days=2 * each) for each in range(len(chosen))], actor=admin.name)


def _add(audience: Audience, who: Sequence[Person], moments: Sequence[datetime], *, actor: str) -> list[Contact]:
    """Contacts as if added by hand at these moments."""
    contacts = Contact.objects.bulk_create(
        Contact(audience=audience, created_at=at, updated_at=at, **vars(person))
        for person, at in zip(who, moments, strict=True)
    )
    ContactEvent.objects.bulk_create(
        ContactEvent(contact=contact, kind=ContactEvent.Kind.ADDED, at=contact.created_at, actor=actor)
        for contact in contacts
    )
    counting.change(audience.pk, {"subscribed": len(contacts)})
    return contacts


def _leave_before(contacts: Sequence[Contact], team: Team, *, sent_at: datetime, actor: str) -> None:
    """A handful who were out before the broadcast: six unsubscribed, three bounced, one complained."""
    for number, contact in enumerate(contacts[7:200:33]):
        at = contact.created_at + (sent_at - contact.created_at) / (number + 2)
        subscribing.unsubscribe(contact_id=contact.pk, at=at, why=subscribing.Why.PERSON, actor=actor)
    for number, contact in enumerate(contacts[12:200:50]):
        at = contact.created_at + (sent_at - contact.created_at) / (number + 2)
        suppressing.suppress(team=team, address=contact.email, reason="complaint" if number == 2 else "bounce", at=at)


def _sent(team: Team, audience: Audience, admin: User, *, sent_at: datetime) -> None:
    broadcast = Broadcast.objects.create(
        team=team,
        audience=audience,
        name="Autumn harvest",
        sender=SENDER,
        reply_to="hello@northwind.example",
        subject="{{{FIRST_NAME|Friend}}}, the autumn harvest has landed",
        preview_text="Three new coffees, one of them gone by Friday.",
        html=(BODIES / "autumn_harvest.html").read_text(),
        status=Broadcast.Status.QUEUED,
        queued_at=sent_at,
        created_by=admin,
        created_at=sent_at - timedelta(hours=20),
    )
    freezing.freeze(broadcast)
    _deliver(broadcast, sent_at=sent_at)
    emails = list(broadcast.emails.order_by("pk"))
    finished = sent_at + len(emails) * PACE
    broadcast.chunks.update(state=Chunk.State.CLOSED, epoch=1)
    recounting.recount(broadcast)
    Broadcast.objects.filter(pk=broadcast.pk).update(
        status=Broadcast.Status.SENT, sent_at=finished, updated_at=finished
    )
    Audience.objects.filter(pk=audience.pk).update(last_sent_at=sent_at)
    _react(emails, audience, team, sent_at=sent_at)


def _deliver(broadcast: Broadcast, *, sent_at: datetime) -> None:
    """The relay took all of them, except that two addresses were no longer there."""
    pks = list(broadcast.emails.order_by("pk").values_list("pk", flat=True))
    waited = ExpressionWrapper((F("pk") - pks[0]) * Value(PACE), output_field=DurationField())
    broadcast.emails.update(
        status=Email.Status.SENT,
        attempts=1,
        created_at=sent_at,
        sent_at=Value(sent_at) + waited,
        reply="250 2.0.0 Accepted",
    )
    broadcast.emails.filter(pk__in=[pks[60], pks[140]]).update(
        status=Email.Status.BOUNCED,
        sent_at=None,
        bounced_at=F("sent_at"),
        reply="550 5.1.1 The mailbox doesn't exist",
    )


def _react(emails: Sequence[Email], audience: Audience, team: Team, *, sent_at: datetime) -> None:
    """What the broadcast brought about: two suppressed addresses and three who unsubscribed by its link."""
    for email in emails:
        if email.bounced_at:
            suppressing.suppress(
                team=team, address=email.address, reason="bounce", at=email.bounced_at, email_id=email.pk
            )
    for email, hours in ((emails[25], 1), (emails[90], 5), (emails[170], 31)):
        contact = audience.contacts.get(email=email.address)
        link = unsubscribing.Link(email, audience, contact, unsubscribed=False)
        unsubscribing.unsubscribe(link, at=sent_at + timedelta(hours=hours, minutes=17))


def _draft(team: Team, audience: Audience, admin: User, *, now: datetime) -> None:
    Broadcast.objects.create(
        team=team,
        audience=audience,
        name="Winter opening hours",
        sender=SENDER,
        reply_to="hello@northwind.example",
        subject="Longer evenings, later closing",
        preview_text="From 1 December the roastery stays open until nine.",
        html=(BODIES / "winter_hours.html").read_text(),
        created_by=admin,
        created_at=now - timedelta(hours=5),
    )
