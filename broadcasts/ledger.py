"""What a drain does to the ledger while it sends: folding, giving chunks back, reserving, looking how things stand."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

from django.conf import settings
from django.db import Error

from broadcasts import claiming, slots, throttling
from broadcasts.bookkeeping import Books
from broadcasts.gate import Chunk, Gate
from broadcasts.models import Broadcast
from broadcasts.permits import Permits
from broadcasts.slots import Slot
from broadcasts.throttling import Limits
from lib import sql

log = logging.getLogger(__name__)

LOOK_EVERY, FOLD_EVERY, DATABASE_AWAY = 1.0, 2.0, 0.3


class Ledger:
    """One drain's bookkeeper, at work until it is stopped. Times are the loop's.

    `is_wanted`: the broadcast is being sent, and this sender has a place at it; `seconds`: how long this drain may
    take; `has_answered`, which the drain sets: the relay decides on messages, so what trouble there was is over.
    """

    def __init__(self, broadcast: Broadcast, *, books: Books, gate: Gate, slot: Slot, relay: str) -> None:
        self._broadcast = broadcast
        self._books = books
        self._gate = gate
        self._slot = slot
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._to_release: deque[Chunk] = deque()
        self._nudged = asyncio.Event()
        self._is_stopped = False
        self._look_at = self._loop.time() + LOOK_EVERY
        self._fold_at = self._loop.time() + FOLD_EVERY
        self._keep_at = self._loop.time() + settings.SEND_LEASE / 3
        self._reserving: asyncio.Task[None] | None = None
        self.is_wanted = True
        self.seconds = settings.SEND_SLICE
        self.has_answered = False

    async def run(self) -> None:
        """Work until stopped; raises an Error that would come again, and waits where the database is only away."""
        while not self._is_stopped:
            self._nudged.clear()
            try:
                await self._work()
            except sql.AWAY as away:
                log.warning("The ledger can't be written: %s", str(away).strip())
                await asyncio.sleep(DATABASE_AWAY)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK_EVERY / 5)

    def release(self, chunk: Chunk) -> None:
        """Fold the chunk and give it back."""
        self._to_release.append(chunk)
        self._nudged.set()

    @property
    def is_reserving(self) -> bool:
        return self._reserving is not None and not self._reserving.done()

    def reserve(self, limits: Limits, permits: Permits, *, most: int) -> None:
        """Add up to so many to the permits."""
        self._reserving = self._loop.create_task(self._reserve(limits, permits, most))

    def stop(self) -> None:
        self._is_stopped = True
        self._nudged.set()

    async def close(self, *, unused: int, pause: float) -> None:
        """Give back every chunk and what was reserved and not used, unless the database is away: leases run out."""
        self._to_release.extend(self._gate.held.values())
        self._gate.held.clear()
        try:
            if self._reserving is not None:
                await self._reserving
            await self._release_all(pause)
            if unused:
                await self._books.run(throttling.give_back, self._relay, unused)
        except Error as away:
            log.warning("Chunks are left to their leases: %s", str(away).strip())
        finally:
            await self._books.close()

    async def _work(self) -> None:
        if self._reserving is not None and self._reserving.done():
            self._reserving.result()
        while self._to_release:
            await self._release_next()
        now = self._loop.time()
        if now >= self._look_at:
            await self._look()
            self._look_at = self._loop.time() + LOOK_EVERY
        if now >= self._fold_at:
            await self._fold()
            self._fold_at = self._loop.time() + FOLD_EVERY
        if now >= self._keep_at:
            # A sender that slept through its lease has lost its place, and leaves.
            self.is_wanted = await self._books.run(slots.keep, self._slot) and self.is_wanted
            self._keep_at = self._loop.time() + settings.SEND_LEASE / 3

    async def _release_all(self, pause: float) -> None:
        """Release what is left; one that can't be folded is left to its lease, and keeps back no other."""
        while self._to_release:
            try:
                await self._release_next(pause)
            except sql.AWAY:
                raise
            except Error:
                log.exception("Chunk %s can't be folded.", self._to_release.popleft().claim.chunk_id)

    async def _release_next(self, pause: float = 0.0) -> None:
        chunk = self._to_release[0]
        if not chunk.fenced:
            await self._books.run(
                claiming.release, chunk.claim, team=self._broadcast.team, accepted=chunk.replies, pause=pause
            )
        self._to_release.popleft()

    async def _fold(self) -> None:
        """Let the ledger show what is settled in chunks that take long."""
        for chunk in list(self._gate.held.values()):
            if chunk.unfolded:
                chunk.unfolded = 0
                await self._books.run(
                    claiming.fold, chunk.claim, team=self._broadcast.team, accepted=list(chunk.replies)
                )

    async def _look(self) -> None:
        found = await self._books.run(sql.rows, "broadcasts", "look_at_broadcast", {"broadcast_id": self._broadcast.pk})
        self.is_wanted = self.is_wanted and any(status == Broadcast.Status.SENDING for status, _ in found)
        if any(others_wait for _, others_wait in found):
            self.seconds = min(settings.SEND_SLICE, settings.SEND_SLICE_SHARED)
        if self.has_answered and self._broadcast.trouble:
            self._broadcast.trouble = ""
            await self._books.run(Broadcast.objects.filter(pk=self._broadcast.pk).update, trouble="")

    async def _reserve(self, limits: Limits, permits: Permits, most: int) -> None:
        try:
            grant = await self._books.run(throttling.reserve, self._relay, limits, most=most)
        except sql.AWAY as away:
            log.warning("Nothing can be reserved: %s", str(away).strip())
            await asyncio.sleep(DATABASE_AWAY)
            return
        permits.add(grant, self._loop.time())
