"""The exports of keys and logged requests: as the lists show them, and without a secret."""

import csv
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from api.issuing import issue, revoke
from api.models import RequestLog
from exports import registry, requesting
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _exports_folder(settings, tmp_path):
    kept = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "kept"}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}


@pytest.fixture
def exported(team, alice):
    """A function that gives the cells of an export by column, a dictionary for each row."""

    def export(resource, query=""):
        done = requesting.request(team=team, resource=resource, query=query, by=alice)
        assert done.status == "ready", done.failure
        content = storages["exports"].open(done.file).read().decode()
        exportable = registry.find(resource)
        theirs = exportable.resource().export(exportable.rows(team, QueryDict(query)))
        found = list(csv.reader(content.splitlines()))
        assert found == [theirs.headers, *(list(row) for row in theirs)], "PostgreSQL and the library write the same"
        return [dict(zip(found[0], row, strict=True)) for row in found[1:]]

    return export


@pytest.fixture
def requests(team, alice):
    """What two programs asked, one of them for another key; the tokens of all three keys."""
    key, token = issue(team=team, name="=deploy", by=alice)
    _, other = issue(team=team, name="Website", by=None)
    program = Program(token)
    program.get("/audiences", **{"User-Agent": 'resend "node", 4'})
    made = program.post("/api-keys", {"name": "made by a program"}).told["token"]
    program.get(f"/audiences?x={token}")
    Program(other).get("/nothing")
    return key, [token, other, made]


def test_keys_are_the_standing_ones_and_no_secret_is_among_them(exported, team, alice, requests):
    gone, _ = issue(team=team, name="gone", by=alice)
    revoke(gone)
    key, tokens = requests

    rows = exported("api-keys")

    assert [row["name"] for row in rows] == ["made by a program", "Website", "'=deploy"]
    assert list(rows[0]) == ["id", "name", "permission", "created_by", "created_at", "last_used_at"]
    assert rows[2] == {
        "id": str(key.uuid),
        "name": "'=deploy",
        "permission": "full_access",
        "created_by": alice.email,
        "created_at": f"{key.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "last_used_at": rows[2]["last_used_at"],
    }
    assert rows[2]["last_used_at"]
    assert not any(token[:8] in str(rows) for token in tokens)


def test_logs_are_those_that_the_list_shows(exported, requests):
    _, tokens = requests

    rows, errors = exported("logs"), exported("logs", "status=errors&days=7")

    assert [(row["method"], row["endpoint"].partition("?")[0], row["status"]) for row in rows] == [
        ("GET", "/nothing", "404"),
        ("GET", "/audiences", "200"),
        ("POST", "/api-keys", "201"),
        ("GET", "/audiences", "200"),
    ]
    assert (rows[3]["api_key"], rows[3]["user_agent"]) == ("'=deploy", 'resend "node", 4')
    assert [row["endpoint"] for row in errors] == ["/nothing"]
    assert not any(token[10:] in str(rows) for token in tokens)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=api-k", 1),
        ("method=POST&status=successes", 1),
        ("agent=node", 1),
        ("status=404", 1),
        ("days=1", 4),
        ("status=nonsense", 4),
    ],
)
def test_each_filter_of_the_logs_is_the_lists_own(exported, as_alice, team, requests, query, found):
    page = as_alice.get(f"{reverse('logs:list', args=[team.slug])}?{query}").text

    assert len(exported("logs", query)) == found
    assert f"{found} request" in page


def test_a_period_leaves_out_what_is_older(exported, requests):
    RequestLog.objects.filter(status=404).update(at=timezone.now() - timedelta(days=8))

    assert len(exported("logs", "days=7")) == 3


def test_the_filters_of_logs_are_said_in_words(as_alice, team, requests):
    key, _ = requests
    query = f"status=errors&days=7&key={key.uuid}&q=/aud&agent=node&method=GET"

    text = as_alice.get(f"{reverse('exports:create', args=[team.slug])}?resource=logs&{query}").text

    for words in ("Status: <b>Errors", "Period: <b>Last 7 days", "API key: <b>=deploy", "Endpoint: <b>/aud"):
        assert words in text
    assert "User agent: <b>node" in text
    assert "there is nothing to export" in text


@pytest.mark.parametrize(("page", "resource"), [("logs:list", "logs"), ("api_keys:list", "api-keys")])
def test_the_lists_offer_it_to_admins(client, alice, bob, team, requests, page, resource):
    shown = {}
    for user in (alice, bob):
        client.force_login(user)
        shown[user] = client.get(reverse(page, args=[team.slug])).text

    link = f'href="{reverse("exports:create", args=[team.slug])}?resource={resource}'
    assert link in shown[alice]
    assert link not in shown[bob]


def test_another_teams_keys_and_requests_are_not_in_it(exported, mallory, requests):
    theirs, token = issue(team=mallory.teams.get(), name="theirs", by=mallory)
    Program(token).get("/theirs")

    assert "theirs" not in str([exported("logs"), exported("api-keys")])
    assert exported("logs", f"key={theirs.uuid}") == exported("logs")
