import pytest

from domains import records
from domains.resolving import Unanswered


class FakeResolver:
    """Answers from memory; a name that maps to a text of its own kind of trouble isn't answered."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}
        self.troubles: dict[str, str] = {}
        self.zones: dict[str, str] = {}

    def texts(self, name: str) -> list[str]:
        if name in self.troubles:
            raise Unanswered(self.troubles[name])
        return self.known.get(name, [])

    def zone(self, name: str) -> str:
        if name in self.troubles:
            raise Unanswered(self.troubles[name])
        return self.zones.get(name, name)

    def publish(self, domain) -> None:
        """Answer what the domain needs."""
        wanted = records.required(name=domain.name, selector=domain.selector, public_key=domain.public_key)
        self.known.update({record.host: [record.value] for record in wanted})

    def silence(self, domain) -> None:
        """Answer nothing about the domain."""
        for record in records.required(name=domain.name, selector=domain.selector, public_key=domain.public_key):
            self.troubles[record.host] = "DNS didn’t answer within 5 seconds."


@pytest.fixture
def resolver():
    return FakeResolver()


@pytest.fixture
def domain(team):
    from tests.factories import make_domain

    return make_domain(team=team)
