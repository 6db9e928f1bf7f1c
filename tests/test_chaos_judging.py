"""The judge of the fault runs must be able to say no."""

import pytest

from tests.chaos.judging import Entry, judge

ADA = "ada@example.test"


@pytest.mark.parametrize(
    ("status", "maybe_twice", "copies", "lost", "doubled", "unlisted"),
    [
        ("sent", False, 1, False, 0, False),
        ("sent", True, 2, False, 1, False),
        ("sent", False, 2, False, 1, True),
        ("sent", False, 0, True, 0, False),
        ("queued", False, 0, True, 0, False),
        ("sending", False, 1, True, 0, False),
        ("bounced", False, 0, False, 0, False),
        ("bounced", False, 1, True, 0, False),
        ("bounced", True, 1, False, 0, False),
        ("held", True, 2, False, 1, False),
    ],
)
def test_what_the_ledger_says_must_be_what_the_relay_did(status, maybe_twice, copies, lost, doubled, unlisted):
    verdict = judge([Entry(ADA, status, maybe_twice)], {ADA: copies} if copies else {})

    assert verdict.lost == ([ADA] if lost else [])
    assert verdict.doubled == doubled
    assert verdict.unlisted == ([ADA] if unlisted else [])


def test_one_who_got_it_without_being_in_the_ledger_is_found():
    assert judge([], {ADA: 1}).lost == [ADA]
