"""Keys: how they are made, what is kept of them, what they open."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from api import issuing
from api.models import ApiKey
from tests.api.conftest import Program
from tests.factories import make_audience


def test_a_token_is_long_random_and_kept_as_a_digest_only(team):
    key, token = issuing.issue(team=team, name=" deploy \n", by=None)

    assert token.startswith("re_")
    assert len(token) == 46
    assert token not in str(ApiKey.objects.values().get())
    assert (key.name, key.start) == ("deploy", token[:10])


@pytest.mark.parametrize("name", ["", "  ", "x" * 51])
def test_a_key_needs_a_name_of_a_decent_length(team, name):
    with pytest.raises((issuing.NameMissing, issuing.NameTooLong)):
        issuing.issue(team=team, name=name, by=None)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic cmVfeA==", "re_x"])
def test_without_a_key_nothing_is_answered(client, db, header):
    answer = client.get("/api/audiences", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json() == {
        "statusCode": 401,
        "message": "Missing API key in the authorization header.",
        "name": "missing_api_key",
    }


@pytest.mark.parametrize("token", ["re_unknown", "x" * 10_000, "re_ü"])
def test_an_unknown_key_is_invalid(db, token):
    answer = Program(token).get("/audiences")

    assert answer.status_code == 401
    assert (answer.told["name"], answer.told["message"]) == ("validation_error", "API key is invalid")


def test_a_revoked_key_is_invalid_at_once(program, team):
    assert program.get("/audiences").status_code == 200

    issuing.revoke(team.api_keys.get())

    assert program.get("/audiences").status_code == 401


def test_a_sending_key_opens_nothing_but_sending(team, audience):
    _, token = issuing.issue(team=team, name="mailer", by=None, permission="sending_access")

    answer = Program(token).post(f"/audiences/{audience.uuid}/contacts", {"email": "ada@x.test"})

    assert answer.status_code == 401
    assert answer.told["name"] == "restricted_api_key"
    assert not audience.contacts.exists()


def test_last_use_is_noted_at_most_once_a_minute(program, team, django_assert_num_queries):
    program.get("/audiences")
    first = team.api_keys.get().last_used_at

    program.get("/audiences")
    assert team.api_keys.get().last_used_at == first

    team.api_keys.update(last_used_at=timezone.now() - timedelta(seconds=61))
    program.get("/audiences")
    assert team.api_keys.get().last_used_at > first


def test_another_teams_audience_does_not_exist(foreign_program, audience):
    for method, path in (("get", ""), ("get", "/contacts"), ("post", "/contacts")):
        answer = foreign_program(method, f"/audiences/{audience.uuid}{path}", {"email": "ada@x.test"})

        assert answer.status_code == 404
    foreign_program.delete(f"/audiences/{audience.uuid}")
    audience.refresh_from_db()
    assert audience.deleted_at is None


def test_a_session_opens_nothing_and_none_is_begun(as_alice, audience, program):
    answer = as_alice.get("/api/audiences")

    assert answer.status_code == 401
    assert not answer.cookies
    assert not program.get("/audiences").cookies


def test_answers_say_how_long_they_are_and_are_taken_for_nothing_else(program):
    answer = program.get("/audiences")

    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_command_prints_the_token_last(team, audience):
    out = io.StringIO()

    call_command("apikey", "create", "deploy", team=team.slug, stdout=out)

    token = out.getvalue().strip().splitlines()[-1]
    assert Program(token).get("/audiences").told["data"][0]["id"] == str(audience.uuid)


def test_the_command_says_what_is_wrong(team):
    with pytest.raises(CommandError, match="no team"):
        call_command("apikey", "create", "deploy", team="elsewhere")
    with pytest.raises(CommandError, match="at most 50"):
        call_command("apikey", "create", "x" * 51, team=team.slug)


def test_a_new_key_sees_its_own_team_only(foreign_program, team):
    make_audience(team=team)

    assert foreign_program.get("/audiences").told["data"] == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_between_requests_is_mended(program, audience):
    program.get("/audiences")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        broken = cursor.fetchone()[0]

    thread = threading.Thread(target=_terminate, args=(broken,))
    thread.start()
    thread.join()

    assert program.get("/audiences").status_code == 200


def _terminate(backend):
    """End another session of the database, from a session of this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    connection.close()
