"""The pages about keys and logs."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from api import expiring
from api.issuing import issue
from api.models import ApiKey, RequestLog
from tests.api.conftest import Program
from tests.factories import make_audience


def address(name, team, *args):
    return reverse(name, args=[team.slug, *args])


def make_log(team, **fields):
    at = fields.pop("at", None)
    written = {"method": "GET", "path": "/audiences", "status": 200, "milliseconds": 1.5, **fields}
    log = RequestLog.objects.create(team=team, **written)
    if at:
        RequestLog.objects.filter(pk=log.pk).update(at=at)
    return log


class TestKeys:
    def test_an_admin_makes_one_whose_secret_is_shown_once(self, as_alice, alice, team, audience):
        answer = as_alice.post(address("api_keys:create", team), {"name": "Website", "permission": "full_access"})

        text = answer.content.decode()
        [token] = set(re.findall(r"re_\w{43}", text))
        key = ApiKey.objects.get()
        assert Program(token).get("/audiences").status_code == 200
        assert (key.name, key.created_by) == ("Website", alice)
        assert "no-store" in answer["Cache-Control"]
        assert token not in as_alice.get(address("api_keys:list", team)).content.decode()

    @pytest.mark.parametrize(
        "sent", [{"name": "", "permission": "full_access"}, {"name": "x", "permission": "root"}, {"name": "\n"}]
    )
    def test_what_is_wrong_stands_beside_its_field(self, as_alice, team, sent):
        answer = as_alice.post(address("api_keys:create", team), sent)

        assert answer.status_code == 422
        assert not ApiKey.objects.exists()

    def test_a_member_sees_names_and_makes_none(self, as_bob, team):
        key, _ = issue(team=team, name="Website", by=None)

        listed = as_bob.get(address("api_keys:list", team)).content.decode()

        assert "Website" in listed
        assert "Create API key" not in listed
        assert as_bob.post(address("api_keys:create", team), {"name": "x"}).status_code == 403
        assert as_bob.post(address("api_keys:revoke", team, key.uuid)).status_code == 403
        assert ApiKey.objects.standing().count() == 1

    def test_revoking_warns_and_ends_it(self, as_alice, team):
        key, token = issue(team=team, name="Website", by=None)
        Program(token).get("/audiences")
        revoke = address("api_keys:revoke", team, key.uuid)

        assert "It was last used" in as_alice.get(revoke).content.decode()
        answer = as_alice.post(revoke, follow=True)

        assert "is revoked" in answer.content.decode()
        assert Program(token).get("/audiences").status_code == 401
        assert as_alice.get(revoke).status_code == 404

    def test_the_list_costs_as_many_queries_whatever_its_length(self, as_alice, team, django_assert_max_num_queries):
        for number in range(20):
            issue(team=team, name=f"Key {number}", by=None)

        with django_assert_max_num_queries(8):
            as_alice.get(address("api_keys:list", team))


class TestLogs:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", {"/a", "/b", "/c"}),
            ("status=successes", {"/a"}),
            ("status=errors", {"/b", "/c"}),
            ("status=422", {"/b"}),
            ("status=nonsense", {"/a", "/b", "/c"}),
            ("method=POST", {"/b"}),
            ("days=7", {"/a", "/b"}),
            ("agent=PYTHON", {"/a"}),
            ("q=/c", {"/c"}),
            ("status=errors&days=1", {"/b"}),
        ],
    )
    def test_the_list_is_filtered(self, as_bob, team, query, found):
        make_log(team, path="/a", user_agent="resend-python:2.52.0")
        make_log(team, path="/b", status=422, method="POST")
        make_log(team, path="/c", status=404, at=timezone.now() - timedelta(days=9))

        answer = as_bob.get(f"{address('logs:list', team)}?{query}")

        assert {log.path for log in answer.context["page"].rows} == found

    def test_by_key(self, as_bob, team):
        key, _ = issue(team=team, name="Website", by=None)
        make_log(team, path="/a", key=key)
        make_log(team, path="/b")

        answer = as_bob.get(f"{address('logs:list', team)}?key={key.uuid}")

        assert [log.path for log in answer.context["page"].rows] == ["/a"]

    def test_a_request_is_shown_with_its_bodies_readable(self, as_bob, team):
        log = make_log(team, request_body='{"name":"<Ü>"}', response_body="cut off…")

        text = as_bob.get(log.get_absolute_url()).content.decode()

        assert "&quot;name&quot;: &quot;&lt;Ü&gt;&quot;" in text
        assert "cut off…" in text

    def test_the_list_costs_as_many_queries_whatever_its_length(self, as_bob, team, django_assert_max_num_queries):
        key, _ = issue(team=team, name="Website", by=None)
        for _ in range(60):
            make_log(team, key=key)

        with django_assert_max_num_queries(8):
            as_bob.get(address("logs:list", team))

    def test_nothing_yet_and_nothing_found_are_told_apart(self, as_bob, team):
        assert "No requests yet" in as_bob.get(address("logs:list", team)).content.decode()
        assert "No requests match" in as_bob.get(address("logs:list", team) + "?q=x").content.decode()

    def test_old_requests_are_forgotten(self, team, monkeypatch):
        monkeypatch.setattr(expiring, "BATCH", 2)
        now = timezone.now()
        for days in (40, 35, 31, 29, 0):
            make_log(team, path=f"/{days}", at=now - timedelta(days=days))

        assert expiring.expire(now=now) == 3
        assert {log.path for log in RequestLog.objects.all()} == {"/29", "/0"}


class TestDocumentation:
    def test_the_examples_name_the_audience_that_is_asked_for(self, as_bob, team, audience):
        other = make_audience(team=team, name="Other")
        page = address("api_keys:documentation", team)

        for wanted, query in ((other, ""), (audience, f"?audience={audience.uuid}"), (other, "?audience=x")):
            text = as_bob.get(page + query).content.decode()

            assert f"/api/audiences/{wanted.uuid}/contacts" in text

    def test_without_an_audience_it_shows_an_example_id(self, as_bob, team):
        assert (
            "00000000-0000-0000-0000-000000000000"
            in as_bob.get(address("api_keys:documentation", team)).content.decode()
        )

    def test_another_teams_audience_is_not_named(self, as_bob, team, mallory):
        theirs = make_audience(team=mallory.teams.get(), name="Secret")

        answer = as_bob.get(address("api_keys:documentation", team) + f"?audience={theirs.uuid}")

        assert "Secret" not in answer.content.decode()

    def test_every_operation_is_there(self, as_bob, team, audience, client):
        text = as_bob.get(address("api_keys:documentation", team)).content.decode()

        for path in client.get("/api/openapi.json").json()["paths"]:
            assert path.removeprefix("/api") in text

    def test_it_is_in_the_menu_for_adding_contacts(self, as_bob, audience):
        text = as_bob.get(audience.get_absolute_url()).content.decode()

        assert f"/api-keys/documentation/?audience={audience.uuid}" in text
