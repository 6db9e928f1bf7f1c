"""Sending: who drains a broadcast, when it is sent, and test messages."""

import asyncio
import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import uvloop
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from broadcasts import failing, messages, slots
from broadcasts.draining import Drain, Ending, SenderRefused
from broadcasts.models import Broadcast, Chunk
from broadcasts.pacing import Pace
from broadcasts.slots import Slot
from contacts.models import Contact
from lib import sql
from mail import relay
from mail.blocking_smtp import Connection
from mail.relay import Relay, Security
from mail.replies import Reply

log = logging.getLogger(__name__)

COLLECT_AFTER = (10_000, 50, 100)
CHUNKS = Chunk.objects.filter(broadcast=OuterRef("pk"))

# Set when the worker shuts down: drains let what is under way come to its end.
stopping = threading.Event()
# What this process has learned of how hard each relay may be pressed.
_paces: dict[str, Pace] = {}
# Those of them that offer TLS without being asked, which shows only once one is connected.
_offering_tls: set[str] = set()


def drain(broadcast: Broadcast) -> bool:
    """Send for at most `SEND_SLICE` seconds; True when there is more to do at once.

    Any number may run at the same time, also for one broadcast. While the relay can't be reached the
    broadcast keeps the trouble in words and its chunks come due again after one sweep.
    """
    try:
        messages.check(broadcast)
        through = _relay()
        slot = slots.take(broadcast, relay=str(through))
        if slot is None:
            return False
        try:
            ending = _drained(broadcast, slot, through)
        finally:
            slots.leave(slot)
        return _after(broadcast, ending)
    except (relay.InvalidRelay, messages.CannotCompose) as trouble:
        _note_trouble(broadcast, trouble.message)
        return False
    except (*sql.AWAY, psycopg.OperationalError) as away:  # The second is the gate's, whose connection is bare.
        log.warning("Broadcast %s can't be sent now: %s", broadcast.pk, str(away).strip())
        return False
    except Exception as fault:  # The boundary of the process: who waits for the broadcast must read why it stands.
        log.exception("Sending broadcast %s failed.", broadcast.pk)
        _note_trouble(broadcast, _in_words(fault))
        raise


def _drained(broadcast: Broadcast, slot: Slot, through: Relay) -> Ending:
    pace = _paces.setdefault(str(through), Pace(slot.connections))
    pace.allow(slot.connections)
    compiled = messages.compile_for(broadcast)

    async def run() -> Ending:
        drain = Drain(broadcast, compiled, relay=through, slot=slot, pace=pace, is_stopping=stopping.is_set)
        try:
            return await drain.run()
        finally:
            if drain.met_tls:
                _offering_tls.add(str(through))

    with (
        _collecting_rarely(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop if _is_plain(through) else None) as runner,
    ):
        return runner.run(run())


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Measured: a tenth of a sender's work is looking for garbage in cycles, of which letters make none."""
    usual = gc.get_threshold()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _is_plain(through: Relay) -> bool:
    """Measured: uvloop saves a third of the work in plaintext and costs three times as much under TLS."""
    is_offered = through.security is Security.OFFERED
    return through.security is Security.NONE or (is_offered and str(through) not in _offering_tls)


def _after(broadcast: Broadcast, ending: Ending) -> bool:
    trouble = ending.trouble
    if isinstance(trouble, SenderRefused):
        if not failing.fail_unsent(broadcast, reason=trouble.message):
            _note_trouble(broadcast, f"{trouble.message} Allow this sender at the relay.")
    elif trouble is not None:
        _note_trouble(broadcast, trouble.message)
    elif not ending.more:
        finish(broadcast)
    return ending.more


@transaction.atomic
def finish(broadcast: Broadcast) -> bool:
    """Call the broadcast sent if nothing of it is left to do; whether that made a difference."""
    sending = Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING)
    # Locked before its chunks are looked at, because a person's decision may just be opening one of them.
    if not list(sending.select_for_update().values_list("pk")):
        return False
    finished = sending.filter(~Exists(CHUNKS.unfinished()))
    return finished.update(status=Broadcast.Status.SENT, sent_at=Now(), trouble="") == 1


def neglected() -> QuerySet[Broadcast]:
    """Broadcasts that could do with a sender more, or that are done and nobody has said so."""
    senders = Count("slots", filter=Q(slots__lease__gte=Now()))
    return Broadcast.objects.annotate(senders=senders).filter(
        Q(Exists(CHUNKS.claimable()), senders__lt=settings.SEND_DRAINS) | ~Exists(CHUNKS.unfinished()),
        status=Broadcast.Status.SENDING,
    )


def send_test(broadcast: Broadcast, *, to: str, contact: Contact | None) -> Reply:
    """Hand one test message to the relay; raises RelayUnavailable. The ledger knows nothing of it."""
    message = messages.compose_test(broadcast, to=to, contact=contact)
    with Connection(_relay()) as connection:
        return connection.send(envelope_from=message.envelope_from, to=message.to, message=message.data)


def _relay() -> Relay:
    described = relay.parse_url(settings.SMTP_URL)
    return replace(described, timeout=settings.SMTP_TIMEOUT, final_timeout=settings.SMTP_DATA_TIMEOUT)


def _in_words(fault: Exception) -> str:
    return f"Carillon itself failed ({type(fault).__name__}); its log says more."


def _note_trouble(broadcast: Broadcast, words: str) -> None:
    Broadcast.objects.filter(pk=broadcast.pk, status=Broadcast.Status.SENDING).update(trouble=words)
