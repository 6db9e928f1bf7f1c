"""Contact properties: what may be defined and what a value must be."""

import pytest

from contacts import values
from contacts.models import ContactProperty
from tests.factories import make_contact


def test_create_get_list_update_delete(program, team):
    made = program.post("/contact-properties", {"key": "plan", "type": "string", "fallback_value": "free"})
    identity = made.told["id"]

    assert (made.status_code, made.told) == (201, {"object": "contact_property", "id": identity})
    told = program.get(f"/contact-properties/{identity}").told
    assert told == {
        "object": "contact_property",
        "id": identity,
        "key": "plan",
        "type": "string",
        "fallback_value": "free",
        "created_at": told["created_at"],
    }
    assert program.get("/contact-properties").told["data"] == [told]
    program.patch(f"/contact-properties/{identity}", {"fallback_value": None, "key": "other", "id": identity})
    assert program.get(f"/contact-properties/{identity}").told == {**told, "fallback_value": None}
    deleted = program.delete(f"/contact-properties/{identity}")
    assert deleted.told == {"object": "contact_property", "id": identity, "deleted": True}
    assert program.get(f"/contact-properties/{identity}").status_code == 404


@pytest.mark.parametrize(
    "key",
    ["", "a b", "ü", "x" * 51, "email", "FIRST_NAME", "this", "resend_unsubscribe_url", "CLICK_TOKEN", "OPEN_TOKEN"],
)
def test_a_key_must_be_usable_in_a_merge_tag(program, key):
    assert program.post("/contact-properties", {"key": key, "type": "string"}).status_code == 422


def test_keys_differ_by_case_and_come_once(program):
    assert program.post("/contact-properties", {"key": "Plan", "type": "string"}).status_code == 201
    assert program.post("/contact-properties", {"key": "plan", "type": "string"}).status_code == 201
    assert program.post("/contact-properties", {"key": "plan", "type": "number"}).status_code == 409


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("string", "x", True),
        ("string", "x" * 2_001, False),
        ("string", "\0", False),
        ("string", 1, False),
        ("number", 1, True),
        ("number", 1.5, True),
        ("number", True, False),
        ("number", float("inf"), False),
        ("boolean", True, True),
        ("boolean", 1, False),
    ],
)
def test_values_are_of_the_propertys_type(kind, value, fits):
    assert values.fits(kind, value) is fits


def test_a_number_beyond_all_bounds_is_refused(program, audience, team):
    ContactProperty.objects.create(team=team, key="seats", type="number")

    for body in (
        b'{"email": "a@x.test", "properties": {"seats": 1e999}}',
        b'{"email": "a@x.test", "properties": {"seats": NaN}}',
    ):
        assert program("post", f"/audiences/{audience.uuid}/contacts", raw=body).status_code in (400, 422)


def test_so_is_one_with_more_digits_than_any_number_has(program, audience, team):
    ContactProperty.objects.create(team=team, key="seats", type="number")
    most = 10**400

    contact = program.post(f"/audiences/{audience.uuid}/contacts", {"email": "a@x.test", "properties": {"seats": most}})
    fallback = program.post("/contact-properties", {"key": "rows", "type": "number", "fallback_value": most})

    assert (contact.status_code, fallback.status_code) == (422, 422)
    assert not audience.contacts.exists()


def test_values_of_a_property_that_is_gone_are_not_shown(program, team, audience):
    make_contact(audience=audience, email="ada@x.test", properties={"plan": "pro"})

    assert program.get("/contacts/ada@x.test").told["properties"] == {}

    ContactProperty.objects.create(team=team, key="plan", type="number")
    assert program.get("/contacts/ada@x.test").told["properties"] == {}


def test_a_change_of_properties_stands_in_the_history(program, team, audience):
    ContactProperty.objects.create(team=team, key="plan", type="string")
    contact = make_contact(audience=audience, email="ada@x.test", properties={"plan": "free"})

    program.patch("/contacts/ada@x.test", {"properties": {"plan": "pro"}})

    assert contact.events.get().data == {"changes": {"plan": ["free", "pro"]}}


def test_another_teams_properties_are_not_seen(foreign_program, team):
    mine = ContactProperty.objects.create(team=team, key="plan", type="string")

    assert foreign_program.get("/contact-properties").told["data"] == []
    assert foreign_program.get(f"/contact-properties/{mine.uuid}").status_code == 404
    assert foreign_program.patch(f"/contact-properties/{mine.uuid}", {}).status_code == 404
    foreign_program.delete(f"/contact-properties/{mine.uuid}")
    assert ContactProperty.objects.exists()
