"""A broadcast's messages: what one recipient gets, and what a person sees of it beforehand."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from django.conf import settings
from django.utils import timezone

from broadcasts.claiming import Waiting
from broadcasts.models import Broadcast
from contacts import defining
from contacts.models import Contact
from contacts.values import as_text
from lib.errors import DomainError
from lib.installation_keys import installation_key
from mail import compiling, composing, merge_tags, tracked_links
from mail.addresses import InvalidAddress, Mailbox, parse_mailbox
from mail.compiling import Compiled
from mail.composing import Content, Message, Origin, Prepared, Recipient
from mail.tokens import INERT, Purpose, Tokens
from mail.tracked_links import Tracking
from mail.unsubscribe_footer import text_with_footer, with_footer

TEST_PREFIX = "[Test] "
# A draft without a sender can be looked at, never sent.
NOBODY = Mailbox("", "nobody@carillon.invalid")


class CannotCompose(DomainError):
    """No message of a broadcast can be composed, whoever gets it."""

    code = "cannot_compose"


@dataclass(frozen=True)
class Preview:
    """A message as one contact would see it; `used_fallbacks` names the merge tags without a value."""

    subject: str
    preview_text: str
    html: str
    text: str
    sender: str
    used_fallbacks: list[str]


@cache
def tokens() -> Tokens:
    """The tokens of this installation's links and headers."""
    return Tokens({1: installation_key("link tokens")}, current=1)


def prepare(broadcast: Broadcast) -> Prepared:
    """Parse the broadcast's content once for all of its recipients, tracked as it is; raises InvalidAddress."""
    # From the table rather than counted anew: a link that was sent must mean the same for ever.
    numbers = dict(broadcast.links.values_list("url", "number")) if broadcast.track_clicks else {}
    return _prepare(
        broadcast, tracking=Tracking(address=settings.PUBLIC_URL, opens=broadcast.track_opens, links=numbers)
    )


def tracked_urls(broadcast: Broadcast) -> list[str]:
    """Where the links lead whose clicks are to be counted, in the message's order."""
    return tracked_links.urls(_html(broadcast)) if broadcast.track_clicks else []


def check(broadcast: Broadcast) -> None:
    """Compose a message to nobody, so that a fault of the installation is nobody's; raises CannotCompose."""
    try:
        prepared = prepare(broadcast)
        nobody = replace(_onlooker(None, prepared.sender.address), return_token=tokens().make(Purpose.VERP, INERT))
        compiling.compiled(prepared).fill(nobody, at=timezone.now())
    except (DomainError, ValueError) as fault:
        raise CannotCompose(
            f"No message can be composed: {fault} If From and Reply-to are right, "
            "look at the settings PUBLIC_URL and RETURN_PATH_DOMAIN."
        ) from fault


def compile_for(broadcast: Broadcast) -> Compiled:
    """The broadcast's messages as a template of bytes; raises InvalidAddress."""
    return compiling.compiled(prepare(broadcast))


def recipient(waiting: Waiting, *, tracked: bool = False) -> Recipient:
    """Whom a message goes to, with the tokens of its headers and links, also of `tracked` ones."""
    made = tokens()
    email_id = waiting.email_id
    return Recipient(
        email=waiting.address,
        first_name=waiting.first_name or "",
        last_name=waiting.last_name or "",
        properties=_texts(json.loads(waiting.properties)) if waiting.properties else {},
        unsubscribe_url=unsubscribe_url(email_id),
        message_token=made.make(Purpose.MESSAGE_ID, email_id),
        return_token=made.make(Purpose.VERP, email_id) if settings.RETURN_PATH_DOMAIN else "",
        open_token=made.make(Purpose.OPEN, email_id) if tracked else "",
        click_token=made.make(Purpose.CLICK, email_id) if tracked else "",
    )


def compose_test(broadcast: Broadcast, *, to: str, contact: Contact | None) -> Message:
    """The message of a test send: the contact's values, nothing tracked, no link that does anything to them.

    Raises InvalidAddress.
    """
    compiled = compiling.compiled(_prepare(broadcast, prefix=TEST_PREFIX))
    filled = compiled.fill(_onlooker(contact, to), at=timezone.now())
    return Message(filled.envelope_from, filled.to, filled.message())


def preview(broadcast: Broadcast, contact: Contact | None) -> Preview:
    """The broadcast, however unfinished, as `contact` would see it, or with the merge tags' fallbacks."""
    content = _content(broadcast, sender=_sender_or_nobody(broadcast))
    properties = defining.fallbacks(broadcast.team)
    prepared = composing.prepare(content, origin=_origin(broadcast), properties=properties)
    onlooker = _onlooker(contact, contact.email if contact else "")
    view = prepared.view(onlooker)
    return Preview(
        subject=view.subject,
        preview_text=merge_tags.render(
            merge_tags.settled(merge_tags.parse(broadcast.preview_text), properties), onlooker.values
        ),
        html=view.html,
        text=view.text,
        sender=broadcast.sender,
        used_fallbacks=_without_value(prepared, onlooker),
    )


def source(broadcast: Broadcast, *, to: str, contact: Contact | None) -> bytes:
    """A message as the relay gets it, but with links that do nothing; raises InvalidAddress."""
    return compiling.compiled(_prepare(broadcast)).fill(_onlooker(contact, to), at=timezone.now()).message()


def unsubscribe_url(email_id: int) -> str:
    """The e-mail's own link; the public page at this path is the same for every installation, for ever."""
    return f"{settings.PUBLIC_URL}/u/{tokens().make(Purpose.UNSUBSCRIBE, email_id)}"


def _prepare(broadcast: Broadcast, *, prefix: str = "", tracking: Tracking | None = None) -> Prepared:
    reply_to = (parse_mailbox(broadcast.reply_to),) if broadcast.reply_to.strip() else ()
    content = _content(broadcast, sender=parse_mailbox(broadcast.sender), reply_to=reply_to, prefix=prefix)
    # The dashboard refuses what has no way out; what comes from elsewhere gets one, so that nothing goes without.
    html = with_footer(content.html) if content.html.strip() else ""
    text = text_with_footer(content.text) if content.text.strip() else ""
    return composing.prepare(
        replace(content, html=html, text=text),
        origin=_origin(broadcast),
        tracking=tracking,
        properties=defining.fallbacks(broadcast.team),
    )


def _content(broadcast: Broadcast, *, sender: Mailbox, reply_to: tuple[Mailbox, ...] = (), prefix: str = "") -> Content:
    return Content(
        sender=sender,
        reply_to=reply_to,
        subject=prefix + broadcast.subject,
        preview_text=broadcast.preview_text,
        html=_html(broadcast),
        text=broadcast.text,
    )


def _html(broadcast: Broadcast) -> str:
    return "" if broadcast.mode == Broadcast.Mode.TEXT else broadcast.html


def _origin(broadcast: Broadcast) -> Origin:
    return Origin(
        reference=str(broadcast.uuid),
        team=broadcast.team.slug,
        list_reference=str(broadcast.audience.uuid) if broadcast.audience else "",
        return_path_domain=settings.RETURN_PATH_DOMAIN,
    )


def _onlooker(contact: Contact | None, email: str) -> Recipient:
    """Somebody who sees a message that isn't theirs: nothing in it leads back to an e-mail of the ledger."""
    return Recipient(
        email=email,
        first_name=contact.first_name if contact else "",
        last_name=contact.last_name if contact else "",
        properties=_texts(contact.properties) if contact else {},
        unsubscribe_url=unsubscribe_url(INERT),
        # Random, because mailboxes drop a second message with the id of the first.
        message_token=secrets.token_hex(16),
    )


def _texts(properties: Mapping[str, object]) -> dict[str, str]:
    return {key: as_text(value) for key, value in properties.items()}


def _sender_or_nobody(broadcast: Broadcast) -> Mailbox:
    try:
        return parse_mailbox(broadcast.sender)
    except InvalidAddress:
        return NOBODY


def _without_value(prepared: Prepared, onlooker: Recipient) -> list[str]:
    values = onlooker.values
    parts = [*prepared.subject, *prepared.html, *prepared.text]
    names = [part.name for part in parts if isinstance(part, merge_tags.Tag)]
    return [name for name in dict.fromkeys(names) if not values.get(name, "").strip()]
