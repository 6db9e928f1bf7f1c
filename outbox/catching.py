"""Filing what the mail catcher received, and letting go of the oldest."""

from collections.abc import Sequence

from django.conf import settings

from mail.one_line import one_line
from outbox import reading
from outbox.models import Message
from teams.models import Team

# Deleting is spread: a team may keep up to this many messages more than the setting says for a moment.
PRUNE_EVERY = 100


def file(*, mail_from: str, rcpt_to: Sequence[str], raw: bytes) -> Message | None:
    """Keep a message under the team that its Feedback-ID names as second field; None when there is no such team."""
    headers = {name.lower(): value for name, value in reversed(reading.read_headers(raw))}
    team = _team(headers.get("feedback-id", ""))
    if team is None:
        return None
    message = Message.objects.create(
        team=team,
        mail_from=one_line(mail_from),
        rcpt_to=one_line(", ".join(rcpt_to)),
        subject=headers.get("subject", ""),
        raw=raw,
    )
    if message.pk % PRUNE_EVERY == 0:
        prune(team)
    return message


def prune(team: Team) -> None:
    """Delete all but the team's newest messages."""
    messages = Message.objects.filter(team=team)
    newest_to_go = messages.order_by("-pk").values_list("pk", flat=True)[settings.OUTBOX_KEEP :].first()
    if newest_to_go is not None:
        messages.filter(pk__lte=newest_to_go).delete()


def _team(feedback_id: str) -> Team | None:
    fields = feedback_id.split(":")
    return Team.objects.filter(slug=fields[1].strip()).first() if len(fields) > 1 else None
