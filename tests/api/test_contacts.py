"""Contacts of an audience: what is kept, what is answered, and that nobody is subscribed by accident."""

import threading

import pytest
from django.db import connection

from contacts import deleting, keeping, suppressing
from contacts.models import Contact, ContactProperty
from tests.factories import NOON, make_audience, make_contact

ADA = {"email": "Ada@X.test", "first_name": "Ada", "last_name": "Okafor", "unsubscribed": False}


@pytest.fixture
def path(audience):
    return f"/audiences/{audience.uuid}/contacts"


def opted_out(audience, **fields):
    return make_contact(
        audience=audience, email="ada@x.test", unsubscribed_at=NOON, unsubscribed_why="recipient", **fields
    )


def test_a_contact_is_added(program, audience, path):
    answer = program.post(path, ADA)

    contact = audience.contacts.get()
    audience.refresh_from_db()
    assert answer.status_code == 201
    assert answer.told == {"object": "contact", "id": str(contact.public_id)}
    assert (contact.email, contact.first_name, contact.last_name) == ("ada@x.test", "Ada", "Okafor")
    assert audience.subscribed == 1
    assert contact.events.get().actor == "API key deploy"


def test_it_costs_few_queries(program, path, django_assert_max_num_queries):
    program.post(path, ADA)

    # The key with the audience, the contact, the log.
    with django_assert_max_num_queries(3):
        program.post(path, {"email": "ben@x.test"})


def test_the_one_who_is_there_keeps_what_is_not_sent(program, audience, path):
    first = program.post(path, ADA)

    again = program.post(path, {"email": "ADA@x.test", "last_name": "Lovelace", "first_name": None})

    contact = audience.contacts.get()
    assert again.status_code == 201
    assert again.told == first.told
    assert (contact.first_name, contact.last_name) == ("Ada", "Lovelace")


@pytest.mark.parametrize("sent", [{}, {"unsubscribed": False}, {"unsubscribed": None}])
def test_a_post_never_lifts_an_opt_out(program, audience, path, sent):
    contact = opted_out(audience)

    assert program.post(path, {"email": contact.email, **sent}).status_code == 201

    contact.refresh_from_db()
    assert contact.unsubscribed_at == NOON


@pytest.mark.parametrize("sent", [{}, {"unsubscribed": False}])
def test_nor_does_deleting_and_posting_again(program, audience, path, sent):
    deleting.delete(audience=audience, contact_ids=[opted_out(audience).pk])

    program.post(path, {"email": "ada@x.test", **sent})

    assert audience.contacts.get().status_word == "unsubscribed"


def test_nor_does_it_lift_a_suppression(program, team, audience, path):
    suppressing.suppress(team=team, address="ada@x.test", reason="bounce", at=NOON)

    program.post(path, ADA)

    assert audience.contacts.get().status_word == "bounced"


def test_a_post_may_unsubscribe(program, audience, path):
    program.post(path, ADA)

    program.post(path, {"email": "ada@x.test", "unsubscribed": True})
    program.post(path, {"email": "ben@x.test", "unsubscribed": True})

    audience.refresh_from_db()
    assert (audience.subscribed, audience.unsubscribed) == (0, 2)
    assert {each.unsubscribed_why for each in audience.contacts.all()} == {"api"}


def test_a_patch_lifts_an_opt_out_and_that_is_recorded(program, audience, path):
    contact = opted_out(audience)

    answer = program.patch(f"{path}/{contact.email}", {"unsubscribed": False})

    contact.refresh_from_db()
    event = contact.events.get()
    assert answer.told == {"object": "contact", "id": str(contact.public_id)}
    assert contact.status_word == "subscribed"
    assert (event.kind, event.actor) == ("resubscribed", "API key deploy")


def test_a_patch_does_not_lift_a_suppression(program, team, audience, path):
    contact = opted_out(audience)
    suppressing.suppress(team=team, address=contact.email, reason="complaint", at=NOON)

    answer = program.patch(f"{path}/{contact.email}", {"unsubscribed": False, "first_name": "Ada"})

    contact.refresh_from_db()
    assert answer.status_code == 422
    assert (contact.status_word, contact.first_name) == ("complained", "")


def test_a_patch_changes_what_it_names_and_nothing_else(program, audience, path):
    contact = make_contact(audience=audience, email="ada@x.test", first_name="Ada", last_name="Okafor")

    program.patch(f"{path}/{contact.public_id}", {"first_name": None, "email": "eve@x.test"})

    contact.refresh_from_db()
    assert (contact.email, contact.first_name, contact.last_name) == ("ada@x.test", "", "Okafor")


def test_names_in_camel_case_are_taken_too(program, audience, path):
    program.post(path, {"email": "ada@x.test", "firstName": "Ada", "lastName": "Okafor"})

    assert audience.contacts.get().name == "Ada Okafor"


@pytest.mark.parametrize("address", ["a+b@x.test", "a%2Bb@x.test", "a%2Bb%40x.test", "A+B@X.test"])
def test_addresses_in_paths_come_raw_or_encoded(program, audience, path, address):
    contact = make_contact(audience=audience, email="a+b@x.test")

    answer = program.get(f"{path}/{address}")

    assert answer.told["id"] == str(contact.public_id)


def test_an_address_with_a_slash_is_reached(program, team, audience, path):
    at = "a%2Fb@x.test"
    made = program.post(path, {"email": "a/b@x.test"}).told["id"]

    for base in (path, "/contacts"):
        assert program.get(f"{base}/{at}").told["email"] == "a/b@x.test"
        assert program.get(f"{base}/{at}/").told["id"] == made
        assert program.patch(f"{base}/{at}", {"first_name": base}).told["id"] == made
        assert program.get(f"{base}/{at}").told["first_name"] == base
    assert program.get(f"/contacts/{at}/segments").told["data"][0]["id"] == str(audience.uuid)
    program.post("/suppressions", {"email": "a/b@x.test"})
    assert program.get(f"/suppressions/{at}").told["email"] == "a/b@x.test"
    assert program.delete(f"/suppressions/{at}").status_code == 200
    program.delete(f"{path}/{at}")
    assert not audience.contacts.exists()
    program.post(path, {"email": "a/b@x.test"})
    program.delete(f"/contacts/{at}")
    assert not audience.contacts.exists()


@pytest.fixture
def deleted_meanwhile(monkeypatch, audience):
    """Ada, whom somebody deletes whenever a program has found her and is about to change her."""
    ada = make_contact(audience=audience, email="ada@x.test")
    change = keeping.change

    def too_late(**given):
        deleting.delete(audience=audience, contact_ids=[ada.pk])
        return change(**given)

    monkeypatch.setattr(keeping, "change", too_late)
    return ada


@pytest.mark.parametrize("told", [{"unsubscribed": True}, {"first_name": "Ada"}], ids=str)
def test_who_is_deleted_meanwhile_is_added_again(program, audience, path, deleted_meanwhile, told):
    answer = program.post(path, {"email": "ada@x.test", **told})

    there = audience.contacts.get()
    assert (answer.status_code, answer.told["id"]) == (201, str(there.public_id))
    assert there.pk != deleted_meanwhile.pk
    assert (there.status_word, there.first_name) == (
        "unsubscribed" if "unsubscribed" in told else "subscribed",
        told.get("first_name", ""),
    )


@pytest.mark.parametrize("told", [{"unsubscribed": True}, {"unsubscribed": False}, {"first_name": "A"}], ids=str)
@pytest.mark.parametrize("everywhere", [False, True], ids=["in an audience", "everywhere"])
def test_who_is_deleted_meanwhile_can_not_be_changed(program, path, deleted_meanwhile, everywhere, told):
    answer = program.patch(f"{'/contacts' if everywhere else path}/{deleted_meanwhile.public_id}", told)

    assert (answer.status_code, answer.told["message"]) == (404, "Contact not found")


def test_a_contact_is_told_as_resend_tells_it(program, audience, path):
    contact = make_contact(audience=audience, email="ada@x.test", created_at=NOON)

    answer = program.get(f"{path}/{contact.public_id}")

    assert list(answer.told.items()) == [
        ("object", "contact"),
        ("id", str(contact.public_id)),
        ("email", "ada@x.test"),
        ("first_name", None),
        ("last_name", None),
        ("created_at", "2026-11-22 12:00:00+00"),
        ("unsubscribed", False),
        ("properties", {}),
    ]


def test_deleting_echoes_what_was_named_and_forgives_what_is_not_there(program, audience, path):
    contact = make_contact(audience=audience, email="ada@x.test")

    first = program.delete(f"{path}/ada@x.test", {"audience_id": "x", "id": "y"})
    second = program.delete(f"{path}/ada@x.test")

    assert first.told == {
        "object": "contact",
        "id": str(contact.public_id),
        "contact": "ada@x.test",
        "deleted": True,
    }
    assert second.status_code == 200
    assert second.told["deleted"] is True
    audience.refresh_from_db()
    assert audience.total == 0


def test_a_contact_of_another_audience_is_not_reached(program, team, path):
    elsewhere = make_contact(audience=make_audience(team=team, name="Other"), email="ada@x.test")

    for reference in (elsewhere.public_id, elsewhere.email):
        assert program.get(f"{path}/{reference}").status_code == 404
        assert program.patch(f"{path}/{reference}", {"first_name": "X"}).status_code == 404
        program.delete(f"{path}/{reference}")
    elsewhere.refresh_from_db()
    assert elsewhere.first_name == ""


def test_properties_are_kept_shown_with_their_type_and_removed_by_null(program, team, audience, path):
    ContactProperty.objects.create(team=team, key="plan", type="string")
    ContactProperty.objects.create(team=team, key="seats", type="number")

    program.post(path, {"email": "ada@x.test", "properties": {"plan": "pro", "seats": 5}})
    assert program.get(f"{path}/ada@x.test").told["properties"] == {
        "plan": {"value": "pro", "type": "string"},
        "seats": {"value": 5, "type": "number"},
    }

    program.patch(f"{path}/ada@x.test", {"properties": {"plan": None}})
    assert audience.contacts.get().properties == {"seats": 5}


@pytest.mark.parametrize(
    "properties", [{"seats": "five"}, {"seats": True}, {"other": "x"}, {"plan": 5}, {"plan": {}}, {"\0": 1}]
)
def test_a_property_that_is_unknown_or_of_another_type_fails_the_whole_call(program, team, audience, path, properties):
    ContactProperty.objects.create(team=team, key="plan", type="string")
    ContactProperty.objects.create(team=team, key="seats", type="number")

    answer = program.post(path, {"email": "ada@x.test", "properties": properties})

    assert answer.status_code == 422
    assert answer.told["name"] == "validation_error"
    assert not audience.contacts.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_creates_of_one_address_at_once_make_one_contact(program, audience, path):
    answers = []
    begin = threading.Barrier(50)

    def create():
        try:
            begin.wait()
            answers.append(program.post(path, ADA))
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    contact = Contact.objects.get()
    audience.refresh_from_db()
    assert [answer.status_code for answer in answers] == [201] * 50
    assert {answer.told["id"] for answer in answers} == {str(contact.public_id)}
    assert (audience.total, contact.events.count()) == (1, 1)
