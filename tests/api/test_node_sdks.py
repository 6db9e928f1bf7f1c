"""Resend's own Node SDKs, unmodified, against the running product: the newest, and the one of the audience era.

Node comes with the development set. Each SDK is installed into a folder under `var/` once, from a lock file that holds
the digest of every package and the name of no host; scripts run in that folder, where `import` finds it.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_python_sdks import (
    CACHE,
    SDKS,
    broadcasts_are_as_written,
    fetch,
    messages_are_as_written,
    subset,
)
from tests.factories import make_audience

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sdks")]
BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def installed(name: str) -> Path:
    """The folder in which the SDK called `name` is installed as its lock file says."""
    folder = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        lock, done = SDKS / name / "package-lock.json", folder / "installed.json"
        if not done.exists() or done.read_text() != lock.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(SDKS / name, folder)
            npm = [BIN / "npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
            fetch(npm, cwd=folder, env=ENVIRONMENT)
            shutil.copy(lock, done)
    return folder


@pytest.fixture(params=["node", "node-4.8"])
def run(request, live_server, program):
    """A function that runs a script of `sdks/` with one of the SDKs; what it prints."""
    folder = installed(request.param)

    def run(script: str, **environment: str) -> str:
        shutil.copy(SDKS / script, folder / script)
        told = {"RESEND_BASE_URL": f"{live_server.url}/api", "KEY": program.token}
        done = subprocess.run(
            [BIN / "node", folder / script],
            env={**ENVIRONMENT, **told, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.newest = request.param == "node"
    return run


def test_the_missions_sample(run, team):
    audience = make_audience(team=team)

    identity = run("sample.mjs", AUDIENCE=str(audience.uuid)).strip()

    contact = audience.contacts.get()
    assert identity == str(contact.public_id)
    assert (contact.email, contact.name, contact.status_word) == (
        "steve.wozniak@gmail.com",
        "Steve Wozniak",
        "subscribed",
    )


def test_audiences_contacts_and_keys(run):
    said = json.loads(run("audiences_and_contacts.mjs"))

    word = "segment" if run.newest else "audience"
    of, ada = said["create audience"]["id"], said["create contact"]["id"]
    assert subset(said["create audience"], object=word, name="News")
    assert subset(said["list audiences"]["data"][0], id=of, name="News")
    assert subset(said["get audience"], object=word, id=of, name="News")
    assert said["create contact again"]["id"] == ada
    expected = {"id": ada, "email": "ada+1@x.test", "first_name": "Ada", "last_name": "O", "unsubscribed": False}
    assert subset(said["get contact by id"], object="contact", **expected)
    assert subset(said["get contact by email"], object="contact", **expected)
    assert [subset(row, **expected) for row in said["list contacts"]["data"]] == [True]
    assert subset(said["unsubscribe"], object="contact", id=ada)
    assert said["still unsubscribed"]["unsubscribed"] is True
    assert said["subscribed"]["unsubscribed"] is False
    assert subset(said["unknown contact"]["error"], message="Contact not found", name="not_found")
    assert subset(said["bad contact"]["error"], name="validation_error")
    assert subset(said["no audience"]["error"], message="The `id` must be a valid UUID.")
    assert subset(said["remove contact by email"], object="contact", contact="ada+1@x.test", deleted=True)
    assert subset(said["remove contact by id"], object="contact", contact=ada, deleted=True)
    assert subset(said["remove audience"], object=word, id=of, deleted=True)
    assert said["create key"]["token"].startswith("re_")
    assert {row["name"] for row in said["list keys"]["data"]} == {"worker", "deploy"}
    assert "error" not in said["remove key"]
    assert subset(said["wrong key"]["error"], message="API key is invalid", name="validation_error")


@pytest.mark.parametrize("run", ["node"], indirect=True)
def test_everything_newer(run):
    said = json.loads(run("newer.mjs"))

    refused = {name for name, answer in said.items() if answer and "error" in answer}
    news, ada, plan = (said[f"create {name}"]["id"] for name in ("segment", "contact", "property"))
    assert refused == {"topics"}
    assert said["topics"]["error"]["name"] == "not_found"
    assert subset(said["get segment"], object="segment", id=news, name="News")
    assert subset(said["list segments"]["data"][0], id=news, name="Letters")
    assert [row["name"] for row in said["segments of contact"]["data"]] == ["VIPs", "Letters"]
    assert subset(said["get contact"], id=ada, properties={"plan": {"value": "pro", "type": "string"}})
    assert said["list contacts"]["has_more"] is True
    assert [row["id"] for row in said["list contacts of segment"]["data"]] == [ada]
    assert subset(said["remove contact"], contact=ada, deleted=True)
    assert said["list properties"]["data"][0]["id"] == plan
    assert [row["email"] for row in said["list suppressions"]["data"]] == ["eve+1@x.test"]
    assert len(said["unsuppress many"]["data"]) == 2
    assert subset(said["get import"], id=said["import"]["id"], status="queued")
    assert [row["name"] for row in said["list keys"]["data"]] == ["drone", "deploy"]
    assert said["get log"]["id"] == said["list logs"]["data"][0]["id"]


def test_broadcasts(run, sender):
    said = json.loads(run("broadcasts.mjs"))

    broadcasts_are_as_written(said)
    assert subset(said["unknown"]["error"], message="Broadcast not found", name="not_found")
    assert said["send again"]["error"]["name"] == "validation_error"
    assert subset(said["no sender"]["error"], message="Missing `from` field.", name="missing_required_field")
    messages_are_as_written(sender)
    if run.newest:
        assert [row["id"] for row in said["list one"]["data"]] == [said["duplicate"]["id"]]
        assert said["create and send"]["object"] == "broadcast"
