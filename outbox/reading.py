"""What a raw message holds. A broken message reads as less than its sender meant, never as an error."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from functools import cached_property

from mail import markup
from mail.one_line import one_line

# Decoding is quadratic in the worst case and no page needs more; the source shows the whole header.
MAX_HEADER = 10_000
MAX_LINKS = 200

_FOLD = re.compile(r"\r?\n[ \t]*")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_IN_ANGLES = re.compile(r"<\s*(https?://[^<>\s]+)\s*>", re.IGNORECASE)
# Anything else, `javascript:` above all, is shown to nobody as a link.
_FOLLOWABLE = re.compile(r"(https?://|mailto:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is neither of the two bodies; `size` in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True)
class Reading:
    """A message as people look at it: decoded headers in order, both bodies ("" when absent), other parts."""

    headers: list[tuple[str, str]]
    html: str
    text: str
    attachments: list[Attachment]

    def header(self, name: str) -> str:
        """The first header of that name, "" when there is none."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), "")

    @property
    def sender(self) -> str:
        return self.header("From")

    @property
    def unsubscribe_headers(self) -> list[tuple[str, str]]:
        """The headers by which mail programs offer to unsubscribe."""
        return [(name, value) for name, value in self.headers if name.lower().startswith("list-unsubscribe")]

    @cached_property
    def links(self) -> list[Link]:
        """Where the message leads, each address once; from the HTML when there is one."""
        found = _links_of_html(self.html) if self.html else _links_of_text(self.text)
        by_url: dict[str, Link] = {}
        for link in found:
            if _FOLLOWABLE.match(link.url):
                by_url.setdefault(link.url, link)
            if len(by_url) == MAX_LINKS:
                break
        return list(by_url.values())

    @cached_property
    def unsubscribe_url(self) -> str:
        """The one-click header's web address, else the first link that says "unsubscribe", else ""."""
        if in_header := _IN_ANGLES.search(self.header("List-Unsubscribe")):
            return in_header[1]
        saying = (each.url for each in self.links if "unsubscribe" in f"{each.text} {each.url}".lower())
        return next(saying, "")


def read(raw: bytes) -> Reading:
    """Take a raw message apart."""
    parts = list(_leaves(raw))
    html = _first_body(parts, "text/html")
    # A leaf that says multipart has lost its parts, and what is left of it reads as text.
    text = _first_body(parts, "text/plain", "multipart/")
    bodies = (html, text)
    others = [_attachment(part) for part in parts if all(part is not body for body in bodies)]
    return Reading(read_headers(raw), _body_text(html), _body_text(text), others)


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """The decoded headers of a raw message in order, each value on one line."""
    head = raw.partition(b"\r\n\r\n")[0]
    return [(one_line(name), _header_text(value)) for name, value in message_from_bytes(head).raw_items()]


def decoded(raw: bytes, charset: str = "utf-8") -> str:
    """Bytes as text that a page can show, whatever they are and whatever charset they claim."""
    try:
        text = raw.decode(charset, "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _leaves(raw: bytes) -> Iterator[Part]:
    try:
        yield from (part for part in message_from_bytes(raw).walk() if not part.is_multipart())
    except RecursionError:
        # Thousands of parts within parts: shown as the text that it also is.
        yield _as_plain(raw)


def _as_plain(raw: bytes) -> Part:
    part = Part()
    part.set_payload(decoded(raw.partition(b"\r\n\r\n")[2]), "utf-8")
    return part


def _first_body(parts: list[Part], *content_types: str) -> Part | None:
    """The first part of one of these types that isn't attached."""
    fitting = (
        part
        for part in parts
        if part.get_content_type().startswith(content_types) and part.get_content_disposition() != "attachment"
    )
    return next(fitting, None)


def _body_text(part: Part | None) -> str:
    if part is None:
        return ""
    return decoded(_content(part), part.get_content_charset("utf-8")).replace("\r\n", "\n")


def _content(part: Part) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _attachment(part: Part) -> Attachment:
    return Attachment(_filename(part) or "without a name", one_line(part.get_content_type()), len(_content(part)))


def _filename(part: Part) -> str:
    try:
        return one_line(_decoded_words(part.get_filename(""))).strip()
    except ValueError:
        # A charset with a NUL in it.
        return ""


def _header_text(value: str) -> str:
    text = _FOLD.sub(" ", value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    if len(text) > MAX_HEADER:
        text = f"{text[:MAX_HEADER]}…"
    return one_line(_decoded_words(text)).strip()


def _decoded_words(text: str) -> str:
    """Resolve encoded words (RFC 2047); text that isn't ASCII has none by right and stays as it is."""
    if "=?" not in text or not text.isascii():
        return text
    try:
        words = decode_header(text)
    except HeaderParseError:
        return text
    return "".join(word if isinstance(word, str) else decoded(word, charset or "ascii") for word, charset in words)


def _links_of_html(source: str) -> Iterator[Link]:
    url, words = "", list[str]()
    for token in markup.tokens(source):
        if isinstance(token, markup.Text):
            words.append(markup.unescape(source[token.start : token.end]))
        elif _ends_link(token):
            if url:
                yield Link(url, " ".join("".join(words).split()))
            url, words = _href(token, source), []


def _ends_link(token: markup.Token) -> bool:
    """Whether a link is over here: links don't nest, so the next one's start ends the last one as well."""
    return isinstance(token, markup.StartTag | markup.EndTag) and token.name == "a"


def _href(token: markup.Token, source: str) -> str:
    if not isinstance(token, markup.StartTag):
        return ""
    values = (source[each.start : each.end] for each in token.attributes if each.name == "href")
    return markup.unescape(next(values, "")).strip()


def _links_of_text(text: str) -> Iterator[Link]:
    for found in _WEB_ADDRESS.finditer(text):
        url = found[0].rstrip(".,;:!?)'")
        yield Link(url, "")
