"""Everything that happened to one contact: changes made to it and e-mails sent to it, newest first."""

from dataclasses import dataclass
from datetime import datetime

from broadcasts.models import Broadcast, Email
from contacts.models import Contact, ContactEvent, ContactImport
from contacts.subscribing import Why

MOST = 200

ICONS = {
    "added": "user-plus",
    "imported": "file-spreadsheet",
    "edited": "pencil",
    "unsubscribed": "mail-x",
    "resubscribed": "mail-check",
    "suppressed": "triangle-alert",
    "email": "send",
    "opened": "mail-open",
    "clicked": "mouse-pointer-click",
}
WHYS = {
    Why.RECIPIENT: "by the link in an e-mail",
    Why.PERSON: "by hand",
    Why.IMPORT: "by an import",
    Why.API: "by the API",
}


@dataclass(frozen=True)
class Entry:
    """One line of the history; `broadcast` is the one it concerns, `status` an e-mail's."""

    at: datetime
    kind: str
    text: str
    actor: str = ""
    detail: str = ""
    broadcast: Broadcast | None = None
    status: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


def activity(contact: Contact) -> list[Entry]:
    """The contact's history in at most six queries, whatever its length; the `MOST` newest of each kind."""
    emails = list(Email.objects.filter(contact_id=contact.pk).select_related("broadcast__team").order_by("-pk")[:MOST])
    events = list(contact.events.order_by("-pk")[:MOST])
    by_email = _broadcasts_by_email(contact, events)
    entries = [_changed(event, by_email) for event in events]
    entries += [_mailed(email) for email in emails]
    entries += [entry for email in emails for entry in _answered(email)]
    entries += _arrived(contact, events) + _import_unsubscribe(contact, events)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _broadcasts_by_email(contact: Contact, events: list[ContactEvent]) -> dict[int, Broadcast | None]:
    """By the e-mail's own id: one sent to a contact deleted since may have changed the one added again."""
    ids = [event.email_id for event in events if event.email_id]
    emails = Email.objects.of(contact.audience.team).filter(pk__in=ids).select_related("broadcast__team")
    return {email.pk: email.broadcast for email in emails}


def _changed(event: ContactEvent, by_email: dict[int, Broadcast | None]) -> Entry:
    return Entry(
        at=event.at,
        kind=event.kind,
        text=_words(event),
        actor=event.actor,
        detail=str(event.data.get("reason", "")),
        broadcast=by_email.get(event.email_id) if event.email_id else None,
    )


def _words(event: ContactEvent) -> str:
    match event.kind:
        case ContactEvent.Kind.EDITED:
            return "; ".join(_change(name, *values) for name, values in event.data.get("changes", {}).items())
        case ContactEvent.Kind.UNSUBSCRIBED:
            return f"Unsubscribed {WHYS.get(event.data.get('why', ''), '')}".strip()
        case _:
            return event.get_kind_display()


def _change(name: str, old: str, new: str) -> str:
    field = name.replace("_", " ").capitalize()
    return f"{field} changed from “{old}” to “{new}”" if old else f"{field} set to “{new}”"


def _mailed(email: Email) -> Entry:
    return Entry(
        at=email.sent_at or email.created_at,
        kind="email",
        text=email.get_status_display(),
        detail=email.reply if email.status >= Email.Status.BOUNCED else "",
        broadcast=email.broadcast,
        status=email.status_word,
    )


def _answered(email: Email) -> list[Entry]:
    """What a person did with it at first, as far as that is counted; a click that is all there is tells of an open."""
    entries = []
    if email.opened_at and email.opened_at != email.clicked_at:
        entries.append(Entry(at=email.opened_at, kind="opened", text="Opened", broadcast=email.broadcast))
    if email.clicked_at:
        entries.append(Entry(at=email.clicked_at, kind="clicked", text="Clicked a link", broadcast=email.broadcast))
    return entries


def _arrived(contact: Contact, events: list[ContactEvent]) -> list[Entry]:
    """How the contact came here, where no event tells: an import writes none per contact."""
    if any(event.kind == ContactEvent.Kind.ADDED for event in events):
        return []
    if contact.import_id is None:
        return [Entry(at=contact.created_at, kind="added", text="Added")]
    filename = ContactImport.objects.filter(pk=contact.import_id).values_list("filename", flat=True).first()
    return [Entry(at=contact.created_at, kind="imported", text=f"Imported from {filename or 'a CSV'}")]


def _import_unsubscribe(contact: Contact, events: list[ContactEvent]) -> list[Entry]:
    if contact.unsubscribed_at is None or any(event.kind == ContactEvent.Kind.UNSUBSCRIBED for event in events):
        return []
    why = WHYS.get(contact.unsubscribed_why, "before")
    return [Entry(at=contact.unsubscribed_at, kind="unsubscribed", text=f"Unsubscribed {why}")]
