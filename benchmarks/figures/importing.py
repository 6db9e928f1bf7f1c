"""Importing a CSV, and its staging alone, beside a bare COPY of the file into an unlogged table."""

import io
import time
from collections.abc import Iterator

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from benchmarks import people
from benchmarks.measuring import Bench, Figure, Spent, WentWrong, rates
from contacts import importing, uploading
from contacts.models import ContactImport
from teams.models import User

FIELDS = ("email", "first_name", "last_name", "unsubscribed")
# Addresses that are there already, come twice, or are none: one in ten, fifty, a hundred.
KNOWN, REPEATED, BROKEN = 10, 50, 100
BLOCK = 256 * 1024


def measure(bench: Bench) -> Iterator[Figure]:
    file = _file(bench.rows)
    by = User.objects.create_user("mara@northwind.example")
    bench.say(f"  {bench.rows:,} rows, {len(file) / 2**20:.1f} MB")
    staged: list[Spent] = []

    def imported() -> Spent:
        staging, all_of_it = _imported(file, by, rows=bench.rows)
        staged.append(staging)
        return all_of_it

    found = bench.interleaved({"import": imported, "COPY": lambda: _copied(file, rows=bench.rows)})
    beside = "COPY of the file into an unlogged table"
    yield rates("import", found["import"], found["COPY"], unit="rows/s", beside=beside)
    yield rates("stage", staged, found["COPY"], unit="rows/s", beside=f"{beside}; up to the review")


def _imported(file: bytes, by: User, *, rows: int) -> tuple[Spent, Spent]:
    """Up to the review, and all of it: the work of a person's clicks and a worker's calls, one after the other."""
    audience = people.audience(max(1, rows // KNOWN))
    began = time.perf_counter()
    upload = uploading.receive(audience=audience, file=SimpleUploadedFile("people.csv", file, "text/csv"), by=by)
    uploading.choose_columns(upload, fields=FIELDS)
    _work(upload)
    staged = time.perf_counter() - began
    uploading.start(upload)
    _work(upload)
    return Spent(rows, staged), Spent(rows, time.perf_counter() - began)


def _work(upload: ContactImport) -> None:
    importing.run(import_id=upload.pk, now=timezone.now())
    upload.refresh_from_db()
    if upload.failure:
        raise WentWrong(upload.failure)


def _copied(file: bytes, *, rows: int) -> Spent:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS raw")
        cursor.execute("CREATE UNLOGGED TABLE raw (email text, first_name text, last_name text, unsubscribed text)")
        source = io.BytesIO(file)
        began = time.perf_counter()
        with cursor.copy("COPY raw FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := source.read(BLOCK):
                copy.write(block)
        return Spent(rows, time.perf_counter() - began)


def _file(rows: int) -> bytes:
    lines = [",".join(FIELDS), *map(_line, range(1, rows + 1))]
    return ("\n".join(lines) + "\n").encode()


def _line(number: int) -> str:
    """One person: those of the audience get other names, some come again in the next row, some have no address."""
    who = number // KNOWN if number % KNOWN == 0 else -number
    if number % REPEATED == 3:
        who = -(number - 1)
    at = "." if number % BROKEN == 7 else "@"
    return f"person{who}{at}example.test,First{number % 997},Läst{number % 89},{'yes' if number % 40 == 0 else ''}"
