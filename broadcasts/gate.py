"""The gate before each message: its body may be written only after a commit that holds two things, the outcome of
its connection's previous message and the mark that this one is in flight.

What all connections did since the last flush goes out as one small UPDATE that is outcome, intent, sign of life and
fence at once; flushes follow each other without a pause while there is anything to commit. So after any crash the
database knows every outcome but those of the messages it has marked as in flight, one per connection.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import psycopg

from broadcasts.claiming import Claim
from broadcasts.flushing import Flusher, Note
from broadcasts.outcomes import Code

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0


class Passing(Protocol):
    """A connection that passes the gate: `need` is the round whose commit opens it."""

    need: int


class Chunk:
    """A claimed chunk in this sender's memory; `out` is what the database is to know of it.

    `open` counts the e-mails that were read and aren't settled, `exhausted` says that all have been read. `deadline`,
    in the loop's time, is when its lease may end; `fenced`: another sender has it.
    """

    __slots__ = ("claim", "cursor", "deadline", "exhausted", "fenced", "loaded", "open", "out", "replies", "unfolded")

    def __init__(self, claim: Claim, *, deadline: float) -> None:
        size = claim.hi - claim.lo + 1
        self.claim = claim
        self.out = bytearray(size)
        self.open = 0
        self.exhausted = False
        self.deadline = deadline
        self.fenced = False
        # Where reading goes on, and which e-mails must not be read again.
        self.cursor = claim.lo - 1
        self.loaded = bytearray(size)
        # For the next fold: what the relay said to those it took, and how many were settled since the last.
        self.replies: list[tuple[int, str]] = []
        self.unfolded = 0

    @property
    def finished(self) -> bool:
        return self.exhausted and not self.open


class _Flight(NamedTuple):
    """A flush under way: what was finished when it left, and until when it renews the leases."""

    round: int
    chunks: list[Chunk]
    notes: list[Note]
    finished: list[Chunk]
    deadline: float


class Gate:
    """Commits what connections do, round by round.

    `held` are the chunks whose bytes it looks after. `committed` is called after each flush, `finished` with every
    chunk that was finished in what has just been committed, `fenced` with every chunk that turned out to be another
    sender's.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], psycopg.Connection[Any]],
        lease: float,
        committed: Callable[[], None],
        finished: Callable[[Chunk], None],
        fenced: Callable[[Chunk], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._flusher = Flusher(connect=connect, lease=lease, landed=self._landed, lost=self._lost)
        self._lease = lease
        self._when_committed, self._when_finished, self._when_fenced = committed, finished, fenced
        self._round = 1
        self._done = 0
        self.held: dict[int, Chunk] = {}
        self._dirty: dict[int, Chunk] = {}
        self._notes: list[Note] = []
        self._flight: _Flight | None = None
        self._is_kicked = False
        self._coming_back: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; raises psycopg.Error."""
        await self._flusher.open()

    def close(self) -> None:
        """Disconnect; what isn't committed stays uncommitted."""
        if self._coming_back is not None:
            self._coming_back.cancel()
        self._flusher.close()

    @property
    def is_quiet(self) -> bool:
        """Whether everything touched so far is committed."""
        return not self._dirty and self._flight is None

    def mark(self, chunk: Chunk, email_id: int, code: Code, connection: Passing | None = None, note: str = "") -> None:
        """Set an e-mail's byte; the next flush commits it, and with it `note`, what the relay said."""
        chunk.out[email_id - chunk.claim.lo] = code
        if note:
            self._notes.append(Note(chunk.claim, email_id, note))
        self.touch(chunk, connection)

    def touch(self, chunk: Chunk, connection: Passing | None = None) -> None:
        """Let the next flush carry the chunk, unless it is another's by now, and the connection wait for it."""
        if not chunk.fenced:
            self._dirty[chunk.claim.chunk_id] = chunk
        if connection is not None:
            connection.need = self._round
        if self._flight is None and not self._is_kicked:
            # Once per turn of the loop: what other connections do in the same turn goes along.
            self._is_kicked = True
            self._loop.call_soon(self._kick)

    def hold(self, chunk: Chunk) -> None:
        """Look after a chunk that was claimed; one that this sender let slip and now has again begins anew."""
        slipped = self.held.get(chunk.claim.chunk_id)
        if slipped is not None:
            self._fence(slipped)
        self.held[chunk.claim.chunk_id] = chunk

    def _fence(self, chunk: Chunk) -> None:
        chunk.fenced = True
        for kept in (self.held, self._dirty):
            if kept.get(chunk.claim.chunk_id) is chunk:
                del kept[chunk.claim.chunk_id]
        self._when_fenced(chunk)

    def lets_pass(self, connection: Passing, chunk: Chunk) -> bool:
        """Whether the connection may write a body of this chunk now."""
        return connection.need <= self._done and not chunk.fenced and self._loop.time() < chunk.deadline

    def _kick(self) -> None:
        self._is_kicked = False
        if self._flight is not None or not self._dirty or not self._flusher.is_open:
            return
        chunks = [chunk for chunk in self._dirty.values() if not chunk.fenced]
        number, notes = self._round, self._notes
        self._dirty, self._notes = {}, []
        self._round += 1
        if not chunks:
            self._done = number
            return
        finished = [chunk for chunk in chunks if chunk.finished]
        self._flight = _Flight(number, chunks, notes, finished, self._loop.time() + self._lease)
        self._flusher.send([chunk.claim for chunk in chunks], [bytes(chunk.out) for chunk in chunks], notes)

    def _landed(self, held: set[int]) -> None:
        flight, self._flight = self._flight, None
        if flight is None:
            return
        self._done = flight.round
        for chunk in flight.chunks:
            if chunk.claim.chunk_id in held:
                chunk.deadline = flight.deadline
            else:
                self._fence(chunk)
        self._when_committed()
        # Those that were finished in what is committed now, not those that are by now.
        for chunk in flight.finished:
            if not chunk.fenced:
                self._when_finished(chunk)
        self._kick()

    def _lost(self, away: psycopg.Error) -> None:
        """The database went away: nothing passes until it is back and has everything.

        That is the bytes of all chunks held, because a server that crashed may have lost earlier commits too.
        """
        log.warning("The database is away: %s", str(away).strip())
        flight, self._flight = self._flight, None
        self._dirty = dict(self.held)
        if flight is not None:
            self._notes = flight.notes + self._notes
        if self._coming_back is None:
            self._coming_back = self._loop.create_task(self._come_back())

    async def _come_back(self) -> None:
        pause = FIRST_PAUSE
        while not self._flusher.is_open:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._flusher.open()
            except psycopg.Error as away:
                log.info("The database is still away: %s", str(away).strip())
        self._coming_back = None
        self._kick()
