"""What holds for every route: JSON always, both slash forms, odd bodies, errors in one shape."""

import pytest

from tests.factories import make_contact

NAME = {"name": "X"}


def refused(answer):
    return answer.status_code, answer.told["name"], answer.told["message"]


# What a program sends to POST /audiences/{id}/contacts, and what it is answered.
TABLE = [
    (b"", 422, "missing_required_field", "Missing `email` field."),
    (b"{}", 422, "missing_required_field", "Missing `email` field."),
    (b'{"first_name": "Ada"}', 422, "missing_required_field", "Missing `email` field."),
    (b"[]", 422, "validation_error", "The body must be a JSON object."),
    (b'"ada@x.test"', 422, "validation_error", "The body must be a JSON object."),
    (b"null", 422, "validation_error", "The body must be a JSON object."),
    (b"{", 400, "validation_error", "The body must be valid JSON."),
    (b"\xff\xfe", 400, "validation_error", "The body must be valid JSON."),
    (b"[" * 100_000, 400, "validation_error", "The body must be valid JSON."),
    (b'{"email": "a@x.test", "first_name": NaN}', 400, "validation_error", "The body must be valid JSON."),
    (b'{"email": "ada"}', 422, "validation_error", "Invalid `email` field. “ada” has no @."),
    (b'{"email": ""}', 422, "validation_error", "Invalid `email` field. The address is empty."),
    (b'{"email": 1}', 422, "validation_error", "Invalid `email` field: input should be a valid string."),
    (
        b'{"email": "a@x.test", "unsubscribed": "no"}',
        422,
        "validation_error",
        "Invalid `unsubscribed` field: input should be a valid boolean.",
    ),
]


@pytest.mark.parametrize(("body", "status", "name", "message"), TABLE, ids=[repr(row[0][:30]) for row in TABLE])
def test_what_can_not_be_taken_is_named(program, audience, body, status, name, message):
    answer = program("post", f"/audiences/{audience.uuid}/contacts", raw=body)

    assert answer.told == {"statusCode": status, "message": message, "name": name}
    assert list(answer.told) == ["statusCode", "message", "name"]
    assert answer.status_code == status
    assert not audience.contacts.exists()


def test_a_name_that_is_too_long_is_refused(program, audience):
    answer = program.post(f"/audiences/{audience.uuid}/contacts", {"email": "a@x.test", "first_name": "x" * 201})

    assert refused(answer) == (422, "validation_error", "A name has at most 200 characters.")


@pytest.mark.parametrize("character", ["\0", "\ud800", "\n"])
def test_characters_that_no_name_has_harm_nobody(program, audience, character):
    program.post(f"/audiences/{audience.uuid}/contacts", {"email": "a@x.test", "first_name": f"A{character}da"})

    assert audience.contacts.get().first_name == "A da"
    assert program.post("/audiences", {"name": "\0"}).status_code == 422


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_slash_forms_are_answered_without_a_redirect(program, audience, slash):
    contact = make_contact(audience=audience, email="ada@x.test")
    base = f"/audiences/{audience.uuid}"

    assert program.get(f"/audiences{slash}").status_code == 200
    assert program.get(f"{base}{slash}").status_code == 200
    assert program.get(f"{base}/contacts{slash}").status_code == 200
    assert program.get(f"{base}/contacts/{contact.email}{slash}").status_code == 200
    assert program.post(f"{base}/contacts{slash}", {"email": "b@x.test"}).status_code == 201


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("body", [b"{}", b'{"id": 1}', b"nonsense", b"[]"])
def test_bodies_of_gets_and_deletes_are_not_read(program, audience, method, body):
    assert program(method, f"/audiences/{audience.uuid}", raw=body).status_code == 200


def test_unknown_keys_are_ignored(program):
    assert program.post("/audiences", {**NAME, "id": "x", "filter": {"a": 1}, "audience_id": 3}).status_code == 201


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/audiences/a/b/c/d", "/emails", "/templates", "/webhooks"])
def test_what_is_not_served_is_not_found_in_json(program, path):
    for method in ("get", "post", "delete"):
        answer = program(method, path)

        assert refused(answer) == (404, "not_found", "The requested endpoint does not exist.")


@pytest.mark.parametrize("method", ["put", "patch", "options", "trace"])
def test_a_method_that_is_not_served_is_named_in_json(program, method):
    answer = program(method, "/audiences")

    assert refused(answer) == (405, "method_not_allowed", "Method is not allowed for the requested path.")


@pytest.mark.parametrize("made_up", ["undefined", "123", "x" * 500, "{00000000-0000-0000-0000-000000000000}"])
def test_an_id_that_is_none_is_told_so(program, made_up):
    for path in (f"/audiences/{made_up}", f"/segments/{made_up}", f"/audiences/{made_up}/contacts"):
        assert refused(program.get(path)) == (422, "validation_error", "The `id` must be a valid UUID.")


def test_an_id_that_was_never_given_out_is_not_found(program, audience):
    nobody = "00000000-0000-4000-8000-000000000000"

    assert refused(program.get(f"/audiences/{nobody}")) == (404, "not_found", "Audience not found")
    assert refused(program.get(f"/segments/{nobody}")) == (404, "not_found", "Audience not found")
    found = program.get(f"/audiences/{audience.uuid}/contacts/{nobody}")
    assert refused(found) == (404, "not_found", "Contact not found")


def test_neither_user_agent_nor_content_type_is_needed(program, audience, client):
    answer = client.generic(
        "POST",
        f"/api/audiences/{audience.uuid}/contacts",
        b'{"email": "ada@x.test"}',
        content_type="",
        headers={"Authorization": f"Bearer {program.token}"},
    )

    assert answer.status_code == 201


def test_an_accident_is_answered_in_json_and_logged(program, monkeypatch, caplog):
    monkeypatch.setattr("audiences.keeping.create", lambda **_: 1 / 0)

    answer = program.post("/audiences", NAME)

    assert refused(answer) == (500, "application_error", "An unexpected error occurred.")
    assert "ZeroDivisionError" in caplog.text


def test_a_body_beyond_measure_is_refused(program, audience, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    answer = program.post(f"/audiences/{audience.uuid}/contacts", {"email": "a@x.test", "x": "y" * 2_000})

    assert refused(answer)[:2] == (413, "validation_error")


def test_the_document_needs_no_key(client, db):
    answer = client.get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["components"]["securitySchemes"]
