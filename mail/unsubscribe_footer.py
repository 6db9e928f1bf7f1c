"""Whether a broadcast lets its reader unsubscribe, and the footer for one that doesn't."""

from mail import markup, merge_tags, plain_text
from mail.markup import EndTag

_FOOTER = (
    '<p style="margin:32px 0 0;font-size:13px;line-height:1.5;color:#6b7280;text-align:center">'
    "You get this e-mail because you are on our list. "
    '<a href="{{{UNSUBSCRIBE_URL}}}" style="color:#6b7280;text-decoration:underline">Unsubscribe</a>'
    "</p>\n"
)
_TEXT_FOOTER = "\n\nYou get this e-mail because you are on our list. Unsubscribe: {{{UNSUBSCRIBE_URL}}}\n"


def has_unsubscribe_link(html: str, text: str) -> bool:
    """Tell whether each body that isn't empty shows the unsubscribe link, rather than hides it."""
    bodies = [plain_text.from_html(html)] if html.strip() else []
    if text.strip():
        bodies.append(text)
    return bool(bodies) and all(_links(body) for body in bodies)


def with_footer(html: str) -> str:
    """Return the HTML with an unsubscribe footer as the last thing in its body, unless it shows the link already."""
    if has_unsubscribe_link(html, ""):
        return html
    place = len(html)
    for token in markup.tokens(html):
        if isinstance(token, EndTag) and token.name in ("body", "html"):
            place = token.start
            break
    return html[:place] + _FOOTER + html[place:]


def text_with_footer(text: str) -> str:
    """Return the plain text with an unsubscribe footer at its end, unless it shows the link already."""
    return text if has_unsubscribe_link("", text) else text.rstrip() + _TEXT_FOOTER


def _links(body: str) -> bool:
    return any(tag.name == merge_tags.UNSUBSCRIBE_URL for tag in merge_tags.tags(body))
