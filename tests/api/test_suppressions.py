"""Suppressions by the API: kept with who asked for them, and lifted only by name."""

import pytest

from contacts import suppressing
from contacts.models import Contact, Suppression
from tests.factories import NOON, make_audience, make_contact


@pytest.fixture
def ada(audience):
    return make_contact(audience=audience, email="ada@x.test")


def test_create_get_list_delete(program, team, audience, ada):
    made = program.post("/suppressions", {"email": "ADA@x.test"})
    identity = made.told["id"]

    assert (made.status_code, made.told) == (201, {"object": "suppression", "id": identity})
    assert Suppression.objects.get().actor == "API key deploy"
    told = program.get(f"/suppressions/{identity}").told
    assert told == {
        "object": "suppression",
        "id": identity,
        "email": "ada@x.test",
        "origin": "manual",
        "source_id": None,
        "created_at": told["created_at"],
    }
    assert program.get("/suppressions/ada%40x.test").told == told
    assert program.get("/suppressions").told["data"] == [{k: v for k, v in told.items() if k != "object"}]
    assert program.get("/suppressions?origin=bounce").told["data"] == []
    deleted = program.delete("/suppressions/ada@x.test")
    assert deleted.told == {"object": "suppression", "id": identity, "deleted": True}
    assert program.delete("/suppressions/ada@x.test").status_code == 404


def test_every_audience_of_the_team_sees_it_and_its_end(program, team, audience, ada):
    there = make_contact(audience=make_audience(team=team, name="Other"), email=ada.email)
    program.post("/suppressions", {"email": ada.email})
    assert {each.status_word for each in Contact.objects.all()} == {"unsubscribed"}

    program.delete(f"/suppressions/{ada.email}")

    assert {each.status_word for each in Contact.objects.all()} == {"subscribed"}
    event = there.events.last()
    audience.refresh_from_db()
    assert (event.actor, event.data["changes"]) == ("API key deploy", {"suppressed": ["Suppressed by hand", "no"]})
    assert (audience.subscribed, audience.unsubscribed) == (1, 0)


def test_lifting_a_suppression_lifts_no_opt_out(program, team, audience):
    contact = make_contact(audience=audience, email="ada@x.test", unsubscribed_at=NOON)
    suppressing.suppress(team=team, address=contact.email, reason="bounce", at=NOON)

    program.delete(f"/suppressions/{contact.email}")

    contact.refresh_from_db()
    assert contact.status_word == "unsubscribed"


def test_the_weightier_reason_stays(program, team, audience, ada):
    suppressing.suppress(team=team, address=ada.email, reason="complaint", at=NOON)

    program.post("/suppressions", {"email": ada.email})

    assert program.get(f"/suppressions/{ada.email}").told["origin"] == "complaint"


def test_erased_people_stay_suppressed_and_unseen(program, team):
    erased = Suppression.objects.create(team=team, address="0a1b2c", reason="erased")

    assert program.get("/suppressions").told["data"] == []
    assert program.delete(f"/suppressions/{erased.uuid}").status_code == 404
    with pytest.raises(suppressing.Erased):
        suppressing.lift(suppression=erased, at=NOON, reason="x", actor="x")
    assert Suppression.objects.exists()


def test_many_at_once(program, team, audience, ada):
    added = program.post("/suppressions/batch/add", {"emails": ["ada@x.test", "ADA@x.test", "ben@x.test"]})
    assert [row["object"] for row in added.told["data"]] == ["suppression"] * 2

    removed = program.post("/suppressions/batch/remove", {"emails": ["ada@x.test", "nobody@x.test"]})
    assert [row["deleted"] for row in removed.told["data"]] == [True]
    by_id = program.post("/suppressions/batch/remove", {"ids": [str(Suppression.objects.get().uuid)]})
    assert len(by_id.told["data"]) == 1
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"emails": ["a@x.test"], "ids": ["x"]}, {"ids": ["x"]}, {"emails": ["x"]}, {"emails": []}]
)
def test_nonsense_lifts_nothing(program, team, body):
    Suppression.objects.create(team=team, address="a@x.test", reason="manual")

    assert program.post("/suppressions/batch/remove", body).status_code == 422
    assert Suppression.objects.exists()


def test_one_bad_address_and_none_is_suppressed(program):
    assert program.post("/suppressions/batch/add", {"emails": ["a@x.test", "b"]}).status_code == 422
    assert program.post("/suppressions/batch/add", {"emails": ["a@x.test"] * 101}).status_code == 422
    assert not Suppression.objects.exists()


def test_another_teams_suppressions_are_not_seen(foreign_program, team):
    mine = Suppression.objects.create(team=team, address="a@x.test", reason="manual")

    assert foreign_program.get("/suppressions").told["data"] == []
    for reference in (mine.uuid, mine.address):
        assert foreign_program.get(f"/suppressions/{reference}").status_code == 404
        assert foreign_program.delete(f"/suppressions/{reference}").status_code == 404
    foreign_program.post("/suppressions/batch/remove", {"ids": [str(mine.uuid)]})
    assert Suppression.objects.exists()


def test_many_are_suppressed_in_few_queries_and_told_in_their_order(program, ada, django_assert_max_num_queries):
    emails = [f"{name}@x.test" for name in ("zoe", "ada", "ben", *range(60))]

    with django_assert_max_num_queries(25):
        answer = program.post("/suppressions/batch/add", {"emails": [*emails, "ZOE@x.test"]})

    known = {each.address: str(each.uuid) for each in Suppression.objects.all()}
    assert [each["id"] for each in answer.told["data"]] == [known[email] for email in emails]
    ada.refresh_from_db()
    assert ada.suppressed == "manual"
