"""A sender's sign of life while a relay takes its time: the lease of a chunk grows as long as its process lives."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error, connection

from broadcasts.claiming import Claim, renew

log = logging.getLogger(__name__)


@contextmanager
def beating(held: Claim) -> Iterator[None]:
    """Renew the chunk's lease three times in its length, on a connection of its own, until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(held, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(held: Claim, over: threading.Event) -> None:
    try:
        while not over.wait(settings.SEND_LEASE / 3):
            if not _renewed(held):
                return
    finally:
        connection.close()


def _renewed(held: Claim) -> bool:
    """Whether the chunk may still be ours; while the database is away nobody can take it over."""
    try:
        return renew(held)
    except Error as away:
        log.warning("The lease of chunk %s couldn't be renewed: %s", held.chunk_id, away)
        connection.close()
        return True
