import pytest

from tests.certificates import certificate, server_tls  # noqa: F401 - fixtures


@pytest.fixture
def broadcast(audience):
    """To three people, waiting for a sender."""
    from tests import factories

    factories.make_contacts(audience=audience, number=3)
    return factories.make_started_broadcast(audience=audience)


@pytest.fixture
def no_waiting(settings):
    """Temporary refusals are given up after five tries."""
    settings.SEND_RETRY_DELAYS = [60.0, 300.0]
    settings.SEND_RETRY_FOR = 1000.0
