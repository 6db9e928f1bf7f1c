"""The mission's curl sample against the running product, with only host, key and id replaced."""

import json
import shutil
import subprocess

import pytest

from tests.factories import make_audience

SAMPLE = """\
curl -sS -X POST '{host}/audiences/{id}/contacts' \\
     -H 'Authorization: Bearer {key}' \\
     -H 'Content-Type: application/json' \\
     -d '{{
  "email": "steve.wozniak@gmail.com",
  "first_name": "Steve",
  "last_name": "Wozniak",
  "unsubscribed": false
}}'
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.django_db(transaction=True)
def test_the_missions_sample(live_server, program, team):
    audience = make_audience(team=team)
    command = SAMPLE.format(host=f"{live_server.url}/api", id=audience.uuid, key=program.token)

    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30)

    contact = audience.contacts.get()
    assert json.loads(done.stdout) == {"object": "contact", "id": str(contact.public_id)}
    assert (contact.email, contact.name) == ("steve.wozniak@gmail.com", "Steve Wozniak")
