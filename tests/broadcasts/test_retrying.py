import pytest

from broadcasts import retrying


@pytest.mark.parametrize(("attempts", "delay"), [(1, 60.0), (2, 300.0), (3, 300.0), (4, 300.0), (5, None)])
def test_delays_grow_and_then_repeat_until_the_time_is_over(settings, attempts, delay):
    settings.SEND_RETRY_DELAYS = [60.0, 300.0]
    settings.SEND_RETRY_FOR = 1000.0

    assert retrying.delay_after(attempts) == delay
