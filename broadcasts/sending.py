"""Sending a broadcast's e-mails: one recipient after another over one persistent connection to the relay."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from broadcasts import claiming, messages, retrying
from broadcasts.claiming import Claim, Fenced, Outcome, Waiting
from broadcasts.models import Broadcast, Chunk, Email
from contacts import suppressing
from contacts.models import Contact, Suppression
from lib.errors import DomainError
from mail import relay
from mail.composing import Message
from mail.smtp import About, Connection, RelayUnavailable, Reply
from mail.smtp import Outcome as Verdict

log = logging.getLogger(__name__)

# How old what was read of a contact's state may be when a message goes out, in seconds.
FRESH = 5.0
# Enhanced status codes that say that the address itself is bad, and stays so. All others may be about us.
BAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
LEFT_OUT = {
    None: "The contact was deleted before it was sent.",
    Contact.Status.UNSUBSCRIBED: "Unsubscribed before it was sent.",
    Contact.Status.BOUNCED: "The address bounced for good before it was sent.",
    Contact.Status.COMPLAINED: "Complained before it was sent.",
}
CHUNKS = Chunk.objects.filter(broadcast=OuterRef("pk"))
Status = Email.Status

# Set when the worker shuts down: drains end after the message they are at.
stopping = threading.Event()


def drain(broadcast: Broadcast) -> bool:
    """Send for at most `SEND_SLICE` seconds; True when there is more to do at once.

    Any number may run at the same time, also for one broadcast. While the relay can't be reached the
    broadcast keeps the trouble in words and its chunks come due again after one sweep.
    """
    try:
        with _connection() as connection:
            return _Drain(broadcast, connection).run()
    except relay.InvalidRelay as trouble:
        _note_trouble(broadcast, trouble.message)
        return False


def finish(broadcast: Broadcast) -> bool:
    """Call the broadcast sent if nothing of it is left to do; whether that made a difference."""
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING)
    finished = sending.filter(~Exists(CHUNKS.unfinished()))
    return finished.update(status=Broadcast.Status.SENT, sent_at=Now(), trouble="") == 1


def neglected() -> QuerySet[Broadcast]:
    """Broadcasts that no sender is at, although one could go on with a chunk or call them sent."""
    return Broadcast.objects.filter(
        Exists(CHUNKS.claimable()) | ~Exists(CHUNKS.unfinished()),
        ~Exists(CHUNKS.in_hand()),
        status=Broadcast.Status.SENDING,
    )


def send_test(broadcast: Broadcast, *, to: str, contact: Contact | None) -> Reply:
    """Hand one test message to the relay; raises RelayUnavailable. The ledger knows nothing of it."""
    message = messages.compose_test(broadcast, to=to, contact=contact)
    with _connection() as connection:
        return connection.send(envelope_from=message.envelope_from, to=message.to, message=message.data)


def _connection() -> Connection:
    return Connection(replace(relay.parse_url(settings.SMTP_URL), timeout=settings.SMTP_TIMEOUT))


class _Drain:
    """One pass of one worker over a broadcast's chunks."""

    def __init__(self, broadcast: Broadcast, connection: Connection) -> None:
        self.broadcast = broadcast
        self.connection = connection
        self.prepared = messages.prepare(broadcast)
        self.until = time.monotonic() + settings.SEND_SLICE
        self.relay_answers = False

    def run(self) -> bool:
        while not self._is_over():
            held = claiming.claim(self.broadcast)
            if held is None:
                finish(self.broadcast)
                return False
            try:
                self._work_on(held)
            except Fenced:
                log.warning("Chunk %s was taken over by another sender.", held.chunk_id)
            except RelayUnavailable as trouble:
                _note_trouble(self.broadcast, trouble.message)
                return False
        return True

    def _is_over(self) -> bool:
        return stopping.is_set() or time.monotonic() >= self.until

    def _work_on(self, held: Claim) -> None:
        """Send the chunk's e-mails that are due, then give it back; raises Fenced and RelayUnavailable."""
        pending: list[Outcome] = []
        for waiting in self._recipients(held):
            reason = _reason_to_skip(waiting)
            if reason:
                pending.append(Outcome(waiting.email_id, Status.SKIPPED, reason))
                continue
            try:
                message = messages.compose(self.prepared, waiting)
            except (DomainError, ValueError) as fault:
                pending.append(Outcome(waiting.email_id, Status.FAILED, f"It couldn't be composed: {fault}"))
                continue
            may_send = claiming.commit(held, pending, next_id=waiting.email_id)
            pending = [self._hand_over(held, waiting, message)] if may_send else []
        claiming.commit(held, pending)
        claiming.release(held)

    def _recipients(self, held: Claim) -> Iterator[Waiting]:
        """The chunk's waiting e-mails until time is up, their contacts' state never older than `FRESH`."""
        after = held.lo - 1
        while waiting := claiming.read(held, after=after):
            stale_at = time.monotonic() + FRESH
            for each in waiting:
                if self._is_over():
                    return
                yield each
                after = each.email_id
                if time.monotonic() > stale_at:
                    break

    def _hand_over(self, held: Claim, waiting: Waiting, message: Message) -> Outcome:
        """Give the message to the relay, its intent being committed; the outcome is still to be committed.

        When the relay stops answering in between, the e-mail goes back and the next one may try a new
        connection; when that doesn't answer either, the chunk is given back and RelayUnavailable raised.
        """
        try:
            reply = self._transact(message)
        except RelayUnavailable as trouble:
            outcome = _put_back(waiting, trouble)
            if not self.relay_answers:
                claiming.commit(held, [outcome])
                claiming.release(held, pause=settings.SWEEP_EVERY)
                raise
            self.relay_answers = False
            return outcome
        self._note_answer()
        outcome = _outcome(waiting, reply)
        if outcome.status is Status.BOUNCED and reply.about is About.RECIPIENT and reply.enhanced in BAD_ADDRESS:
            self._suppress(waiting)
        return outcome

    def _transact(self, message: Message) -> Reply:
        reply = self.connection.send(envelope_from=message.envelope_from, to=message.to, message=message.data)
        if reply.about is About.SENDER:
            # It would refuse every message alike, so no recipient's chances may be used up by it.
            raise RelayUnavailable(f"The mail relay refuses the sender: {reply.code} {reply.text}")
        return reply

    def _note_answer(self) -> None:
        if not self.relay_answers:
            self.relay_answers = True
            Broadcast.objects.filter(pk=self.broadcast.pk).exclude(trouble="").update(trouble="")

    def _suppress(self, waiting: Waiting) -> None:
        suppressing.suppress(
            team=self.broadcast.team,
            address=waiting.address,
            reason=Suppression.Reason.BOUNCE,
            at=timezone.now(),
            email_id=waiting.email_id,
        )


def _reason_to_skip(waiting: Waiting) -> str | None:
    if waiting.audience_deleted:
        return "The audience was deleted before it was sent."
    return None if waiting.contact_status is Contact.Status.SUBSCRIBED else LEFT_OUT[waiting.contact_status]


def _outcome(waiting: Waiting, reply: Reply) -> Outcome:
    said = f"{reply.code} {reply.text}"
    match reply.outcome:
        case Verdict.ACCEPTED:
            return Outcome(waiting.email_id, Status.SENT, said, tries=1)
        case Verdict.PERMANENT:
            return Outcome(waiting.email_id, Status.BOUNCED, said, tries=1)
        case Verdict.TEMPORARY:
            return _another_try(waiting, said)


def _put_back(waiting: Waiting, trouble: RelayUnavailable) -> Outcome:
    """Back into the queue; only a message that may have arrived counts as tried."""
    if trouble.maybe_sent:
        return _another_try(waiting, trouble.message, doubt=True)
    # Behind the others, or a message on which the relay breaks down would be the first one again each time.
    return Outcome(waiting.email_id, Status.QUEUED, trouble.message, retry_in=2 * settings.SWEEP_EVERY)


def _another_try(waiting: Waiting, said: str, *, doubt: bool = False) -> Outcome:
    delay = retrying.delay_after(waiting.attempts + 1)
    status = Status.FAILED if delay is None else Status.QUEUED
    return Outcome(waiting.email_id, status, said, tries=1, retry_in=delay, doubt=doubt)


def _note_trouble(broadcast: Broadcast, words: str) -> None:
    Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING).update(trouble=words)
