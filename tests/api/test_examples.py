"""The examples on the page about the API, copied from it and run with a key in the place of the placeholder."""

import os
import re
import shutil
import subprocess
import sys
from html import unescape

import pytest
from django.urls import reverse

from tests.api.test_node_sdks import BIN, ENVIRONMENT, installed
from tests.factories import make_broadcast, make_contacts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sdks")]
SENDER = 'Mara O\'Neill "Ü" <mara@northwind.example>'


@pytest.fixture(params=["curl", "Python", "Node"])
def run(request, client, bob, team, audience, live_server, settings, program):
    """A function that runs the example of a deed in one language."""
    settings.PUBLIC_URL = live_server.url
    make_contacts(audience=audience, number=1)
    make_broadcast(team=team, sender=SENDER)
    client.force_login(bob)
    page = client.get(reverse("api_keys:documentation", args=[team.slug])).content.decode()

    def run(deed: str) -> None:
        [code] = re.findall(
            rf'aria-label="{deed}[^"]*: example for {request.param}"><code>(.*?)</code>', page, re.DOTALL
        )
        code = unescape(code).replace("re_your_key", program.token)
        assert f"{live_server.url}/api" in code
        subprocess.run(**command(request.param, code), check=True, capture_output=True, timeout=60)

    return run


def command(language: str, code: str) -> dict:
    if language == "curl":
        if shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        return {"args": ["sh", "-c", code.replace("curl ", "curl -fsS ", 1)]}
    if language == "Python":
        return {"args": [sys.executable, "-c", code], "env": {**os.environ, "PYTHONPATH": ""}}
    folder = installed("node")
    (folder / "example.mjs").write_text(code)
    return {"args": [BIN / "node", folder / "example.mjs"], "env": ENVIRONMENT}


def test_add_a_contact(run, audience):
    run("Add a contact")

    assert audience.contacts.get(email="ada@example.com").name == "Ada Okafor"


def test_send_a_broadcast(run, team, audience):
    run("Send a broadcast")

    broadcast = team.broadcasts.get(audience=audience)
    assert (broadcast.sender, broadcast.status) == (SENDER, "scheduled")
    assert (broadcast.scheduled_at.hour, broadcast.subject) == (9, "Spring is here, {{{FIRST_NAME|friend}}}")
