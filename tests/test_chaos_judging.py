"""The judge of the fault runs must be able to say no, and must be heard."""

from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.judging import Entry, Relayed, Verdict, judge
from tests.chaos.rounds import Round
from tests.chaos.telling import conclude, tell

ADA = "ada@example.test"
LOG = Path("product.log")


@pytest.mark.parametrize(
    ("status", "maybe_twice", "copies", "lost", "doubled", "unlisted"),
    [
        ("sent", False, 1, False, 0, False),
        ("sent", True, 2, False, 1, False),
        ("sent", False, 2, False, 1, True),
        ("sent", False, 0, True, 0, False),
        ("queued", False, 0, True, 0, False),
        ("sending", False, 1, True, 0, False),
        ("skipped", False, 0, True, 0, False),
        ("canceled", False, 0, True, 0, False),
        ("held", True, 2, False, 1, False),
        ("held", True, 0, False, 0, False),
        ("held", False, 0, True, 0, False),
    ],
)
def test_what_the_ledger_says_must_be_what_the_relay_did(status, maybe_twice, copies, lost, doubled, unlisted):
    verdict = judge([Entry(ADA, status, maybe_twice)], Relayed({ADA: copies} if copies else {}))

    assert verdict.lost == ([ADA] if lost else [])
    assert verdict.doubled == doubled
    assert verdict.unlisted == ([ADA] if unlisted else [])
    assert verdict.listed == maybe_twice


@pytest.mark.parametrize(
    ("status", "relayed"),
    [
        ("bounced", Relayed({}, refused_for_good=frozenset([ADA]))),
        ("failed", Relayed({}, put_off=frozenset([ADA]))),
    ],
)
def test_who_is_said_to_be_refused_must_have_been(status, relayed):
    entry = Entry(ADA, status, maybe_twice=False)

    assert judge([entry], relayed).lost == []
    assert judge([entry], Relayed({})).lost == [ADA]


@pytest.mark.parametrize("maybe_twice", [False, True])
def test_who_was_refused_after_all_is_listed_if_it_had_been_taken(maybe_twice):
    relayed = Relayed({ADA: 1}, refused_for_good=frozenset([ADA]))

    verdict = judge([Entry(ADA, "bounced", maybe_twice)], relayed)

    assert verdict.lost == ([] if maybe_twice else [ADA])


def test_one_who_got_it_without_being_in_the_ledger_is_found():
    assert judge([], Relayed({ADA: 1})).lost == [ADA]


def played(**changed) -> Round:
    good = {
        "mix": "450",
        "recipients": 100,
        "strokes": Counter({"sender": 3, "zombie": 1}),
        "bound": 9,
        "verdict": Verdict(doubled=4, listed=7),
    }
    return Round(**{**good, **changed})


def test_the_last_line_has_the_totals_of_all_rounds(capsys):
    code = conclude([played(), played()], left_running=set(), log=LOG)

    assert code == 0
    assert capsys.readouterr().out == "kills 6 lost 0 doubled 8 bound 18\n"


@pytest.mark.parametrize(
    "bad",
    [
        {"verdict": Verdict(lost=[ADA])},
        {"verdict": Verdict(doubled=1, unlisted=[ADA])},
        {"verdict": Verdict(doubled=10, listed=9)},
        {"verdict": Verdict(listed=10)},
        {"ended": False},
        {"doubts": ["The report counts nobody."]},
    ],
)
def test_one_bad_round_makes_the_whole_run_bad(bad, capsys):
    code = conclude([played(), played(**bad)], left_running=set(), log=LOG)

    log, last = capsys.readouterr().out.splitlines()
    assert code == 1
    assert log == "What the product said is in product.log."
    assert last.startswith("kills 6 lost ")


def test_a_run_that_leaves_something_running_or_played_nothing_is_bad(capsys):
    assert conclude([played()], left_running={"postgres -D somewhere"}, log=LOG) == 1
    assert capsys.readouterr().out.startswith("Still running: postgres -D somewhere\n")
    assert conclude([], left_running=set(), log=LOG) == 1


def test_a_round_is_told_in_one_line_and_what_went_wrong_below_it(capsys):
    tell(2, played(took=41.4, fired={"refuse_for_now_every": 14}))
    tell(
        3,
        played(verdict=Verdict(lost=[ADA] * 6, doubled=1, unlisted=[ADA]), doubts=["It never happened: stall_every."]),
    )

    good, bad, *words = capsys.readouterr().out.splitlines()
    assert good == (
        "round 2 (450): 100 recipients, ended after 41 s; struck: sender 3, zombie 1; "
        "faults: refuse_for_now_every 14; lost 0 doubled 4 listed 7 bound 9"
    )
    assert bad.endswith("lost 6 doubled 1 listed 0 bound 9  BAD")
    assert words == [
        f"  lost: {', '.join([ADA] * 5)} and 1 more",
        f"  doubled and not listed: {ADA}",
        "  It never happened: stall_every.",
    ]
