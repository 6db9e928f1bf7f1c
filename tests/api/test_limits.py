"""The limit on a team's requests: off unless it is set, over all of a team's keys, told in headers."""

import secrets

import pytest

from api import issuing, limits
from api.models import ApiKey
from tests.api.conftest import Program


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A second that doesn't pass unless a test says so; one that no other test counts in, for all share the cache."""

    class Clock:
        now = secrets.randbelow(2**40) + 0.25

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    return clock


def test_off_by_default(program):
    answers = [program.get("/audiences") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any(answer.has_header("ratelimit-limit") for answer in answers)


def test_beyond_it_a_team_is_told_to_wait(program, settings, clock):
    settings.API_RATE_LIMIT = 2

    first, second, third = (program.get("/audiences") for _ in range(3))

    assert [first["ratelimit-remaining"], second["ratelimit-remaining"]] == ["1", "0"]
    assert (first["ratelimit-limit"], first["ratelimit-reset"], first["ratelimit-policy"]) == ("2", "1", "2;w=1")
    assert third.status_code == 429
    assert third["retry-after"] == "1"
    assert third["ratelimit-remaining"] == "0"
    assert third.told == {
        "statusCode": 429,
        "message": "Too many requests. You can only make 2 requests per second. See rate limit response headers.",
        "name": "rate_limit_exceeded",
    }
    clock.now += 1
    assert program.get("/audiences").status_code == 200


def test_all_keys_of_a_team_count_together_and_teams_apart(program, foreign_program, team, settings):
    settings.API_RATE_LIMIT = 1
    other = Program(issuing.issue(team=team, name="other", by=None)[1])

    assert program.get("/audiences").status_code == 200
    assert other.get("/audiences").status_code == 429
    assert foreign_program.get("/audiences").status_code == 200


def test_a_refused_request_does_nothing_and_is_logged(program, team, settings):
    settings.API_RATE_LIMIT = 1
    program.post("/audiences", {"name": "One"})

    program.post("/audiences", {"name": "Two"})

    assert team.audiences.get().name == "One"
    assert [log.status for log in team.request_logs.order_by("pk")] == [201, 429]


def test_while_the_cache_is_away_nobody_is_limited(program, settings):
    settings.API_RATE_LIMIT = 1
    settings.CACHES = {"default": {"BACKEND": "lib.caching.OpenCache", "LOCATION": "redis://127.0.0.1:1/0"}}

    assert [program.get("/audiences").status_code for _ in range(3)] == [200, 200, 200]


def test_what_counts_says_what_is_left_whatever_it_is_answered(program, team, settings):
    settings.API_RATE_LIMIT = 10
    sending = ApiKey.Permission.SENDING_ACCESS
    restricted = Program(issuing.issue(team=team, name="worker", by=None, permission=sending)[1])

    answers = [program.get("/nothing"), restricted.get("/audiences"), program("put", "/audiences")]

    assert [answer.status_code for answer in answers] == [404, 401, 405]
    assert [answer["ratelimit-remaining"] for answer in answers] == ["9", "8", "7"]
