"""Keeping a drain's letters stocked: chunks are claimed, and recipients read in slices that suit its speed."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings

from broadcasts import claiming
from broadcasts.bookkeeping import Books
from broadcasts.claiming import Waiting
from broadcasts.gate import Chunk, Gate
from broadcasts.letters import Letter, Letters
from broadcasts.models import Broadcast
from lib import sql

log = logging.getLogger(__name__)

# How old what was read of a contact's state may be when a message goes out, in seconds.
FRESH = 5.0
# How many seconds of work are read at a time, and within which numbers.
AHEAD = 2.0
FIRST_SLICE, SMALLEST_SLICE, LARGEST_SLICE = 200, 8, 1_000
LOOK_AGAIN, DATABASE_AWAY = 0.5, 0.3


class Reader:
    """Reads until nothing is left to claim; then `is_done`. `obstructed` is told who must not be sent to."""

    def __init__(
        self,
        broadcast: Broadcast,
        *,
        books: Books,
        gate: Gate,
        letters: Letters,
        obstructed: Callable[[Chunk, Waiting], None],
        loaded: Callable[[], None],
    ) -> None:
        self._broadcast = broadcast
        self._books = books
        self._gate = gate
        self._letters = letters
        self._obstructed = obstructed
        self._loaded = loaded
        self._loop = asyncio.get_running_loop()
        self._nudged = asyncio.Event()
        self._last_claimed = 0
        self._is_stopped = False
        self.slice = FIRST_SLICE
        self.is_done = False
        # Since when the database can't be reached.
        self.away_since: float | None = None

    def pace(self, rate: float) -> None:
        """Read as suits so many e-mails a second."""
        self.slice = max(SMALLEST_SLICE, min(LARGEST_SLICE, int(rate * AHEAD)))

    def nudge(self) -> None:
        """Letters were taken, or a chunk was released: there may be something to read or to claim."""
        if len(self._letters) < self.slice:
            self._nudged.set()

    async def look_again(self, letter: Letter) -> bool:
        """Whether the letter may still be sent, as its contact is now; then it is fresh. Raises Error."""
        asked_at = self._loop.time()
        rows = await self._books.run(claiming.read, letter.chunk.claim, after=letter.email_id - 1, most=1)
        is_waiting = any(row.email_id == letter.email_id and not row.obstacle for row in rows)
        if is_waiting:
            letter.stale_at = asked_at + FRESH
        return is_waiting

    def stop(self) -> None:
        """Read no more; what is being claimed at the moment still becomes known."""
        self._is_stopped = True
        self._nudged.set()

    async def run(self) -> None:
        """Read until done or stopped; raises an Error that would come again, and waits where the database is away."""
        while not self.is_done and not self._is_stopped:
            self._nudged.clear()
            if len(self._letters) >= self.slice:
                await self._nudged.wait()
                continue
            try:
                await self._read()
                self.away_since = None
            except sql.AWAY as away:
                log.warning("The ledger can't be read: %s", str(away).strip())
                self.away_since = self.away_since or self._loop.time()
                await asyncio.sleep(DATABASE_AWAY)

    async def _read(self) -> None:
        to_read = self._letters.to_read
        if not to_read and not await self._claim():
            return
        chunk = to_read[0]
        most, after = self.slice, chunk.cursor
        rows = await self._books.run(claiming.read, chunk.claim, after=after, most=most)
        if not to_read or to_read[0] is not chunk or chunk.cursor != after:
            # Meanwhile all was let go, or letters became stale and are to be read again first.
            return
        for waiting in self._letters.load(chunk, rows, stale_at=self._loop.time() + FRESH):
            self._obstructed(chunk, waiting)
        if len(rows) < most:
            to_read.remove(chunk)
            chunk.exhausted = True
            # A chunk that is finished is told by a flush, so that it is folded from what is committed.
            self._gate.touch(chunk)
        self._loaded()

    async def _claim(self) -> bool:
        """Claim the next chunk; without one, the drain is done as soon as it holds none any more."""
        holds_none = not self._gate.held
        asked_at = self._loop.time()
        claimed = await self._books.run(claiming.claim, self._broadcast, after=self._last_claimed)
        if claimed is not None:
            self._last_claimed = claimed.chunk_id
            chunk = Chunk(claimed, deadline=asked_at + settings.SEND_LEASE)
            self._gate.hold(chunk)
            self._letters.to_read.append(chunk)
            return True
        if self._last_claimed:
            # Those before it may have come due again.
            self._last_claimed = 0
        elif holds_none:
            self.is_done = True
            self._loaded()
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK_AGAIN)
        return False
