"""README's script of a whole round, as a reader would copy it, against the running product and a sender that sends."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.api.test_python_sdks import old_sdk

README = Path(__file__).parents[2] / "README.md"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sdks")]


def script(replaced: dict[str, str]) -> str:
    """The Python of README that sends a broadcast; its placeholders, each there once, are `replaced`."""
    [found] = [each for each in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if "send(" in each]
    for placeholder, value in replaced.items():
        assert found.count(placeholder) == 1
        found = found.replace(placeholder, value)
    return found


@pytest.mark.parametrize("sdk", ["newest", "2.10"])
def test_the_whole_round(live_server, program, team, sender, settings, sdk):
    settings.PUBLIC_URL = live_server.url
    code = script({"http://127.0.0.1:8000": live_server.url, "re_your_key": program.token})
    reader = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(old_sdk()) if sdk == "2.10" else ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    message = delivered(sender, to="reader7@example.com", of=100, by=reader)
    [link] = set(re.findall(rb"<(http[^>]*/u/[^>]*)>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", message))
    said, complaint = reader.communicate(f"{link.decode()}\n", timeout=60)

    assert reader.returncode == 0, complaint
    assert "'sent': 100," in said
    assert "'unsubscribed': 0," in said
    assert "'unsubscribed': 1," in said
    assert said.endswith("['reader7@example.com']\n")
    [contact] = team.audiences.get().contacts.filter(unsubscribed_at__isnull=False)
    assert contact.unsubscribed_why == "recipient"


def delivered(sink, *, to: str, of: int, by: subprocess.Popen) -> bytes:
    """What `to` got, once `of` people have got something."""
    deadline = time.monotonic() + 60
    while len(sink.messages) < of:
        assert by.poll() is None, by.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [received] = [each for each in sink.messages if each.recipients == (to,)]
    return received.data
