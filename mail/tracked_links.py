"""Links that lead through us and a picture that tells when it is loaded: put in once for a whole broadcast.

A tracked link holds the recipient's token and a number, never its target, so it leads to nothing but what the
broadcast links to.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mail import markup
from mail.markup import Attribute, EndTag, StartTag
from mail.merge_tags import CLICK_TOKEN, OPEN_TOKEN, mask

_LINKING = frozenset({"a", "area"})
# What browsers drop around a URL, and inside of it.
_AROUND = "".join(map(chr, range(33)))
_INSIDE = re.compile(r"[\t\r\n]")
# Browsers take a backslash for a slash and a redirect doesn't: such a link is left alone.
_TARGET = re.compile(r"https?://[^\x00-\x20\x7f\\/?#][^\x00-\x1f\x7f\\]*", re.IGNORECASE)
_PIXEL = (
    '<img src="{address}/o/{tag}.gif" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'
)
_OPEN_TAG, _CLICK_TAG = f"{{{{{{{OPEN_TOKEN}}}}}}}", f"{{{{{{{CLICK_TOKEN}}}}}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What a message lets its sender know: `opens` by a picture, clicks on the `links` that have a number, by URL.

    Both lead to `address`, which is ours.
    """

    address: str
    opens: bool = False
    links: Mapping[str, int] = field(default_factory=dict)


def urls(source: str) -> list[str]:
    """The web addresses that the HTML links to, each once; those with merge tags are some recipient's own."""
    return list(dict.fromkeys(url for _, url in _links(source)))


def tracked(source: str, tracking: Tracking) -> str:
    """The HTML with tracked links and picture, what it shows unchanged; it must be parsed for merge tags afterwards."""
    if tracking.links:
        source = _rewritten(source, tracking)
    return _with_pixel(source, tracking) if tracking.opens and source.strip() else source


def _rewritten(source: str, tracking: Tracking) -> str:
    address = html.escape(tracking.address)
    pieces = []
    place = 0
    for attribute, url in _links(source):
        if url in tracking.links:
            pieces += [source[place : attribute.start], f"{address}/c/{_CLICK_TAG}/{tracking.links[url]}"]
            place = attribute.end
    return "".join([*pieces, source[place:]])


def _with_pixel(source: str, tracking: Tracking) -> str:
    """At the end of the body; not at all when a tag that never ends would swallow it."""
    place = len(source)
    for token in markup.tokens(mask(source)):
        if isinstance(token, EndTag) and token.name in ("body", "html"):
            place = token.start
            break
    found = source[:place] + _PIXEL.format(address=html.escape(tracking.address), tag=_OPEN_TAG) + source[place:]
    is_sound = any(isinstance(token, StartTag) and token.start == place for token in markup.tokens(mask(found)))
    return found if is_sound else source


def _links(source: str) -> Iterator[tuple[Attribute, str]]:
    """The attributes that link to a web address, with that address as a browser understands it."""
    masked = mask(source)
    for token in markup.tokens(masked):
        if not isinstance(token, StartTag) or token.name not in _LINKING:
            continue
        # Of several the first one counts.
        attribute = next((each for each in token.attributes if each.name == "href"), None)
        if attribute is None:
            continue
        written = source[attribute.start : attribute.end]
        has_merge_tags = written != masked[attribute.start : attribute.end]
        url = _INSIDE.sub("", markup.unescape(written).strip(_AROUND))
        if not has_merge_tags and _TARGET.fullmatch(url):
            yield attribute, url
