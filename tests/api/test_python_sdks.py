"""Resend's own Python SDKs, unmodified, against the running product: the newest, and the one of the audience era.

The newest comes with the development set. Two versions of a package can't be installed beside each other, so the old
one is put into a folder under `var/` once, from a lock file with its hash.
"""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import make_audience

SDKS = Path(__file__).parent / "sdks"
CACHE = Path(__file__).parents[2] / "var" / "sdks"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sdks")]


def old_sdk() -> Path:
    """The folder that holds the SDK of the audience era; what it needs itself is in the development set."""
    folder, lock = CACHE / "resend-2.10", SDKS / "resend-2.10.lock"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "resend").exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            fetch([*pip, "--requirement", lock, "--target", folder])
    return folder


def fetch(command: list, **options) -> None:
    """Have a package manager install something; where it can't, only CI insists on it."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    if done.returncode and "CI" not in os.environ:
        pytest.skip(f"an SDK can't be fetched: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["newest", "2.10"])
def run(request, live_server, program):
    """A function that runs a script of `sdks/` with one of the SDKs; what it prints."""
    path = str(old_sdk()) if request.param == "2.10" else ""

    def run(script: str, **environment: str) -> str:
        told = {"RESEND_API_URL": f"{live_server.url}/api", "KEY": program.token, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, SDKS / script],
            env={**os.environ, **told, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.newest = request.param == "newest"
    return run


def test_the_missions_sample(run, team):
    audience = make_audience(team=team)

    identity = run("sample.py", AUDIENCE=str(audience.uuid)).strip()

    contact = audience.contacts.get()
    assert identity == str(contact.public_id)
    assert (contact.email, contact.name, contact.status_word) == (
        "steve.wozniak@gmail.com",
        "Steve Wozniak",
        "subscribed",
    )


def test_audiences_and_contacts(run, team):
    said = json.loads(run("audiences_and_contacts.py"))

    word = "segment" if run.newest else "audience"
    of, ada = said["create audience"]["id"], said["create contact"]["id"]
    assert said["version"].startswith("2.52" if run.newest else "2.10")
    assert subset(said["create audience"], object=word, name="News")
    assert subset(said["list audiences"]["data"][0], id=of, name="News")
    assert subset(said["get audience"], object=word, id=of, name="News")
    assert subset(said["create contact"], object="contact")
    assert said["create contact again"]["id"] == ada
    expected = {"id": ada, "email": "ada+1@x.test", "first_name": "Ada", "last_name": "O", "unsubscribed": False}
    assert subset(said["get contact by id"], object="contact", **expected)
    assert subset(said["get contact by email"], object="contact", **expected)
    assert [subset(row, **expected) for row in said["list contacts"]["data"]] == [True]
    assert subset(said["unsubscribe"], object="contact", id=ada)
    assert (said["unsubscribed"], said["still unsubscribed"], said["subscribed"]) == (True, True, False)
    assert said["unknown contact"][1:] == [404, "not_found", "Contact not found"]
    assert said["bad contact"][0] == "ValidationError"
    assert subset(said["remove contact by email"], object="contact", contact="ada+1@x.test", deleted=True)
    assert subset(said["remove contact by id"], object="contact", contact=ada, deleted=True)
    assert subset(said["remove audience"], object=word, id=of, deleted=True)
    assert said["wrong key"][1:] == [401, "validation_error", "API key is invalid"]


def test_keys(run):
    said = json.loads(run("keys.py"))

    assert said["create"]["token"].startswith("re_")
    assert {row["name"] for row in said["list"]["data"]} == {"worker", "deploy"}


@pytest.mark.parametrize("run", ["newest"], indirect=True)
def test_everything_newer(run):
    said = json.loads(run("newer.py"))

    news, ada, plan = (said[f"create {name}"]["id"] for name in ("segment", "contact", "property"))
    assert subset(said["get segment"], object="segment", id=news, name="News")
    assert subset(said["update segment"], object="segment", id=news)
    assert subset(said["list segments"]["data"][0], id=news, name="Letters")
    assert subset(said["get property"], key="plan", type="string", fallback_value="free")
    assert subset(said["list properties"]["data"][0], id=plan, fallback_value="none")
    assert subset(
        said["get contact"], id=ada, first_name="Ada", properties={"plan": {"value": "pro", "type": "string"}}
    )
    assert subset(said["list contacts"]["data"][0], email="ben@x.test")
    assert said["list contacts"]["has_more"] is True
    assert [row["id"] for row in said["list contacts of segment"]["data"]] == [ada]
    assert subset(said["update contact"], id=ada)
    assert subset(said["join"], object="contact_segment")
    assert [row["name"] for row in said["segments of contact"]["data"]] == ["VIPs", "Letters"]
    assert subset(said["leave"], object="contact_segment", deleted=True)
    assert subset(said["remove contact"], object="contact", contact=ada, deleted=True)
    assert subset(said["get suppression"], object="suppression", email="eve+1@x.test", origin="manual")
    assert [row["email"] for row in said["list suppressions"]["data"]] == ["eve+1@x.test"]
    assert len(said["suppress many"]["data"]) == 2
    assert [row["deleted"] for row in said["unsuppress many"]["data"]] == [True, True]
    assert subset(said["unsuppress"], deleted=True)
    assert subset(said["get import"], object="contact_import", id=said["import"]["id"], status="queued")
    assert [row["id"] for row in said["list imports"]["data"]] == [said["import"]["id"]]
    assert [row["name"] for row in said["list keys"]["data"]] == ["drone", "deploy"]
    assert subset(said["remove key"], deleted=True)
    assert subset(said["get log"], object="log", id=said["list logs"]["data"][0]["id"])
    assert subset(said["remove property"], object="contact_property", id=plan, deleted=True)
    assert subset(said["remove segment"], object="segment", id=news, deleted=True)
    assert said["topics"] == [404, "not_found"]


def test_broadcasts(run, sender):
    said = json.loads(run("broadcasts.py"))

    broadcasts_are_as_written(said)
    assert said["unknown"] == [404, "not_found", "Broadcast not found"]
    assert said["send again"][:2] == [403, "validation_error"]
    assert said["no sender"] == [422, "missing_required_field", "Missing `from` field."]
    messages_are_as_written(sender)
    if run.newest:
        assert [row["id"] for row in said["list one"]["data"]] == [said["duplicate"]["id"]]
        assert said["create and send"]["object"] == "broadcast"


def broadcasts_are_as_written(said: dict) -> None:
    """What every SDK is told of the broadcast that its script writes, schedules, cancels and sends."""
    spring = said["create"]["id"]
    assert subset(said["create"], object="broadcast")
    audience = said["get"]["audience_id"]
    assert subset(
        said["get"],
        object="broadcast",
        id=spring,
        name="Spring",
        segment_id=audience,
        status="draft",
        subject="Hello {{{FIRST_NAME|there}}}",
        reply_to=["help@northwind.example"],
        preview_text=None,
        html="<p>Spring</p>",
        text=None,
        scheduled_at=None,
        sent_at=None,
    )
    assert said["get"]["from"] == "Northwind <news@northwind.example>"
    assert subset(said["list"]["data"][0], id=spring, name="Spring", audience_id=audience, status="draft")
    assert subset(said["update"], object="broadcast", id=spring)
    assert subset(said["updated"], subject="Later", text="Spring, in words", html="<p>Spring</p>")
    assert subset(said["schedule"], object="broadcast", id=spring)
    assert said["scheduled"]["status"] == "scheduled"
    assert " 09:00:00+00" in said["scheduled"]["scheduled_at"]
    assert subset(said["cancel"], object="broadcast", id=spring)
    assert subset(said["canceled"], status="draft", scheduled_at=None)
    assert subset(said["send"], object="broadcast", id=spring)
    assert subset(said["sent"], id=spring, status="sent")
    assert said["sent"]["sent_at"]
    assert [row["email"] for row in said["recipients"]["data"]] == ["ben@x.test"]
    assert said["recipients"]["has_more"] is True
    assert said["clicked links"]["data"] == []
    assert subset(said["remove"], object="broadcast", id=said["duplicate"]["id"], deleted=True)


def messages_are_as_written(sink) -> None:
    """What the two recipients got, with a way out though the broadcast names none."""
    assert sorted(sink.accepted_addresses()) == ["ada@x.test", "ben@x.test"]
    assert all(b"Subject: Later" in each.data and b"/u/" in each.data for each in sink.messages)


def subset(answer: dict, **expected: object) -> bool:
    """Whether the answer says at least what is expected; newer SDKs put headers in."""
    assert {name: answer.get(name) for name in expected} == expected
    return True
