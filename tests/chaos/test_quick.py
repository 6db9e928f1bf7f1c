"""The quick version of `make chaos`: every fault at once, a sender, PostgreSQL and Valkey killed, a sender frozen."""

import os
import subprocess
import sys

import pytest

from tests.chaos.product import OURS, ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes and their connections in /proc")
def test_nobody_is_lost_and_who_got_two_is_listed_when_all_goes_wrong_at_once():
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}

    ended = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "quick"],
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("kills 3 lost 0 doubled ")
