"""Filing what the mail catcher received, and letting go of the oldest."""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings

from mail.one_line import one_line
from outbox import reading
from outbox.models import Message
from teams.models import Team

# Deleting is spread: a team may keep up to this many messages more than the setting says for a moment.
PRUNE_EVERY = 100
INVITATION = "invitation"


class Caught(NamedTuple):
    """A message as it came, with its envelope."""

    mail_from: str
    rcpt_to: Sequence[str]
    raw: bytes


def file(caught: Sequence[Caught]) -> list[Message | None]:
    """Keep messages, each under the team that its Feedback-ID names as second field; None where there is no such team.

    The third field says of what kind it is; invitations are for the team's admins.

    All in one statement: a broadcast brings thousands, and each commit costs more than the message.
    """
    headers = [{name.lower(): value for name, value in reversed(reading.read_headers(each.raw))} for each in caught]
    sorted_by = [_team_and_kind(each.get("feedback-id", "")) for each in headers]
    teams = {team.slug: team for team in Team.objects.filter(slug__in={slug for slug, _ in sorted_by})}
    messages = [
        Message(
            team=teams[slug],
            mail_from=one_line(each.mail_from),
            rcpt_to=one_line(", ".join(each.rcpt_to)),
            subject=its.get("subject", ""),
            raw=each.raw,
            for_admins=kind == INVITATION,
        )
        if slug in teams
        else None
        for each, its, (slug, kind) in zip(caught, headers, sorted_by, strict=True)
    ]
    kept = Message.objects.bulk_create([message for message in messages if message is not None])
    for team in {message.team for message in kept if message.pk % PRUNE_EVERY == 0}:
        prune(team)
    return messages


def prune(team: Team) -> None:
    """Delete all but the team's newest messages."""
    messages = Message.objects.filter(team=team)
    newest_to_go = messages.order_by("-pk").values_list("pk", flat=True)[settings.OUTBOX_KEEP :].first()
    if newest_to_go is not None:
        messages.filter(pk__lte=newest_to_go).delete()


def _team_and_kind(feedback_id: str) -> tuple[str, str]:
    _, slug, kind, *_ = (*(field.strip() for field in feedback_id.split(":")), "", "", "")
    return slug, kind
