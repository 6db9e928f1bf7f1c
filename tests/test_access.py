"""Every address of the product, as everybody who may come by.

The walk takes the addresses from the URL configuration itself, so a new page that nobody thought of fails here until
it says who may see it.
"""

import re
import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from api.issuing import issue
from api.models import RequestLog
from broadcasts.models import Email
from contacts.models import ContactImport
from exports.models import Export
from outbox.models import Message
from teams.models import Invitation
from tests.factories import NOON, make_audience, make_broadcast, make_contact, make_domain, make_user

# Pages that need no sign-in, by design. Everything else asks for one.
OPEN = re.compile(
    r"^(healthz|theme/|u/|o/|c/|api/openapi.json"
    r"|accounts/(login|signup|logout|password/reset|confirm-email|inactive|reauthenticate"
    r"|email/verify|2fa/authenticate|2fa/webauthn/(login|signup)))"
)
# What only admins may do; for members these answer 403. Everything else of a team is open to its members.
FOR_ADMINS = {
    "api_keys:create",
    "api_keys:revoke",
    "domains:create",
    "domains:delete",
    "exports:create",
    "exports:download",
    "settings:unsubscribe_page_reset",
    "team:invite",
    "team:member",
    "team:remove",
}


def _routes(patterns, prefix="", namespace=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield route, f"{namespace}{pattern.name}"


ROUTES = [(route, name) for route, name in _routes(get_resolver().url_patterns) if "^" not in route]
TEAM_ROUTES = [(route, name) for route, name in ROUTES if route.startswith("t/<slug:team>/")]


@pytest.fixture
def things(team, audience):
    """One of each thing an address may name, by the kind of converter argument that stands for it."""
    contact = make_contact(audience=audience, email="ada@x.test")
    broadcast = make_broadcast(team=team, audience=audience)
    of_import = ContactImport.objects.create(
        audience=audience,
        filename="people.csv",
        size=1,
        encoding="utf-8",
        delimiter=",",
        header=["email"],
        file="imports/none.csv",
    )
    key, _ = issue(team=team, name="deploy", by=None)
    log = RequestLog.objects.create(team=team, key=key, method="GET", path="/audiences", status=200, milliseconds=1)
    export = Export.objects.create(team=team, resource="contacts", expected=1, requested_by_name="Alice Arden")
    email = Email.objects.create(team=team, broadcast=broadcast, contact_id=contact.pk, address=contact.email)
    message = Message.objects.create(team=team, rcpt_to="ada@x.test", raw=b"Subject: Hi\r\n\r\nHello\r\n")
    member = make_user("carol@northwind.example", "Carol", team=team).memberships.get()
    invited = Invitation.objects.create(team=team, email="new@x.test", invited_by_name="Alice Arden", expires_at=NOON)
    return {
        "members/<uuid:uuid>": member.uuid,
        "invitations/<uuid:uuid>": invited.uuid,
        "audiences/<uuid:audience>": audience.uuid,
        "audiences/<uuid:uuid>": audience.uuid,
        "contacts/<uuid:public_id>": contact.public_id,
        "broadcasts/<uuid:uuid>": broadcast.uuid,
        "imports/<uuid:uuid>": of_import.uuid,
        "emails/<uuid:public_id>": email.public_id,
        "exports/<uuid:uuid>": export.uuid,
        "outbox/<uuid:uuid>": message.uuid,
        "api-keys/<uuid:uuid>": key.uuid,
        "logs/<uuid:uuid>": log.uuid,
        "domains/<uuid:uuid>": make_domain(team=team).uuid,
    }


def _address(route, team, things):
    address = "/" + route.replace("<slug:team>", team.slug)
    for pattern, value in things.items():
        address = address.replace(pattern, f"{pattern.split('/')[0]}/{value}")
    assert "<" not in address, f"the walk doesn't know what to put into {address}: teach `things`"
    return address


@pytest.mark.parametrize(("route", "name"), TEAM_ROUTES, ids=[name for _, name in TEAM_ROUTES])
class TestEveryTeamPage:
    def test_is_closed_to_the_signed_out(self, client, team, things, route, name):
        for method in (client.get, client.post):
            answer = method(_address(route, team, things))

            assert answer.status_code == 302
            assert answer.url.startswith("/accounts/login/")

    def test_does_not_exist_for_another_team(self, client, mallory, team, things, route, name):
        client.force_login(mallory)

        for method in (client.get, client.post):
            assert method(_address(route, team, things)).status_code == 404

    def test_does_not_reach_another_teams_things_through_ones_own(self, client, mallory, team, things, route, name):
        if route.count("<") == 1:
            return
        own = mallory.teams.get()
        make_audience(team=own)
        client.force_login(mallory)

        for method in (client.get, client.post):
            assert method(_address(route, own, things)).status_code in (404, 405)

    def test_answers_members_and_admins_without_an_error(self, team, things, route, name, alice, bob):
        for user in (bob, alice):
            client = Client()
            client.force_login(user)
            answer = client.get(_address(route, team, things))

            expected = {403} if name in FOR_ADMINS and user is bob else {200, 302, 405}
            assert answer.status_code in expected

    def test_survives_a_post_of_nonsense(self, as_alice, team, things, route, name):
        nonsense = {
            "name": "\x00",
            "audience": str(uuid.uuid4()),
            "addresses": "\x00",
            "version": "x" * 400,
            "html": "{{{",
        }

        assert as_alice.post(_address(route, team, things), nonsense).status_code < 500

    def test_things_that_were_never_there_are_404(self, as_alice, team, things, route, name):
        if route.count("<") == 1:
            return
        nothing = {pattern: uuid.uuid4() for pattern in things}

        for method in (as_alice.get, as_alice.post):
            assert method(_address(route, team, nothing)).status_code in (404, 405)


# These ask for a key, which no browser has: tests/api/test_access.py walks them.
PROGRAMS = re.compile(r"^api(?!/openapi.json)")
PAGES = [route for route, _ in ROUTES if "<" not in route and not PROGRAMS.match(route)]


@pytest.mark.parametrize("route", [route for route in PAGES if not OPEN.match(route)])
def test_every_other_page_asks_for_a_sign_in(client, db, route):
    answer = client.get("/" + route)

    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


@pytest.mark.parametrize("route", [route for route in PAGES if OPEN.match(route)])
def test_open_pages_answer(client, db, route):
    assert client.get("/" + route).status_code < 500
