"""What is written down about requests, and what is not."""

import html
import json

import pytest
from django.db import DatabaseError, InterfaceError
from django.test.client import FakePayload

from api.models import RequestLog
from lib import sql
from tests.factories import make_contacts


def last():
    return RequestLog.objects.order_by("pk").last()


def test_a_request_is_written_down(program, team, audience):
    program.post(
        f"/audiences/{audience.uuid}/contacts/?x=1", {"email": "ada@x.test"}, **{"User-Agent": "resend-python:2.52"}
    )

    log = last()
    assert (log.method, log.path) == ("POST", f"/audiences/{audience.uuid}/contacts/?x=1")
    assert (log.status, log.key.name, log.user_agent, log.team) == (201, "deploy", "resend-python:2.52", team)
    assert json.loads(log.request_body) == {"email": "ada@x.test"}
    assert json.loads(log.response_body)["object"] == "contact"
    assert 0 < log.milliseconds < 60_000


def test_refusals_are_written_down_too(program):
    program.post("/audiences", {})
    program.get("/nothing")

    assert [log.status for log in RequestLog.objects.order_by("pk")] == [422, 404]


def test_whoever_has_no_key_leaves_no_log(client, db):
    client.get("/api/audiences", headers={"Authorization": "Bearer re_unknown"})

    assert not RequestLog.objects.exists()


def test_tokens_are_left_out_of_bodies_and_paths(program):
    token = program.post("/api-keys", {"name": "x"}).told["token"]
    program.post("/audiences", {"name": token})
    program.get(f"/audiences?after={token}")

    told = str(list(RequestLog.objects.values()))
    assert token not in told
    assert f"{token[:10]}…" in told


def test_bodies_are_cut_to_a_length(program, audience, settings):
    settings.API_LOG_BODY_BYTES = 100

    program.post("/audiences", {"name": "x", "more": "ü" * 500})
    make_contacts(audience=audience, number=1_500)
    program.get(f"/audiences/{audience.uuid}/contacts")

    assert all(len(log.request_body) <= 101 and len(log.response_body) <= 101 for log in RequestLog.objects.all())
    assert last().response_body.startswith('{"object": "list"')


@pytest.mark.parametrize("body", [b"\0", b"\xff", b'{"name": "\\u0000"}'])
def test_odd_bodies_are_written_down_as_they_can_be(program, body):
    program("post", "/audiences", raw=body)

    assert last().status >= 400


def test_a_log_that_fails_fails_no_request(program, monkeypatch, caplog):
    def fail(app, name, parameters):
        if name == "log_request":
            raise DatabaseError("full")
        return prepared(app, name, parameters)

    prepared = sql.prepared
    monkeypatch.setattr(sql, "prepared", fail)

    assert program.post("/audiences", {"name": "x"}).status_code == 201
    assert "couldn't be logged" in caplog.text


def test_the_api_tells_its_logs(program, foreign_program):
    program.post("/audiences", {"name": "x"}, **{"User-Agent": "me"})
    [row] = program.get("/logs").told["data"]

    told = program.get(f"/logs/{row['id']}").told

    assert row == {
        "id": row["id"],
        "created_at": row["created_at"],
        "endpoint": "/audiences",
        "method": "POST",
        "response_status": 201,
        "user_agent": "me",
    }
    assert told["object"] == "log"
    assert told["request_body"] == {"name": "x"}
    assert told["response_body"]["name"] == "x"
    assert foreign_program.get(f"/logs/{row['id']}").told["message"] == "Log not found"


def test_they_come_twenty_at_a_time(program):
    for _ in range(22):
        program.get("/audiences")

    first = program.get("/logs").told
    rest = program.get(f"/logs?after={first['data'][-1]['id']}").told

    assert (len(first["data"]), first["has_more"]) == (20, True)
    assert len(rest["data"]) == 2


NOT_TO_BE_TOLD = [
    b'{"name": NaN}',
    b'{"name": -1e999}',
    b'{"name": "\\ud800"}',
    b"[" * 5000,
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 1500,
]


@pytest.mark.parametrize("raw", NOT_TO_BE_TOLD, ids=lambda raw: raw[:16].decode())
def test_what_can_not_be_told_as_json_again_is_told_as_text(program, as_alice, raw):
    program("post", "/audiences", raw=raw)
    log = last()

    told = program.get(f"/logs/{log.uuid}").told

    assert told["request_body"] == raw.decode()
    page = as_alice.get(log.get_absolute_url())
    assert page.status_code == 200
    assert raw[:16].decode() in html.unescape(page.content.decode())


def test_what_can_be_is_told_as_it_was_meant(program, as_alice):
    meant = {"name": "Zoë", "more": [1.5, {"a": None}, "re_x"]}
    program.post("/audiences", meant)
    log = last()

    assert program.get(f"/logs/{log.uuid}").told["request_body"] == meant
    assert '"name": "Zoë",\n' in html.unescape(as_alice.get(log.get_absolute_url()).content.decode())


def test_a_body_that_is_too_big_or_ends_too_early_is_written_down_by_its_refusal(program, settings, monkeypatch):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    program.post("/audiences", {"name": "x" * 200})
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    def ended(self, *args):
        raise OSError("the program is gone")

    monkeypatch.setattr(FakePayload, "read", ended)
    answer = program.post("/audiences", {"name": "x"})

    assert answer.told["message"] == "The body ended too early."
    logs = RequestLog.objects.order_by("pk")
    assert [(log.status, log.request_body) for log in logs] == [(413, ""), (400, "")]
    assert "too big" in logs[0].response_body


def test_a_token_right_after_a_letter_is_left_out_too(program):
    program("post", "/audiences", raw=f'{{"name": "\\n{program.token}"}}'.encode())

    assert program.token not in str(list(RequestLog.objects.values()))


def test_a_connection_that_is_gone_fails_no_request_either(program, monkeypatch, caplog):
    def gone(app, name, parameters):
        if name == "log_request":
            raise InterfaceError("connection already closed")
        return prepared(app, name, parameters)

    prepared = sql.prepared
    monkeypatch.setattr(sql, "prepared", gone)

    assert program.post("/audiences", {"name": "x"}).status_code == 201
    assert "couldn't be logged" in caplog.text
