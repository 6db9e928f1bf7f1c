"""The readable plain-text alternative of an e-mail's HTML, in time linear in its length."""

import re
from collections import Counter

from mail import markup
from mail.markup import EndTag, StartTag, Text
from mail.merge_tags import mask
from mail.one_line import one_line


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_SKIPPED = _names("head script style title textarea template svg noframes")
_PARAGRAPHS = _names("p h1 h2 h3 h4 h5 h6 blockquote table pre form dl")
_LINES = _names("div section article header footer main nav address center figure figcaption tr li dt dd")
_LISTS = _names("ul ol")
_CELLS = _names("td th")
_CLOSED_BY_THEMSELVES = _names("p li dt dd tr td th")
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_DEAD_LINK = re.compile(r"#|javascript:|data:", re.IGNORECASE)
_SCHEME_LEFT_OUT = re.compile(r"(?:mailto|tel):", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
# Marks that designers put after a preheader to keep the body out of the inbox line.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\ufeff"))
_DEEPEST_INDENT = 8


def from_html(source: str) -> str:
    """Return the text a reader sees, links as `text (url)`, lines unwrapped, merge tags as they are."""
    reader = _Reader(source)
    # Masked, because a merge tag's fallback may hold characters that look like markup.
    for token in markup.tokens(mask(source)):
        if isinstance(token, Text):
            reader.text(token)
        elif isinstance(token, StartTag):
            reader.start(token)
        elif isinstance(token, EndTag):
            reader.end(token.name)
    return reader.finish()


class _Page:
    """Collects words; decides the breaks, spaces and bullets before each."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.depth = 0
        self._breaks = 0
        self._gap = ""
        self._bullet = ""

    def write(self, text: str) -> None:
        text = _SPACE.sub(" ", text.translate(_INVISIBLE))
        if text.startswith(" "):
            self._gap = self._gap or " "
        if words := text.strip(" "):
            self._lead_in()
            self.pieces.append(words)
            self._gap = " " if text.endswith(" ") else ""

    def end_line(self, *, blank: int = 0) -> None:
        """Have the next words start a line, after so many blank ones."""
        if not self._bullet:
            self._breaks = max(self._breaks, 1 + blank)

    def break_line(self) -> None:
        if not self._bullet:
            self._breaks = min(self._breaks + 1, 2)

    def start_cell(self) -> None:
        self._gap = " | "

    def start_item(self, bullet: str) -> None:
        self._bullet = ""
        self.end_line()
        self._bullet = bullet

    def end_list(self) -> None:
        self._bullet = ""

    def _lead_in(self) -> None:
        if self._breaks or not self.pieces:
            hanging = self.depth - 1 if self._bullet else self.depth
            indent = "  " * min(hanging, _DEEPEST_INDENT)
            self.pieces.append("\n" * (self._breaks if self.pieces else 0) + indent + self._bullet)
        else:
            self.pieces.append(self._gap)
        self._breaks, self._gap, self._bullet = 0, "", ""


class _Reader:
    """Walks the tokens, keeps what is open, and leaves out what a reader wouldn't see."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._page = _Page()
        self._open: list[str] = []
        self._open_counts: Counter[str] = Counter()
        self._hidden_from: int | None = None
        self._numbers: list[int | None] = []
        self._link: tuple[str, int] | None = None

    def text(self, token: Text) -> None:
        if self._hidden_from is None:
            self._page.write(markup.unescape(self._source[token.start : token.end]))

    def start(self, tag: StartTag) -> None:
        if tag.name == "body":
            self._leave_all()
        elif tag.name in _CLOSED_BY_THEMSELVES and self._open[-1:] == [tag.name]:
            self.end(tag.name)
        if tag.name not in _VOID:
            self._open.append(tag.name)
            self._open_counts[tag.name] += 1
        if self._hidden_from is not None:
            return
        if tag.name not in _VOID and self._is_hidden(tag):
            self._hidden_from = len(self._open) - 1
        else:
            self._show(tag)

    def end(self, name: str) -> None:
        while self._open_counts[name]:
            closed = self._open.pop()
            self._open_counts[closed] -= 1
            if self._hidden_from is None:
                self._leave(closed)
            elif len(self._open) <= self._hidden_from:
                self._hidden_from = None
            if closed == name:
                return

    def finish(self) -> str:
        self._end_link()
        return "".join(self._page.pieces).strip()

    def _leave_all(self) -> None:
        self._open.clear()
        self._open_counts.clear()
        self._hidden_from = None

    def _is_hidden(self, tag: StartTag) -> bool:
        attributes = self._attributes(tag)
        return tag.name in _SKIPPED or "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style", "")))

    def _attributes(self, tag: StartTag) -> dict[str, str]:
        return {each.name: markup.unescape(self._source[each.start : each.end]) for each in reversed(tag.attributes)}

    def _show(self, tag: StartTag) -> None:
        if tag.name == "a":
            self._start_link(tag)
        elif tag.name == "img":
            self._page.write(f" {self._attributes(tag).get('alt', '')} ")
        elif tag.name == "br":
            self._page.break_line()
        elif tag.name == "hr":
            self._page.end_line(blank=1)
            self._page.write("---")
            self._page.end_line(blank=1)
        elif tag.name in _LISTS:
            self._end_line_of(tag.name)
            self._numbers.append(0 if tag.name == "ol" else None)
            self._page.depth = len(self._numbers)
        else:
            self._show_block(tag.name)

    def _show_block(self, name: str) -> None:
        if name in _CELLS:
            self._page.start_cell()
        elif name == "li":
            self._page.start_item(self._next_bullet())
        else:
            self._end_line_of(name)

    def _leave(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name in _LISTS and self._numbers:
            self._page.end_list()
            self._numbers.pop()
            self._page.depth = len(self._numbers)
        self._end_line_of(name)

    def _end_line_of(self, name: str) -> None:
        if name in _PARAGRAPHS or (name in _LISTS and not self._numbers):
            self._page.end_line(blank=1)
        elif name in _LINES or name in _LISTS:
            self._page.end_line()

    def _next_bullet(self) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        self._numbers[-1] = number + 1
        return f"{number + 1}. "

    def _start_link(self, tag: StartTag) -> None:
        self._end_link()
        url = one_line(self._attributes(tag).get("href", "")).strip()
        if url and not _DEAD_LINK.match(url):
            self._link = _SCHEME_LEFT_OUT.sub("", url, count=1), len(self._page.pieces)

    def _end_link(self) -> None:
        if self._link is None:
            return
        url, first_piece = self._link
        self._link = None
        label = "".join(self._page.pieces[first_piece:]).strip()
        if not label:
            self._page.write(url)
        elif label.rstrip("/") != url.rstrip("/"):
            self._page.pieces.append(f" ({url})")
