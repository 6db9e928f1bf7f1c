"""What a recipient does with the link in an e-mail: unsubscribe, and take that back for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from audiences import locking as audiences
from audiences.models import Audience
from broadcasts import messages
from broadcasts.models import Email, EmailEvent
from contacts import locking, subscribing
from contacts.models import Contact, OptOut
from lib.errors import DomainError
from mail.tokens import INERT, Purpose
from teams.models import Team

UNDO_FOR = timedelta(hours=24)


class TooLate(DomainError):
    code = "too_late"
    message = "This can't be undone any more."


@dataclass(frozen=True)
class Link:
    """Where an unsubscribe link leads. The contact is who has the address now; None when nobody has.

    `unsubscribed`: no broadcast to the audience goes to the address, be it that the contact unsubscribed or, for
    one that is gone, that it is remembered.
    """

    email: Email
    audience: Audience
    contact: Contact | None
    unsubscribed: bool

    def undoable(self, at: datetime) -> bool:
        """Whether this very link unsubscribed the contact, less than a day before `at`."""
        contact = self.contact
        if contact is None or contact.unsubscribed_at is None or contact.suppressed:
            return False
        return contact.unsubscribed_by_email == self.email.pk and at - contact.unsubscribed_at < UNDO_FOR


def is_inert(token: str) -> bool:
    """Whether the token is that of a test or preview, which stands for nobody."""
    return messages.tokens().read(Purpose.UNSUBSCRIBE, token) == INERT


def find(token: str) -> Link | None:
    """What the token of an e-mail leads to; None for any other text. Costs two queries."""
    email_id = messages.tokens().read(Purpose.UNSUBSCRIBE, token)
    if not email_id:
        return None
    emails = Email.objects.select_related("team__unsubscribe_page", "broadcast__audience")
    # The logo has an address of its own.
    email = emails.defer("team__unsubscribe_page__logo").filter(pk=email_id).first()
    if email is None or email.broadcast is None or email.broadcast.audience is None:
        return None
    return _link(email, email.broadcast.audience)


def example(*, team: Team, address: str, unsubscribed: bool) -> Link:
    """A link that nobody was sent, to show what a recipient would see."""
    audience = team.audiences.standing().order_by("pk").first() or Audience(team=team, name="Newsletter")
    return Link(Email(team=team, address=address), audience, None, unsubscribed)


def unsubscribe(link: Link, *, at: datetime) -> Link:
    """Take the recipient out of the audience, also if the contact is deleted by now; the link as it is then.

    Doing it again changes nothing.
    """
    with transaction.atomic():
        found = _locked(link)
        if not found.unsubscribed:
            _take_out(found, at=at)
            EmailEvent.objects.create(email=link.email, kind=EmailEvent.Kind.UNSUBSCRIBED, at=at)
    return _link(link.email, link.audience)


def undo(link: Link, *, at: datetime) -> Link:
    """Lift, for a day, the unsubscribe that this very link brought about; the link as it is then.

    Doing it again changes nothing. Raises TooLate.
    """
    with transaction.atomic():
        found = _locked(link)
        if found.contact is None or (found.unsubscribed and not found.undoable(at)):
            raise TooLate
        if found.unsubscribed and subscribing.resubscribe(
            contact_id=found.contact.pk,
            at=at,
            reason="undone by the recipient",
            actor="the recipient",
            email_id=link.email.pk,
        ):
            EmailEvent.objects.create(email=link.email, kind=EmailEvent.Kind.RESUBSCRIBED, at=at)
    return _link(link.email, link.audience)


def _take_out(found: Link, *, at: datetime) -> None:
    why = subscribing.Why.RECIPIENT
    if found.contact is None:
        subscribing.remember_opt_out(audience_id=found.audience.pk, email=found.email.address, at=at, why=why)
    else:
        subscribing.unsubscribe(
            contact_id=found.contact.pk, at=at, why=why, actor="the recipient", email_id=found.email.pk
        )


def _locked(link: Link) -> Link:
    """The link as it is now, and stays until the transaction ends: contacts come and go between page and button."""
    audiences.lock_shared(link.audience.pk)
    audience = Audience.objects.get(pk=link.audience.pk)
    found = _link(link.email, audience, lock=True)
    if found.contact is not None:
        return found
    # Somebody may be adding the address again, who must see the opt-out that is going to be remembered.
    locking.lock_exclusively(audience.team_id)
    return _link(link.email, audience, lock=True)


def _link(email: Email, audience: Audience, *, lock: bool = False) -> Link:
    """By address, which a contact keeps for life, so that one deleted and added again is found."""
    standing = Contact.objects.filter(audience__deleted_at=None, audience=audience, email=email.address)
    contact = (standing.select_for_update(of=("self",)) if lock else standing).first()
    if contact is not None:
        return Link(email, audience, contact, contact.unsubscribed_at is not None)
    remembered = OptOut.objects.filter(audience=audience, digest=subscribing.opt_out_digest(email.address))
    return Link(email, audience, None, remembered.exists())
