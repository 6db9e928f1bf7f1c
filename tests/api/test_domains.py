"""Domains as programs add, verify and delete them."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from api.lists import moment
from api.models import ApiKey
from domains.models import Domain
from tests.api.conftest import Program
from tests.factories import NOON, make_domain, make_team

pytestmark = pytest.mark.django_db


def test_a_new_domain_comes_with_its_records(program, team, settings):
    settings.SPF_SENDERS = "include:spf.relay.example"

    answer = program.post("/domains", {"name": "Northwind.example", "region": "eu-west-1"})

    domain = team.domains.get()
    assert answer.status_code == 201
    assert answer.told == {
        "object": "domain",
        "id": str(domain.uuid),
        "name": "northwind.example",
        "status": "not_started",
        "created_at": moment(domain.created_at),
        "region": "self-hosted",
        "open_tracking": False,
        "click_tracking": False,
        "records": [
            {
                "record": "DKIM",
                "name": f"{domain.selector}._domainkey",
                "type": "TXT",
                "ttl": "Auto",
                "status": "not_started",
                "value": f"v=DKIM1; k=rsa; p={domain.public_key}",
            },
            {
                "record": "SPF",
                "name": "@",
                "type": "TXT",
                "ttl": "Auto",
                "status": "not_started",
                "value": "v=spf1 include:spf.relay.example ~all",
            },
        ],
    }
    assert program.get(f"/domains/{domain.uuid}").told == answer.told


@pytest.mark.parametrize(
    ("body", "status", "name", "message"),
    [
        ({}, 422, "missing_required_field", "Missing `name` field."),
        ({"name": ""}, 422, "missing_required_field", "Missing `name` field."),
        ({"name": 5}, 422, "validation_error", "Invalid `name` field"),
        ({"name": "localhost"}, 422, "validation_error", "has no dot"),
        ({"name": "a@b.example"}, 422, "validation_error", "is an e-mail address"),
        ({"name": "mine.example"}, 403, "validation_error", "among the team’s domains already"),
        ({"name": "held.example"}, 403, "validation_error", "Another team of this installation has verified"),
        ({"name": "x.example", "custom_return_path": "send"}, 422, "validation_error", "`custom_return_path`"),
        ({"name": "x.example", "open_tracking": True}, 422, "validation_error", "where a broadcast asks for it"),
        ({"name": "x.example", "tls": "enforced"}, 422, "validation_error", "the relay's to enforce"),
        ({"name": "x.example", "tls": "never"}, 422, "validation_error", "Invalid `tls` field"),
        ({"name": "x.example", "tracking_subdomain": "go"}, 422, "validation_error", "`tracking_subdomain`"),
    ],
)
def test_what_cannot_be_is_refused_and_adds_nothing(program, team, body, status, name, message):
    make_domain(team=team, name="mine.example")
    make_domain(team=make_team("Tailspin"), name="held.example", status="verified")

    answer = program.post("/domains", body)

    assert (answer.status_code, answer.told["name"]) == (status, name)
    assert message in answer.told["message"]
    assert team.domains.count() == 1


@pytest.mark.parametrize(
    ("of_domain", "outcome", "told"),
    [
        ("pending", None, "not_started"),
        ("pending", "verified", "verified"),
        ("pending", "missing", "pending"),
        ("failed", "missing", "failed"),
        ("failed", "different", "failed"),
        ("temporary_failure", "missing", "temporary_failure"),
        ("temporary_failure", "verified", "verified"),
        ("verified", "unanswered", "temporary_failure"),
    ],
)
def test_a_records_status_follows_from_what_was_found(program, team, of_domain, outcome, told):
    domain = make_domain(team=team, status=of_domain)
    if outcome:
        [row] = program.get(f"/domains/{domain.uuid}").told["records"]
        host = f"{row['name']}.{domain.name}"
        domain.findings = {"DKIM": {"outcome": outcome, "host": host, "value": row["value"]}}
        domain.save()

    answer = program.get(f"/domains/{domain.uuid}").told

    assert (answer["status"], answer["records"][0]["status"]) == (of_domain, told)


def test_the_list_has_no_records_and_pages(program, team):
    for number in range(3):
        make_domain(team=team, name=f"d{number}.example", created_at=NOON)

    everything = program.get("/domains").told
    part = program.get("/domains?limit=1").told

    assert [row["name"] for row in everything["data"]] == ["d2.example", "d1.example", "d0.example"]
    assert set(everything["data"][0]) == {"id", "name", "status", "created_at", "region"}
    assert (part["has_more"], len(part["data"])) == (True, 1)
    assert program.get(f"/domains?after={part['data'][0]['id']}").told["data"][0]["name"] == "d1.example"


def test_verify_has_dns_looked_at(program, team):
    domain = make_domain(team=team, status="failed", asked_at=None, due_at=NOON.replace(year=2999))

    answer = program.post(f"/domains/{domain.uuid}/verify", {})

    assert (answer.status_code, answer.told) == (200, {"object": "domain", "id": str(domain.uuid)})
    domain.refresh_from_db()
    assert (domain.status, domain.is_waiting) == ("pending", True)


def test_an_update_takes_what_is_so_and_refuses_the_rest(program, domain_id):
    same = {"id": domain_id, "open_tracking": False, "click_tracking": False, "tls": "opportunistic"}

    assert program.patch(f"/domains/{domain_id}", same).told == {"object": "domain", "id": domain_id}
    for change in ({"click_tracking": True}, {"tls": "enforced"}):
        assert program.patch(f"/domains/{domain_id}", change).status_code == 422


@pytest.fixture
def domain_id(team):
    return str(make_domain(team=team).uuid)


def test_a_deleted_domain_is_gone(program, domain_id):
    answer = program.delete(f"/domains/{domain_id}", {})

    assert answer.told == {"object": "domain", "id": domain_id, "deleted": True}
    assert not Domain.objects.exists()
    assert program.get(f"/domains/{domain_id}").told["message"] == "Domain not found"
    assert program.delete(f"/domains/{domain_id}").status_code == 404


class TestKeysOfOneDomain:
    def test_are_made_with_sending_access_only(self, program, team, domain_id):
        body = {"name": "worker", "permission": "sending_access", "domain_id": domain_id}
        assert program.post("/api-keys", body).status_code == 201
        key = team.api_keys.get(name="worker")
        assert (str(key.domain.uuid), key.domain_name) == (domain_id, "northwind.example")

        for permission in ({}, {"permission": "full_access"}):
            answer = program.post("/api-keys", {"name": "worker", "domain_id": domain_id, **permission})
            assert (answer.status_code, answer.told["message"]) == (
                422,
                "Only a key with sending access can be limited to a domain.",
            )

    def test_are_not_made_for_another_teams_domain(self, program, team):
        theirs = make_domain(team=make_team("Tailspin"))
        body = {"name": "worker", "permission": "sending_access", "domain_id": str(theirs.uuid)}

        assert program.post("/api-keys", body).told["message"] == "Domain not found"
        assert not team.api_keys.filter(name="worker").exists()

    def test_stay_limited_when_the_domain_is_deleted(self, program, team, domain_id, as_alice):
        body = {"name": "worker", "permission": "sending_access", "domain_id": domain_id}
        program.post("/api-keys", body)
        program.delete(f"/domains/{domain_id}")

        key = team.api_keys.get(name="worker")

        assert (key.domain, key.domain_name) == (None, "northwind.example")
        text = as_alice.get(f"/t/{team.slug}/api-keys/").text
        assert "Sending access, northwind.example only, which is deleted" in text

    @pytest.mark.parametrize(
        ("permission", "status", "said"), [("sending_access", 200, "northwind.example only"), ("full_access", 422, "")]
    )
    def test_are_made_in_the_browser(self, as_alice, team, domain_id, permission, status, said):
        asked = {"name": "worker", "permission": permission, "domain": domain_id}

        answer = as_alice.post(f"/t/{team.slug}/api-keys/new/", asked)

        assert answer.status_code == status
        assert said in answer.text
        assert team.api_keys.count() == (status == 200)
        assert ("Only a key with sending access" in answer.text) == (status == 422)

    def test_another_teams_domain_is_no_choice_in_the_browser(self, as_alice, team):
        theirs = make_domain(team=make_team("Tailspin"), name="theirs.example")

        asked = {"name": "worker", "permission": "sending_access", "domain": str(theirs.uuid)}
        answer = as_alice.post(f"/t/{team.slug}/api-keys/new/", asked)

        assert answer.status_code == 422
        assert "theirs.example" not in answer.text

    def test_are_made_by_the_command(self, team, domain_id):
        out = io.StringIO()
        limited = {"team": team.slug, "permission": "sending_access", "stdout": out}

        call_command("apikey", "create", "worker", domain="northwind.example", **limited)

        assert "(sending access, northwind.example only)" in out.getvalue()
        assert str(team.api_keys.get().domain.uuid) == domain_id
        with pytest.raises(CommandError, match="has no domain"):
            call_command("apikey", "create", "worker", domain="other.example", **limited)

    def test_open_no_route_as_none_is_for_sending_yet(self, program, team, audience, domain_id):
        body = {"name": "worker", "permission": "sending_access", "domain_id": domain_id}
        limited = Program(program.post("/api-keys", body).told["token"])
        for sender in ("news@northwind.example", "news@other.example"):
            written = {"audience_id": str(audience.uuid), "from": sender, "subject": "Hi", "text": "Hello"}

            assert limited.post("/broadcasts", written).told["name"] == "restricted_api_key"
        assert not team.broadcasts.exists()

    def test_the_database_limits_no_key_with_full_access(self, team):
        with pytest.raises(IntegrityError):
            ApiKey.objects.create(team=team, name="x", digest=b"x", start="re_", domain_name="northwind.example")
