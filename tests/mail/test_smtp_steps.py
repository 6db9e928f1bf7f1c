"""A pipelined connection step by step: what it writes, when, and what it tells of each letter."""

import pytest

from mail.replies import About, Outcome
from tests.mail.feeding import BODY, GO_AHEAD, TAKEN, Letter, on_a_loop, started

TO_ADA, TO_BOB, TO_CY = (Letter(name).envelope for name in ("ada", "bob", "cy"))


@on_a_loop
async def test_a_message_and_the_next_envelope_are_one_write():
    feeder, wire = started("ada", "bob")

    wire.says(*GO_AHEAD)
    wire.says(TAKEN, *GO_AHEAD)
    wire.says(TAKEN)

    assert wire.written == [TO_ADA, BODY + b".\r\n" + TO_BOB, BODY + b".\r\n"]
    assert feeder.all("settled") == ["ada", "bob"]
    assert wire.connection.carried == 2


@on_a_loop
async def test_each_letter_is_begun_asked_for_and_settled_in_this_order():
    feeder, wire = started("ada", "bob")

    wire.says(*GO_AHEAD)
    wire.says(TAKEN, *GO_AHEAD)
    wire.says(TAKEN)

    assert [f"{what} {name}".strip() for what, name, _ in feeder.told] == [
        "begin ada",
        "may send ada",
        "settled ada",
        "begin bob",
        "may send bob",
        "settled bob",
        "ready",
    ]


@on_a_loop
async def test_replies_in_pieces_are_put_together():
    feeder, wire = started("ada")

    for byte in b"250-2.1.0 Sender\r\n250 taken\r\n250 ok\r\n354 go\r\n250-2.0.0 Message\r\n250 taken\r\n":
        wire.connection.data_received(bytes([byte]))

    assert feeder.told[-2] == ("settled", "ada", "250 2.0.0 Message taken")


@on_a_loop
async def test_without_pipelining_a_command_waits_for_the_reply_to_the_one_before():
    feeder, wire = started("ada", "bob", pipelining=False)

    for reply in (*GO_AHEAD, TAKEN, *GO_AHEAD, TAKEN):
        wire.says(reply)

    assert wire.written == [
        *TO_ADA.splitlines(keepends=True),
        BODY + b".\r\n",
        *TO_BOB.splitlines(keepends=True),
        BODY + b".\r\n",
    ]
    assert feeder.all("settled") == ["ada", "bob"]


@on_a_loop
async def test_at_a_shut_gate_no_body_is_written_until_it_opens():
    feeder, wire = started("ada", "bob", is_open=False)

    wire.says(*GO_AHEAD)
    before = list(wire.written)
    wire.connection.proceed()

    assert before == [TO_ADA]
    assert wire.written == [TO_ADA, BODY + b".\r\n" + TO_BOB]
    assert feeder.all("begin") == ["ada"]


@pytest.mark.parametrize("replies", [(), GO_AHEAD[:1], GO_AHEAD[:2]])
@on_a_loop
async def test_an_open_gate_writes_no_body_before_the_relay_goes_ahead(replies):
    _, wire = started("ada")

    wire.says(*replies)
    wire.connection.proceed()

    assert wire.written == [TO_ADA]


@on_a_loop
async def test_nothing_is_written_when_the_gate_opens_for_a_lost_connection():
    feeder, wire = started("ada", is_open=False)
    wire.says(*GO_AHEAD)

    wire.connection.abort()
    wire.connection.proceed()
    await feeder.is_gone.wait()

    assert wire.written == [TO_ADA]
    assert feeder.fates == {"ada": "unsent"}


@on_a_loop
async def test_a_letter_skipped_at_the_gate_comes_back_and_the_connection_ends_as_planned():
    feeder, wire = started("ada", is_open=False)
    wire.says(*GO_AHEAD)

    wire.connection.skip()
    await feeder.is_gone.wait()

    assert wire.written == [TO_ADA]
    assert feeder.told[-2:] == [("unsent", "ada", None), ("gone", "", None)]


@pytest.mark.parametrize(
    ("replies", "about"),
    [
        (("%s", "503 5.5.1 No sender", "503 5.5.1 No sender"), About.SENDER),
        (("250 ok", "%s", "503 5.5.1 No recipient"), About.RECIPIENT),
        (("250 ok", "250 ok", "%s"), About.MESSAGE),
    ],
)
@pytest.mark.parametrize(
    ("said", "outcome"), [("450 4.2.1 Try later", Outcome.TEMPORARY), ("550 5.1.1 Nobody here", Outcome.PERMANENT)]
)
@on_a_loop
async def test_the_first_refusal_of_an_envelope_decides_and_the_next_one_is_served(replies, about, said, outcome):
    feeder, wire = started("ada", "bob")

    wire.says(*(reply.replace("%s", said) for reply in replies))
    wire.says("250 Reset", *GO_AHEAD)

    refused = feeder.replies["ada"]
    assert (refused.outcome, refused.about, f"{refused.code} {refused.text}") == (outcome, about, said)
    assert wire.written[1:] == [b"RSET\r\n" + TO_BOB, BODY + b".\r\n"]
    assert wire.connection.carried == 1


@pytest.mark.parametrize("answer", ["250 2.0.0 Taken all the same", "554 5.5.1 No valid recipients"])
@on_a_loop
async def test_a_message_wanted_for_a_refused_recipient_is_an_empty_one(answer):
    feeder, wire = started("ada", "bob")

    wire.says("250 ok", "550 5.1.1 Nobody here", "354 Go ahead")
    wire.says(answer, *GO_AHEAD)

    assert wire.written == [TO_ADA, b".\r\n" + TO_BOB, BODY + b".\r\n"]
    assert feeder.told[1] == ("settled", "ada", "550 5.1.1 Nobody here")
    assert feeder.all("may send") == ["bob"]


@pytest.mark.parametrize(("step", "commands"), [(0, 1), (1, 2), (2, 3)])
@on_a_loop
async def test_without_pipelining_the_rest_of_a_refused_envelope_is_not_said(step, commands):
    feeder, wire = started("ada", "bob", pipelining=False)

    for reply in GO_AHEAD[:step]:
        wire.says(reply)
    wire.says("550 5.7.1 No")
    wire.says("250 Reset")

    assert wire.written == [*TO_ADA.splitlines(keepends=True)[:commands], b"RSET\r\n", b"MAIL FROM:<n@n.test>\r\n"]
    assert feeder.fates == {"ada": "settled"}


@pytest.mark.parametrize(
    ("said", "outcome"), [("451 4.3.0 Later", Outcome.TEMPORARY), ("554 5.7.1 Spam", Outcome.PERMANENT)]
)
@on_a_loop
async def test_a_refused_message_is_settled_and_the_next_one_goes_on(said, outcome):
    feeder, wire = started("ada", "bob")

    wire.says(*GO_AHEAD)
    wire.says(said, *GO_AHEAD)
    wire.says(TAKEN)

    assert (feeder.replies["ada"].outcome, feeder.replies["ada"].about) == (outcome, About.MESSAGE)
    assert feeder.replies["bob"].outcome is Outcome.ACCEPTED


@on_a_loop
async def test_a_long_reply_is_kept_short_and_on_one_line():
    feeder, wire = started("ada")

    wire.says(*GO_AHEAD)
    wire.says("554-5.7.1 first", "554 " + "long " * 300)

    assert feeder.replies["ada"].text.startswith("5.7.1 first long long")
    assert len(feeder.replies["ada"].text) <= 500
    assert feeder.replies["ada"].enhanced == "5.7.1"


@on_a_loop
async def test_a_connection_carries_as_many_messages_as_it_may_and_says_goodbye():
    feeder, wire = started("ada", "bob", "cy", most=2)

    wire.says(*GO_AHEAD)
    wire.says(TAKEN, *GO_AHEAD)
    wire.says(TAKEN)
    wire.says("221 Bye")

    assert wire.written == [TO_ADA, BODY + b".\r\n" + TO_BOB, BODY + b".\r\n", b"QUIT\r\n"]
    assert [letter.name for letter in feeder.letters] == ["cy"]
    assert feeder.told[-1] == ("gone", "", None)


@on_a_loop
async def test_a_connection_without_letters_is_ready_and_starts_again():
    feeder, wire = started()
    feeder.letters.append(Letter("cy"))

    wire.connection.start()

    assert feeder.told[:1] == [("ready", "", None)]
    assert wire.written == [TO_CY]
