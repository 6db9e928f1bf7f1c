"""Freezing a broadcast, beside copying the same rows into a table without any index."""

import time
from collections.abc import Iterator

from django.db import connection

from audiences.models import Audience
from benchmarks import people
from benchmarks.measuring import Bench, Figure, Spent, WentWrong, rates
from broadcasts import freezing


def measure(bench: Bench) -> Iterator[Figure]:
    audience = people.audience(bench.rows)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (LIKE broadcasts_email INCLUDING DEFAULTS INCLUDING IDENTITY)")
    found = bench.interleaved({"freeze": lambda: _frozen(audience), "bare table": lambda: _copied(audience)})
    beside = "INSERT … SELECT of the same rows into a table without indexes"
    yield rates("freeze", found["freeze"], found["bare table"], unit="recipients/s", beside=beside)


def _frozen(audience: Audience) -> Spent:
    broadcast = people.queued_broadcast(audience)
    began = time.perf_counter()
    if not freezing.freeze(broadcast):
        raise WentWrong("The broadcast couldn't be frozen.")
    seconds = time.perf_counter() - began
    return Spent(broadcast.emails.count(), seconds)


def _copied(audience: Audience) -> Spent:
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(
            "INSERT INTO bare (team_id, broadcast_id, contact_id, address)"
            " SELECT %s, 1, id, email FROM contacts_contact WHERE audience_id = %s ORDER BY id",
            [audience.team_id, audience.pk],
        )
        return Spent(cursor.rowcount, time.perf_counter() - began)
