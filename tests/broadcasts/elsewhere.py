"""Senders beside the test: in threads of its process, and in processes of their own."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

from django.db import connection

from broadcasts import sending
from broadcasts.models import Broadcast

# Says when it is ready, and begins when it is told to.
DRAIN = """
import sys, django
django.setup()
from broadcasts import sending
from broadcasts.models import Broadcast
broadcast = Broadcast.objects.select_related("team", "audience").get(pk=sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
sending.drain(broadcast)
"""


def waiting_worker(broadcast, sink, **environment):
    """A worker process that can drain the broadcast from the test's own database, and waits to be told to."""
    database = connection.settings_dict
    host = quote(database["HOST"], safe="")
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{host}:{database['PORT']}/{database['NAME']}"
    worker = subprocess.Popen(
        [sys.executable, "-c", DRAIN, str(broadcast.pk)],
        env={**os.environ, "DATABASE_URL": url, "SMTP_URL": sink.url, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout.readline() == "ready\n"
    return worker


def begin(worker):
    worker.stdin.write("\n")
    worker.stdin.close()


def drain_elsewhere(broadcast, sink, **environment):
    """A worker process that drains the broadcast from the test's own database."""
    worker = waiting_worker(broadcast, sink, **environment)
    begin(worker)
    return worker


def drain_to_the_end(broadcast):
    """As the sweep would, though without waiting for it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        sending.drain(broadcast)
        broadcast.refresh_from_db()
        if broadcast.status == Broadcast.Status.SENT:
            return
        time.sleep(0.05)
    raise AssertionError(f"Still {broadcast.status} after 20 s.")


def drain_in_a_thread(broadcast):
    with closing(connection):
        return sending.drain(broadcast)


def in_another_connection(work):
    """What the sink's hooks do to the database while a drain waits for the relay."""

    def work_and_close():
        with closing(connection):
            return work()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work_and_close).result(10)
