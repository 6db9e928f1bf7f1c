import email
import email.policy

import pytest

from broadcasts import sending, testing
from broadcasts.models import Broadcast, Email
from config.celery import app
from mail.addresses import InvalidAddress
from mail.replies import RelayUnavailable
from tests.factories import make_broadcast, make_contact


@pytest.fixture
def draft(team, audience):
    return make_broadcast(team=team, audience=audience)


@pytest.fixture
def send_test(draft, alice, django_capture_on_commit_callbacks):
    """Sends a test of the draft, with a worker that hears at once."""

    def send(*to, contact=None):
        with django_capture_on_commit_callbacks(execute=True):
            testing.send_test(draft, to=list(to), contact=contact, by=alice)

    app.conf.task_always_eager = True
    yield send
    app.conf.task_always_eager = False


def received(sink):
    return [email.message_from_bytes(each.data, policy=email.policy.default) for each in sink.messages]


def test_a_test_arrives_at_each_address_marked_as_one(send_test, sink):
    send_test("alice@northwind.example", "bob@northwind.example")

    assert sink.accepted_addresses() == ["alice@northwind.example", "bob@northwind.example"]
    assert {message["Subject"] for message in received(sink)} == {"[Test] Spring is here"}


def test_a_test_shows_the_values_of_the_chosen_contact(send_test, audience, sink):
    ada = make_contact(audience=audience, email="ada@example.test", first_name="Ada")

    send_test("alice@northwind.example", contact=ada)

    assert "Hello Ada" in received(sink)[0].get_body(("html",)).get_content()
    assert sink.accepted_addresses() == ["alice@northwind.example"]


def test_answers_to_a_test_go_where_those_to_the_broadcast_will(draft, send_test, sink):
    Broadcast.objects.update(reply_to="Help <help@northwind.example>")

    send_test("alice@northwind.example")

    assert received(sink)[0]["Reply-To"] == "Help <help@northwind.example>"


def test_a_test_without_a_contact_shows_the_fallbacks(send_test, sink):
    send_test("alice@northwind.example")

    assert "Hello there" in received(sink)[0].get_body(("html",)).get_content()


def test_the_link_of_a_test_unsubscribes_nobody(send_test, audience, sink, client):
    ada = make_contact(audience=audience, email="ada@example.test")
    send_test("alice@northwind.example", contact=ada)
    link = received(sink)[0]["List-Unsubscribe"].strip("<>")

    response = client.post(link.partition("/u/")[1] + link.partition("/u/")[2])

    ada.refresh_from_db()
    assert "came from a test" in response.content.decode()
    assert ada.status_word == "subscribed"


def test_tests_leave_no_row_and_two_of_them_are_two_messages(send_test, sink):
    send_test("alice@northwind.example")
    send_test("alice@northwind.example")

    assert len({message["Message-ID"] for message in received(sink)}) == 2
    assert not Email.objects.exists()


def test_an_address_that_comes_twice_gets_one_test(send_test, sink):
    send_test("alice@northwind.example", "Alice@Northwind.example")

    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        ([], testing.NoAddresses),
        ([f"alice+{number}@northwind.example" for number in range(6)], testing.TooManyAddresses),
        (["alice"], InvalidAddress),
    ],
)
def test_a_test_to_nobody_to_many_or_to_no_address_is_refused(send_test, sink, to, refusal):
    with pytest.raises(refusal):
        send_test(*to)

    assert sink.messages == []


@pytest.mark.parametrize(("field", "refusal"), [("sender", InvalidAddress), ("subject", testing.SubjectMissing)])
def test_a_test_needs_a_sender_and_a_subject(draft, send_test, sink, field, refusal):
    setattr(draft, field, "")

    with pytest.raises(refusal):
        send_test("alice@northwind.example")

    assert sink.messages == []


def test_a_test_that_the_relay_refuses_harms_nothing(send_test, sink):
    sink.faults.refuse_every = 1

    send_test("alice@northwind.example")

    assert sink.messages == []


def test_a_relay_that_is_down_makes_the_task_try_again(draft, sink):
    sink.stop()

    with pytest.raises(RelayUnavailable):
        sending.send_test(draft, to="alice@northwind.example", contact=None)
