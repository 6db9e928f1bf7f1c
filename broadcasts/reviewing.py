"""Looking a draft over before it goes out: who gets it, what forbids sending it, what is worth a look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from audiences import counting
from audiences.models import Audience
from broadcasts.models import Broadcast
from contacts import defining
from mail import doubtful_links, merge_tags
from mail.addresses import InvalidAddress, parse_mailbox
from mail.unsubscribe_footer import has_unsubscribe_link

# Where large mailbox providers cut a message off, and with it the unsubscribe link at its end.
CLIPPED_BEYOND = 102 * 1024
BODIES = {"html": "HTML", "text": "plain text"}
# More of them at once help nobody.
MOST_TAG_PROBLEMS = MOST_DOUBTFUL_LINKS = 10
LONGEST_SHOWN = 100
UNSUBSCRIBE_TAG = "{{{RESEND_UNSUBSCRIBE_URL}}}"
NEEDS_NO_FALLBACK = {merge_tags.EMAIL, merge_tags.UNSUBSCRIBE_URL}


@dataclass(frozen=True)
class Problem:
    """What is to be put right, or at least looked at, and in which field."""

    code: str
    message: str
    field: str


@dataclass(frozen=True)
class Review:
    """What sending now would do; `left_out` counts contacts by status word, a blocker forbids it."""

    recipients: int
    left_out: dict[str, int]
    blockers: list[Problem]
    warnings: list[Problem]


def review(broadcast: Broadcast, *, footer_is_added: bool = False) -> Review:
    """Look a draft over; costs one query, because it reads the audience's counters, and one for contacts' properties.

    `footer_is_added` tells that it needs no unsubscribe link of its own: it gets one when it is composed.
    """
    audience = Audience.objects.standing().filter(pk=broadcast.audience_id).first()
    properties = defining.fallbacks(broadcast.team) if _names_properties(broadcast) else {}
    counts = {word: getattr(audience, word) for word in counting.COUNTERS} if audience else {}
    recipients = counts.pop("subscribed", 0)
    return Review(
        recipients=recipients,
        left_out={word: number for word, number in counts.items() if number},
        blockers=[
            *_audience_blockers(broadcast, audience),
            *_header_blockers(broadcast),
            *_body_blockers(broadcast, footer_is_added=footer_is_added),
            *_tag_blockers(broadcast, properties),
        ],
        warnings=list(_warnings(broadcast, properties)),
    )


def _names_properties(broadcast: Broadcast) -> bool:
    return any(merge_tags.custom(getattr(broadcast, name)) for name in _texts(broadcast))


def _audience_blockers(broadcast: Broadcast, audience: Audience | None) -> Iterator[Problem]:
    if broadcast.audience_id is None:
        yield Problem("audience_missing", "Choose an audience.", "audience")
    elif audience is None:
        yield Problem("audience_deleted", "Its audience has been deleted. Choose another one.", "audience")
    elif not audience.subscribed:
        yield Problem("nobody_to_send_to", f"Nobody in “{audience}” can be e-mailed at present.", "audience")


def _header_blockers(broadcast: Broadcast) -> Iterator[Problem]:
    if not broadcast.sender.strip():
        yield Problem("sender_missing", "Say whom it comes from: a name and an address.", "sender")
    for name, label in (("sender", "From"), ("reply_to", "Reply-to")):
        written = getattr(broadcast, name).strip()
        try:
            parse_mailbox(written) if written else None
        except InvalidAddress as fault:
            yield Problem(f"{name}_invalid", f"{label}: {fault.message}", name)
    if not broadcast.subject.strip():
        yield Problem("subject_missing", "Write a subject.", "subject")


def _body_blockers(broadcast: Broadcast, *, footer_is_added: bool) -> Iterator[Problem]:
    if not any(getattr(broadcast, name).strip() for name in _bodies(broadcast)):
        yield Problem("body_empty", "Write something: the message is empty.", next(iter(_bodies(broadcast))))
        return
    for name, label in _bodies(broadcast).items():
        body = getattr(broadcast, name)
        if body.strip() and not footer_is_added and not _has_link(name, body):
            words = f"The {label} has no unsubscribe link. Put {UNSUBSCRIBE_TAG} where it belongs."
            yield Problem("unsubscribe_link_missing", words, name)


def _has_link(name: str, body: str) -> bool:
    return has_unsubscribe_link(body, "") if name == "html" else has_unsubscribe_link("", body)


def _tag_blockers(broadcast: Broadcast, properties: Mapping[str, str]) -> Iterator[Problem]:
    for name, label in _texts(broadcast).items():
        for problem in merge_tags.problems(getattr(broadcast, name), properties=properties)[:MOST_TAG_PROBLEMS]:
            yield Problem("merge_tag_invalid", f"In the {label}: {problem}", name)


def _warnings(broadcast: Broadcast, properties: Mapping[str, str]) -> Iterator[Problem]:
    size = len(broadcast.html.encode())
    if size > CLIPPED_BEYOND:
        words = f"The HTML has {size // 1024} KB. Some mailboxes cut messages off after 102 KB."
        yield Problem("body_large", words, "html")
    if "html" in _bodies(broadcast):
        for url, doubt in islice(doubtful_links.find(broadcast.html).items(), MOST_DOUBTFUL_LINKS):
            yield Problem("link_doubtful", f"The link {url[:LONGEST_SHOWN] or '“”'} {doubt}.", "html")
    for name, label in _texts(broadcast).items():
        for written in merge_tags.with_two_braces(getattr(broadcast, name)):
            words = f"In the {label}: {written} goes out as it stands. Merge tags have three braces: {{{written}}}."
            yield Problem("two_braces", words, name)
        for tag in dict.fromkeys(merge_tags.tags(getattr(broadcast, name))):
            needs_one = tag.name not in NEEDS_NO_FALLBACK and merge_tags.is_known(tag, properties)
            if needs_one and not tag.fallback and not properties.get(tag.name):
                words = f"The merge tag {tag.name} has no fallback: it stays empty for contacts without a value."
                yield Problem("fallback_missing", words, name)


def _texts(broadcast: Broadcast) -> dict[str, str]:
    """All that may hold merge tags, by field."""
    return {"subject": "subject", "preview_text": "preview text", **_bodies(broadcast)}


def _bodies(broadcast: Broadcast) -> dict[str, str]:
    """The bodies that the broadcast's mode sends, by field."""
    return {"text": BODIES["text"]} if broadcast.mode == Broadcast.Mode.TEXT else BODIES
