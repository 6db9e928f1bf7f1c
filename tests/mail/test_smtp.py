"""Pipelined connections to a real server, over real sockets."""

import asyncio
from dataclasses import replace

import pytest
import uvloop

from mail.connecting import connect
from mail.relay import parse_url
from mail.replies import About, Outcome
from tests.mail.feeding import Feeding, on_a_loop
from tests.smtp_sink import Faults, Sink

NAMES = ("ada", "bob", "cy", "dan", "eve")


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


def addresses(*names):
    return [f"{name}@x.test" for name in names]


def relay_of(sink, **timeouts):
    return replace(parse_url(sink.url), **{"timeout": 10.0, "final_timeout": 10.0, **timeouts})


async def hand_over(sink, *names, most=0, **changes):
    """Hand over a letter for each name until none is left or the connection is gone, and hang up."""
    feeder = Feeding(*names, **changes)
    connection = await connect(relay_of(sink), feeder, most=most)
    await feeder.is_idle.wait()
    connection.close()
    await feeder.is_gone.wait()
    return feeder, connection


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("faults", [Faults(), Faults(no_pipelining=True), Faults(helo_only=True)])
def test_messages_go_out_in_order_over_one_connection(sink, new_loop, faults):
    sink.faults = faults

    with asyncio.Runner(loop_factory=new_loop) as runner:
        feeder, connection = runner.run(hand_over(sink, *NAMES))

    assert sink.accepted_addresses() == addresses(*NAMES)
    assert {message.connection for message in sink.messages} == {1}
    assert feeder.all("settled") == list(NAMES)
    assert connection.carried == len(NAMES)
    assert feeder.told[-1] == ("gone", "", None)


@on_a_loop
async def test_large_messages_arrive_whole(sink):
    body = b"Subject: Big\r\n\r\n" + b"A line of text\r\n" * 100_000

    await hand_over(sink, "ada", "bob", body=body)

    assert [message.data == body for message in sink.messages] == [True, True]


@pytest.mark.parametrize("no_pipelining", [False, True])
@on_a_loop
async def test_refused_recipients_are_left_and_all_others_are_served(sink, no_pipelining):
    sink.faults = Faults(refuse_every=2, refuse_with="550 5.1.1 Nobody here", no_pipelining=no_pipelining)

    feeder, _ = await hand_over(sink, *NAMES)

    refused = [name for name, reply in feeder.replies.items() if reply.outcome is Outcome.PERMANENT]
    assert refused == ["bob", "dan"]
    assert feeder.replies["bob"].about is About.RECIPIENT
    assert sink.accepted_addresses() == addresses("ada", "cy", "eve")
    assert sink.counts.connections == 1


@pytest.mark.parametrize(
    ("fault", "said", "outcome", "about"),
    [
        ("refuse_sender", "550 5.7.1 Not you", Outcome.PERMANENT, About.SENDER),
        ("refuse_sender", "450 4.7.1 Not now", Outcome.TEMPORARY, About.SENDER),
        ("refuse_message", "554 5.7.1 Spam", Outcome.PERMANENT, About.MESSAGE),
        ("refuse_message", "452 4.3.1 Disk full", Outcome.TEMPORARY, About.MESSAGE),
    ],
)
@on_a_loop
async def test_a_refusal_tells_what_it_is_about(sink, fault, said, outcome, about):
    setattr(sink.faults, fault, said)

    feeder, connection = await hand_over(sink, "ada", "bob")

    assert [(reply.outcome, reply.about) for reply in feeder.replies.values()] == [(outcome, about)] * 2
    assert [f"{reply.code} {reply.text}" for reply in feeder.replies.values()] == [said] * 2
    assert connection.carried == 2
    assert sink.messages == []


@on_a_loop
async def test_a_relay_that_breaks_off_within_a_message_leaves_that_one_in_doubt(sink):
    sink.faults.drop_in_data_every = 2

    feeder, _ = await hand_over(sink, *NAMES)

    assert feeder.fates == {"ada": "settled", "bob": "unanswered", "cy": "unsent"}
    assert feeder.trouble("gone").hung_up
    assert sink.accepted_addresses() == addresses("ada")


@on_a_loop
async def test_a_lost_reply_leaves_a_doubt(sink):
    sink.faults.lose_reply_every = 2

    feeder, _ = await hand_over(sink, *NAMES)

    assert feeder.fates == {"ada": "settled", "bob": "unanswered", "cy": "unsent"}
    assert feeder.trouble("unanswered").maybe_sent
    assert sink.accepted_addresses() == addresses("ada", "bob")


@on_a_loop
async def test_a_relay_that_has_had_enough_of_a_connection_has_decided_nothing_more(sink):
    sink.faults.messages_per_connection = 2

    feeder, connection = await hand_over(sink, *NAMES)

    assert feeder.fates == {"ada": "settled", "bob": "settled", "cy": "unsent"}
    assert not feeder.trouble("unsent").at_message
    assert connection.carried == 2
    assert [letter.name for letter in feeder.letters] == ["dan", "eve"]


@on_a_loop
async def test_a_connection_with_a_limit_ends_before_the_relay_has_had_enough(sink):
    sink.faults.messages_per_connection = 2

    feeder, _ = await hand_over(sink, *NAMES, most=2)

    assert feeder.fates == {"ada": "settled", "bob": "settled"}
    assert feeder.told[-1] == ("gone", "", None)


@pytest.mark.parametrize(
    ("place", "fate"), [("MAIL", "unsent"), ("RCPT", "unsent"), ("DATA", "unsent"), ("dot", "unanswered")]
)
@on_a_loop
async def test_a_relay_that_falls_silent_is_cut(sink, place, fate):
    sink.faults.stall_at = place
    feeder = Feeding("ada")

    connection = await connect(relay_of(sink, timeout=0.1, final_timeout=0.1), feeder)
    while not feeder.is_gone.is_set():
        await asyncio.sleep(0.02)
        connection.check(asyncio.get_running_loop().time())

    assert feeder.fates == {"ada": fate}
    assert feeder.trouble("gone").message.endswith("didn't answer within 0.1 seconds.")
    assert sink.messages == []


@on_a_loop
async def test_no_message_reaches_the_relay_before_the_gate_opens(sink):
    feeder = Feeding("ada", is_open=False)
    connection = await connect(relay_of(sink), feeder)
    while not feeder.all("may send"):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    before = sink.messages

    connection.proceed()
    await feeder.is_idle.wait()
    connection.close()

    assert before == []
    assert sink.accepted_addresses() == addresses("ada")


@pytest.mark.parametrize("ending", ["skip", "close", "abort"])
@on_a_loop
async def test_a_letter_that_stays_at_the_gate_reaches_nobody(sink, ending):
    feeder = Feeding("ada", is_open=False)
    connection = await connect(relay_of(sink), feeder)
    while not feeder.all("may send"):
        await asyncio.sleep(0.01)

    getattr(connection, ending)()
    await feeder.is_gone.wait()

    assert feeder.told[-2:] == [("unsent", "ada", None), ("gone", "", None)]
    assert sink.messages == []


@on_a_loop
async def test_a_connection_closed_with_a_message_under_way_waits_for_its_answer(sink):
    sink.faults.answer_after = 0.1
    feeder = Feeding(*NAMES)
    connection = await connect(relay_of(sink), feeder)
    while not sink.messages:
        await asyncio.sleep(0.01)

    connection.close()
    await feeder.is_gone.wait()

    assert feeder.fates == {"ada": "settled", "bob": "unsent"}
    assert sink.accepted_addresses() == addresses("ada")
    assert feeder.told[-1] == ("gone", "", None)


@on_a_loop
async def test_a_relay_that_goes_away_while_there_is_nothing_to_send_is_trouble(sink):
    feeder = Feeding()
    await connect(relay_of(sink), feeder)

    await asyncio.to_thread(sink.stop)
    await feeder.is_gone.wait()

    assert feeder.trouble("gone").hung_up
    assert "closed the connection" in str(feeder.trouble("gone"))


@on_a_loop
async def test_many_connections_share_the_letters(sink):
    feeder = Feeding(*(f"p{number}" for number in range(60)))

    connections = await asyncio.gather(*(connect(relay_of(sink), feeder) for _ in range(6)))
    while len(feeder.fates) < 60:
        await asyncio.sleep(0.01)
    for connection in connections:
        connection.close()

    assert sorted(sink.accepted_addresses()) == sorted(addresses(*feeder.fates))
    assert sum(connection.carried for connection in connections) == 60
