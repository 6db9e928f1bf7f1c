"""Broadcasts as programs write, send and follow them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from api import answers, errors, lists, schemas
from api.authentication import ApiRequest
from api.errors import Refused
from api.lists import Paging, moment
from api.reaching import audience_of, uuid_of
from audiences.models import Audience
from broadcasts import drafting, publishing, reporting, responding, scheduling
from broadcasts.models import Broadcast, Email, Link
from broadcasts.responding import Deed
from lib import public_ids
from lib.pagination import key_by_public_id, key_by_uuid
from mail.addresses import InvalidAddress, parse_mailbox
from mail.one_line import one_line

routes = Router(tags=["broadcasts"])
KIND = "broadcast"
UTC = ZoneInfo("UTC")
USUAL = 20
# Programs know these two as being on its way.
WORDS = {Broadcast.Status.SENDING: "queued", Broadcast.Status.PAUSED: "queued"}
PLAIN = ("subject", "preview_text", "name")
BAD_SENDER = (
    "Invalid `{}` field. The email address needs to follow the `email@example.com` or `Name <email@example.com>` format"
)


class RecipientPaging(Paging):
    """Which of the recipients are asked for."""

    type: Deed = Field(description="What became of the e-mail, or what its recipient did.")
    email: str | None = Field(None, max_length=254, description="Only this address, or those that contain this part.")


@routes.post("", response={201: schemas.Created}, operation_id="create_broadcast")
def create(request: ApiRequest, body: schemas.NewBroadcast) -> HttpResponseBase:
    """A draft, which `send` releases at once; without an unsubscribe link of its own it gets a footer with one."""
    audience = _audience(request, body)
    if audience is None:
        raise errors.missing("audience_id")
    for name, value in (("from", body.sender), ("subject", body.subject)):
        if not (value or "").strip():
            raise errors.missing(name)
    if not (body.html or body.text):
        raise errors.missing("html")
    if body.scheduled_at and not body.send:
        raise errors.bad("The `scheduled_at` field needs `send` to be true.")
    content = {"name": "Untitled", **{name: value for name, value in _content(request, body).items() if value}}
    at = _moment(body.scheduled_at)
    with transaction.atomic():
        broadcast = drafting.write(team=request.team, content=content)
        if body.send:
            _release(request, broadcast, at)
    return answers.created(KIND, broadcast.uuid)


@routes.get("", response=schemas.Broadcasts, operation_id="list_broadcasts")
def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
    every = Broadcast.objects.filter(team=request.team)
    found = every.without_content().select_related("audience")
    return lists.answer(paging, lists.of_queryset(found, told=_told_in_list, key=key_by_uuid(every)))


@routes.get("/{broadcast}", response=schemas.Broadcast, by_alias=True, operation_id="get_broadcast")
def get(request: ApiRequest, broadcast: str) -> HttpResponseBase:
    """With what became of it in numbers; `recipients` names those behind each of them."""
    return answers.one(KIND, _told(_broadcast(request, broadcast)))


@routes.patch("/{broadcast}", response=schemas.Created, operation_id="update_broadcast")
def update(request: ApiRequest, broadcast: str, body: schemas.BroadcastFields) -> HttpResponseBase:
    """Change a draft or a scheduled broadcast; of any other one only the name."""
    found = _broadcast(request, broadcast)
    publishing.change(found, _content(request, body), footer_is_added=True)
    return answers.one(KIND, {"id": str(found.uuid)})


@routes.delete("/{broadcast}", response=schemas.Deleted, operation_id="delete_broadcast")
def delete(request: ApiRequest, broadcast: str) -> HttpResponseBase:
    """Delete a draft; a scheduled broadcast is canceled by that."""
    found = _broadcast(request, broadcast)
    with transaction.atomic():
        publishing.unschedule(found)
        publishing.delete(found)
    return answers.deleted(KIND, found.uuid)


@routes.post("/{broadcast}/send", response=schemas.Created, operation_id="send_broadcast")
def send(request: ApiRequest, broadcast: str, body: schemas.Release) -> HttpResponseBase:
    """Send a draft now or at a time ahead."""
    found = _broadcast(request, broadcast)
    _release(request, found, _moment(body.scheduled_at))
    return answers.one(KIND, {"id": str(found.uuid)})


@routes.post("/{broadcast}/cancel", response=schemas.Created, operation_id="cancel_broadcast")
def cancel(request: ApiRequest, broadcast: str) -> HttpResponseBase:
    """Make a scheduled broadcast a draft again, or end one that is on its way; what is sent stays sent."""
    found = _broadcast(request, broadcast)
    try:
        if not publishing.unschedule(found):
            publishing.cancel(found)
    except publishing.AlreadyOver as error:
        words = "Only queued or scheduled broadcasts can be canceled"
        raise Refused(403, "validation_error", words) from error
    return answers.one(KIND, {"id": str(found.uuid)})


@routes.post("/{broadcast}/duplicate", response={201: schemas.Created}, operation_id="duplicate_broadcast")
def duplicate(request: ApiRequest, broadcast: str) -> HttpResponseBase:
    """A new draft with the same content."""
    found = _broadcast(request, broadcast)
    copy = drafting.duplicate(found, by=None, name=f"{str(found)[:193]} (copy)")
    return answers.created(KIND, copy.uuid)


@routes.get("/{broadcast}/recipients", response=schemas.BroadcastRecipients, operation_id="list_broadcast_recipients")
def recipients(request: ApiRequest, broadcast: str, paging: Query[RecipientPaging]) -> HttpResponseBase:
    """Those to whom one thing happened, twenty at a time without a limit. Opening, and clicking a link, counts once."""
    if request.GET.get("bounce_type"):
        raise errors.bad("Kinds of bounces aren't told apart here, so `bounce_type` must be absent.")
    of = _broadcast(request, broadcast)
    found = responding.recipients(of, paging.type, address=paging.email or "")
    told: Callable[[Any], dict[str, Any]] = _told_recipient
    if paging.type == "opened":
        told = _told_opener
    elif paging.type == "clicked":
        found, told = responding.with_clicks(found), _told_clicker(dict(of.links.values_list("number", "url")))
    source = lists.of_queryset(found, told=told, key=key_by_public_id(public_ids.emails))
    return lists.answer(paging, source, usual=USUAL)


@routes.get("/{broadcast}/clicked-links", response=schemas.ClickedLinks, operation_id="list_clicked_links")
def clicked_links(request: ApiRequest, broadcast: str, paging: Query[Paging]) -> HttpResponseBase:
    """Links that people clicked. Each recipient counts once, so that `clicks` and `unique_clicks` are the same."""
    links = _broadcast(request, broadcast).links.all()

    def key(cursor: str) -> int | None:
        # Ten digits could be more than the column holds.
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
            return None
        return links.filter(number=int(cursor)).values_list("pk", flat=True).first()

    return lists.answer(paging, lists.of_queryset(links.filter(clicked__gt=0), told=_told_link, key=key), usual=USUAL)


def _broadcast(request: ApiRequest, text: str) -> Broadcast:
    found = Broadcast.objects.filter(team=request.team, uuid=uuid_of(text)).select_related("audience", "team").first()
    if found is None:
        raise errors.not_found("Broadcast")
    return found


def _release(request: ApiRequest, broadcast: Broadcast, at: datetime | None) -> None:
    by = request.api_key.actor
    if at is None:
        publishing.send(broadcast, by=by, footer_is_added=True)
    else:
        publishing.schedule(broadcast, at=at, by=by, footer_is_added=True)


def _moment(text: str | None) -> datetime | None:
    return scheduling.parse(text, now=timezone.now(), zone=UTC) if text else None


def _audience(request: ApiRequest, body: schemas.BroadcastFields) -> Audience | None:
    """The audience under either of its names, which must not contradict each other."""
    names = [name for name in ("audience_id", "segment_id") if getattr(body, name)]
    found = [audience_of(request, getattr(body, name), name=name) for name in names]
    if len({audience.pk for audience in found}) > 1:
        raise errors.bad("The `audience_id` and `segment_id` must name the same audience.")
    return found[0] if found else None


def _content(request: ApiRequest, body: schemas.BroadcastFields) -> dict[str, Any]:
    """What the body says, by the broadcast's own fields."""
    if body.topic_id:
        raise errors.bad("Topics don't exist here, so `topic_id` must be null.")
    given = body.model_fields_set
    content: dict[str, Any] = {name: one_line(getattr(body, name) or "") for name in PLAIN if name in given}
    if audience := _audience(request, body):
        content["audience"] = audience
    if "sender" in given:
        content["sender"] = _mailbox("from", body.sender or "")
    if "reply_to" in given:
        content["reply_to"] = _reply_to(body.reply_to)
    content |= {name: getattr(body, name) or "" for name in ("html", "text") if name in given}
    if "html" in given:
        # What blocks or plain text were written before would hide or contradict it.
        content |= {"mode": Broadcast.Mode.HTML, "document": None}
    return content


def _reply_to(given: str | list[str] | None) -> str:
    addresses = [given] if isinstance(given, str) else given or []
    if len(addresses) > 1:
        raise errors.bad("Replies can go to one address, so `reply_to` may name only one.")
    return _mailbox("reply_to", addresses[0]) if addresses and addresses[0].strip() else ""


def _mailbox(name: str, written: str) -> str:
    try:
        parse_mailbox(written)
    except InvalidAddress as fault:
        raise Refused(422, "invalid_parameter", BAD_SENDER.format(name)) from fault
    if len(written) > 400:
        raise errors.bad(f"The `{name}` may have 400 characters at most.")
    return one_line(written)


def _told_in_list(broadcast: Broadcast) -> dict[str, Any]:
    audience = str(broadcast.audience.uuid) if broadcast.audience else None
    status = Broadcast.Status(broadcast.status)
    return {
        "id": str(broadcast.uuid),
        "name": str(broadcast),
        "audience_id": audience,
        "segment_id": audience,
        "status": WORDS.get(status, status.value),
        "created_at": moment(broadcast.created_at),
        "scheduled_at": moment(broadcast.scheduled_at),
        "sent_at": moment(broadcast.sent_at),
        "topic_id": None,
    }


def _told(broadcast: Broadcast) -> dict[str, Any]:
    return {
        **_told_in_list(broadcast),
        "from": broadcast.sender,
        "subject": broadcast.subject,
        "reply_to": [broadcast.reply_to] if broadcast.reply_to else None,
        "preview_text": broadcast.preview_text or None,
        "html": broadcast.html or None,
        "text": broadcast.text or None,
        "statistics": _statistics(broadcast),
    }


def _statistics(broadcast: Broadcast) -> dict[str, int]:
    """How many recipients it has, and to how many of them what happened, by the words that `recipients` knows."""
    report = reporting.report(broadcast)
    return {
        "recipients": report.emails,
        "sent": report.sent,
        "delivered": report.by_status["delivered"],
        "opened": broadcast.opened,
        "clicked": broadcast.clicked,
        "bounced": report.by_status["bounced"],
        "complained": report.by_status["complained"],
        "unsubscribed": report.unsubscribed,
        "suppressed": report.by_status["skipped"],
    }


def _told_recipient(email: Email) -> dict[str, Any]:
    contact = public_ids.contacts.encode(email.contact_id) if email.contact_id else None
    return {"id": str(email.public_id), "contact_id": str(contact) if contact else None, "email": email.address}


def _told_opener(email: Email) -> dict[str, Any]:
    return {**_told_recipient(email), "count": 1}


def _told_clicker(urls: Mapping[int, str]) -> Callable[[Any], dict[str, Any]]:
    """Tells of a recipient with the links that they clicked; `urls` by number."""

    def told(email: Any) -> dict[str, Any]:
        numbers = dict.fromkeys(click.data.get("link") for click in email.clicks)
        links = [{"url": urls[number], "clicks": 1} for number in numbers if number in urls]
        return {**_told_recipient(email), "count": len(links), "clicked_links": links}

    return told


def _told_link(link: Link) -> dict[str, Any]:
    return {"id": str(link.number), "url": link.url, "clicks": link.clicked, "unique_clicks": link.clicked}
