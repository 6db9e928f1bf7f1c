from broadcasts import retrying


def test_delays_grow_and_then_repeat_until_the_time_is_over(settings):
    settings.SEND_RETRY_DELAYS = [60.0, 300.0]
    settings.SEND_RETRY_FOR = 1000.0

    assert retrying.delays() == [60.0, 300.0, 300.0, 300.0]


def test_delays_of_nothing_end_all_the_same(settings):
    settings.SEND_RETRY_DELAYS = [0.0]
    settings.SEND_RETRY_FOR = 10.0

    assert len(retrying.delays()) == retrying.MOST_ATTEMPTS
