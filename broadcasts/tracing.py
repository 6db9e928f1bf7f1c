"""What happened to one e-mail, from its freezing to what its recipient did, in order."""

from dataclasses import dataclass
from datetime import datetime

from broadcasts.models import Email, EmailEvent

MOST = 200
STATUS = Email.Status
MOMENTS = (
    ("delivered_at", "check-check", "Delivered, says the receiving side"),
    ("bounced_at", "triangle-alert", "Bounced"),
    ("complained_at", "flag", "Reported as spam"),
)
EVENTS = {
    EmailEvent.Kind.OPENED: ("mail-open", "Opened"),
    EmailEvent.Kind.CLICKED: ("mouse-pointer-click", "Clicked"),
    EmailEvent.Kind.UNSUBSCRIBED: ("mail-x", "Unsubscribed by its link"),
    EmailEvent.Kind.RESUBSCRIBED: ("mail-check", "Subscribed again by its link"),
}
ENDED = {
    STATUS.FAILED: ("circle-x", "Failed"),
    STATUS.SKIPPED: ("chevrons-right", "Skipped"),
    STATUS.HELD: ("hand", "Held for a person to decide"),
    STATUS.CANCELED: ("ban", "Canceled"),
}


@dataclass(frozen=True)
class Step:
    """One step; `at` is None where only the order is known."""

    icon: str
    text: str
    at: datetime | None
    detail: str = ""


def steps(email: Email) -> list[Step]:
    """The e-mail's steps, the first one first; two queries at most."""
    found = [Step("hourglass", "Queued for sending", email.created_at)]
    if email.sent_at:
        found.append(Step("send", f"Taken by the relay{_attempts(email)}", email.sent_at, email.reply))
    found += [
        Step(icon, text, getattr(email, field), email.reply if field == "bounced_at" else "")
        for field, icon, text in MOMENTS
        if getattr(email, field)
    ]
    events = email.events.order_by("-pk")[:MOST]
    found += [_happened(event) for event in events]
    ordered = sorted(found, key=lambda step: step.at or email.created_at)
    if email.status in ENDED:
        icon, text = ENDED[STATUS(email.status)]
        ordered.append(Step(icon, f"{text}{_attempts(email)}", None, email.reply))
    elif email.next_attempt_at:
        ordered.append(Step("clock", f"Tried again later{_attempts(email)}", email.next_attempt_at, email.reply))
    return ordered


def _happened(event: EmailEvent) -> Step:
    icon, text = EVENTS[EmailEvent.Kind(event.kind)]
    machine = ", probably by a program" if event.by_machine else ""
    return Step(icon, f"{text}{machine}", event.at, str(event.data.get("url", "")))


def _attempts(email: Email) -> str:
    return f" after {email.attempts} attempts" if email.attempts > 1 else ""
