"""Links that most probably don't do what whoever wrote them meant."""

from urllib.parse import urlsplit

from mail import markup
from mail.markup import StartTag
from mail.merge_tags import mask

_LINKING = frozenset({"a", "area"})
_USUAL = frozenset({"http", "https", "mailto", "tel", "sms"})
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]", "0.0.0.0"})  # noqa: S104 - written in a message, not bound to


def find(source: str) -> dict[str, str]:
    """The doubtful links of the HTML, each with the reason in words; those with merge tags are left alone."""
    masked = mask(source)
    found = {}
    for token in markup.tokens(masked):
        if not isinstance(token, StartTag) or token.name not in _LINKING:
            continue
        for attribute in token.attributes:
            written = source[attribute.start : attribute.end]
            if attribute.name == "href" and written == masked[attribute.start : attribute.end]:
                url = markup.unescape(written).strip()
                if doubt := _doubt(url):
                    found[url] = doubt
                break
    return found


def _doubt(url: str) -> str:
    if not url:
        return "has no address"
    if url.startswith("#"):
        return ""
    try:
        address = urlsplit(url)
    except ValueError:
        return "isn’t a valid address"
    if not address.scheme:
        return "isn’t a whole address: begin it with https://"
    if address.scheme not in _USUAL:
        return "isn’t a web address; mail programs don’t follow it"
    if address.scheme in ("http", "https") and not address.netloc:
        return "isn’t a whole address"
    is_here = address.netloc.rpartition("@")[2].partition(":")[0] in _HERE
    return "leads each recipient to their own computer" if is_here else ""
