"""Every change of a contact's subscription goes through here, with who did it and why.

Nothing else writes `unsubscribed_at` of a contact that stands, except an import's set-based statement.
"""

import hashlib
from datetime import datetime

from django.db import transaction

from audiences import counting, locking
from audiences.models import Audience
from contacts.models import Contact, ContactEvent, OptOut
from lib.errors import DomainError
from lib.installation_keys import installation_key


class Why:
    """How an unsubscribe came about, as `Contact.unsubscribed_why` keeps it."""

    RECIPIENT = "recipient"
    PERSON = "person"
    IMPORT = "import"
    API = "api"


class Suppressed(DomainError):
    code = "suppressed"
    message = "The address itself bounced or complained, so it stays out until an admin lifts that suppression."


class ReasonMissing(DomainError):
    code = "reason_missing"
    field = "reason"
    message = "Say why this contact may be e-mailed again, for example “asked by phone on 12 May”."


def unsubscribe(*, contact_id: int, at: datetime, why: str, actor: str, email_id: int | None = None) -> bool:
    """Take the contact out of every later broadcast; False when it is gone or had unsubscribed before."""
    with transaction.atomic():
        contact = _locked(contact_id)
        if contact is None or contact.unsubscribed_at is not None:
            return False
        contact.unsubscribed_at, contact.unsubscribed_why, contact.unsubscribed_by_email = at, why, email_id
        _write(contact, kind=ContactEvent.Kind.UNSUBSCRIBED, at=at, actor=actor, email_id=email_id, data={"why": why})
    return True


def resubscribe(*, contact_id: int, at: datetime, reason: str, actor: str, email_id: int | None = None) -> bool:
    """Lift the contact's unsubscribe, for a stated reason; False when there was none to lift.

    Raises `ReasonMissing`, and `Suppressed` when the address may not be mailed whatever the contact says.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        contact = _locked(contact_id)
        if contact is None or (contact.unsubscribed_at is None and not contact.suppressed):
            return False
        if contact.suppressed:
            raise Suppressed
        contact.unsubscribed_at, contact.unsubscribed_why, contact.unsubscribed_by_email = None, "", None
        forget_opt_out(audience_id=contact.audience_id, email=contact.email)
        _write(
            contact, kind=ContactEvent.Kind.RESUBSCRIBED, at=at, actor=actor, email_id=email_id, data={"reason": reason}
        )
    return True


def remember_opt_out(*, audience_id: int, email: str, at: datetime, why: str) -> None:
    """Keep an unsubscribe whose contact is gone, so that adding the address again doesn't lift it."""
    OptOut.objects.bulk_create(
        [OptOut(audience_id=audience_id, digest=opt_out_digest(email), at=at, why=why)], ignore_conflicts=True
    )


def forget_opt_out(*, audience_id: int, email: str) -> None:
    """Undo `remember_opt_out`."""
    OptOut.objects.filter(audience_id=audience_id, digest=opt_out_digest(email)).delete()


def opt_out_digest(email: str) -> bytes:
    """What an `OptOut` keeps of an address; in SQL: `sha256(key || convert_to(email, 'UTF8'))`."""
    return hashlib.sha256(installation_key("opt-outs") + email.encode()).digest()


def _locked(contact_id: int) -> Contact | None:
    """The contact, locked, in a standing audience whose bulk jobs wait for this transaction."""
    audience_id = Contact.objects.filter(pk=contact_id).values_list("audience_id", flat=True).first()
    if audience_id is None:
        return None
    locking.lock_shared(audience_id)
    standing = Audience.objects.standing().values("pk")
    return Contact.objects.select_for_update().filter(pk=contact_id, audience_id__in=standing).first()


def _write(
    contact: Contact, *, kind: str, at: datetime, actor: str, email_id: int | None, data: dict[str, str]
) -> None:
    old = contact.status_word
    contact.updated_at = at
    contact.save(update_fields=["unsubscribed_at", "unsubscribed_why", "unsubscribed_by_email", "updated_at"])
    ContactEvent.objects.create(contact=contact, kind=kind, at=at, actor=actor, email_id=email_id, data=data)
    contact.refresh_from_db(fields=["status"])
    counting.move(contact.audience_id, old=old, new=contact.status_word)
