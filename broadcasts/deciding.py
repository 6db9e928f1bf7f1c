"""What a person decides about the e-mails that are held because they may have arrived."""

import logging

from django.db import transaction

from broadcasts import ringing, tasks
from broadcasts.models import Broadcast
from lib import sql
from lib.errors import DomainError
from teams.models import User

log = logging.getLogger(__name__)

Status = Broadcast.Status
LEFT = "It may have arrived; {by} decided not to send it again."


class NotSending(DomainError):
    code = "not_sending"
    message = "Nothing can be sent again of a broadcast that waits to start, was canceled or has failed."


@transaction.atomic
def send_held_again(broadcast: Broadcast, *, by: User) -> int:
    """Let all held e-mails wait to be sent again, even if that is a second time; how many. Raises NotSending."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if locked.status not in (Status.SENDING, Status.PAUSED, Status.SENT):
        raise NotSending
    number = _decide(locked, again=True, by=by)
    if number and locked.status == Status.SENT:
        locked.status, locked.rung_at = Status.SENDING, None
        locked.save(update_fields=["status", "rung_at", "updated_at"])
    if number:
        ringing.ring(tasks.drain, broadcast_id=locked.pk)
    return number


@transaction.atomic
def leave_held(broadcast: Broadcast, *, by: User) -> int:
    """Send none of the held e-mails again: they count as failed, and may have arrived; how many there were."""
    locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    return _decide(locked, again=False, by=by)


def _decide(broadcast: Broadcast, *, again: bool, by: User) -> int:
    parameters = {"broadcast_id": broadcast.pk, "again": again, "reason": LEFT.format(by=by)}
    [(number,)] = sql.rows("broadcasts", "decide_held", parameters)
    log.info("User %s decided on %s held e-mails of broadcast %s.", by.pk, number, broadcast.pk)
    return int(number)
