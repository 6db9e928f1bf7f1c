import pytest

from audiences import keeping
from contacts import adding, deleting, subscribing, suppressing
from contacts.models import Contact
from mail.addresses import parse_many
from tests.factories import NOON, make_audience, make_contact


def add(audience, text, actor="Bob"):
    return adding.add(audience=audience, addresses=parse_many(text).valid, actor=actor)


def test_addresses_become_subscribed_contacts(audience):
    added = add(audience, "a@x.test, B Bell <b@y.test>")

    assert added.added == ["a@x.test", "b@y.test"]
    assert [(c.email, c.first_name, c.status_word) for c in audience.contacts.order_by("email")] == [
        ("a@x.test", "", "subscribed"),
        ("b@y.test", "B", "subscribed"),
    ]


def test_the_counters_move_along(audience):
    add(audience, "a@x.test, b@y.test")
    add(audience, "b@y.test, c@z.test")

    audience.refresh_from_db()
    assert (audience.subscribed, audience.total) == (3, 3)


def test_a_contact_that_stands_is_left_as_it_is(audience):
    make_contact(audience=audience, email="ada@x.test", first_name="Ada", unsubscribed_at=NOON)

    added = add(audience, "Someone Else <ADA@x.test>")

    contact = audience.contacts.get()
    assert added.existing == ["ada@x.test"]
    assert (contact.first_name, contact.status_word) == ("Ada", "unsubscribed")


def test_deleting_and_adding_again_keeps_an_unsubscribe(audience):
    contact = make_contact(audience=audience, email="ada@x.test")
    subscribing.unsubscribe(contact_id=contact.pk, at=NOON, why="recipient", actor="ada@x.test")
    deleting.delete(audience=audience, contact_ids=[contact.pk])

    added = add(audience, "ada@x.test")

    again = audience.contacts.get()
    assert added.kept_out == ["ada@x.test"]
    assert (again.status_word, again.unsubscribed_at, again.unsubscribed_why) == ("unsubscribed", NOON, "recipient")


def test_an_opt_out_of_one_audience_means_nothing_in_another(audience):
    other = make_audience(team=audience.team, name="Other")
    subscribing.remember_opt_out(audience_id=audience.pk, email="ada@x.test", at=NOON, why="recipient")

    assert add(other, "ada@x.test").kept_out == []


def test_an_address_the_team_must_not_mail_is_added_suppressed(audience, team):
    suppressing.suppress(team=team, address="ada@x.test", reason="complaint", at=NOON)

    added = add(audience, "ada@x.test")

    assert added.kept_out == ["ada@x.test"]
    assert audience.contacts.get().status_word == "complained"


def test_adding_to_an_audience_that_was_just_deleted_is_refused(audience):
    keeping.delete(audience=audience, typed_name=audience.name)

    with pytest.raises(adding.AudienceDeleted):
        add(audience, "ada@x.test")
    assert not Contact.objects.exists()


def test_a_thousand_addresses_cost_as_many_queries_as_one(audience, django_assert_num_queries):
    many = ", ".join(f"person{number}@x.test" for number in range(1000))

    with django_assert_num_queries(3):
        add(audience, many)


def test_an_address_with_too_long_a_name_is_named_and_not_added(audience):
    added = add(audience, f"{'x' * 90_000} <ada@x.test>, Ben <ben@x.test>")

    [invalid] = added.invalid
    assert invalid.reason == "has a name of more than 200 characters"
    assert parse_many(invalid.text).valid[0].email == "ada@x.test"
    assert added.added == ["ben@x.test"]
    assert audience.contacts.count() == 1


@pytest.mark.parametrize("name", ["x" * 201, "Ada\nOkafor", "Ada\x7f"])
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_the_database_refuses_a_name_that_no_contact_may_have(audience, field, name):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="contact_names"), transaction.atomic():
        Contact.objects.create(audience=audience, email="ada@x.test", **{field: name})


def test_the_database_refuses_an_address_that_is_not_normalised(audience):
    from django.db import IntegrityError, transaction

    for address in ("Ada@x.test", "ada x@x.test", "ada", "a" * 250 + "@x.test"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(audience=audience, email=address)
