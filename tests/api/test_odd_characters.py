"""Characters that no database keeps, anywhere in what a program writes: refused or left out, never stumbled over."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.interface import interface
from api.issuing import issue
from api.models import RequestLog
from contacts import defining
from tests.factories import make_broadcast, make_contact, make_domain

SOME_ID = "00000000-0000-0000-0000-000000000000"
CONTACT = {"email": "ada@x.test", "first_name": "Ada", "last_name": "O", "properties": {"plan": "pro"}}
BROADCAST = {
    "audience_id": "<audience>",
    "segment_id": "<audience>",
    "from": "Northwind <news@northwind.example>",
    "subject": "Spring",
    "reply_to": ["help@northwind.example"],
    "preview_text": "It is here",
    "name": "Spring",
    "html": "<p>Hello</p>",
    "text": "Hello",
}
# Each route that takes a body, with one that it accepts.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/audiences"): {"name": "News"},
    ("POST", "/segments"): {"name": "News"},
    ("PATCH", "/segments/{id}"): {"name": "News"},
    ("POST", "/audiences/{audience}/contacts"): CONTACT,
    ("PATCH", "/audiences/{audience}/contacts/{contact}"): {**CONTACT, "email": "x"},
    ("POST", "/contacts"): {**CONTACT, "segments": [{"id": "<audience>"}, "<audience>"], "audience_id": "<audience>"},
    ("PATCH", "/contacts/{contact}"): CONTACT,
    ("POST", "/contact-properties"): {"key": "city", "type": "string", "fallback_value": "Rome"},
    ("PATCH", "/contact-properties/{id}"): {"fallback_value": "Rome"},
    ("POST", "/broadcasts"): BROADCAST,
    ("PATCH", "/broadcasts/{broadcast}"): BROADCAST,
    ("POST", "/broadcasts/{broadcast}/send"): {"scheduled_at": "in 1 hour"},
    ("POST", "/suppressions"): {"email": "eve@x.test"},
    ("POST", "/suppressions/batch/add"): {"emails": ["eve@x.test"]},
    ("POST", "/suppressions/batch/remove"): {"emails": ["eve@x.test"]},
    ("POST", "/api-keys"): {"name": "worker", "permission": "full_access"},
    ("PATCH", "/api-keys/{id}"): {"name": "worker"},
    ("POST", "/domains"): {"name": "news.x.test", "region": "us-east-1"},
    ("PATCH", "/domains/{id}"): {"tls": "opportunistic"},
}
FORM = {"column_map": {"email": "email"}, "on_conflict": "skip", "segments": [{"id": "<audience>"}], "topics": []}


def spoiled(body: Any, odd: str) -> Iterator[Any]:
    """The body over and over, each time with `odd` in the middle of another one of its texts and keys."""
    if isinstance(body, str):
        yield body[:2] + odd + body[2:]
    elif isinstance(body, list):
        for place, each in enumerate(body):
            for worse in spoiled(each, odd):
                yield [*body[:place], worse, *body[place + 1 :]]
    elif isinstance(body, dict):
        for name, each in body.items():
            yield {(name[:2] + odd + name[2:] if key == name else key): value for key, value in body.items()}
            for worse in spoiled(each, odd):
                yield {**body, name: worse}


@pytest.fixture
def fill(team, audience):
    """A function that puts ids of things that are there into a text."""
    plan = defining.define(team=team, key="plan", kind="string")
    contact = make_contact(audience=audience, email="ada@x.test")
    ids = {
        "segments/{id}": f"segments/{audience.uuid}",
        "api-keys/{id}": f"api-keys/{issue(team=team, name='other', by=None)[0].uuid}",
        "domains/{id}": f"domains/{make_domain(team=team).uuid}",
        "contact-properties/{id}": f"contact-properties/{plan.uuid}",
        "{broadcast}": str(make_broadcast(team=team, audience=audience).uuid),
        "{audience}": str(audience.uuid),
        "{contact}": str(contact.public_id),
        "<audience>": str(audience.uuid),
    }

    def fill(text: str) -> str:
        for placeholder, identity in ids.items():
            text = text.replace(placeholder, identity)
        return text

    return fill


@pytest.mark.parametrize("odd", ["\0", "\ud800", "\udfff\0"], ids=ascii)
@pytest.mark.parametrize(("method", "path"), BODIES, ids=[f"{method} {path}" for method, path in BODIES])
def test_they_are_refused_or_left_out(program, as_alice, fill, method, path, odd):
    proper = json.loads(fill(json.dumps(BODIES[method, path])))
    bodies = list(spoiled(proper, odd))

    answers = [program(method, fill(path), each) for each in bodies]

    for body, answer in zip(bodies, answers, strict=True):
        assert answer.status_code < 500, (body, answer.told)
        assert answer.status_code < 400 or list(answer.told) == ["statusCode", "message", "name"]
    # What they were can be read afterwards.
    logs = list(RequestLog.objects.order_by("pk"))
    assert len(logs) == len(bodies)
    for log in logs:
        assert program.get(f"/logs/{log.uuid}").status_code == 200
    assert as_alice.get(logs[-1].get_absolute_url()).status_code == 200
    # That it is there already, or on its way, is all that may be wrong with the proper one.
    assert program(method, fill(path), proper).status_code in (200, 201, 403, 409)


def test_every_route_that_takes_a_body_is_asked():
    document = interface.get_openapi_schema(path_prefix="/")
    taking = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, told in operations.items()
        if "requestBody" in told
    }

    assert taking == set(BODIES) | {("POST", "/contacts/imports")}


@pytest.mark.parametrize("odd", ["\0", "\ud800"], ids=ascii)
def test_imports_refuse_them_too(program, fill, odd):
    proper = json.loads(fill(json.dumps(FORM)))
    for form in spoiled(proper, odd):
        parts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in form.items()}
        parts = {name.encode(errors="replace").decode(): each.encode(errors="replace") for name, each in parts.items()}

        assert imported(program, **parts) < 500
    for content in (b"email\nada@x.test\n\0@x.test\n", b"ema\0il\nada@x.test\n"):
        assert imported(program, content=content) < 500


@pytest.mark.parametrize("name", ["a\0b.csv", "a\ufffdb.csv", "\0"], ids=ascii)
def test_so_do_names_of_files(program, audience, name):
    assert imported(program, name=name) < 500


@pytest.mark.parametrize("path", ["/broadcasts/{broadcast}/recipients?type=sent&email=%00", "/contacts/%00@x.test"])
def test_addresses_with_them_find_nothing(program, fill, path):
    assert program.get(fill(path)).status_code in (200, 404, 422)


def imported(program, *, content: bytes = b"email\nada@x.test\n", name: str = "contacts.csv", **parts: Any) -> int:
    answer = Client(raise_request_exception=False).post(
        "/api/contacts/imports",
        {"file": SimpleUploadedFile(name, content), **parts},
        headers={"Authorization": f"Bearer {program.token}"},
    )
    assert answer["Content-Type"].startswith("application/json")
    return answer.status_code
