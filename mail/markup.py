"""A tokenizer for e-mail HTML as it comes: broken markup never raises, and time is linear in the length.

html.parser takes quadratic time on hostile markup and doesn't tell where attribute values stand, which merge
tags need.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# References to numbers so long that int() refuses them.
_ABSURD_REFERENCE = re.compile(r"&#(?:[0-9]{20,}|[xX][0-9a-fA-F]{20,});?")
_MARKUP = re.compile(r"<(?=[a-zA-Z!?]|/[a-zA-Z])")
_TAG_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?P<name>[^\s/>=]++)
        (?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>"'][^\s>]*+)|(?=>)))?""",
    re.VERBOSE,
)
_TAG_END = re.compile(r"[\s/=]*+>")
_RAW_TEXT = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style", "title", "textarea")
}


@dataclass(frozen=True, slots=True)
class Text:
    """Character data as written, references not resolved."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """Its value is the source between start and end, references not resolved."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StartTag:
    name: str
    attributes: tuple[Attribute, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EndTag:
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, doctype or processing instruction."""

    start: int
    end: int


Token = Text | StartTag | EndTag | Comment


def unescape(text: str) -> str:
    """Resolve character references."""
    return html.unescape(_ABSURD_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of the source in order; together they cover all of it."""
    position = 0
    while position < len(source):
        markup = _MARKUP.search(source, position)
        start = markup.start() if markup else len(source)
        if start > position:
            yield Text(position, start)
        if markup is None:
            return
        token = _markup_at(source, start)
        yield token
        position = token.end
        if isinstance(token, StartTag) and token.name in _RAW_TEXT:
            closing = _RAW_TEXT[token.name].search(source, position)
            end = closing.start() if closing else len(source)
            if end > position:
                yield Text(position, end)
            position = end


def _markup_at(source: str, position: int) -> StartTag | EndTag | Comment:
    if source.startswith(("<!", "<?"), position):
        return _comment(source, position)
    if source.startswith("</", position):
        name = _name_at(source, position + 2)
        return EndTag(name.lower(), position, _after(source, ">", position + 2 + len(name)))
    return _start_tag(source, position)


def _comment(source: str, position: int) -> Comment:
    closing = "-->" if source.startswith("<!--", position) else ">"
    return Comment(position, _after(source, closing, position + 2))


def _start_tag(source: str, position: int) -> StartTag:
    name = _name_at(source, position + 1)
    attributes: list[Attribute] = []
    place = position + 1 + len(name)
    while not (closing := _TAG_END.match(source, place)):
        attribute = _ATTRIBUTE.match(source, place)
        if attribute is None:
            # A quote that never closes, or the end of the source inside the tag.
            return StartTag(name.lower(), tuple(attributes), position, _after(source, ">", place))
        attributes.append(_attribute(attribute))
        place = attribute.end()
    return StartTag(name.lower(), tuple(attributes), position, closing.end())


def _attribute(found: re.Match[str]) -> Attribute:
    group = found.lastgroup or "name"
    start, end = found.span(group) if group != "name" else (found.end(), found.end())
    return Attribute(found["name"].lower(), start, end)


def _name_at(source: str, position: int) -> str:
    found = _TAG_NAME.match(source, position)
    return found[0] if found else ""


def _after(source: str, closing: str, position: int) -> int:
    """Return where the source goes on after the next `closing`: at its end when there is none."""
    found = source.find(closing, position)
    return len(source) if found < 0 else found + len(closing)
