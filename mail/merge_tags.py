"""Merge tags: `{{{FIRST_NAME|there}}}`, `{{{contact.first_name|there}}}`, `{{{contact.plan}}}`.

A text is parsed once; each recipient then costs one join. Values are data: what they hold is never parsed.
"""

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import quote

from mail import markup
from mail.one_line import one_line

FIRST_NAME = "first_name"
LAST_NAME = "last_name"
EMAIL = "email"
# In capitals, so that no property of a contact can take their place.
UNSUBSCRIBE_URL = "UNSUBSCRIBE_URL"
# For tracked links and the pixel; nobody writes them by hand.
OPEN_TOKEN = "OPEN_TOKEN"  # noqa: S105 - a name
CLICK_TOKEN = "CLICK_TOKEN"  # noqa: S105 - a name

_STANDARD = frozenset({FIRST_NAME, LAST_NAME, EMAIL})
_OURS = _STANDARD | {UNSUBSCRIBE_URL, OPEN_TOKEN, CLICK_TOKEN}
_UNSUBSCRIBE_NAMES = frozenset({"UNSUBSCRIBE_URL", "RESEND_UNSUBSCRIBE_URL"})
_CANDIDATE = re.compile(r"\{\{\{(?!\{)(?P<body>[^{}]*+)(?P<closed>\}\}\})?")
_BODY = re.compile(r"\s*+(?P<scope>contact\.)?(?P<key>[A-Za-z_][A-Za-z0-9_]*+)\s*+(?:\|(?P<fallback>.*))?", re.DOTALL)
_TWO_BRACES = re.compile(r"(?<!\{)\{\{\s*(?:contact\.)?[A-Za-z_][A-Za-z0-9_]*\s*(?:\|[^{}]*)?\}\}(?!\})")
_WRITTEN_URL = re.compile(r"https?://[^\s<>]+")
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "background"})


class Place(Enum):
    """Where a tag stands, which decides how its value is written."""

    TEXT = "text"
    HTML = "html"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Tag:
    """`name` is its key among the values; `fallback` is plain text on one line."""

    name: str
    fallback: str
    place: Place


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a tag, for the person who wrote it."""

    line: int
    source: str
    reason: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.source} {self.reason}."


Parts = Sequence[str | Tag]


def parse(text: str) -> list[str | Tag]:
    """Split plain text, such as a subject, into pieces and tags; tags inside a web address know it."""
    return list(_split(text, Place.TEXT, in_urls=_positions_in_written_urls(text)))


def parse_html(source: str) -> list[str | Tag]:
    """Split HTML into pieces and tags; tags inside the address of a link or image know it."""
    return list(_split(source, Place.HTML, in_urls=_positions_in_urls(source)))


def tags(text: str) -> list[Tag]:
    """Return the tags of a text in order."""
    return [part for part in parse(text) if isinstance(part, Tag)]


def render(parts: Parts, values: Mapping[str, str]) -> str:
    """Join the pieces with each tag as its value, else its fallback, else nothing.

    Values are plain text by tag name; they are kept on one line, escaped in HTML, percent-encoded in a URL.
    """
    return "".join([part if isinstance(part, str) else written(part, values) for part in parts])


def written(tag: Tag, values: Mapping[str, str]) -> str:
    """A tag's value as it stands in its place."""
    value = values.get(tag.name, "")
    if value.isalnum() and value.isascii():
        return value
    value = one_line(value).strip() or tag.fallback
    if tag.place is Place.URL:
        return quote(value, safe="")
    return html.escape(value) if tag.place is Place.HTML else value


def settled(parts: Parts, properties: Mapping[str, str]) -> list[str | Tag]:
    """The parts with what is known of contacts' `properties` (each one's fallback by its name) before any recipient is.

    A tag without a fallback of its own gets the property's; of a tag that names no property only its fallback stays,
    whatever value a contact may still have under that name.
    """
    return [part if isinstance(part, str) else _settled(part, properties) for part in parts]


def custom(text: str) -> set[str]:
    """The names of a text's tags that can only be properties."""
    return {tag.name for tag in tags(text) if _is_custom(tag)}


def problems(text: str, *, properties: Collection[str] = ()) -> list[Problem]:
    """Find tags that are unknown, malformed or never closed; the names of contacts' `properties` are known."""
    found = []
    line, counted = 1, 0
    for candidate in _CANDIDATE.finditer(text):
        line += text.count("\n", counted, candidate.start())
        counted = candidate.start()
        if reason := _fault(candidate, properties):
            found.append(Problem(line, _excerpt(candidate[0]), reason))
    return found


def with_two_braces(text: str) -> list[str]:
    """What looks like a tag but has two braces, as other systems write them; it would go out as it stands."""
    return list(dict.fromkeys(_TWO_BRACES.findall(text)))


def is_known(tag: Tag, properties: Collection[str] = ()) -> bool:
    """Whether it stands for something: a field of ours, or one of contacts' `properties`."""
    return tag.name in properties if _is_custom(tag) else True


def mask(source: str) -> str:
    """Overwrite every closed tag, keeping the length, so that no fallback is mistaken for markup."""
    return _CANDIDATE.sub(lambda found: "." * len(found[0]) if found["closed"] else found[0], source)


def _split(text: str, place: Place, *, in_urls: Collection[int]) -> Iterator[str | Tag]:
    position = 0
    for candidate in _CANDIDATE.finditer(text):
        tag = _tag(candidate, place, in_url=candidate.start() in in_urls)
        if tag is None:
            continue
        if candidate.start() > position:
            yield text[position : candidate.start()]
        yield tag
        position = candidate.end()
    if position < len(text):
        yield text[position:]


def _tag(candidate: re.Match[str], place: Place, *, in_url: bool = False) -> Tag | None:
    body = _BODY.fullmatch(candidate["body"]) if candidate["closed"] else None
    if body is None:
        return None
    name = _name(body)
    fallback = body["fallback"] or ""
    if place is Place.HTML:
        fallback = markup.unescape(fallback)
    # The unsubscribe link is a URL already.
    encoded = in_url and name != UNSUBSCRIBE_URL
    return Tag(name, one_line(fallback).strip(), Place.URL if encoded else place)


def _name(body: re.Match[str]) -> str:
    key = body["key"]
    if not body["scope"] and key in _UNSUBSCRIBE_NAMES:
        return UNSUBSCRIBE_URL
    return key.lower() if key.lower() in _STANDARD or key == UNSUBSCRIBE_URL else key


def _positions_in_urls(source: str) -> set[int]:
    return {
        candidate.start()
        for token in markup.tokens(mask(source))
        if isinstance(token, markup.StartTag)
        for attribute in token.attributes
        if attribute.name in _URL_ATTRIBUTES
        for candidate in _CANDIDATE.finditer(source, attribute.start, attribute.end)
    }


def _positions_in_written_urls(text: str) -> set[int]:
    return {
        candidate.start()
        for url in _WRITTEN_URL.finditer(mask(text))
        for candidate in _CANDIDATE.finditer(text, url.start(), url.end())
    }


def _settled(tag: Tag, properties: Mapping[str, str]) -> str | Tag:
    if not _is_custom(tag):
        return tag
    if tag.name not in properties:
        return written(tag, {})
    return tag if tag.fallback else replace(tag, fallback=one_line(properties[tag.name]).strip())


def _is_custom(tag: Tag) -> bool:
    return tag.name not in _OURS


def _fault(candidate: re.Match[str], properties: Collection[str]) -> str | None:
    if not candidate["closed"]:
        return "is never closed with }}}"
    tag = _tag(candidate, Place.TEXT)
    if tag is None:
        return "isn't a merge tag"
    if tag.name in _STANDARD or tag.name == UNSUBSCRIBE_URL or tag.name in properties:
        return None
    return "isn't a known merge tag"


def _excerpt(source: str) -> str:
    source = one_line(source).strip()
    return source if len(source) <= 60 else f"{source[:59]}…"
