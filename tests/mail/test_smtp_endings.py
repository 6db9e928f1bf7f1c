"""A pipelined connection that ends: what comes back, what is in doubt, and what went wrong."""

import pytest

from tests.mail.feeding import BODY, GO_AHEAD, RELAY, TAKEN, Letter, on_a_loop, started

TO_ADA, TO_BOB, TO_CY = (Letter(name).envelope for name in ("ada", "bob", "cy"))


@pytest.mark.parametrize("before", [0, 1, 2])
@on_a_loop
async def test_goodbye_in_reply_to_an_envelope_decides_nothing(before):
    feeder, wire = started("ada", "bob")

    wire.says(*GO_AHEAD[:before], "421 4.7.0 Enough for now")

    assert feeder.fates == {"ada": "unsent"}
    assert feeder.trouble("unsent").at_message is (before > 0)
    assert feeder.trouble("gone").hung_up
    assert "421 4.7.0 Enough for now" in str(feeder.trouble("gone"))
    assert wire.connection.carried == 0


@on_a_loop
async def test_goodbye_in_reply_to_a_message_means_it_was_not_taken():
    feeder, wire = started("ada", "bob")

    wire.says(*GO_AHEAD)
    wire.says("421 4.3.2 Shutting down")

    assert feeder.fates == {"ada": "unsent", "bob": "unsent"}
    assert feeder.trouble("gone").hung_up


@on_a_loop
async def test_goodbye_at_the_gate_gives_the_letter_back():
    feeder, wire = started("ada", is_open=False)

    wire.says(*GO_AHEAD, "421 4.4.2 Idle for too long")

    assert feeder.fates == {"ada": "unsent"}
    assert not feeder.trouble("unsent").at_message
    assert wire.written == [TO_ADA]


@on_a_loop
async def test_goodbye_after_a_refused_envelope_gives_the_next_one_back():
    feeder, wire = started("ada", "bob")

    wire.says("250 ok", "550 5.1.1 Nobody here", "503 No recipient")
    wire.says("421 4.7.0 Too many mistakes")

    assert feeder.fates == {"ada": "settled", "bob": "unsent"}
    assert "Too many mistakes" in str(feeder.trouble("gone"))


@on_a_loop
async def test_a_connection_lost_before_the_body_gives_the_letter_back():
    feeder, wire = started("ada", is_open=False)
    wire.says(*GO_AHEAD)

    wire.loses(ConnectionResetError())

    assert feeder.fates == {"ada": "unsent"}
    assert str(feeder.trouble("gone")) == "The mail relay relay.test:25 closed the connection."


@on_a_loop
async def test_a_connection_lost_after_the_body_leaves_a_doubt_and_the_next_one_is_unsent():
    feeder, wire = started("ada", "bob")
    wire.says(*GO_AHEAD)

    wire.loses()

    assert feeder.told[-3:] == [
        ("unsent", "bob", None),
        ("unanswered", "ada", feeder.trouble("gone")),
        ("gone", "", feeder.trouble("gone")),
    ]
    assert feeder.trouble("unanswered").maybe_sent
    assert feeder.trouble("gone").hung_up


@pytest.mark.parametrize("answer", ["354 Go on", "199 Well", "600 What", "2x0 Ok", "", "HTTP/1.1 400 Bad Request"])
@on_a_loop
async def test_an_answer_to_a_message_that_says_nothing_leaves_a_doubt(answer):
    feeder, wire = started("ada", "bob")
    wire.says(*GO_AHEAD)

    wire.says(answer)

    assert feeder.fates == {"bob": "unsent", "ada": "unanswered"}
    assert "turns us away" in str(feeder.trouble("gone"))


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("answer", ["300 Go on", "100 Well", "", "garbage", "\x00\xff"])
@on_a_loop
async def test_an_answer_to_an_envelope_that_says_nothing_gives_the_letter_back(before, answer):
    feeder, wire = started("ada")

    wire.says(*GO_AHEAD[:before], answer)

    assert feeder.fates == {"ada": "unsent"}
    assert wire.written == [TO_ADA]


@pytest.mark.parametrize("code", [530, 534, 535, 538])
@on_a_loop
async def test_a_relay_that_wants_a_password_first_refuses_no_sender(code):
    feeder, wire = started("ada")

    wire.says(f"{code} 5.7.0 Sign in first")

    assert feeder.fates == {"ada": "unsent"}
    assert f"refuses the user name or password ({code} 5.7.0 Sign in first)" in str(feeder.trouble("gone"))


@pytest.mark.parametrize("flood", [b"2" * 70_000, b"250-" + b"x" * 70_000, b"250-more\r\n" * 9_000])
@on_a_loop
async def test_a_reply_without_an_end_is_cut(flood):
    feeder, wire = started("ada")

    wire.connection.data_received(flood)

    assert feeder.fates == {"ada": "unsent"}
    assert "Its replies have no end." in str(feeder.trouble("gone"))


@pytest.mark.parametrize("more", [(), GO_AHEAD[:1], GO_AHEAD])
@on_a_loop
async def test_a_connection_closed_under_way_waits_for_the_answer_and_gives_the_next_letter_back(more):
    feeder, wire = started("ada", "bob", "cy")
    wire.says(*GO_AHEAD)

    wire.connection.close()
    wire.says(TAKEN, *more)
    await feeder.is_gone.wait()

    assert wire.written == [TO_ADA, BODY + b".\r\n" + TO_BOB]
    assert feeder.fates == {"ada": "settled", "bob": "unsent"}
    assert feeder.told[-1] == ("gone", "", None)


@on_a_loop
async def test_a_connection_closed_with_its_last_message_under_way_says_goodbye():
    feeder, wire = started("ada")
    wire.says(*GO_AHEAD)

    wire.connection.close()
    wire.says(TAKEN)
    wire.connection.close()
    wire.says("221 Bye")

    assert wire.written == [TO_ADA, BODY + b".\r\n", b"QUIT\r\n"]
    assert feeder.told[-1] == ("gone", "", None)


@on_a_loop
async def test_a_connection_closed_at_the_gate_gives_the_letter_back():
    feeder, wire = started("ada", is_open=False)
    wire.says(*GO_AHEAD)

    wire.connection.close()
    await feeder.is_gone.wait()

    assert feeder.told[-2:] == [("unsent", "ada", None), ("gone", "", None)]


@pytest.mark.parametrize(
    ("replies", "seconds", "fate"),
    [
        ((), RELAY.timeout, "unsent"),
        (GO_AHEAD[:1], RELAY.timeout, "unsent"),
        (GO_AHEAD[:2], RELAY.timeout, "unsent"),
        (GO_AHEAD, RELAY.final_timeout, "unanswered"),
    ],
)
@on_a_loop
async def test_a_relay_that_falls_silent_is_cut_after_the_time_of_its_step(replies, seconds, fate):
    feeder, wire = started("ada")
    wire.says(*replies)
    now = wire.now()

    wire.connection.check(now + seconds - 5)
    before = feeder.fates
    wire.connection.check(now + seconds + 5)

    assert before == {}
    assert feeder.fates == {"ada": fate}
    assert str(feeder.trouble("gone")).endswith(f"didn't answer within {seconds:g} seconds.")


@on_a_loop
async def test_waiting_at_the_gate_or_for_letters_is_no_silence():
    idle, gated = started(), started("ada", is_open=False)
    gated[1].says(*GO_AHEAD)

    for _, wire in (idle, gated):
        wire.connection.check(wire.now() + 10_000)

    assert not idle[0].is_gone.is_set()
    assert not gated[0].is_gone.is_set()


@on_a_loop
async def test_a_relay_that_does_not_answer_goodbye_is_no_trouble():
    feeder, wire = started()

    wire.connection.close()
    wire.connection.check(wire.now() + 3)

    assert wire.written == [b"QUIT\r\n"]
    assert feeder.told[-1] == ("gone", "", None)
