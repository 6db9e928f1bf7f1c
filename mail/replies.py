"""What a relay decides on a message, and what is said when it decides nothing."""

import re
import smtplib
from dataclasses import dataclass
from enum import Enum

from lib.errors import DomainError
from mail import relay_trouble
from mail.relay import Relay

CLOSING = 421

_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |\Z)")


class Outcome(Enum):
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class About(Enum):
    """What a reply judges: only one about the recipient says anything of the recipient."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Reply:
    """The relay's decision on one message: `enhanced` is like "5.1.1" or empty, `text` one line, capped."""

    outcome: Outcome
    about: About
    code: int
    enhanced: str
    text: str


class RelayUnavailable(DomainError):
    """Nothing was decided; the message says in words why.

    `maybe_sent`: the whole message went out, only the answer is missing. `hung_up`: the relay ended the
    connection. `at_message`: it had just agreed to the sender, so this recipient or message may be what it failed at.
    """

    code = "relay_unavailable"

    def __init__(self, message: str, *, maybe_sent: bool = False, hung_up: bool = False) -> None:
        super().__init__(message)
        self.maybe_sent = maybe_sent
        self.hung_up = hung_up
        self.at_message = False


def reply(outcome: Outcome, about: About, code: int, raw: bytes) -> Reply:
    """A decision from the reply's code and text."""
    text = relay_trouble.reply_text(raw)
    enhanced = _ENHANCED.match(text)
    return Reply(outcome, about, code, enhanced[0] if enhanced else "", text)


def unavailable(
    relay: Relay, error: OSError | ValueError, *, waited: float | None = None, maybe_sent: bool = False
) -> RelayUnavailable:
    """What went wrong with the relay, in words; `waited`: for how many seconds, where that isn't its usual timeout."""
    cause = relay_trouble.root(error)
    hung_up = isinstance(cause, ConnectionError | smtplib.SMTPServerDisconnected)
    if isinstance(cause, smtplib.SMTPResponseException):
        hung_up = cause.smtp_code == CLOSING
    words = relay_trouble.in_words(relay, cause, waited=waited or relay.timeout)
    return RelayUnavailable(words, maybe_sent=maybe_sent, hung_up=hung_up)
