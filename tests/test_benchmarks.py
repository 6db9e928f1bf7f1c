"""That `make bench` comes to its end; how fast anything is says nothing here."""

import email
import email.policy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import draining, naive, people
from benchmarks.measuring import Skipped
from benchmarks.rivals import rival
from benchmarks.sinks import Sink
from broadcasts import draining as engine

CHECKOUT = Path(__file__).parents[1]


def bench(var: Path, *, only: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks"],
        cwd=CHECKOUT,
        env={**os.environ, "VAR": str(var), "BENCH_ROWS": "200", "BENCH_ROUNDS": "1", "ONLY": only},
        capture_output=True,
        text=True,
    )


def test_it_ends_with_a_line_per_figure_and_writes_the_same_to_a_file(tmp_path):
    done = bench(tmp_path, only="freeze")

    assert done.returncode == 0, done.stderr
    name, ours, limit, ratio = done.stdout.splitlines()[-1].split("\t")
    [written] = json.loads((tmp_path / "bench.json").read_text())["figures"]
    assert (name, written["name"]) == ("freeze", "freeze")
    assert all(float(number) > 0 for number in (ours, limit, ratio))
    assert float(ratio) == pytest.approx(written["ratio"], abs=0.01)


def test_a_figure_that_there_is_not_is_refused(tmp_path):
    done = bench(tmp_path, only="freeze,speed")

    assert done.returncode == 1
    assert done.stderr.startswith("There is no figure speed. There are: freeze, ")


@pytest.mark.django_db(transaction=True)
def test_our_sender_sends_to_all_with_the_gate_open(sink, monkeypatch):
    broadcast = people.started_broadcast(people.audience(20))
    monkeypatch.setattr(engine, "Gate", engine.Gate)

    sent = draining.main(str(broadcast.pk), draining.OPEN)

    assert engine.Gate is draining.OpenGate
    assert (sent, len(sink.messages)) == (20, 20)


@pytest.mark.django_db(transaction=True)
def test_the_naive_loop_sends_the_same_to_all(sink):
    broadcast = people.started_broadcast(people.audience(5))

    naive.main(str(broadcast.pk))

    received = [email.message_from_bytes(message.data, policy=email.policy.default) for message in sink.messages]
    assert len(received) == 5
    assert all(message["Subject"].endswith(", the autumn harvest has landed") for message in received)
    assert set(broadcast.emails.values_list("status", flat=True)) == {2}


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_rival_sends_as_many_messages_as_it_is_told_to(tmp_path):
    with Sink(folder=tmp_path, delay=1) as fast:
        _, send = rival(fast, folder=tmp_path)

        spent = send(100, 1_000)

    assert spent.rows == 100


def test_without_a_compiler_what_needs_one_is_skipped_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Skipped, match="no C compiler"):
        Sink(folder=tmp_path)
