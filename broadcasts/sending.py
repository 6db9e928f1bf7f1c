"""Sending a broadcast's e-mails: one recipient after another over one persistent connection to the relay."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from broadcasts import claiming, failing, messages, retrying
from broadcasts.claiming import Claim, Fenced, Outcome, Waiting
from broadcasts.heartbeat import beating
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
    Suppression.Reason.BOUNCE: "The address bounced for good before it was sent.",
    Suppression.Reason.COMPLAINT: "Complained before it was sent.",
    Suppression.Reason.MANUAL: "The address was suppressed before it was sent.",
    Suppression.Reason.ERASED: "The address was suppressed before it was sent.",
}
CHUNKS = Chunk.objects.filter(broadcast=OuterRef("pk"))
Status = Email.Status

# Set when the worker shuts down: drains end after the message they are at.
stopping = threading.Event()


class SenderRefused(DomainError):
    """The relay refuses the broadcast's sender for good."""

    code = "sender_refused"


def drain(broadcast: Broadcast) -> bool:
    """Send for at most `SEND_SLICE` seconds; True when there is more to do at once.

    Any number may run at the same time, also for one broadcast. While the relay can't be reached the
    broadcast keeps the trouble in words and its chunks come due again after one sweep.
    """
    try:
        messages.check(broadcast)
        with _connection() as connection:
            return _Drain(broadcast, connection).run()
    except (relay.InvalidRelay, messages.CannotCompose) as trouble:
        _note_trouble(broadcast, trouble.message)
        return False
    except Exception as fault:  # The boundary of the process: who waits for the broadcast must read why it stands.
        log.exception("Sending broadcast %s failed.", broadcast.pk)
        _note_trouble(broadcast, _in_words(fault))
        raise


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
    return Connection(_relay())


def _relay() -> relay.Relay:
    described = relay.parse_url(settings.SMTP_URL)
    return replace(described, timeout=settings.SMTP_TIMEOUT, final_timeout=settings.SMTP_DATA_TIMEOUT)


class _Drain:
    """One pass of one worker over a broadcast's chunks."""

    def __init__(self, broadcast: Broadcast, connection: Connection) -> None:
        self.broadcast = broadcast
        self.connection = connection
        self.prepared = messages.prepare(broadcast)
        self.until = time.monotonic() + settings.SEND_SLICE
        self.relay_answers = False
        # What became of e-mails and isn't committed yet.
        self.pending: list[Outcome] = []

    def run(self) -> bool:
        while not self._is_over():
            held = claiming.claim(self.broadcast)
            if held is None:
                finish(self.broadcast)
                return False
            try:
                with beating(held):
                    self._work_on(held)
            except Fenced:
                log.warning("Chunk %s was taken over by another sender.", held.chunk_id)
            except SenderRefused as refusal:
                if not failing.fail_unsent(self.broadcast, reason=refusal.message):
                    _note_trouble(self.broadcast, f"{refusal.message} Allow this sender at the relay.")
                return False
            except RelayUnavailable as trouble:
                _note_trouble(self.broadcast, trouble.message)
                return False
        return True

    def _is_over(self) -> bool:
        return stopping.is_set() or time.monotonic() >= self.until

    def _work_on(self, held: Claim) -> None:
        """Send the chunk's e-mails that are due, then give it back.

        Raises Fenced; RelayUnavailable and SenderRefused when the rest was given back for later; and whatever
        else goes wrong, after what is known was kept and the e-mail in hand put back as tried once.
        """
        self.pending = []
        try:
            for waiting in self._recipients(held):
                self._attend_to(held, waiting)
            self._commit(held)
            claiming.release(held)
        except (Fenced, RelayUnavailable, SenderRefused):
            raise
        except Exception:
            # If the database is what failed, the lease runs out by itself.
            with suppress(Error, Fenced):
                claiming.commit(held, [_unless_suppressing_failed(each) for each in self.pending])
                claiming.release(held, pause=settings.SWEEP_EVERY)
            raise

    def _attend_to(self, held: Claim, waiting: Waiting) -> None:
        reason = _reason_to_skip(waiting)
        if reason:
            self.pending.append(Outcome(waiting.email_id, Status.SKIPPED, reason))
            return
        try:
            message = messages.compose(self.prepared, waiting)
        except (DomainError, ValueError) as fault:
            self.pending.append(Outcome(waiting.email_id, Status.FAILED, f"It couldn't be composed: {fault}"))
            return
        if self._commit(held, next_id=waiting.email_id):
            self.pending = [_another_try(waiting, "Carillon failed while it was being sent.")]
            self.pending = [self._hand_over(held, waiting, message)]

    def _commit(self, held: Claim, *, next_id: int | None = None) -> bool:
        """Commit what is pending, addresses to suppress included, and the next intent; raises Fenced."""
        bad_addresses = [each for each in self.pending if each.bad_address]
        with transaction.atomic() if bad_addresses else nullcontext():
            is_marked = claiming.commit(held, self.pending, next_id=next_id)
            for outcome in bad_addresses:
                self._suppress(outcome)
        self.pending = []
        return is_marked

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
        except SenderRefused as refusal:
            self._give_back(held, Outcome(waiting.email_id, Status.QUEUED, refusal.message))
            raise
        except RelayUnavailable as trouble:
            outcome = _put_back(waiting, trouble)
            if not self.relay_answers:
                self._give_back(held, outcome)
                raise
            self.relay_answers = False
            return outcome
        outcome = _outcome(waiting, reply)
        self.pending = [outcome]
        self._note_answer()
        return outcome

    def _give_back(self, held: Claim, outcome: Outcome) -> None:
        claiming.commit(held, [outcome])
        claiming.release(held, pause=settings.SWEEP_EVERY)

    def _transact(self, message: Message) -> Reply:
        """Hand over; a sender refused is no recipient's fault, so no recipient's chances are used up by it."""
        reply = self.connection.send(envelope_from=message.envelope_from, to=message.to, message=message.data)
        if reply.about is About.SENDER:
            words = f"The mail relay refuses the sender {message.envelope_from}: {reply.code} {reply.text}"
            raise SenderRefused(words) if reply.outcome is Verdict.PERMANENT else RelayUnavailable(words)
        return reply

    def _note_answer(self) -> None:
        if not self.relay_answers:
            self.relay_answers = True
            Broadcast.objects.filter(pk=self.broadcast.pk).exclude(trouble="").update(trouble="")

    def _suppress(self, outcome: Outcome) -> None:
        suppressing.suppress(
            team=self.broadcast.team,
            address=outcome.bad_address,
            reason=Suppression.Reason.BOUNCE,
            at=timezone.now(),
            email_id=outcome.email_id,
        )


def _reason_to_skip(waiting: Waiting) -> str | None:
    if waiting.audience_deleted:
        return "The audience was deleted before it was sent."
    if waiting.suppressed:
        return LEFT_OUT[Suppression.Reason(waiting.suppressed)]
    if waiting.contact_status is None:
        return "The contact was deleted before it was sent."
    if waiting.contact_status is not Contact.Status.SUBSCRIBED:
        return "Unsubscribed before it was sent."
    return None


def _outcome(waiting: Waiting, reply: Reply) -> Outcome:
    said = f"{reply.code} {reply.text}"
    match reply.outcome:
        case Verdict.ACCEPTED:
            return Outcome(waiting.email_id, Status.SENT, said, tries=1)
        case Verdict.PERMANENT:
            is_bad = reply.about is About.RECIPIENT and reply.enhanced in BAD_ADDRESS
            bad_address = waiting.address if is_bad else ""
            return Outcome(waiting.email_id, Status.BOUNCED, said, tries=1, bad_address=bad_address)
        case Verdict.TEMPORARY:
            return _another_try(waiting, said)


def _unless_suppressing_failed(outcome: Outcome) -> Outcome:
    """A bounce is kept with its suppression or not at all: the relay will say it again."""
    if not outcome.bad_address:
        return outcome
    return replace(outcome, status=Status.QUEUED, retry_in=2 * settings.SWEEP_EVERY, bad_address="")


def _put_back(waiting: Waiting, trouble: RelayUnavailable) -> Outcome:
    """Back into the queue, counted as tried if it may be what the relay failed at; in doubt twice, it has failed."""
    if trouble.maybe_sent and waiting.maybe_twice:
        return Outcome(waiting.email_id, Status.FAILED, claiming.NOT_A_THIRD_TIME, tries=1, doubt=True)
    if trouble.at_message:
        return _another_try(waiting, trouble.message, doubt=trouble.maybe_sent)
    return Outcome(waiting.email_id, Status.QUEUED, trouble.message, retry_in=2 * settings.SWEEP_EVERY)


def _another_try(waiting: Waiting, said: str, *, doubt: bool = False) -> Outcome:
    delay = retrying.delay_after(waiting.attempts + 1)
    status = Status.FAILED if delay is None else Status.QUEUED
    return Outcome(waiting.email_id, status, said, tries=1, retry_in=delay, doubt=doubt)


def _in_words(fault: Exception) -> str:
    return f"Carillon itself failed ({type(fault).__name__}); its log says more."


def _note_trouble(broadcast: Broadcast, words: str) -> None:
    Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING).update(trouble=words)
