"""Exports in an S3-compatible bucket: a real server of that protocol, a worker on another host's directory."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from exports import expiring, files, requesting
from exports.models import Download
from tests.exports.s3_server import BUCKET, S3Server
from tests.factories import make_contacts

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
READ_SETTING = """
import json
from django.conf import settings
print(json.dumps(settings.STORAGES["exports"]))
"""
WORKER = """
import sys, django
django.setup()
from exports import tasks
tasks.write(export_id=int(sys.argv[1]))
"""
STORE = """
import os, re, sys, django
django.setup()
from django.core.files import File
from exports.models import storage
def memory(name):
    return int(re.search(rf"^{name}:\\s+(\\d+) kB$", open("/proc/self/status").read(), re.M)[1]) / 1024
storage().save("small", File(open(sys.argv[1], "rb")))
idle = memory("VmRSS")
storage().save("large", File(open(sys.argv[2], "rb")))
print(memory("VmHWM") - idle)
"""


def program(code: str, server: S3Server, var: Path, *arguments: object) -> str:
    """Run it as on another host: with a data directory of its own, the same database and the bucket."""
    database = connection.get_connection_params()
    url = f"postgresql://{database['user']}@{urllib.parse.quote(database['host'], safe='')}/{database['dbname']}"
    environment = {**os.environ, **server.environment, "VAR": str(var), "DATABASE_URL": url}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def started():
    server = S3Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(started, settings, tmp_path):
    """The server, with Carillon's settings as its environment gives them."""
    if not hasattr(started, "storage"):
        started.storage = json.loads(program(READ_SETTING, started, tmp_path / "read"))
    settings.STORAGES = {**settings.STORAGES, "exports": started.storage}
    settings.EXPORTS_S3_BUCKET = BUCKET
    yield started
    for name in started.names():
        started.client.delete_object(Bucket=BUCKET, Key=name)


@pytest.fixture
def ready(team, audience, alice, query, server):
    make_contacts(audience=audience, number=3)
    return requesting.request(team=team, resource="contacts", query=query, by=alice)


def download(client, export):
    return client.get(reverse("exports:download", args=[export.team.slug, export.uuid]))


def test_what_a_worker_elsewhere_wrote_is_a_redirect_of_a_minute_here(
    as_alice, team, audience, alice, query, server, in_background, tmp_path
):
    make_contacts(audience=audience, number=2_000)
    waiting = requesting.request(team=team, resource="contacts", query=query, by=alice)
    program(WORKER, server, tmp_path / "worker", waiting.pk)
    waiting.refresh_from_db()

    answer = download(as_alice, waiting)

    assert (waiting.status, waiting.rows) == ("ready", 2_000)
    assert list((tmp_path / "worker").rglob("*.csv")) == []
    address = urllib.parse.urlsplit(answer["Location"])
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Location"].startswith(f"{server.url}/{BUCKET}/exports/{team.uuid}/")
    assert int(urllib.parse.parse_qs(address.query)["X-Amz-Expires"][0]) <= 60
    with urllib.request.urlopen(answer["Location"]) as file:
        content = file.read()
        assert file.headers["Content-Disposition"] == f'attachment; filename="{waiting.filename}"'
        assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (hashlib.sha256(content).hexdigest(), content.count(b"\r\n")) == (waiting.sha256, 2_001)
    assert Download.objects.count() == 1


def test_a_compressed_one_arrives_compressed(as_alice, team, audience, alice, query, server, monkeypatch):
    make_contacts(audience=audience, number=50)
    monkeypatch.setattr(files.Draft.__init__, "__kwdefaults__", {"beyond": 100})
    done = requesting.request(team=team, resource="contacts", query=query, by=alice)

    with urllib.request.urlopen(download(as_alice, done)["Location"]) as file:
        content = file.read()

    assert "Content-Encoding" not in file.headers
    assert file.headers["Content-Type"] == "application/gzip"
    assert file.headers["Content-Disposition"].endswith('.csv.gz"')
    assert hashlib.sha256(content).hexdigest() == done.sha256
    assert gzip.decompress(content).count(b"\r\n") == 51


def test_a_bucket_that_browsers_can_not_reach_is_streamed_from(as_alice, ready, server, settings):
    settings.EXPORTS_S3_REDIRECT = False

    answer = download(as_alice, ready)

    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).hexdigest() == ready.sha256
    assert answer["Content-Disposition"] == f'attachment; filename="{ready.filename}"'


def test_members_get_no_link(as_bob, ready):
    answer = download(as_bob, ready)

    assert answer.status_code == 403
    assert "Location" not in answer


def test_past_its_time_the_file_leaves_the_bucket(ready, server):
    assert server.names() == [ready.file]

    expiring.expire(now=ready.expires_at)

    ready.refresh_from_db()
    assert (ready.status, server.names()) == ("expired", [])


def test_while_the_storage_is_away_it_fails_with_words_and_a_retry_mends_it(as_alice, ready, server, team, query):
    server.stop()
    failed = requesting.request(team=team, resource="contacts", query=query, by=ready.requested_by)
    refused = as_alice.get(reverse("exports:download", args=[team.slug, ready.uuid]), follow=True)
    page = as_alice.get(failed.get_absolute_url()).text
    server.start()
    as_alice.post(reverse("exports:retry", args=[team.slug, failed.uuid]))

    assert (failed.status, failed.file) == ("failed", "")
    assert "the storage is away" in page
    assert "Try again" in page
    assert "The storage that holds the file is away" in refused.text
    assert not Download.objects.exists()
    failed.refresh_from_db()
    assert (failed.status, server.names()) == ("ready", [failed.file])


def test_a_file_that_the_bucket_lost_is_said(as_alice, ready, server):
    server.client.delete_object(Bucket=BUCKET, Key=ready.file)

    answer = as_alice.get(reverse("exports:download", args=[ready.team.slug, ready.uuid]), follow=True)

    assert "isn’t where this server looks" in answer.text


def test_a_large_file_goes_up_in_parts_and_in_little_memory(server, tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(os.urandom(9 * 2**20))
    large.write_bytes(os.urandom(40 * 2**20))

    grown = float(program(STORE, server, tmp_path / "worker", small, large))

    stored = server.client.head_object(Bucket=BUCKET, Key="large")
    assert stored["ContentLength"] == 40 * 2**20
    assert stored["ETag"].endswith('-5"'), "in five parts of eight megabytes"
    assert grown < 32
