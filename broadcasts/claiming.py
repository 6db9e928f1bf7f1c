"""Chunks: claimed by one sender at a time, leased by the database's clock, fenced by their epoch.

A sender writes to e-mails only through `commit`, which does nothing for one whose chunk was taken over. An
e-mail is marked as being sent before its message leaves, in the commit that holds the outcome of the one
before it; so after any crash nobody is lost, and the one e-mail per sender that may have left twice is known.
"""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from broadcasts.models import Broadcast, Email
from contacts.models import Contact
from lib import sql

SLICE = 50
NOT_A_THIRD_TIME = "Twice the relay's answer was lost, so it may have arrived; it isn't sent a third time."


class Fenced(Exception):
    """The chunk belongs to another sender now: nothing more of it may be touched."""


@dataclass(frozen=True)
class Claim:
    """A chunk in the hands of one sender."""

    broadcast_id: int
    chunk_id: int
    lo: int
    hi: int
    epoch: int


@dataclass(frozen=True)
class Waiting:
    """An e-mail to send, with its contact's state when it was read (None: the contact is gone).

    `suppressed` is why the team must not mail the address, or empty; `maybe_twice`: it may have arrived already.
    """

    email_id: int
    address: str
    attempts: int
    maybe_twice: bool
    suppressed: str
    contact_status: Contact.Status | None
    first_name: str
    last_name: str
    properties: Mapping[str, object]
    audience_deleted: bool


@dataclass(frozen=True)
class Outcome:
    """What became of an e-mail.

    `retry_in` is in seconds; `doubt`: it may have arrived all the same; `bad_address`: the address to suppress.
    """

    email_id: int
    status: Email.Status
    reply: str
    tries: int = 0
    retry_in: float | None = None
    doubt: bool = False
    bad_address: str = ""


def claim(broadcast: Broadcast) -> Claim | None:
    """Take the next chunk that is due or whose sender died; None when there is none at present."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    parameters = {
        "broadcast_id": broadcast.pk,
        "owner": owner,
        "lease": settings.SEND_LEASE,
        "given_up": NOT_A_THIRD_TIME,
    }
    for chunk_id, lo, hi, epoch in sql.rows("broadcasts", "claim_chunk", parameters):
        return Claim(broadcast.pk, chunk_id, lo, hi, epoch)
    return None


def read(held: Claim, *, after: int) -> list[Waiting]:
    """Read the next slice of e-mails that are due, beyond the one with id `after`."""
    parameters = {"broadcast_id": held.broadcast_id, "after": after, "hi": held.hi, "most": SLICE}
    return [
        Waiting(
            email_id=pk,
            address=address,
            attempts=attempts,
            maybe_twice=maybe_twice,
            suppressed=suppressed,
            contact_status=None if status is None else Contact.Status(status),
            first_name=first_name,
            last_name=last_name,
            properties=json.loads(properties),
            audience_deleted=audience_deleted,
        )
        for (
            pk,
            address,
            attempts,
            maybe_twice,
            suppressed,
            status,
            first_name,
            last_name,
            properties,
            audience_deleted,
        ) in sql.rows("broadcasts", "read_recipients", parameters)
    ]


def commit(held: Claim, outcomes: Sequence[Outcome], *, next_id: int | None = None) -> bool:
    """Commit outcomes and the intent to send `next_id`; whether that one may be sent. Raises Fenced."""
    parameters = {
        "chunk_id": held.chunk_id,
        "epoch": held.epoch,
        "lease": settings.SEND_LEASE,
        "ids": [each.email_id for each in outcomes],
        "statuses": [each.status.value for each in outcomes],
        "tries": [each.tries for each in outcomes],
        "replies": [each.reply for each in outcomes],
        "doubts": [each.doubt for each in outcomes],
        "retries_in": [each.retry_in for each in outcomes],
        "next_id": next_id,
    }
    [(is_held, is_marked)] = sql.rows("broadcasts", "commit_outcomes", parameters)
    if not is_held:
        raise Fenced
    return bool(is_marked)


def renew(held: Claim) -> bool:
    """Give a sign of life; False when the chunk is another sender's by now."""
    parameters = {"chunk_id": held.chunk_id, "epoch": held.epoch, "lease": settings.SEND_LEASE}
    return sql.execute("broadcasts", "renew_lease", parameters) == 1


def release(held: Claim, *, pause: float = 0.0) -> None:
    """Close the chunk when it is done, else give it back for a time at least `pause` seconds ahead."""
    parameters = {
        "broadcast_id": held.broadcast_id,
        "chunk_id": held.chunk_id,
        "epoch": held.epoch,
        "lo": held.lo,
        "hi": held.hi,
        "pause": pause,
    }
    sql.execute("broadcasts", "release_chunk", parameters)
