"""Leave to send, reserved ahead and spent message by message. Times are made up."""

import pytest

from broadcasts.permits import Permits
from broadcasts.throttling import Grant, Limits


def permits(*, connections=4, **limits):
    return Permits(Limits(**limits), connections=connections)


def spend_all(held, *, at, most=1000):
    """How many messages leave at that moment."""
    number = 0
    while number < most and held.allow(at):
        held.spend()
        number += 1
    return number


def test_without_limits_everything_may_leave_and_nothing_is_reserved():
    held = permits()

    assert spend_all(held, at=0.0) == 1000
    assert not held.wanted(0.0)
    assert held.left == 0


def test_with_a_limit_nothing_leaves_that_was_not_reserved():
    held = permits(per_hour=100)

    before = spend_all(held, at=0.0)
    held.add(Grant(3, 0.0, 0.0), 0.0)

    assert (before, spend_all(held, at=0.0)) == (0, 3)


def test_messages_of_a_second_leave_spread_over_it():
    held = permits(per_second=10.0)
    held.add(Grant(10, 0.0, 0.0), 100.0)

    left_by = [spend_all(held, at=100.0 + tenth / 10 + 0.01) for tenth in range(11)]

    assert left_by == [1] * 10 + [0]


def test_what_begins_later_waits_for_its_time():
    held = permits(per_second=10.0)
    held.add(Grant(10, 5.0, 0.0), 100.0)

    assert spend_all(held, at=104.9) == 0
    assert spend_all(held, at=105.0) == 1


@pytest.mark.parametrize(
    ("limits", "size"), [({"per_second": 14.0}, 14), ({"per_second": 0.2}, 1), ({"per_hour": 5000}, 100)]
)
def test_about_a_seconds_worth_is_reserved_at_a_time(limits, size):
    assert permits(**limits).size == size


def test_more_is_reserved_when_half_is_spent():
    held = permits(per_second=10.0)
    held.add(Grant(10, 0.0, 0.0), 100.0)

    wanted = []
    for number in range(5):
        held.spend()
        wanted.append(held.wanted(100.0 + number))

    assert wanted == [False, False, False, False, True]


def test_after_a_refusal_nothing_is_asked_for_before_its_time():
    held = permits(per_hour=100)

    held.add(Grant(0, 0.0, 30.0), 100.0)

    assert [held.wanted(at) for at in (100.0, 129.0, 130.0)] == [False, False, True]


def test_what_is_left_can_be_given_back():
    held = permits(per_hour=100)
    held.add(Grant(7, 0.0, 0.0), 0.0)
    held.add(Grant(5, 0.0, 0.0), 0.0)

    spend_all(held, at=0.0, most=8)

    assert held.left == 4
