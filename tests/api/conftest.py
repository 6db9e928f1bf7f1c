"""A program with a key, as it speaks HTTP, and a sender for what it releases."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection
from django.test import Client


class Program:
    """Calls the API as the SDKs do: JSON in, JSON out, a key in the header."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Any:
        """The answer, with what its JSON says as `told`."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        answer = self.client.generic(
            method.upper(), f"/api{path}", content, content_type="application/json", headers=headers
        )
        content = answer.getvalue()
        assert answer["Content-Type"].startswith("application/json"), content
        answer.told = json.loads(content, parse_constant=_no_json)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("patch", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("delete", path, body, **headers)


def _no_json(name: str) -> Any:
    raise AssertionError(f"{name} isn't JSON")


@pytest.fixture
def program(team) -> Program:
    """A program of Northwind with full access."""
    from api.issuing import issue

    return Program(issue(team=team, name="deploy", by=None)[1])


@pytest.fixture
def foreign_program(mallory) -> Program:
    """A program of another team."""
    from api.issuing import issue

    return Program(issue(team=mallory.teams.get(), name="theirs", by=None)[1])


@pytest.fixture
def sender(transactional_db, sink) -> Iterator:
    """A worker's part in a session of its own: what is released goes out to the sink, which this is."""
    from broadcasts import tasks
    from broadcasts.models import Broadcast

    stopped = threading.Event()

    def work() -> None:
        with closing(connection):
            while not stopped.wait(0.05):
                for pk in Broadcast.objects.startable().values_list("pk", flat=True):
                    tasks.start(broadcast_id=pk)
                for pk in Broadcast.objects.filter(status=Broadcast.Status.SENDING).values_list("pk", flat=True):
                    tasks.drain(broadcast_id=pk)

    thread = threading.Thread(target=work)
    thread.start()
    yield sink
    stopped.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
