"""One connection against a real server: what was decided, and what wasn't."""

import socket
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.blocking_smtp import Connection
from mail.relay import parse_url
from mail.replies import About, Outcome, RelayUnavailable
from tests.smtp_sink import Faults, Sink

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

MESSAGE = b"Subject: Hi\r\n\r\nHello\r\n"


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


@pytest.fixture
def connection(sink):
    with connect(sink) as opened:
        yield opened


def connect(sink, *, url=None, timeout=10.0, final_timeout=10.0, tls_context=None):
    relay = replace(parse_url(url or sink.url), timeout=timeout, final_timeout=final_timeout)
    return Connection(relay, tls_context=tls_context)


def send(connection, *, to="ada@x.test", message=MESSAGE):
    return connection.send(envelope_from="news@n.test", to=to, message=message)


def trouble(connection, **changes):
    with pytest.raises(RelayUnavailable) as raised:
        send(connection, **changes)
    return raised.value


def test_messages_go_out_over_one_connection(sink, connection):
    replies = [send(connection, to=f"{name}@x.test") for name in ("ada", "bob", "cy")]

    assert [reply.outcome for reply in replies] == [Outcome.ACCEPTED] * 3
    assert (replies[0].about, replies[0].code, replies[0].enhanced) == (About.MESSAGE, 250, "2.0.0")
    assert sink.accepted_addresses() == ["ada@x.test", "bob@x.test", "cy@x.test"]
    assert {message.connection for message in sink.messages} == {1}
    assert sink.messages[0].envelope_from == "news@n.test"


@settings(max_examples=40, deadline=None)
@given(
    body=st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\r\n.", b".\r\n", b" "]), max_size=12).map(b"".join)
)
def test_every_body_arrives_as_it_was(shared_sink, body):
    sink, connection = shared_sink
    sink.clear()

    send(connection, message=body)

    assert sink.messages[0].data == (body if body.endswith(b"\r\n") else body + b"\r\n")


@pytest.fixture(scope="module")
def shared_sink():
    with Sink() as sink, connect(sink) as connection:
        yield sink, connection


def test_a_large_message_arrives(sink, connection):
    message = b"Subject: Big\r\n\r\n" + b".line of text\r\n" * 400_000

    assert send(connection, message=message).outcome is Outcome.ACCEPTED
    assert sink.messages[0].data == message


def test_eight_bit_mail_is_announced(sink, connection):
    assert send(connection, message="Subject: x\r\n\r\nHéllo\r\n".encode()).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("said", "outcome", "enhanced"),
    [
        ("550 5.1.1 No such mailbox", Outcome.PERMANENT, "5.1.1"),
        ("450 4.2.1 Try later", Outcome.TEMPORARY, "4.2.1"),
        ("553 no code", Outcome.PERMANENT, ""),
    ],
)
def test_a_refused_recipient_is_an_outcome_and_the_next_one_is_served(sink, connection, said, outcome, enhanced):
    sink.faults.refuse_recipient = lambda address: said if address == "gone@x.test" else None

    refused = send(connection, to="gone@x.test")
    accepted = send(connection)

    assert (refused.outcome, refused.about, refused.enhanced) == (outcome, About.RECIPIENT, enhanced)
    assert f"{refused.code} {refused.text}" == said
    assert accepted.outcome is Outcome.ACCEPTED
    assert sink.counts.connections == 1


@pytest.mark.parametrize(("fault", "about"), [("refuse_sender", About.SENDER), ("refuse_message", About.MESSAGE)])
def test_a_refusal_tells_what_it_is_about(sink, connection, fault, about):
    setattr(sink.faults, fault, "554 5.7.1 Not like this")

    refused = send(connection)
    sink.faults = Faults()

    assert (refused.outcome, refused.about) == (Outcome.PERMANENT, about)
    assert send(connection).outcome is Outcome.ACCEPTED


def test_a_long_reply_is_kept_short_and_on_one_line(sink, connection):
    sink.faults.refuse_message = "554-5.7.1 first\r\n554 " + "long " * 300

    reply = send(connection)

    assert reply.text.startswith("5.7.1 first long long")
    assert len(reply.text) <= 500


def test_a_relay_that_is_not_there_is_named_in_words(sink):
    sink.stop()

    raised = trouble(connect(sink))

    assert str(raised) == f"The mail relay 127.0.0.1:{sink.port} refuses connections."
    assert not raised.maybe_sent


def test_a_host_that_does_not_exist_is_named_in_words(sink, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert str(trouble(connect(sink, url="smtp://nowhere.test"))) == (
        "The mail relay nowhere.test:25 can't be found by that name."
    )


def test_a_relay_that_turns_everybody_away_is_quoted(sink, connection):
    sink.faults.refuse_connections = True

    raised = trouble(connection)

    assert str(raised).endswith("turns us away (421 4.3.2 Not now).")
    assert not raised.maybe_sent


def test_a_relay_that_closes_at_once_is_named(sink, connection):
    sink.faults.close_at_connect = True

    assert str(trouble(connection)).endswith("closed the connection.")


@pytest.mark.parametrize(
    ("place", "maybe_sent"),
    [("banner", False), ("MAIL", False), ("RCPT", False), ("DATA", False), ("dot", True)],
)
def test_a_relay_that_falls_silent_is_left_after_the_timeout(sink, place, maybe_sent):
    sink.faults.stall_at = place
    connection = connect(sink, timeout=0.5, final_timeout=0.5)

    raised = trouble(connection)

    assert str(raised).endswith("didn't answer within 0.5 seconds.")
    assert raised.maybe_sent is maybe_sent
    assert not raised.hung_up


def test_the_answer_to_a_whole_message_may_take_longer_than_a_step(sink):
    sink.faults.answer_after = 0.6

    assert send(connect(sink, timeout=0.3)).outcome is Outcome.ACCEPTED


def test_an_answer_that_never_comes_is_waited_for_as_long_as_is_said(sink):
    sink.faults.stall_at = "dot"

    raised = trouble(connect(sink, final_timeout=0.2))

    assert str(raised).endswith("didn't answer within 0.2 seconds.")


@pytest.mark.parametrize(
    ("place", "at_message"), [("banner", False), ("MAIL", False), ("RCPT", True), ("DATA", True), ("dot", True)]
)
def test_trouble_tells_whether_the_relay_had_agreed_to_the_sender(sink, place, at_message):
    sink.faults.stall_at = place

    assert trouble(connect(sink, timeout=0.2, final_timeout=0.2)).at_message is at_message


def test_a_lost_reply_leaves_a_doubt_and_is_not_tried_again(sink, connection):
    sink.faults.lose_reply_every = 2

    send(connection)
    raised = trouble(connection, to="bob@x.test")
    sink.faults = Faults()
    send(connection, to="cy@x.test")

    assert raised.maybe_sent
    assert sink.accepted_addresses() == ["ada@x.test", "bob@x.test", "cy@x.test"]


def test_a_message_cut_off_before_its_end_is_provably_unsent(sink, connection):
    sink.faults.drop_in_data_every = 1

    raised = trouble(connection, message=b"x" * 990 + b"\r\n" + b"more\r\n" * 5_000_000)

    assert raised.hung_up
    assert not raised.maybe_sent
    assert sink.messages == []


def test_a_relay_that_takes_few_messages_per_connection_gets_new_connections(sink, connection):
    sink.faults.messages_per_connection = 2

    replies = [send(connection, to=f"{number}@x.test") for number in range(7)]

    assert {reply.outcome for reply in replies} == {Outcome.ACCEPTED}
    assert sink.accepted_addresses() == [f"{number}@x.test" for number in range(7)]
    assert [message.connection for message in sink.messages] == [1, 1, 2, 2, 3, 3, 4]


def test_a_restarted_relay_is_found_again(sink, connection):
    send(connection)
    sink.stop()
    raised = trouble(connection)

    sink.start()

    assert not raised.maybe_sent
    assert send(connection).outcome is Outcome.ACCEPTED


def test_a_connection_lost_while_idle_is_no_trouble(sink, connection):
    send(connection)
    sink.stop()
    sink.start()

    assert send(connection).outcome is Outcome.ACCEPTED
    assert len(sink.messages) == 2


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_relay_with_tls_and_a_password_is_used(server_tls, trusting_tls, scheme):
    with Sink(tls=server_tls, implicit_tls=scheme == "smtps", login=("user", "p@ss")) as sink:
        url = f"{scheme}://user:p%40ss@127.0.0.1:{sink.port}"
        with connect(sink, url=url, tls_context=trusting_tls) as connection:
            assert send(connection).outcome is Outcome.ACCEPTED


def test_tls_is_used_where_the_relay_offers_it(server_tls):
    with Sink(tls=server_tls) as sink, connect(sink) as connection:
        send(connection)

    assert [message.encrypted for message in sink.messages] == [True]


def test_tls_that_is_not_wanted_is_not_used(server_tls):
    with Sink(tls=server_tls) as sink, connect(sink, url=f"{sink.url}?tls=none") as connection:
        send(connection)

    assert [message.encrypted for message in sink.messages] == [False]


def test_a_certificate_nobody_vouches_for_is_refused(server_tls):
    with Sink(tls=server_tls) as sink:
        raised = trouble(connect(sink, url=f"{sink.url}?tls=starttls"))

    assert "shows a certificate that can't be trusted" in str(raised)


def test_a_relay_without_tls_never_gets_the_password(sink):
    raised = trouble(connect(sink, url=f"smtp://user:secret@127.0.0.1:{sink.port}"))

    assert "lacks what its URL asks for (STARTTLS" in str(raised)


def test_a_wrong_password_is_named_and_not_shown():
    with Sink(login=("user", "right")) as sink:
        raised = trouble(connect(sink, url=f"smtp://user:wrong@127.0.0.1:{sink.port}?tls=none"))

    assert "refuses the user name or password (535 " in str(raised)
    assert "wrong" not in str(raised)


def test_a_password_that_smtp_can_not_say_is_named_and_not_shown():
    with Sink(login=("user", "right")) as sink:
        raised = trouble(connect(sink, url=f"smtp://user:geh%C3%A4im@127.0.0.1:{sink.port}?tls=none"))

    assert "characters beyond ASCII" in str(raised)
    assert "geh" not in str(raised)


def test_a_relay_that_wants_a_password_says_so():
    with Sink(login=("user", "right")) as sink:
        raised = trouble(connect(sink))

    assert "refuses the user name or password (530 " in str(raised)


@pytest.mark.parametrize("address", ["", "<>", "a@x.test>\r\nDATA", "a b@x.test", "é@x.test", "a@x.test> SIZE=1"])
def test_an_envelope_takes_bare_addresses_only(connection, address):
    with pytest.raises(ValueError, match="envelope"):
        send(connection, to=address)


def test_something_that_is_not_smtp_is_trouble():
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection(replace(parse_url(f"smtp://127.0.0.1:{server.getsockname()[1]}"), timeout=5))
        thread = threading.Thread(target=speak_http, args=(server,))
        thread.start()
        raised = trouble(connection)
        thread.join()

    assert "turns us away" in str(raised)


def speak_http(server):
    accepted, _ = server.accept()
    with accepted:
        accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
