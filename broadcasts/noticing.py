"""Noticing what recipients and their programs do with a message: an open or click is an event, which is counted later.

Of what happens again nothing is kept, so that no picture that is loaded a thousand times makes a thousand rows.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from broadcasts import machines, messages
from broadcasts.models import EmailEvent, Link
from lib import sql
from mail.tokens import Purpose

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Target:
    """Where the link of an e-mail leads."""

    email_id: int
    number: int
    url: str


def find(token: str, number: str) -> Target | None:
    """What a tracked link of an e-mail leads to; None for anything that isn't one. Costs a query."""
    email_id = messages.tokens().read(Purpose.CLICK, token)
    if not email_id or not _NUMBER.fullmatch(number):
        return None
    found = Link.objects.filter(broadcast__emails=email_id, number=int(number)).values_list("url", flat=True).first()
    return Target(email_id, int(number), found) if found else None


def clicked(target: Target, *, at: datetime, by_machine: bool) -> None:
    _note(EmailEvent.Kind.CLICKED, target.email_id, link=target.number, at=at, by_machine=by_machine)


def opened(token: str, *, at: datetime, by_machine: bool) -> None:
    """Note an open of the e-mail whose token it is; any other text is let pass."""
    email_id = messages.tokens().read(Purpose.OPEN, token)
    if email_id:
        _note(EmailEvent.Kind.OPENED, email_id, link=None, at=at, by_machine=by_machine)


def _note(kind: EmailEvent.Kind, email_id: int, *, link: int | None, at: datetime, by_machine: bool) -> None:
    parameters = {
        "email_id": email_id,
        "kind": kind.value,
        "link": link,
        "at": at,
        "by_machine": by_machine,
        "lately": at - machines.SETTLED_AFTER,
    }
    sql.execute("broadcasts", "note_event", parameters)
