"""What a relay may be given, reserved by any number of senders from one row."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from broadcasts import throttling
from broadcasts.models import Transport
from broadcasts.throttling import Limits

RELAY = "relay.example:25"


@pytest.fixture
def row(db):
    return throttling.transport(RELAY)


def reserved(most=1000, **limits):
    return throttling.reserve(RELAY, Limits(**limits), most=most)


def passes(**how_long):
    """As if so much time had passed."""
    times = {name: F(name) - timedelta(**how_long) for name in ("hour", "day", "free_at")}
    Transport.objects.update(**times)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limits", [{"per_hour": 50}, {"per_day": 50}, {"per_hour": 50, "per_day": 60}])
def test_several_senders_together_get_no_more_than_the_limit(limits):
    throttling.transport(RELAY)

    def reserve_until_none_is_left(_):
        with closing(connection):
            return list(iter(lambda: reserved(most=7, **limits).number, 0))

    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(reserve_until_none_is_left, range(4)))

    assert sum(map(sum, got)) == 50
    assert Transport.objects.get().hour_used == 50


@pytest.mark.django_db(transaction=True)
def test_senders_get_their_turns_in_a_second_one_after_another():
    throttling.transport(RELAY)

    def reserve(_):
        with closing(connection):
            return reserved(most=100, per_second=0.1)

    with ThreadPoolExecutor(4) as threads:
        grants = sorted(threads.map(reserve, range(4)), key=lambda grant: grant.starts_in)

    # A hundred messages at one in ten seconds are a thousand seconds.
    assert [grant.number for grant in grants] == [100] * 4
    assert [round(grant.starts_in / 100) for grant in grants] == [0, 10, 20, 30]


def test_time_in_which_nothing_was_sent_is_not_made_up_for(row):
    reserved(most=10, per_second=10.0)
    passes(hours=1)

    first, second = reserved(most=10, per_second=0.01), reserved(most=10, per_second=0.01)

    assert first.starts_in == 0
    assert 900 < second.starts_in <= 1000


def test_when_all_is_given_away_it_says_when_there_is_more(row):
    reserved(per_hour=10)
    passes(minutes=20)

    none = reserved(per_hour=10)

    assert none.number == 0
    assert 39 * 60 < none.again_in <= 40 * 60


def test_the_next_hour_there_is_more(row):
    reserved(per_hour=10)
    passes(minutes=61)

    assert reserved(per_hour=10).number == 10


def test_a_day_that_is_used_up_is_waited_for_however_many_hours_pass(row):
    reserved(per_hour=10, per_day=15)
    passes(hours=2)
    second = reserved(per_hour=10, per_day=15)
    passes(hours=2)

    third = reserved(per_hour=10, per_day=15)

    assert (second.number, third.number) == (5, 0)
    assert 19 * 3600 < third.again_in <= 20 * 3600


def test_what_is_given_back_can_be_reserved_again(row):
    reserved(per_hour=10, per_day=10)

    throttling.give_back(RELAY, 4)

    assert reserved(per_hour=10, per_day=10).number == 4


def test_giving_back_after_the_hour_is_over_makes_nobody_a_present(row):
    reserved(per_hour=10)
    passes(minutes=61)
    reserved(most=2, per_hour=10)

    throttling.give_back(RELAY, 9)

    assert Transport.objects.get().hour_used == 0


def test_another_relay_has_limits_of_its_own(row):
    throttling.transport("other.example:25")
    reserved(per_hour=10)

    assert throttling.reserve("other.example:25", Limits(per_hour=10), most=1000).number == 10


def test_without_limits_all_is_granted_at_once(row):
    grant = reserved()

    assert (grant.number, grant.starts_in, grant.again_in) == (1000, 0, 0)


def test_a_setting_of_nothing_is_no_limit(settings):
    settings.SEND_PER_SECOND, settings.SEND_PER_HOUR, settings.SEND_PER_DAY = 0.0, 0, 0

    assert not Limits.of_settings().any
