"""Chunks: claimed by one sender at a time, leased by the database's clock, fenced by their epoch.

What a sender does is in the chunk's bytes (the gate writes them) until it is folded into the ledger: while the
sender goes on, when it gives the chunk back, or by whoever takes over from one that died.
"""

import json
import logging
import os
import socket
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from broadcasts import retrying, silence
from broadcasts.models import Broadcast
from contacts import suppressing
from contacts.models import Suppression
from lib import sql
from teams.models import Team

log = logging.getLogger(__name__)

SENDER_DIED = "The sender stopped before the relay's answer was noted."


class Claim(NamedTuple):
    """A chunk in the hands of one sender."""

    broadcast_id: int
    chunk_id: int
    lo: int
    hi: int
    epoch: int


class Taken(NamedTuple):
    """A chunk just claimed; `is_left`: an earlier sender left something in it to fold."""

    claim: Claim
    is_left: bool


class Waiting(NamedTuple):
    """An e-mail to send. What is told of its contact is None when that is gone.

    `properties` is JSON text or None. `obstacle`: why it must not be sent, as `read_recipients.sql` says, or None.
    """

    email_id: int
    address: str
    first_name: str | None
    last_name: str | None
    properties: str | None
    obstacle: str | None


def owner() -> str:
    """This process, as chunks and slots name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(broadcast: Broadcast, *, after: int = 0) -> Claim | None:
    """Take the next chunk that is due or whose sender died, beyond the one with id `after`; None when there is none.

    What a dead sender left is folded before this returns, so that the ledger tells all that is known.
    """
    taken = take(broadcast, after=after)
    if taken is None:
        return None
    catch_up(taken, team=broadcast.team)
    return taken.claim


@transaction.atomic
def take(broadcast: Broadcast, *, after: int = 0) -> Taken | None:
    """As `claim`, without folding; that is for `catch_up`, before anything else is done about the chunk."""
    silence.end_after_a_lease()
    parameters = {
        "broadcast_id": broadcast.pk,
        "after": after,
        "owner": owner(),
        "lease": settings.SEND_LEASE,
    }
    for chunk_id, lo, hi, epoch, is_left in sql.rows("broadcasts", "claim_chunk", parameters):
        return Taken(Claim(broadcast.pk, chunk_id, lo, hi, epoch), is_left)
    return None


def catch_up(taken: Taken, *, team: Team) -> None:
    """Fold what a dead sender left in a chunk that was taken."""
    if taken.is_left:
        _suppress_bounced(taken.claim, team=team)
        with transaction.atomic():
            silence.end_after_a_lease()
            _fold(taken.claim, team=team, everything=True, accepted=())


def read(held: Claim, *, after: int, most: int) -> list[Waiting]:
    """Read the next `most` e-mails that are due, beyond the one with id `after`."""
    parameters = {"broadcast_id": held.broadcast_id, "after": after, "hi": held.hi, "most": most}
    return [Waiting._make(row) for row in sql.rows("broadcasts", "read_recipients", parameters)]


@transaction.atomic
def fold(held: Claim, *, team: Team, accepted: Iterable[tuple[int, str]]) -> None:
    """Write what is settled so far into the ledger; `accepted`: what the relay said to those it took, by e-mail id.

    Bad addresses wait until the chunk is given back, for the gate goes on writing: one that comes between the
    suppressing and the folding would be folded without having been suppressed.
    """
    silence.end_after_a_lease()
    _fold(held, team=team, everything=False, accepted=accepted)


def release(held: Claim, *, team: Team, accepted: Iterable[tuple[int, str]] = (), pause: float = 0.0) -> None:
    """Fold all and give the chunk back: closed when it is done, else for a time at least `pause` seconds ahead.

    Changes nothing when the chunk is another sender's by now.
    """
    _suppress_bounced(held, team=team)
    with transaction.atomic():
        silence.end_after_a_lease()
        _fold(held, team=team, everything=True, accepted=accepted)
        sql.execute("broadcasts", "release_chunk", {"chunk_id": held.chunk_id, "epoch": held.epoch, "pause": pause})


def _fold(held: Claim, *, team: Team, everything: bool, accepted: Iterable[tuple[int, str]]) -> None:
    parameters = {
        "chunk_id": held.chunk_id,
        "epoch": held.epoch,
        "everything": everything,
        "hold": team.in_doubt == Team.InDoubt.HOLD,
        "delays": retrying.delays(),
        "died": SENDER_DIED,
        "said": json.dumps(dict(accepted)),
    }
    sql.execute("broadcasts", "fold_chunk", parameters)


def _suppress_bounced(held: Claim, *, team: Team) -> None:
    """Suppress the addresses that the relay called bad, as the chunk's bytes say, which nobody writes any more.

    Committed before those bytes are folded and forgotten, so that a crash between makes it happen again, not never;
    and in a transaction of its own, because it waits for audiences that an import may hold, and no row of the ledger
    should be locked that long. The lease runs meanwhile, so it doesn't wait for ever.
    """
    parameters = {"chunk_id": held.chunk_id, "epoch": held.epoch}
    bounced = {address: email_id for email_id, address in sql.rows("broadcasts", "find_bad_addresses", parameters)}
    if not bounced:
        return
    try:
        with transaction.atomic():
            silence.end_after_a_lease()
            silence.wait_for_locks(settings.SEND_LEASE / 3)
            suppressing.suppress_all(team=team, emails=bounced, reason=Suppression.Reason.BOUNCE, at=timezone.now())
    except sql.AWAY:
        raise
    except DatabaseError:
        # Their e-mails have bounced all the same, and the rest must be sent; the next broadcast finds them again.
        log.exception("Addresses that bounced in chunk %s can't be suppressed.", held.chunk_id)
