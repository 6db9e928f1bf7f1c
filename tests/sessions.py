"""Other sessions of the database beside the test's own, and transactions that make them wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def waiting_meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """A transaction; at its end another session, which does `act`, waits for it, and comes to its end afterwards."""
    with session(act) as begin, transaction.atomic():
        yield
        begin()
        wait_for_a_waiting_session()


@contextmanager
def session(act: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """A function that begins `act` in a thread, and so a session, of its own, which ends before the block does."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    yield thread.start
    thread.join(timeout=20)
    assert not thread.is_alive()


def elsewhere(act: Callable[[], object]) -> None:
    """Do it in another session, and wait until it is done."""
    with session(act) as begin:
        begin()


def wait_for_a_waiting_session() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)
