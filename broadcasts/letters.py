"""The e-mails a sender has read and not yet handed over: a queue that never holds anything stale."""

from collections import deque
from datetime import datetime

from broadcasts import messages
from broadcasts.claiming import Waiting
from broadcasts.gate import Chunk
from mail.compiling import Compiled, Filled


class Letter:
    """One e-mail on its way to a connection; `drops` counts the connections that broke on its envelope."""

    __slots__ = ("_filled", "chunk", "drops", "email_id", "envelope", "sent_at", "stale_at", "waiting")

    envelope: bytes
    _filled: Filled

    def __init__(self, chunk: Chunk, waiting: Waiting, *, stale_at: float) -> None:
        self.chunk = chunk
        self.waiting = waiting
        self.email_id = waiting.email_id
        self.stale_at = stale_at
        self.drops = 0
        self.sent_at = 0.0

    def fill(self, compiled: Compiled, *, at: datetime) -> None:
        """Put the recipient's values in place; raises DomainError when no message can be made of them."""
        self._filled = compiled.fill(messages.recipient(self.waiting, tracked=compiled.is_tracked), at=at)
        self.envelope = self._filled.envelope

    @property
    def envelope_from(self) -> str:
        return self._filled.envelope_from

    def message(self) -> bytes:
        return self._filled.message()


class Letters:
    """Letters in the order of the ledger, oldest first. Times are the loop's."""

    def __init__(self) -> None:
        self._queue: deque[Letter] = deque()
        # Chunks of which something is still to be read, the first one first.
        self.to_read: deque[Chunk] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def load(self, chunk: Chunk, rows: list[Waiting], *, stale_at: float) -> list[Waiting]:
        """Take in what was read of a chunk and isn't in hand already; returns those that must not be sent."""
        obstructed = []
        for row in rows:
            index = row.email_id - chunk.claim.lo
            if chunk.loaded[index]:
                continue
            chunk.loaded[index] = 1
            if row.obstacle:
                obstructed.append(row)
                continue
            chunk.open += 1
            self._queue.append(Letter(chunk, row, stale_at=stale_at))
        if rows:
            chunk.cursor = rows[-1].email_id
        return obstructed

    def next(self, now: float) -> Letter | None:
        """Take the first letter that is fresh; stale ones are to be read again."""
        while self._queue:
            letter = self._queue[0]
            if letter.chunk.fenced:
                self._queue.popleft()
            elif letter.stale_at < now:
                self._reread(letter.chunk)
            else:
                return self._queue.popleft()
        return None

    def put_back(self, letter: Letter) -> None:
        """Return a letter that wasn't handed over, to be the next."""
        self._queue.appendleft(letter)

    def let_go(self, letter: Letter) -> None:
        """Forget a letter in hand; its e-mail stays as it is."""
        chunk = letter.chunk
        chunk.open -= 1
        chunk.loaded[letter.email_id - chunk.claim.lo] = 0
        chunk.exhausted = False

    def clear(self) -> None:
        """Forget all that is queued."""
        for letter in self._queue:
            self.let_go(letter)
        self._queue.clear()
        self.to_read.clear()

    def _reread(self, chunk: Chunk) -> None:
        """Drop what is queued of the chunk, to be read again with the contacts' present state."""
        kept: deque[Letter] = deque()
        for letter in self._queue:
            if letter.chunk is not chunk:
                kept.append(letter)
                continue
            self.let_go(letter)
            chunk.cursor = min(chunk.cursor, letter.email_id - 1)
        self._queue = kept
        if chunk not in self.to_read:
            self.to_read.appendleft(chunk)
