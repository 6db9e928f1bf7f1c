"""The last moment before a message is the relay's: its envelope is taken, its body waits for the gate.

A relay may take its time over an envelope, or over the message before it. So nothing passes on what was read of its
contact too long ago: that is read again first.
"""

import asyncio
import logging

from django.db import Error

from broadcasts.crew import Connection
from broadcasts.gate import Chunk, Gate
from broadcasts.letters import Letter
from broadcasts.reading_ahead import DATABASE_AWAY, Reader
from lib import sql

log = logging.getLogger(__name__)


class HandOver:
    """Connections at the gate, each with its letter. Times are the loop's."""

    def __init__(self, gate: Gate, reader: Reader) -> None:
        self._gate = gate
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Connection, Letter] = {}
        self._looking: dict[Letter, asyncio.Task[None]] = {}

    def passes(self, letter: Letter, connection: Connection) -> bool:
        """Whether the body may be written now; else the connection is told later, or told to skip it."""
        if self._may_pass(letter, connection):
            return True
        if letter.chunk.fenced:
            self._loop.call_soon(connection.skip)
        else:
            self._waiting[connection] = letter
        return False

    def committed(self) -> None:
        """Let those pass that may by now."""
        for connection, letter in list(self._waiting.items()):
            if self._may_pass(letter, connection):
                del self._waiting[connection]
                connection.proceed()

    def fenced(self, chunk: Chunk) -> None:
        """Turn back whatever waits of a chunk that is another sender's."""
        for connection, letter in list(self._waiting.items()):
            if letter.chunk is chunk:
                del self._waiting[connection]
                connection.skip()

    def forget(self, connection: Connection) -> None:
        self._waiting.pop(connection, None)

    def _may_pass(self, letter: Letter, connection: Connection) -> bool:
        now = self._loop.time()
        if not self._gate.lets_pass(connection, letter.chunk):
            return False
        if letter.stale_at < now:
            if letter not in self._looking:
                self._looking[letter] = self._loop.create_task(self._look_again(letter))
            return False
        letter.sent_at = now
        return True

    async def _look_again(self, letter: Letter) -> None:
        try:
            is_waiting = await self._reader.look_again(letter)
        except sql.AWAY as away:
            log.warning("A contact can't be read: %s", str(away).strip())
            await asyncio.sleep(DATABASE_AWAY)
            # Nothing is known, so the letter is as stale as before and is looked at once more.
            is_waiting = True
        except Error:
            # It goes back unsent; whoever reads it again meets the same fault, and tells of it.
            is_waiting = False
        finally:
            del self._looking[letter]
        if is_waiting:
            self.committed()
            return
        for connection, other in list(self._waiting.items()):
            if other is letter:
                # It comes back unsent, and is read again with the reason.
                del self._waiting[connection]
                connection.skip()
