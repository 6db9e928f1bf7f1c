"""Imports by the API: a file goes in, and nobody has to look at it."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts import defining, importing
from contacts.models import Contact, ContactImport
from tests.factories import NOON, make_audience, make_contact

CSV = b"email,first_name,unsubscribed\nada@x.test,Ada,no\nben@x.test,Ben,yes\nbad@,Eve,no\n"


@pytest.fixture
def upload(program):
    """A function that posts a file with the parts of a form; the answer."""

    def upload(content=CSV, **parts):
        file = {"file": SimpleUploadedFile("import.csv", content, "text/csv")} if content is not None else {}
        answer = program.client.post(
            "/api/contacts/imports", {**file, **parts}, headers={"Authorization": f"Bearer {program.token}"}
        )
        answer.told = json.loads(answer.content)
        return answer

    return upload


def run():
    importing.run(import_id=ContactImport.objects.get().pk, now=timezone.now())


def test_a_file_is_imported_to_its_end(program, upload, team, audience):
    answer = upload(segments=json.dumps([{"id": str(audience.uuid)}]))
    identity = answer.told["id"]
    assert (answer.status_code, answer.told) == (201, {"object": "contact_import", "id": identity})
    assert program.get(f"/contacts/imports/{identity}").told["status"] == "queued"

    run()

    told = program.get(f"/contacts/imports/{identity}").told
    assert told["status"] == "completed"
    assert told["counts"] == {"total": 3, "created": 2, "updated": 0, "skipped": 0, "failed": 1}
    assert told["completed_at"]
    assert {c.email: c.status_word for c in audience.contacts.all()} == {
        "ada@x.test": "subscribed",
        "ben@x.test": "unsubscribed",
    }


def test_without_segments_it_goes_to_general(upload, team):
    upload()
    run()

    assert team.audiences.get(name="General").contacts.count() == 2


def test_columns_are_named_by_their_headers(upload, audience):
    names = {"email": "E-Mail", "last_name": "Surname"}
    upload(b"Surname,e-mail\nOkafor,ada@x.test\n", column_map=json.dumps(names))
    run()

    assert Contact.objects.get().last_name == "Okafor"


@pytest.mark.parametrize(("on_conflict", "name"), [(None, "Ada"), ("upsert", "Ada"), ("skip", "Old")])
def test_who_is_there_is_brought_up_to_date_or_skipped(program, upload, audience, on_conflict, name):
    contact = make_contact(audience=audience, email="ada@x.test", first_name="Old")
    parts = {"on_conflict": on_conflict} if on_conflict else {}

    answer = upload(segments=json.dumps([{"id": str(audience.uuid)}]), **parts)
    run()

    contact.refresh_from_db()
    counts = program.get(f"/contacts/imports/{answer.told['id']}").told["counts"]
    assert contact.first_name == name
    assert (counts["updated"], counts["skipped"]) == ((1, 0) if name == "Ada" else (0, 1))


def test_nobody_is_subscribed_again(upload, audience):
    contact = make_contact(audience=audience, email="ada@x.test", unsubscribed_at=NOON)

    upload(segments=json.dumps([{"id": str(audience.uuid)}]))
    run()

    contact.refresh_from_db()
    assert contact.status_word == "unsubscribed"


@pytest.mark.parametrize(
    ("content", "parts", "message"),
    [
        (None, {}, "Missing `file` field."),
        (b"name\nada\n", {}, 'CSV missing required "email" column'),
        (CSV, {"column_map": '{"email": "mail"}'}, 'CSV missing required "email" column'),
        (CSV, {"column_map": '{"email": "email", "last_name": "surname"}'}, 'CSV has no "surname" column'),
        (CSV, {"column_map": "{"}, "The `column_map` must be JSON."),
        (CSV, {"column_map": '{"email": 1}'}, "The `column_map` must name columns by their headers."),
        (CSV, {"on_conflict": "replace"}, 'The `on_conflict` must be "upsert" or "skip".'),
        (CSV, {"segments": "x"}, "The `segments` must be JSON."),
        (CSV, {"segments": '[{"id": "x"}]'}, "The `segments` must be a valid UUID."),
        (CSV, {"topics": '[{"id": "x"}]'}, "Topics don't exist here, so `topics` must be empty."),
        (CSV, {"column_map": '{"email": "email", "properties": {"a": {"column": "b"}}}'}, 'CSV has no "b" column'),
        (CSV, {"column_map": '{"properties": {"a": {"column": 1}}}'}, "Each of the `properties` needs a `column`"),
        (CSV, {"column_map": '{"properties": {"a": {"column": "email", "type": "x"}}}'}, "Each of the `properties`"),
        (CSV, {"column_map": '{"properties": ["a"]}'}, "The `properties` of `column_map` must be an object."),
        (CSV, {"column_map": '{"properties": {"a b": "email"}}'}, "A key has up to 50 letters"),
        (CSV, {"column_map": '{"properties": {"email": "email"}}'}, "The key `email` is reserved."),
    ],
)
def test_what_can_not_be_imported_is_named_and_nothing_is_kept(upload, team, content, parts, message):
    answer = upload(content, **parts)

    assert answer.status_code == 422
    assert answer.told["message"].startswith(message)
    assert not ContactImport.objects.exists()


def test_a_file_that_is_too_big_is_refused(upload, settings):
    settings.IMPORT_MAX_BYTES = 10

    answer = upload()

    assert answer.status_code == 422
    assert "too big" in answer.told["message"]


@pytest.mark.parametrize("parts", [{"on_conflict": "x"}, {"column_map": "[]"}, {"column_map": '{"email": 1}'}], ids=str)
def test_what_is_refused_for_its_form_makes_no_general(upload, team, parts):
    assert upload(**parts).status_code == 422
    assert not team.audiences.exists()


def test_a_body_that_is_no_form_is_refused(program):
    assert program.post("/contacts/imports", {"file": "x"}).status_code == 422


def test_the_list_and_its_filter(program, upload, foreign_program):
    identity = upload().told["id"]

    assert [row["id"] for row in program.get("/contacts/imports").told["data"]] == [identity]
    assert program.get("/contacts/imports?status=completed").told["data"] == []
    assert program.get("/contacts/imports?status=done").status_code == 422
    assert foreign_program.get("/contacts/imports").told["data"] == []
    assert foreign_program.get(f"/contacts/imports/{identity}").status_code == 404


def test_another_teams_segment_takes_no_import(upload, mallory):
    theirs = make_audience(team=mallory.teams.get())

    assert upload(segments=json.dumps([{"id": str(theirs.uuid)}])).status_code == 404


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=" + "x" * 300, b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1_100 + b"--x--",
        ),
    ],
)
def test_a_form_that_is_none_is_no_accident(program, kind, body):
    answer = program.client.generic(
        "POST", "/api/contacts/imports", body, content_type=kind, headers={"Authorization": f"Bearer {program.token}"}
    )

    assert answer.status_code in (400, 422)
    assert answer.json()["statusCode"] == answer.status_code


PLANS = b"email,plan,Seats,Active\nada@x.test,pro,3,yes\nben@x.test,,x,no\ncleo@x.test,free,,\nADA@x.test,,4,\n"
MAP = {
    "email": "email",
    "properties": {
        "plan": {"column": "Plan"},
        "seats": {"column": "seats", "type": "number"},
        "active": {"column": "active", "type": "boolean"},
    },
}


def test_properties_are_filled_and_those_that_are_unknown_are_made(program, upload, team, audience):
    defining.define(team=team, key="plan", kind="string", fallback="none")
    there = {"plan": "old", "seats": 9, "city": "Rome"}
    cleo = make_contact(audience=audience, email="cleo@x.test", properties=there)

    answer = upload(PLANS, column_map=json.dumps(MAP), segments=json.dumps([str(audience.uuid)]))
    run()

    told = program.get(f"/contacts/imports/{answer.told['id']}").told
    cleo.refresh_from_db()
    assert told["counts"] == {"total": 4, "created": 1, "updated": 1, "skipped": 1, "failed": 1}
    assert audience.contacts.get(email="ada@x.test").properties == {"plan": "pro", "seats": 4, "active": True}
    assert cleo.properties == {**there, "plan": "free"}
    kinds = dict(team.contact_properties.values_list("key", "type"))
    assert kinds == {"plan": "string", "seats": "number", "active": "boolean"}
    assert program.get("/contacts/ada@x.test").told["properties"]["seats"] == {"value": 4, "type": "number"}


def test_importing_the_same_properties_again_changes_nothing(program, upload, audience):
    for _ in range(2):
        parts = {"column_map": json.dumps(MAP), "segments": json.dumps([str(audience.uuid)])}
        identity = upload(PLANS, **parts).told["id"]
        importing.run(import_id=ContactImport.objects.get(uuid=identity).pk, now=timezone.now())

    counts = program.get(f"/contacts/imports/{identity}").told["counts"]
    assert (counts["created"], counts["updated"]) == (0, 0)


def test_a_property_of_another_type_is_refused_and_leaves_nothing(upload, team, audience):
    defining.define(team=team, key="active", kind="string")

    answer = upload(PLANS, column_map=json.dumps(MAP), segments=json.dumps([str(audience.uuid)]))

    assert (answer.status_code, answer.told["message"]) == (422, "The property `active` is a string, not a boolean.")
    assert [each.key for each in team.contact_properties.all()] == ["active"]
    assert not ContactImport.objects.exists()
