"""Header values as ASCII text: encoded, folded, and unable to start another header."""

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from mail import addresses
from mail.addresses import Mailbox
from mail.one_line import one_line

# Relays refuse headers far beyond these; nobody's name or subject is this long.
MAX_NAME = 200
MAX_SUBJECT = 1000

_LINE = 76
# A base64 word of 45 bytes takes 72 columns, RFC 2047 allows 75.
_WORD_BYTES = 45
_WORD_MARKS = len("=?utf-8?b??=")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PRINTABLE = re.compile(r"[ -~]*")
_URL = re.compile(r"https?://[!-;=?-~]+")
_REFERENCE = re.compile(r"[A-Za-z0-9_.-]+")


def subject(text: str) -> str:
    """Return the value of Subject."""
    text = _tidy(text, MAX_SUBJECT)
    folded = _folded(text, _LINE - len("Subject: "))
    return _encoded(text, _LINE - len("Subject: ")) if folded is None else folded


def mailbox(box: Mailbox) -> str:
    """Return `name <address>`; raise InvalidAddress when the address isn't one."""
    address = addresses.normalise(box.address)
    name = _tidy(box.name, MAX_NAME)
    if not name:
        return address
    phrase = _phrase(name)
    gap = "\r\n " if len(phrase) + len(address) > _LINE - len("Reply-To:  <>") else " "
    return f"{phrase}{gap}<{address}>"


def mailboxes(boxes: tuple[Mailbox, ...]) -> str:
    """Return several mailboxes for one header, one a line."""
    return ",\r\n ".join(mailbox(box) for box in boxes)


def date(at: datetime) -> str:
    """Return the value of Date for an aware time."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def message_id(token: str, domain: str) -> str:
    return f"<{reference(token)}@{domain}>"


def list_unsubscribe(url: str) -> str:
    if not _URL.fullmatch(url):
        raise ValueError("An unsubscribe URL must be http(s) and printable ASCII.")
    return f"<{url}>"


def list_id(audience: str, domain: str) -> str:
    return f"<{reference(audience)}.{domain}>"


def feedback_id(*, broadcast: str, team: str, kind: str) -> str:
    """Return `reference:team:kind:carillon`, by which mailbox providers and the Outbox sort messages."""
    return ":".join((reference(broadcast), reference(team), reference(kind), "carillon"))


def _tidy(text: str, longest: int) -> str:
    return one_line(text[:longest]).strip()


def _phrase(name: str) -> str:
    if "=?" in name or len(name) > _LINE or not _PRINTABLE.fullmatch(name):
        return _encoded(name, _LINE - len("Reply-To: "))
    if _PHRASE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(text: str, first: int) -> str | None:
    """Fold plain ASCII at its spaces; None when unfolding wouldn't give back exactly the text."""
    if not _PRINTABLE.fullmatch(text) or "=?" in text or "  " in text:
        return None
    lines, room = [""], first
    for word in text.split(" "):
        if len(word) >= _LINE:
            return None
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = _LINE - 1
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _encoded(text: str, first: int) -> str:
    """Return RFC 2047 words, none of which splits a character."""
    words = _chunks(text, (first - _WORD_MARKS) // 4 * 3)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _chunks(text: str, first: int) -> Iterator[bytes]:
    chunk, room = b"", first
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > room:
            yield chunk
            chunk, room = b"", _WORD_BYTES
        chunk += encoded
    yield chunk


def reference(text: str) -> str:
    """Return a public id or token as it is; raise ValueError for anything that could be more than that."""
    if not _REFERENCE.fullmatch(text):
        raise ValueError("A reference in a header is made of letters, digits, dots, hyphens and underscores.")
    return text
