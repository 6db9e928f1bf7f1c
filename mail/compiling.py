"""The messages of a broadcast as one template of bytes: what is the same for all is encoded once.

Per recipient only the values are made, each once however often it occurs, and put in place in one go.
"""

import base64
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial

from mail import addresses, headers, merge_tags, quoted_printable
from mail.addresses import Mailbox
from mail.composing import Prepared, Recipient
from mail.merge_tags import Parts, Tag

# Quoted-printable can't hold "=_", nor base64 "_", so no body can hold the boundary.
_BOUNDARY = b"=_carillon"
_LINE_BREAK = re.compile(r"\r\n?")
# Beyond this a part is shorter in base64: it is mostly not Latin.
_LONGEST_QUOTED = 1.45
_USUAL_ADDRESS = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+")
_USUAL_NAME = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
_LONGEST_USUAL = 30
_TRACKED = frozenset({merge_tags.OPEN_TOKEN, merge_tags.CLICK_TOKEN})

Values = Mapping[str, str]
Write = Callable[[Recipient, Values], bytes]


class Filled:
    """One recipient's message: all that could fail has been done."""

    __slots__ = ("_template", "_values", "envelope", "envelope_from", "to")

    def __init__(self, template: bytes, values: tuple[bytes, ...], *, envelope_from: str, to: str) -> None:
        self._template = template
        self._values = values
        self.envelope_from = envelope_from
        self.to = to
        self.envelope = f"MAIL FROM:<{envelope_from}>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode("ascii")

    def message(self) -> bytes:
        """The message: 7-bit, CRLF at each line's end, no line beginning with a dot."""
        return self._template % self._values


class Compiled:
    """A broadcast's message with places for one recipient's values; raises InvalidAddress for a bad return path.

    `is_tracked`: among them are the tokens of opens or clicks.
    """

    def __init__(self, prepared: Prepared) -> None:
        self._sender = prepared.sender
        self._return_path_domain = prepared.return_path_domain
        self.is_tracked = any(isinstance(part, Tag) and part.name in _TRACKED for part in prepared.html)
        if self._return_path_domain:
            addresses.normalise(f"bounces@{self._return_path_domain}")
        draft = _Draft()
        _write_headers(draft, prepared)
        _write_bodies(draft, prepared)
        self._template = draft.template
        self._writers = draft.writers
        self._in_place = draft.in_place

    def fill(self, recipient: Recipient, *, at: datetime) -> Filled:
        """The recipient's message, dated `at`; raises InvalidAddress when theirs isn't valid."""
        to = _address(recipient.email)
        values = recipient.values
        written = [_date(int(at.timestamp())), *[write(recipient, values) for write in self._writers]]
        return Filled(self._template, self._in_place(written), envelope_from=self._envelope_from(recipient), to=to)

    def _envelope_from(self, recipient: Recipient) -> str:
        if self._return_path_domain and recipient.return_token:
            return f"bounces+{headers.reference(recipient.return_token)}@{self._return_path_domain}"
        return self._sender.address


def compiled(prepared: Prepared) -> Compiled:
    """Encode what is the same for every recipient."""
    return Compiled(prepared)


class _Draft:
    """A template under construction. Writers are kept by key, so that equal fields are written once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._places: list[int] = []
        self._numbers: dict[object, int] = {"date": 0}
        self.writers: list[Write] = []

    def static(self, piece: bytes) -> None:
        self._pieces.append(piece.replace(b"%", b"%%"))

    def date(self) -> None:
        self._place(0)

    def field(self, key: object, write: Write) -> None:
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self.writers.append(write)
        self._place(self._numbers[key])

    def _place(self, number: int) -> None:
        self._pieces.append(b"%b")
        self._places.append(number)

    @property
    def template(self) -> bytes:
        return b"".join(self._pieces)

    @property
    def in_place(self) -> Callable[[list[bytes]], tuple[bytes, ...]]:
        """From the values, the date's first, to the values as the template needs them."""
        return operator.itemgetter(*self._places)


def _write_headers(draft: _Draft, prepared: Prepared) -> None:
    draft.static("".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items()).encode("ascii"))
    draft.static(b"To: ")
    draft.field("to", _to)
    draft.static(b"\r\nSubject: ")
    if any(isinstance(part, Tag) for part in prepared.subject):
        draft.field("subject", partial(_subject, prepared.subject))
    else:
        draft.static(headers.subject("".join(map(str, prepared.subject))).encode("ascii"))
    draft.static(b"\r\nDate: ")
    draft.date()
    draft.static(b"\r\nMessage-ID: ")
    draft.field("message id", partial(_message_id, prepared.sender.domain))
    draft.static(b"\r\nMIME-Version: 1.0\r\n")
    draft.field("list headers", _list_headers)


def _write_bodies(draft: _Draft, prepared: Prepared) -> None:
    if not prepared.html:
        _write_part(draft, b"plain", prepared.text)
        return
    draft.static(b'Content-Type: multipart/alternative; boundary="' + _BOUNDARY + b'"\r\n\r\n')
    for subtype, parts in ((b"plain", prepared.text), (b"html", prepared.html)):
        draft.static(b"--" + _BOUNDARY + b"\r\n")
        _write_part(draft, subtype, parts)
    draft.static(b"--" + _BOUNDARY + b"--\r\n")


def _write_part(draft: _Draft, subtype: bytes, parts: Parts) -> None:
    pieces = _with_one_end([part if isinstance(part, Tag) else _LINE_BREAK.sub("\n", part) for part in parts])
    quoted = _quoted(pieces)
    is_mostly_latin = _length(quoted) <= _LONGEST_QUOTED * _length(pieces)
    encoding = b"quoted-printable" if is_mostly_latin else b"base64"
    draft.static(
        b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n' % (subtype, encoding)
    )
    if not is_mostly_latin:
        draft.field(("part", subtype), partial(_based64, pieces))
        return
    for piece in quoted:
        if isinstance(piece, Tag):
            draft.field(piece, partial(_quoted_value, piece))
        else:
            draft.static(piece)


def _with_one_end(parts: Sequence[str | Tag]) -> list[str | Tag]:
    """The parts, with one line break at the end whatever they end in."""
    pieces = list(parts)
    while pieces and isinstance(pieces[-1], str) and not pieces[-1].rstrip("\n"):
        pieces.pop()
    if pieces and isinstance(pieces[-1], str):
        pieces[-1] = pieces[-1].rstrip("\n")
    return [*pieces, "\n"]


def _quoted(pieces: Sequence[str | Tag]) -> list[bytes | Tag]:
    found: list[bytes | Tag] = []
    texts = _joined(pieces)
    for place, piece in enumerate(texts):
        if isinstance(piece, Tag):
            found.append(piece)
        else:
            found.append(quoted_printable.text(piece, goes_on=place + 1 < len(texts)))
    return found


def _joined(pieces: Sequence[str | Tag]) -> list[str | Tag]:
    """Neighbouring texts as one, because each encoded text begins a line."""
    found: list[str | Tag] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _length(pieces: Sequence[bytes | str | Tag]) -> int:
    raw = [piece.encode("utf-8", "replace") if isinstance(piece, str) else piece for piece in pieces]
    return sum(len(piece) for piece in raw if isinstance(piece, bytes))


def _quoted_value(tag: Tag, _: Recipient, values: Values) -> bytes:
    return quoted_printable.value(merge_tags.written(tag, values))


def _based64(pieces: Sequence[str | Tag], _: Recipient, values: Values) -> bytes:
    raw = merge_tags.render(pieces, values).replace("\n", "\r\n").encode("utf-8", "replace")
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def _to(recipient: Recipient, _: Values) -> bytes:
    name = f"{recipient.first_name} {recipient.last_name}".strip()
    if len(name) <= _LONGEST_USUAL and len(recipient.email) <= _LONGEST_USUAL and _USUAL_NAME.fullmatch(name):
        return f"{name} <{_address(recipient.email)}>".encode("ascii")
    return headers.mailbox(Mailbox(name, recipient.email)).encode("ascii")


def _subject(parts: Parts, _: Recipient, values: Values) -> bytes:
    return headers.subject(merge_tags.render(parts, values)).encode("ascii")


def _message_id(domain: str, recipient: Recipient, _: Values) -> bytes:
    return headers.message_id(recipient.message_token, domain).encode("ascii")


def _list_headers(recipient: Recipient, _: Values) -> bytes:
    if not recipient.unsubscribe_url:
        return b""
    url = headers.list_unsubscribe(recipient.unsubscribe_url)
    return f"List-Unsubscribe: {url}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")


def _address(written: str) -> str:
    return written if len(written) <= 254 and _USUAL_ADDRESS.fullmatch(written) else addresses.normalise(written)


@lru_cache(maxsize=8)
def _date(second: int) -> bytes:
    return headers.date(datetime.fromtimestamp(second).astimezone()).encode("ascii")
