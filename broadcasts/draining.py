"""One sender at work on a broadcast: e-mails from the ledger, through the gate, over pipelined connections.

The event loop holds connections and gate; a thread beside it claims chunks, reads recipients and folds outcomes. The
methods that `mail.smtp.Feeder` names are called by the connections.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from broadcasts.bookkeeping import Books, connect
from broadcasts.claiming import Waiting
from broadcasts.crew import Connection, Crew
from broadcasts.gate import Chunk, Gate
from broadcasts.handing_over import HandOver
from broadcasts.ledger import Ledger
from broadcasts.letters import Letter, Letters
from broadcasts.models import Broadcast
from broadcasts.outcomes import Code
from broadcasts.pacing import Pace
from broadcasts.permits import Permits
from broadcasts.reading_ahead import Reader
from broadcasts.slots import Slot
from broadcasts.throttling import Limits
from lib.errors import DomainError
from mail.compiling import Compiled
from mail.relay import Relay
from mail.replies import About, Outcome, RelayUnavailable, Reply

log = logging.getLogger(__name__)

TICK, MEASURE_EVERY = 0.05, 0.5
# So many e-mails to a connection: a few people need no thirty connections.
EMAILS_PER_CONNECTION = 8
# A letter on whose envelope so many connections broke is the likely cause, and has had its try.
MOST_DROPS = 2
# A relay that takes longer than this over a message gets none ahead, which would wait behind it.
SLOW = 1.0
SHUT_DOWN_WITHIN = 8.0
# When the relay has been given all it may be given for longer than this, a sender leaves, and comes back to look at
# the latest after the other: somebody may have given back what they reserved, or have raised the limit.
SHORT_OF_LEAVE, LOOK_FOR_LEAVE = 1.0, 60.0
# Enhanced status codes that say that the address itself is bad, and stays so. All others may be about us.
BAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
LEFT_OUT = {
    "audience_deleted": "The audience was deleted before it was sent.",
    "deleted": "The contact was deleted before it was sent.",
    "unsubscribed": "Unsubscribed before it was sent.",
    "bounce": "The address bounced for good before it was sent.",
    "complaint": "Complained before it was sent.",
    "manual": "The address was suppressed before it was sent.",
    "erased": "The address was suppressed before it was sent.",
}


class SenderRefused(DomainError):
    """The relay refuses the broadcast's sender for good."""

    code = "sender_refused"


class LimitReached(DomainError):
    """The relay has been given all it may be given for now."""

    code = "limit_reached"


@dataclass
class Ending:
    """How a drain ends: with `more` to do at once, or with `trouble` that keeps it for `pause` seconds at least."""

    more: bool = False
    trouble: DomainError | None = None
    pause: float = 0.0


class Drain:
    """Sends until nothing is left, the broadcast isn't being sent any more, time is up, or trouble comes.

    `is_stopping` tells that the process is to end. Must be made on a running event loop, whose time is used.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        compiled: Compiled,
        *,
        relay: Relay,
        slot: Slot,
        pace: Pace,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._compiled = compiled
        self._pace = pace
        self._is_stopping = is_stopping
        self._limits = Limits.of_settings()
        self._permits = Permits(self._limits, connections=slot.connections)
        self._letters = Letters()
        self._gate = Gate(
            connect=connect,
            lease=settings.SEND_LEASE,
            committed=self._committed,
            finished=self._finished,
            fenced=self._fenced,
        )
        self._crew = Crew(relay, self, pace=pace, per_connection=settings.SEND_PER_CONNECTION, given_up=self._lost)
        books = Books()
        self._ledger = Ledger(broadcast, books=books, gate=self._gate, slot=slot, relay=str(relay))
        self._reader = Reader(
            broadcast,
            books=books,
            gate=self._gate,
            letters=self._letters,
            obstructed=self._leave_out,
            loaded=self._nudge,
        )
        self._hand_over = HandOver(self._gate, self._reader)
        self._ending: Ending | None = None
        self._fault: BaseException | None = None
        self._nudged = asyncio.Event()
        self._began = self._measured_at = self._loop.time()
        self._date = timezone.now()
        self._settled = self._measured = 0
        self._latency = 0.0
        # Letters in the hands of connections.
        self._under_way = 0

    async def run(self) -> Ending:
        """Drain; raises psycopg.Error when the gate can't be opened, and whatever unforeseen ended it."""
        self._loop.set_exception_handler(lambda _, context: self._broke(context.get("exception"), context["message"]))
        await self._gate.open()
        tasks = [self._loop.create_task(self._guarded(work)) for work in (self._reader.run, self._ledger.run)]
        try:
            while self._ending is None:
                self._nudged.clear()
                self._tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), TICK)
        finally:
            self._ending = self._ending or Ending(pause=settings.SWEEP_EVERY)
            self._reader.stop()
            await self._wind_up()
            self._ledger.stop()
            await asyncio.gather(*tasks)
            self._gate.close()
            await self._ledger.close(unused=self._permits.left, pause=self._ending.pause)
        if self._fault is not None:
            raise self._fault
        return self._ending

    @property
    def met_tls(self) -> bool:
        """Whether the relay was spoken to under TLS."""
        return self._crew.met_tls

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception as fault:  # Whatever it is, the drain must end and tell.
            self._broke(fault)

    # What connections ask ----------------------------------------------------------------------------------------

    def take(self, *, ahead: bool) -> Letter | None:
        now = self._loop.time()
        if ahead and self._latency > SLOW:
            return None
        if self._ending is not None or now < self._pace.rest_until or not self._permits.allow(now):
            return None
        while (letter := self._letters.next(now)) is not None:
            try:
                letter.fill(self._compiled, at=self._date)
            except (DomainError, ValueError) as fault:
                self._settle(letter, Code.FAILED, note=f"It couldn't be composed: {fault}")
                continue
            except Exception as fault:  # Our own: it must neither hold up the others nor be tried again at once.
                self._settle(letter, Code.DEFERRED, note="Carillon failed while it was being composed.")
                self._broke(fault)
                return None
            self._permits.spend()
            self._under_way += 1
            self._reader.nudge()
            return letter
        self._reader.nudge()
        return None

    def begin(self, letter: Letter, connection: Connection) -> None:
        self._gate.mark(letter.chunk, letter.email_id, Code.IN_FLIGHT, connection)

    def may_send(self, letter: Letter, connection: Connection) -> bool:
        return self._hand_over.passes(letter, connection)

    def settled(self, letter: Letter, reply: Reply, connection: Connection) -> None:
        now = self._loop.time()
        self._under_way -= 1
        if reply.about is About.SENDER:
            self._refused(letter, reply)
            return
        self._crew.decided()
        self._ledger.has_answered = True
        self._pace.decided(reply, now)
        said = f"{reply.code} {reply.text}"
        if reply.outcome is Outcome.ACCEPTED:
            self._latency += (now - letter.sent_at - self._latency) / 10
            letter.chunk.replies.append((letter.email_id, said))
            self._settle(letter, Code.SENT, connection)
        else:
            self._settle(letter, _refusal(reply), connection, note=said)

    def unsent(self, letter: Letter, connection: Connection, trouble: RelayUnavailable | None) -> None:
        self._hand_over.forget(connection)
        self._under_way -= 1
        self._permits.unspend()
        if trouble is not None and trouble.at_message:
            # On a connection that carried others the relay may have had enough of that; hence a second chance.
            letter.drops += 1 if connection.carried else MOST_DROPS
        if letter.drops >= MOST_DROPS and trouble is not None:
            self._settle(letter, Code.DEFERRED, note=trouble.message)
            return
        if letter.chunk.out[letter.email_id - letter.chunk.claim.lo]:
            self._gate.mark(letter.chunk, letter.email_id, Code.NOT_TRIED)
        if self._ending is None:
            self._letters.put_back(letter)
        else:
            self._letters.let_go(letter)

    def unanswered(self, letter: Letter, connection: Connection, trouble: RelayUnavailable) -> None:
        self._under_way -= 1
        self._settle(letter, Code.UNANSWERED, note=trouble.message)

    def ready(self, connection: Connection) -> None:
        self._crew.ready(connection)
        if self._letters:
            self._nudge()

    def gone(self, connection: Connection, trouble: RelayUnavailable | None) -> None:
        self._hand_over.forget(connection)
        self._crew.gone(connection, trouble, self._loop.time())

    # What the gate tells -----------------------------------------------------------------------------------------

    def _committed(self) -> None:
        self._hand_over.committed()

    def _finished(self, chunk: Chunk) -> None:
        if self._gate.held.pop(chunk.claim.chunk_id, None):
            self._ledger.release(chunk)
            self._reader.nudge()

    def _fenced(self, chunk: Chunk) -> None:
        log.warning("Chunk %s was taken over by another sender.", chunk.claim.chunk_id)
        self._hand_over.fenced(chunk)

    # The drain's own course --------------------------------------------------------------------------------------

    def _tick(self) -> None:
        now = self._loop.time()
        self._date = timezone.now()
        self._crew.check(now)
        self._keep_leases(now)
        self._measure(now)
        if self._is_stopping() or now >= self._began + self._ledger.seconds:
            self._end(Ending(more=True))
        elif self._reader.is_done or not self._ledger.is_wanted:
            self._end(Ending())
        elif self._reader.away_since is not None and now - self._reader.away_since > settings.SEND_LEASE:
            self._end(Ending(trouble=DomainError("The database was away."), pause=settings.SWEEP_EVERY))
        else:
            self._reserve(now)
            in_hand = sum(chunk.open for chunk in self._gate.held.values()) if self._permits.holds_any else 0
            self._crew.staff(-(-in_hand // EMAILS_PER_CONNECTION), now)
            if self._letters and now >= self._pace.rest_until and self._permits.allow(now):
                self._crew.wake(len(self._letters))

    def _nudge(self) -> None:
        self._nudged.set()

    def _end(self, ending: Ending) -> None:
        if self._ending is None:
            self._ending = ending
            self._nudge()

    def _broke(self, fault: BaseException | None, message: str = "") -> None:
        """Something unforeseen: end in order, then raise it."""
        self._fault = self._fault or fault or RuntimeError(message)
        self._end(Ending(pause=settings.SWEEP_EVERY))

    def _lost(self, trouble: RelayUnavailable) -> None:
        self._end(Ending(trouble=trouble, pause=settings.SWEEP_EVERY))

    def _exhausted(self, again_in: float) -> None:
        at = timezone.now() + timedelta(seconds=again_in)
        words = f"The relay has been given all it may be given for now; sending goes on at {at:%H:%M} UTC."
        self._end(Ending(trouble=LimitReached(words), pause=min(again_in, LOOK_FOR_LEAVE)))

    def _refused(self, letter: Letter, reply: Reply) -> None:
        """A sender refused is no recipient's fault, so no recipient's chances are used up by it."""
        self._gate.mark(letter.chunk, letter.email_id, Code.NOT_TRIED)
        self._letters.let_go(letter)
        words = f"The mail relay refuses the sender {letter.envelope_from}: {reply.code} {reply.text}"
        is_final = reply.outcome is Outcome.PERMANENT
        self._end(
            Ending(trouble=SenderRefused(words) if is_final else RelayUnavailable(words), pause=settings.SWEEP_EVERY)
        )

    def _settle(self, letter: Letter, code: Code, connection: Connection | None = None, note: str = "") -> None:
        chunk = letter.chunk
        chunk.open -= 1
        chunk.unfolded += 1
        self._settled += 1
        self._gate.mark(chunk, letter.email_id, code, connection, note)

    def _leave_out(self, chunk: Chunk, waiting: Waiting) -> None:
        chunk.unfolded += 1
        self._gate.mark(chunk, waiting.email_id, Code.SKIPPED, note=LEFT_OUT[waiting.obstacle or ""])

    def _measure(self, now: float) -> None:
        """Read ahead as suits the speed of late."""
        passed = now - self._measured_at
        if passed >= MEASURE_EVERY:
            self._reader.pace((self._settled - self._measured) / passed)
            self._measured_at, self._measured = now, self._settled

    def _keep_leases(self, now: float) -> None:
        for chunk in self._gate.held.values():
            if chunk.deadline - now < settings.SEND_LEASE * 2 / 3:
                self._gate.touch(chunk)

    def _reserve(self, now: float) -> None:
        """See that what is read may leave; no more, because what one sender reserves the others can't."""
        refused_for = self._permits.refused_for(now)
        short_of = len(self._letters) - self._permits.left
        if refused_for > SHORT_OF_LEAVE and self._letters and not self._under_way:
            self._exhausted(refused_for)
        elif short_of > 0 and self._permits.wanted(now) and not self._ledger.is_reserving:
            self._ledger.reserve(self._limits, self._permits, most=min(self._permits.size, short_of))

    async def _wind_up(self) -> None:
        """Let what is under way come to its end, give the rest back, and have all of it committed."""
        self._letters.clear()
        self._crew.close()
        began = self._loop.time()
        while self._crew or not self._gate.is_quiet:
            now = self._loop.time()
            self._crew.check(now)
            self._keep_leases(now)
            held = self._gate.held.values()
            is_too_late = held and all(now >= chunk.deadline for chunk in held)
            if is_too_late or (self._is_stopping() and now - began > SHUT_DOWN_WITHIN):
                self._crew.abort()
            if is_too_late:
                return
            await asyncio.sleep(TICK / 5)


def _refusal(reply: Reply) -> Code:
    if reply.outcome is Outcome.TEMPORARY:
        return Code.DEFERRED
    is_bad = reply.about is About.RECIPIENT and reply.enhanced in BAD_ADDRESS
    return Code.BAD_ADDRESS if is_bad else Code.BOUNCED
