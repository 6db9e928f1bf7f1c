"""`make bench` in small: what it measures there says nothing, that it comes to its end does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


def bench(var: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=CHECKOUT,
        env={**os.environ, "VAR": str(var), "BENCH_ROWS": "200", "BENCH_ROUNDS": "1", **settings},
        capture_output=True,
        text=True,
    )


def test_it_ends_with_a_line_per_figure_and_writes_the_same_to_a_file(tmp_path):
    done = bench(tmp_path, ONLY="freeze")

    assert done.returncode == 0, done.stderr
    name, ours, limit, ratio = done.stdout.splitlines()[-1].split("\t")
    [written] = json.loads((tmp_path / "bench.json").read_text())["figures"]
    assert (name, written["name"]) == ("freeze", "freeze")
    assert all(float(number) > 0 for number in (ours, limit, ratio))
    assert float(ratio) == pytest.approx(written["ours"] / written["limit"], abs=0.01)


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_sender_is_measured_beside_a_rival(tmp_path):
    done = bench(tmp_path, ONLY="send,send_rss_mb")

    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[0] for line in done.stdout.splitlines()[-2:]] == ["send", "send_rss_mb"]


def test_a_figure_that_there_is_not_is_refused(tmp_path):
    done = bench(tmp_path, ONLY="freeze,speed")

    assert done.returncode == 1
    assert done.stderr.startswith("There is no figure speed. There are: freeze, ")
