"""How hard a relay is pressed: less when it asks for less, more again when it has been well. Times are made up."""

import pytest

from broadcasts.pacing import FIRST_REST, LONGEST_REST, RECOVER, SETTLE, TOO_MANY, WINDOW, Pace
from mail.replies import About, Outcome, Reply

TAKEN = Reply(Outcome.ACCEPTED, About.MESSAGE, 250, "2.0.0", "2.0.0 Taken")
REFUSED = Reply(Outcome.PERMANENT, About.RECIPIENT, 550, "5.1.1", "5.1.1 No such mailbox")
BUSY = Reply(Outcome.TEMPORARY, About.RECIPIENT, 450, "4.2.1", "4.2.1 Mailbox busy")


def too_fast(enhanced, about=About.MESSAGE):
    return Reply(Outcome.TEMPORARY, about, 451, enhanced, f"{enhanced} Slow down")


def test_all_connections_may_be_open_at_first():
    assert Pace(32).limit == 32


@pytest.mark.parametrize("enhanced", ["4.3.2", "4.4.5", "4.5.3", "4.7.0", "4.7.1", "4.7.28"])
def test_a_refusal_that_speaks_of_us_halves_the_connections(enhanced):
    pace = Pace(32)

    pace.decided(too_fast(enhanced), now=100.0)

    assert pace.limit == 16


def test_a_sender_refused_for_now_speaks_of_us_whatever_its_code():
    pace = Pace(32)

    pace.decided(too_fast("", about=About.SENDER), now=100.0)

    assert pace.limit == 16


def test_one_busy_mailbox_says_nothing_of_the_relay():
    pace = Pace(32)

    for number in range(200):
        pace.decided(BUSY if number % 4 == 0 else TAKEN, now=100.0 + number)

    assert pace.limit == 32


def test_when_most_mailboxes_are_busy_it_is_the_relay():
    pace = Pace(32)

    for _ in range(WINDOW):
        pace.decided(TAKEN, now=100.0)
    for number in range(TOO_MANY):
        assert pace.limit == 32
        pace.decided(BUSY, now=101.0 + number / 100)

    assert pace.limit == 16


def test_permanent_refusals_are_no_reason_to_slow_down():
    pace = Pace(32)

    for _ in range(200):
        pace.decided(REFUSED, now=100.0)

    assert pace.limit == 32


def test_answers_to_what_was_under_way_halve_only_once():
    pace = Pace(32)

    for _ in range(32):
        pace.decided(too_fast("4.7.0"), now=100.0 + SETTLE / 2)

    assert pace.limit == 16


def test_a_relay_that_is_still_pressed_too_hard_is_pressed_less_and_less():
    pace = Pace(32)

    limits = []
    for number in range(7):
        pace.pushed_back(100.0 + 2 * SETTLE * number)
        limits.append(pace.limit)

    assert limits == [16, 8, 4, 2, 1, 1, 1]


def test_with_one_connection_left_there_are_rests_that_grow_up_to_a_minute():
    pace = Pace(1)

    rests = []
    for number in range(9):
        now = 100.0 + 100.0 * number
        pace.pushed_back(now)
        rests.append(pace.rest_until - now)

    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-1] == LONGEST_REST


def test_it_recovers_step_by_step_while_all_is_well():
    pace = Pace(32)
    pace.pushed_back(100.0)
    pace.pushed_back(102.0)

    limits = []
    for number in range(8):
        pace.decided(TAKEN, now=103.0 + (RECOVER + 0.1) * (number + 1))
        limits.append(pace.limit)

    assert limits == [10, 12, 15, 18, 22, 27, 32, 32]


def test_it_does_not_recover_before_all_has_been_well_for_a_while():
    pace = Pace(32)
    pace.pushed_back(100.0)

    for number in range(50):
        pace.decided(TAKEN, now=100.0 + RECOVER * number / 50)

    assert pace.limit == 16


def test_rests_are_short_again_after_it_has_recovered():
    pace = Pace(2)
    for number in range(4):
        pace.pushed_back(100.0 + 100.0 * number)
    pace.decided(TAKEN, now=500.0)
    pace.pushed_back(510.0)

    pace.pushed_back(600.0)

    assert pace.rest_until - 600.0 == FIRST_REST


def test_what_was_learned_outlives_the_sender_and_never_exceeds_what_it_may_have():
    pace = Pace(32)
    pace.pushed_back(100.0)

    limits = []
    for most in (32, 8, 32):
        pace.allow(most)
        limits.append(pace.limit)

    assert limits == [16, 8, 16]
