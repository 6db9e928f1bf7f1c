"""From a broadcast's content to one recipient's message: prepared once, rendered for each."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

from mail import addresses, headers, markup, merge_tags, plain_text, tracked_links
from mail.addresses import Mailbox
from mail.markup import Comment, EndTag, StartTag
from mail.merge_tags import Parts
from mail.tracked_links import Tracking

_PREHEADER = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</div>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a person wrote; a text left empty is derived from the HTML, and HTML may be empty too."""

    sender: Mailbox
    reply_to: tuple[Mailbox, ...] = ()
    subject: str
    preview_text: str = ""
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the headers tell of where a message comes from.

    `reference` and `list_reference` are the public ids of broadcast and audience, `team` is the team's slug.
    Bounces go to the sender, or to one address per message at `return_path_domain`.
    """

    reference: str
    team: str
    list_reference: str = ""
    return_path_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient; the tokens and the unsubscribe URL are this message's own."""

    email: str
    first_name: str = ""
    last_name: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    unsubscribe_url: str = ""
    message_token: str
    return_token: str = ""
    open_token: str = ""
    click_token: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the merge tags stand for, by name."""
        return {
            **self.properties,
            merge_tags.FIRST_NAME: self.first_name,
            merge_tags.LAST_NAME: self.last_name,
            merge_tags.EMAIL: self.email,
            merge_tags.UNSUBSCRIBE_URL: self.unsubscribe_url,
            merge_tags.OPEN_TOKEN: self.open_token,
            merge_tags.CLICK_TOKEN: self.click_token,
        }


@dataclass(frozen=True, slots=True)
class View:
    """What the recipient gets to see."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready for SMTP: 7-bit bytes with CRLF line ends, not dot-stuffed."""

    envelope_from: str
    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A content parsed for any number of recipients."""

    sender: Mailbox
    return_path_domain: str
    headers: Mapping[str, str]
    subject: Parts
    html: Parts
    text: Parts

    def view(self, recipient: Recipient) -> View:
        """Return subject and bodies with the recipient's values filled in."""
        values = recipient.values
        return View(
            subject=merge_tags.render(self.subject, values),
            html=merge_tags.render(self.html, values),
            text=merge_tags.render(self.text, values),
        )


def prepare(
    content: Content,
    *,
    origin: Origin,
    tracking: Tracking | None = None,
    properties: Mapping[str, str] | None = None,
) -> Prepared:
    """Parse a content once; raise InvalidAddress when its sender or a reply-to has no valid address.

    `properties` are those of contacts that merge tags may name, with their fallbacks; None: any.
    Only the HTML is tracked: in the text a reader would see the links.
    """
    sender = Mailbox(content.sender.name, addresses.normalise(content.sender.address))
    text = content.text if content.text.strip() else plain_text.from_html(content.html)
    source = _with_preheader(content.html, content.preview_text)
    subject, html_parts, text_parts = (
        parts if properties is None else merge_tags.settled(parts, properties)
        for parts in (
            merge_tags.parse(content.subject),
            merge_tags.parse_html(tracked_links.tracked(source, tracking) if tracking else source),
            merge_tags.parse(text),
        )
    )
    return Prepared(
        sender=sender,
        return_path_domain=origin.return_path_domain,
        headers=_common_headers(sender, content.reply_to, origin),
        subject=subject,
        html=html_parts,
        text=text_parts,
    )


def _common_headers(sender: Mailbox, reply_to: tuple[Mailbox, ...], origin: Origin) -> dict[str, str]:
    """Return the headers that are the same for every recipient."""
    found = {"From": headers.mailbox(sender)}
    if reply_to:
        found["Reply-To"] = headers.mailboxes(reply_to)
    if origin.list_reference:
        found["List-Id"] = headers.list_id(origin.list_reference, sender.domain)
    found["Feedback-ID"] = headers.feedback_id(broadcast=origin.reference, team=origin.team, kind="broadcast")
    return found


def _with_preheader(source: str, preview_text: str) -> str:
    """Put the preview text, unseen, where the body begins."""
    if not source.strip():
        return ""
    if not preview_text.strip():
        return source
    place = _start_of_body(source)
    return source[:place] + _PREHEADER.format(html.escape(preview_text.strip())) + source[place:]


def _start_of_body(source: str) -> int:
    """Return where the visible part begins; a document may leave out its body tag, a fragment every tag."""
    place = 0
    for token in markup.tokens(merge_tags.mask(source)):
        if isinstance(token, StartTag) and token.name == "body":
            return token.end
        if isinstance(token, EndTag) and token.name == "head":
            place = token.end
        elif isinstance(token, Comment) and source[token.start : token.start + 9].lower() == "<!doctype":
            place = place or token.end
    return place
