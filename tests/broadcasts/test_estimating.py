import pytest

from broadcasts.estimating import DAY, HOUR, Pace, pace


@pytest.mark.parametrize(("done", "seconds"), [(0, 60.0), (100, 4.9), (-3, 60.0), (100, -20.0)])
def test_too_little_to_tell_is_not_told(done, seconds):
    assert pace(done=done, to_do=10, seconds=seconds) is None


def test_the_rest_takes_as_long_as_what_is_done_did():
    assert pace(done=300, to_do=600, seconds=10.0) == Pace(per_second=30.0, seconds_left=20.0)


@pytest.mark.parametrize(
    ("per_second", "words"),
    [
        (163.4, "9,800 a minute"),
        (0.5, "30 a minute"),
        (1.74, "100 a minute"),
        (0.02, "1 a minute"),
        (0.01, "36 an hour"),
        (0.00001, "1 an hour"),
        (20_571.0, "1,200,000 a minute"),
    ],
)
def test_the_speed_is_said_in_two_digits(per_second, words):
    assert Pace(per_second, 0).speed == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (61, "some 1 min"),
        (240, "some 4 min"),
        (HOUR + 1, "some 1 hour"),
        (3 * HOUR, "some 3 hours"),
        (5.2 * DAY, "some 5 days"),
    ],
)
def test_the_time_left_is_said_roughly(seconds, words):
    assert Pace(1.0, seconds).left == words
