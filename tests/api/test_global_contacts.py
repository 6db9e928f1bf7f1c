"""Contacts without an audience, as newer SDKs name them."""

import threading

import pytest
from django.db import connection

from contacts import deleting, keeping
from contacts.models import Contact, ContactProperty
from tests.factories import NOON, make_audience, make_contact


@pytest.fixture
def other(team):
    return make_audience(team=team, name="Other")


@pytest.fixture
def twice(audience, other):
    """One person in two audiences, the newest contact first."""
    older = make_contact(audience=audience, email="ada@x.test", first_name="Ada")
    return [make_contact(audience=other, email="ada@x.test"), older]


def test_without_an_audience_a_contact_goes_to_general(program, team):
    first = program.post("/contacts", {"email": "ada@x.test"})
    second = program.post("/contacts", {"email": "ben@x.test"})

    general = team.audiences.get()
    assert (first.status_code, second.status_code) == (201, 201)
    assert general.name == "General"
    assert general.subscribed == 2


@pytest.mark.parametrize("spelled", [lambda uuid: {"id": str(uuid)}, str])
def test_segments_are_audiences_and_the_first_contact_is_answered(program, audience, other, spelled):
    segments = [spelled(other.uuid), spelled(audience.uuid)]

    answer = program.post("/contacts", {"email": "ada@x.test", "segments": segments})

    assert answer.told["id"] == str(other.contacts.get().public_id)
    assert audience.contacts.count() == 1


def test_an_audience_in_the_body_counts(program, audience):
    program.post("/contacts", {"email": "ada@x.test", "audience_id": str(audience.uuid)})

    assert audience.contacts.count() == 1


def test_it_is_all_or_nothing(program, audience):
    nobody = "00000000-0000-4000-8000-000000000000"

    answer = program.post("/contacts", {"email": "ada@x.test", "segments": [str(audience.uuid), nobody]})

    assert answer.status_code == 404
    assert not Contact.objects.exists()


def test_topics_are_refused_rather_than_dropped(program):
    topics = [{"id": "x", "subscription": "opt_out"}]

    assert program.post("/contacts", {"email": "ada@x.test", "topics": topics}).status_code == 422
    assert program.post("/contacts", {"email": "ada@x.test", "topics": []}).status_code == 201


def test_the_list_has_a_row_per_contact_newest_first(program, twice, foreign_program):
    told = program.get("/contacts").told

    assert [row["id"] for row in told["data"]] == [str(each.public_id) for each in twice]
    assert program.get("/contacts?limit=1").told["has_more"] is True
    assert foreign_program.get("/contacts").told["data"] == []


def test_the_list_of_one_segment(program, twice, audience):
    [row] = program.get(f"/contacts?segment_id={audience.uuid}").told["data"]

    assert row["id"] == str(twice[1].public_id)


def test_an_address_names_the_newest_and_an_id_the_one(program, twice):
    newest, older = twice

    assert program.get("/contacts/ada@x.test").told["id"] == str(newest.public_id)
    assert program.get(f"/contacts/{older.public_id}").told["id"] == str(older.public_id)


def test_unsubscribing_by_address_reaches_every_audience(program, twice):
    program.patch("/contacts/ada@x.test", {"unsubscribed": True})

    assert {each.status_word for each in Contact.objects.all()} == {"unsubscribed"}


def test_unsubscribing_says_so_beside_no_properties_too(program, twice):
    assert program.patch("/contacts/ada@x.test", {"unsubscribed": True, "properties": {}}).status_code == 200

    assert {each.status_word for each in Contact.objects.all()} == {"unsubscribed"}


def test_unsubscribing_by_address_passes_over_who_is_deleted_meanwhile(program, twice, other, monkeypatch):
    change = keeping.change

    def late(**given):
        deleting.delete(audience=other, contact_ids=[twice[0].pk])
        return change(**given)

    monkeypatch.setattr(keeping, "change", late)

    assert program.patch("/contacts/ada@x.test", {"unsubscribed": True}).status_code == 200
    assert [(each.pk, each.status_word) for each in Contact.objects.all()] == [(twice[1].pk, "unsubscribed")]


def test_a_segment_that_is_named_again_counts_once_and_there_are_a_hundred_at_most(
    program, audience, django_assert_max_num_queries
):
    program.post("/contacts", {"email": "first@x.test"})

    with django_assert_max_num_queries(30):
        often = program.post("/contacts", {"email": "ada@x.test", "segments": [str(audience.uuid)] * 100})
    too_often = program.post("/contacts", {"email": "ben@x.test", "segments": [str(audience.uuid)] * 101})

    assert often.status_code == 201
    assert too_often.status_code == 422
    assert "`segments`" in too_often.told["message"]


@pytest.mark.parametrize(
    "change", [{"unsubscribed": False}, {"first_name": "Eve"}, {"unsubscribed": True, "first_name": "E"}]
)
def test_other_changes_by_address_must_be_unambiguous(program, twice, change):
    Contact.objects.update(unsubscribed_at=NOON)

    answer = program.patch("/contacts/ada@x.test", change)

    assert (answer.status_code, answer.told["name"]) == (409, "validation_error")
    assert "in 2 audiences" in answer.told["message"]
    assert not Contact.objects.filter(first_name__startswith="E").exists()
    assert not Contact.objects.filter(unsubscribed_at=None).exists()


def test_a_change_by_id_reaches_that_contact_alone(program, twice):
    newest, older = twice

    program.patch(f"/contacts/{older.public_id}", {"unsubscribed": True, "first_name": "Eve"})

    newest.refresh_from_db()
    older.refresh_from_db()
    assert (newest.status_word, newest.first_name) == ("subscribed", "")
    assert (older.status_word, older.first_name) == ("unsubscribed", "Eve")


def test_deleting_by_id_and_by_address(program, team, audience, other, twice):
    newest, older = twice
    assert program.delete(f"/contacts/{older.public_id}").told["contact"] == str(older.public_id)
    assert list(Contact.objects.all()) == [newest]
    make_contact(audience=audience, email="ada@x.test")

    assert program.delete("/contacts/ada@x.test").status_code == 200
    assert not Contact.objects.exists()
    assert program.delete("/contacts/ada@x.test").told["deleted"] is True


def test_joining_a_segment_takes_the_person_along_and_lifts_nothing(program, team, audience, other):
    ContactProperty.objects.create(team=team, key="plan", type="string")
    ada = make_contact(audience=audience, email="ada@x.test", first_name="Ada", properties={"plan": "pro", "old": 1})
    gone = make_contact(audience=other, email="ada@x.test", unsubscribed_at=NOON)
    program.delete(f"/contacts/{gone.public_id}")

    answer = program.post(f"/contacts/{ada.public_id}/segments/{other.uuid}")

    there = other.contacts.get()
    assert answer.told == {
        "object": "contact_segment",
        "id": str(there.public_id),
        "contact_id": str(there.public_id),
        "segment_id": str(other.uuid),
    }
    assert (there.first_name, there.properties, there.status_word) == ("Ada", {"plan": "pro"}, "unsubscribed")


def test_joining_twice_changes_nothing(program, twice, audience, other):
    answer = program.post(f"/contacts/{twice[1].public_id}/segments/{other.uuid}", {"segment_id": "x"})

    assert answer.status_code == 200
    assert other.contacts.get().first_name == ""


def test_the_segments_of_a_person(program, twice, audience, other):
    told = program.get("/contacts/ada@x.test/segments").told

    assert [row["name"] for row in told["data"]] == ["Other", "Newsletter"]


def test_leaving_a_segment(program, twice, audience, other):
    answer = program.delete(f"/contacts/ada@x.test/segments/{other.uuid}")

    assert answer.told["deleted"] is True
    assert not other.contacts.exists()
    assert audience.contacts.exists()


def test_nobody_is_not_found(program, foreign_program, audience, twice):
    for ask in (program, foreign_program):
        of = "nobody@x.test" if ask is program else "ada@x.test"
        for method, path in (("get", ""), ("patch", ""), ("get", "/segments"), ("post", f"/segments/{audience.uuid}")):
            answer = ask(method, f"/contacts/{of}{path}", {})

            assert answer.told == {"statusCode": 404, "message": "Contact not found", "name": "not_found"}
    foreign_program.delete("/contacts/ada@x.test")
    foreign_program.delete(f"/contacts/{twice[0].public_id}")
    assert Contact.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_first_contacts_make_one_general(program, team):
    begin = threading.Barrier(10)

    def create(number):
        try:
            begin.wait()
            program.post("/contacts", {"email": f"ada{number}@x.test"})
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert team.audiences.get().subscribed == 10
