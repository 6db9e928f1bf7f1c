"""Starting a draft and saving what was written, so that two people can't overwrite each other."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.html import escape

from audiences.models import Audience
from broadcasts import bodies
from broadcasts.models import Broadcast
from lib.errors import DomainError
from mail.unsubscribe_footer import with_footer
from teams.models import Team, User

STARTER = """\
<h1>Hello {{{FIRST_NAME|there}}},</h1>

<p>Write your news here. Every contact gets a copy of their own.</p>

<p>Best wishes<br>{team}</p>
"""


class NotEditable(DomainError):
    code = "not_editable"
    message = "This broadcast is no longer a draft, so it can't be changed."


class ChangedElsewhere(DomainError):
    code = "changed_elsewhere"
    message = (
        "This draft was changed elsewhere while you were writing: by someone else, or by you in another tab. "
        "What you typed is still here. Save again to put it in place of the other version."
    )


def start(*, team: Team, by: User, audience: Audience | None = None) -> Broadcast:
    """A new draft with something to write over, from whom the team's last broadcast was."""
    last = team.broadcasts.exclude(sender="").order_by("-pk").first()
    return Broadcast.objects.create(
        team=team,
        created_by=by,
        audience=audience,
        name="Untitled",
        html=with_footer(STARTER.replace("{team}", escape(team.name))),
        sender=last.sender if last else "",
        reply_to=last.reply_to if last else "",
    )


def write(*, team: Team, content: Mapping[str, Any]) -> Broadcast:
    """A new draft with `content` (values by field); raises BodyTooBig."""
    bodies.check(content)
    return Broadcast.objects.create(team=team, **content)


def duplicate(broadcast: Broadcast, *, by: User | None, name: str | None = None) -> Broadcast:
    """A draft with the same content, to the same audience unless that has been deleted."""
    kept = ("sender", "reply_to", "subject", "preview_text", "mode", "document", "html", "text")
    audience = broadcast.audience
    return Broadcast.objects.create(
        team=broadcast.team,
        created_by=by,
        audience=audience if audience and audience.deleted_at is None else None,
        name=(name or f"Copy of {broadcast}")[:200],
        **{name: getattr(broadcast, name) for name in (*kept, "track_opens", "track_clicks")},
    )


def save(*, broadcast: Broadcast, version: int, content: Mapping[str, Any]) -> None:
    """Write `content` (values by field) if the draft is still at `version`, where the writer began."""
    if not broadcast.editable:
        raise NotEditable
    unchanged = Broadcast.objects.filter(pk=broadcast.pk, status=broadcast.status, version=version)
    if not unchanged.update(**content, version=version + 1, updated_at=timezone.now()):
        raise ChangedElsewhere
