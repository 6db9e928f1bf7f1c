"""A connection that is closed between one message and the next, whose envelope is on its way already."""

import asyncio

from tests.mail.feeding import GO_AHEAD, TAKEN, on_a_loop, started


def heard(wire, *lines):
    """What had arrived before the cut, and is read after it."""
    wire.connection.data_received("".join(f"{line}\r\n" for line in lines).encode())


@on_a_loop
async def test_the_answer_to_an_envelope_is_never_taken_for_that_to_a_message():
    feeder, wire = started("first", "second", "third")
    wire.says(*GO_AHEAD)

    wire.connection.close()
    heard(wire, TAKEN, *GO_AHEAD)
    await asyncio.sleep(0)

    assert feeder.fates == {"first": "settled", "second": "unsent"}
    assert feeder.replies["first"].outcome.value == "accepted"
    assert feeder.all("gone") == [""]


@on_a_loop
async def test_what_a_cut_connection_still_hears_counts_for_nothing():
    feeder, wire = started("first", "second")
    wire.says(*GO_AHEAD)

    wire.connection.abort()
    heard(wire, TAKEN)
    await asyncio.sleep(0)

    assert feeder.fates == {"second": "unsent", "first": "unanswered"}
    assert feeder.all("gone") == [""]
