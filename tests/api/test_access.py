"""Every route of the API, as every key may come by; the walk takes the routes from the API itself."""

import uuid

import pytest

from api import issuing
from api.interface import interface
from api.models import ApiKey, RequestLog
from audiences.models import Audience
from broadcasts.models import Broadcast
from contacts.models import Contact, ContactImport, ContactProperty, Suppression
from domains.models import Domain
from tests.api.conftest import Program
from tests.factories import make_broadcast, make_contact, make_domain

ROUTES = [
    (method, path)
    for path, operations in interface.get_openapi_schema(path_prefix="/")["paths"].items()
    for method in operations
]
BODY = {"email": "eve@x.test", "name": "Eve", "key": "plan", "type": "string", "emails": ["eve@x.test"]}
QUERY = {"/broadcasts/{broadcast}/recipients": "?type=sent"}
every_route = pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(route) for route in ROUTES])


@pytest.fixture
def things(team, audience):
    """One of each thing of Northwind, by the kind of id that stands for it in a route."""
    contact = make_contact(audience=audience, email="ada@x.test")
    key, _ = issuing.issue(team=team, name="theirs", by=None)
    log = RequestLog.objects.create(team=team, key=key, method="GET", path="/", status=200, milliseconds=1)
    upload = ContactImport.objects.create(
        audience=audience, filename="a.csv", size=1, encoding="utf-8", delimiter=",", file="imports/none.csv"
    )
    return {
        "/audiences/{id}": audience.uuid,
        "/segments/{id}": audience.uuid,
        "{audience}": audience.uuid,
        "{segment}": audience.uuid,
        "{contact}": contact.public_id,
        "/contacts/imports/{id}": upload.uuid,
        "/contact-properties/{id}": ContactProperty.objects.create(team=team, key="seats", type="number").uuid,
        "{broadcast}": make_broadcast(team=team, audience=audience).uuid,
        "{suppression}": Suppression.objects.create(team=team, address="ben@x.test", reason="manual").uuid,
        "/domains/{id}": make_domain(team=team).uuid,
        "/api-keys/{id}": key.uuid,
        "/logs/{id}": log.uuid,
    }


def address(path, things):
    """The route with Northwind's things in it."""
    path += QUERY.get(path, "")
    for pattern, identity in things.items():
        path = path.replace(pattern, pattern.replace(pattern[pattern.index("{") :], str(identity)))
    assert "{" not in path, f"the walk doesn't know what to put into {path}: teach `things`"
    return path


def rows(team):
    """What Northwind has, to see whether anything of it changed."""
    return [
        list(Audience.objects.filter(team=team).values()),
        list(Broadcast.objects.filter(team=team).values()),
        list(Contact.objects.filter(audience__team=team).values()),
        list(ContactImport.objects.filter(audience__team=team).values()),
        list(ContactProperty.objects.filter(team=team).values()),
        list(Suppression.objects.filter(team=team).values()),
        list(Domain.objects.filter(team=team).values()),
        list(ApiKey.objects.filter(team=team).exclude(name="own").values()),
    ]


@every_route
def test_without_a_standing_key_every_route_is_closed(team, things, method, path):
    key, revoked = issuing.issue(team=team, name="own", by=None)
    issuing.revoke(key)

    for token in ("", "re_made_up", revoked):
        assert Program(token)(method, address(path, things), BODY).status_code == 401


@every_route
def test_a_sending_key_opens_no_route(team, things, method, path):
    _, token = issuing.issue(team=team, name="own", by=None, permission="sending_access")
    before = rows(team)

    answer = Program(token)(method, address(path, things), BODY)

    assert (answer.status_code, answer.told["name"]) == (401, "restricted_api_key")
    assert rows(team) == before


@every_route
def test_another_teams_key_reaches_nothing(foreign_program, team, things, method, path):
    before = rows(team)

    answer = foreign_program(method, address(path, things), BODY)

    assert rows(team) == before
    if "{" in path and method != "delete":
        assert (answer.status_code, answer.told["name"]) == (404, "not_found")
    for identity in things.values():
        assert method == "delete" or str(identity) not in str(answer.told)


@every_route
def test_ids_that_were_never_given_out_are_no_accident(program, team, things, method, path):
    nothing = dict.fromkeys(things, uuid.uuid4())
    nonsense = dict.fromkeys(things, "undefined")

    assert program(method, address(path, nothing), BODY).status_code < 500
    if "{" in path:
        assert program(method, address(path, nonsense), BODY).status_code == 422


def test_a_key_of_one_team_leaves_its_log_with_that_team(foreign_program, team, mallory):
    foreign_program.get("/audiences")

    assert not team.request_logs.exists()
    assert mallory.teams.get().request_logs.count() == 1
