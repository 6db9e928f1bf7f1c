"""The gate: nothing passes before its commit, and nobody passes who lost the chunk."""

import asyncio
import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection as database

from broadcasts import bookkeeping, claiming
from broadcasts.gate import Chunk as Held
from broadcasts.gate import Gate
from broadcasts.models import Chunk, Email
from broadcasts.outcomes import Code
from tests.factories import make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)


class Passer:
    """Stands for a connection."""

    need = 0


class Watch:
    """Remembers what the gate tells."""

    def __init__(self):
        self.finished = []
        self.finished_before = []
        self.fenced = []
        # What a test wants to see at each commit, and what was seen.
        self.look = lambda: None
        self.seen = []

    @property
    def commits(self):
        return len(self.finished_before)

    def committed(self):
        self.finished_before.append(len(self.finished))
        self.seen.append(self.look())


@pytest.fixture
def broadcast(audience):
    make_contacts(audience=audience, number=4)
    return make_started_broadcast(audience=audience)


def passing(scenario, *claims, connect=bookkeeping.connect, lease=60.0):
    """Run a scenario with a gate that holds the claimed chunks."""

    async def run():
        watch = Watch()
        gate = Gate(
            connect=connect,
            lease=lease,
            committed=watch.committed,
            finished=watch.finished.append,
            fenced=watch.fenced.append,
        )
        await gate.open()
        chunks = [Held(claim, deadline=asyncio.get_running_loop().time() + lease) for claim in claims]
        gate.held.update((chunk.claim.chunk_id, chunk) for chunk in chunks)
        try:
            return await asyncio.wait_for(scenario(gate, watch, *chunks), 10)
        finally:
            gate.close()

    return asyncio.run(run())


async def until(condition):
    while not condition():
        await asyncio.sleep(0.002)


@contextmanager
def blocked(chunk_id):
    """Nobody can write the chunk while this lasts."""
    elsewhere = bookkeeping.connect()
    elsewhere.autocommit = False
    elsewhere.execute("SELECT FROM broadcasts_chunk WHERE id = %s FOR UPDATE", [chunk_id])
    yield
    elsewhere.rollback()
    elsewhere.close()


def test_a_connection_passes_only_after_the_commit_of_its_intent(broadcast):
    async def scenario(gate, watch, chunk):
        passer = Passer()
        with blocked(chunk.claim.chunk_id):
            gate.mark(chunk, chunk.claim.lo, Code.IN_FLIGHT, passer)
            await asyncio.sleep(0.05)
            before = gate.lets_pass(passer, chunk)
        await until(lambda: gate.lets_pass(passer, chunk))
        return before, watch.commits

    assert passing(scenario, claiming.claim(broadcast)) == (False, 1)
    assert bytes(Chunk.objects.get().out) == bytes([1, 0, 0, 0])


def test_what_is_done_while_a_flush_is_under_way_waits_for_the_next(broadcast):
    async def scenario(gate, watch, chunk):
        early, late = Passer(), Passer()
        watch.look = lambda: (gate.lets_pass(early, chunk), gate.lets_pass(late, chunk))
        with blocked(chunk.claim.chunk_id):
            gate.mark(chunk, chunk.claim.lo, Code.IN_FLIGHT, early)
            await asyncio.sleep(0.02)
            gate.mark(chunk, chunk.claim.lo + 1, Code.IN_FLIGHT, late)
        await until(lambda: gate.is_quiet)
        return watch.seen

    assert passing(scenario, claiming.claim(broadcast)) == [(True, False), (True, True)]


def test_what_happens_in_one_turn_of_the_loop_is_one_flush(broadcast):
    async def scenario(gate, watch, chunk):
        for email_id in range(chunk.claim.lo, chunk.claim.hi + 1):
            gate.mark(chunk, email_id, Code.IN_FLIGHT, Passer())
        await until(lambda: gate.is_quiet)
        return watch.commits

    assert passing(scenario, claiming.claim(broadcast)) == 1


def test_a_flush_renews_the_lease(broadcast):
    claim = claiming.claim(broadcast)
    before = Chunk.objects.get().lease

    async def scenario(gate, watch, chunk):
        gate.touch(chunk)
        await until(lambda: gate.is_quiet)

    passing(scenario, claim, lease=600.0)

    assert (Chunk.objects.get().lease - before).total_seconds() > 500


def test_zombie_is_fenced(broadcast):
    claim = claiming.claim(broadcast)
    Chunk.objects.update(epoch=claim.epoch + 1)

    async def scenario(gate, watch, chunk):
        passer = Passer()
        gate.mark(chunk, claim.lo, Code.SENT, passer)
        await until(lambda: watch.fenced)
        return gate.lets_pass(passer, chunk), watch.fenced == [chunk], gate.is_quiet

    assert passing(scenario, claim) == (False, True, True)
    assert Chunk.objects.get().out is None


def test_a_chunk_that_slipped_and_was_claimed_again_begins_anew(broadcast):
    """What is still done for the first claim is no proof for the second: neither may stand in for the other."""
    first = claiming.claim(broadcast)
    Chunk.objects.update(lease="2020-01-01T00:00Z")
    second = claiming.claim(broadcast)

    async def scenario(gate, watch, old):
        new = Held(second, deadline=old.deadline)
        gate.hold(new)
        passer, late = Passer(), Passer()
        gate.mark(new, second.lo, Code.IN_FLIGHT, passer)
        gate.mark(old, first.lo + 1, Code.SENT, late)
        await until(lambda: gate.lets_pass(passer, new))
        committed = await asyncio.to_thread(_out)
        return committed, watch.fenced == [old], gate.held == {second.chunk_id: new}, gate.lets_pass(late, old)

    committed, *rest = passing(scenario, first)
    assert committed == bytes([Code.IN_FLIGHT, 0, 0, 0])
    assert rest == [True, True, False]


def _out():
    out = bytes(Chunk.objects.get().out)
    database.close()
    return out


def test_nothing_passes_after_the_deadline_of_the_lease(broadcast):
    async def scenario(gate, watch, chunk):
        passer = Passer()
        gate.mark(chunk, chunk.claim.lo, Code.IN_FLIGHT, passer)
        await until(lambda: gate.is_quiet)
        in_time = gate.lets_pass(passer, chunk)
        chunk.deadline = asyncio.get_running_loop().time()
        return in_time, gate.lets_pass(passer, chunk)

    assert passing(scenario, claiming.claim(broadcast)) == (True, False)


def test_of_several_chunks_only_the_lost_one_is_fenced(broadcast, audience):
    other = make_started_broadcast(audience=audience, name="Other")
    mine, lost = claiming.claim(broadcast), claiming.claim(other)
    Chunk.objects.filter(pk=lost.chunk_id).update(epoch=7)

    async def scenario(gate, watch, kept, fenced):
        for chunk in (kept, fenced):
            gate.mark(chunk, chunk.claim.lo, Code.SKIPPED, note="Unsubscribed before it was sent.")
        await until(lambda: gate.is_quiet)
        return watch.fenced == [fenced]

    assert passing(scenario, mine, lost)
    assert bytes(Chunk.objects.get(pk=mine.chunk_id).out) == bytes([Code.SKIPPED, 0, 0, 0])
    assert Chunk.objects.get(pk=lost.chunk_id).out is None
    assert [each.reply for each in Email.objects.exclude(reply="")] == ["Unsubscribed before it was sent."]


def test_fold_only_committed_snapshot(broadcast):
    async def scenario(gate, watch, chunk):
        chunk.exhausted, chunk.open = True, 1
        with blocked(chunk.claim.chunk_id):
            gate.mark(chunk, chunk.claim.lo, Code.IN_FLIGHT)
            await asyncio.sleep(0.02)
            chunk.open = 0
            gate.mark(chunk, chunk.claim.lo, Code.SENT)
        await until(lambda: watch.finished)
        return watch.finished_before

    assert passing(scenario, claiming.claim(broadcast)) == [0, 0]
    assert Chunk.objects.get().out[0] == Code.SENT


def test_when_the_connection_breaks_everything_held_is_committed_again(broadcast):
    opened = []

    def connect():
        opened.append(bookkeeping.connect())
        return opened[-1]

    async def scenario(gate, watch, chunk):
        passer = Passer()
        gate.mark(chunk, chunk.claim.lo, Code.SENT, passer)
        await until(lambda: gate.is_quiet)
        await asyncio.to_thread(terminate, opened[0])
        gate.mark(chunk, chunk.claim.lo + 1, Code.IN_FLIGHT, passer)
        shut = gate.lets_pass(passer, chunk)
        await until(lambda: gate.lets_pass(passer, chunk))
        return shut

    assert passing(scenario, claiming.claim(broadcast), connect=connect) is False
    assert len(opened) == 2
    assert bytes(Chunk.objects.get().out)[:2] == bytes([Code.SENT, Code.IN_FLIGHT])


def test_while_the_database_is_away_nothing_passes(broadcast):
    opened, is_away = [], threading.Event()

    def connect():
        if is_away.is_set():
            raise psycopg.OperationalError("away")
        opened.append(bookkeeping.connect())
        return opened[-1]

    async def scenario(gate, watch, chunk):
        passer = Passer()
        is_away.set()
        await asyncio.to_thread(terminate, opened[0])
        gate.mark(chunk, chunk.claim.lo, Code.IN_FLIGHT, passer)
        await asyncio.sleep(0.2)
        shut = gate.lets_pass(passer, chunk)
        is_away.clear()
        await until(lambda: gate.lets_pass(passer, chunk))
        return shut

    assert passing(scenario, claiming.claim(broadcast), connect=connect) is False


def terminate(opened):
    with bookkeeping.connect() as elsewhere:
        elsewhere.execute("SELECT pg_terminate_backend(%s)", [opened.info.backend_pid])


@pytest.fixture(autouse=True)
def _one_more_connection_than_django_has():
    yield
    database.close()
