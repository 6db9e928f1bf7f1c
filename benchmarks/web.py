"""One web process, as the product starts several, and programs that ask it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.measuring import Spent, WentWrong
from config.running import HOST, WEB_THREADS, free_port

PROGRAMS = 4
READY = 30.0


@contextmanager
def serving(application: str) -> Iterator[int]:
    """The WSGI application on a port, in one process."""
    port = free_port()
    options = ["--bind", f"{HOST}:{port}", "--workers", "1", "--worker-class", "gthread", "--threads", str(WEB_THREADS)]
    command = [sys.executable, "-m", "gunicorn", application, "--no-control-socket", "--log-level", "warning", *options]
    process = subprocess.Popen(command, env={**os.environ, "ALLOWED_HOSTS": HOST})
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def post(port: int, path: str, bodies: list[dict[str, object]], **headers: str) -> Spent:
    """Have a few programs post the bodies one by one, each over its own connection."""
    shares = [bodies[number::PROGRAMS] for number in range(PROGRAMS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(PROGRAMS) as programs:
        list(programs.map(lambda share: _post(port, path, share, headers), shares))
    return Spent(len(bodies), time.perf_counter() - began)


def _post(port: int, path: str, bodies: list[dict[str, object]], headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    told = {"Content-Type": "application/json", **headers}
    for body in bodies:
        connection.request("POST", path, json.dumps(body), told)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise WentWrong(f"{path} answered {answer.status}: {said[:200]!r}")
    connection.close()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=READY).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise WentWrong("The web server didn't start.")
