"""Creating contacts one by one over HTTP with one web process, beside a bare Django view that inserts one row."""

from collections.abc import Iterator
from itertools import count

from django.db import connection

from api.issuing import issue
from audiences import keeping
from benchmarks import web
from benchmarks.measuring import Bench, Figure, Spent, WentWrong, rates
from teams.models import Team

# So many of a run's rows are created: each costs a request.
SHARE = 20
BARE = "CREATE TABLE bare_contact (id bigserial PRIMARY KEY, email text, first_name text, last_name text)"


def measure(bench: Bench) -> Iterator[Figure]:
    team = Team.objects.create(name="Programs", slug="programs")
    audience = keeping.create(team=team, name="Created", by=None)
    _, token = issue(team=team, name="bench", by=None)
    with connection.cursor() as cursor:
        cursor.execute(BARE)
    number, requests = count(), max(bench.rows // SHARE, 100)

    def bodies() -> list[dict[str, object]]:
        return [
            {"email": f"person{next(number)}@bench.test", "first_name": "Ada", "last_name": "Okafor"}
            for _ in range(requests)
        ]

    with web.serving("config.wsgi") as port, web.serving("benchmarks.bare_web") as bare:
        path = f"/api/audiences/{audience.uuid}/contacts"

        def ours() -> Spent:
            return web.post(port, path, bodies(), Authorization=f"Bearer {token}")

        found = bench.interleaved({"api_create": ours, "bare view": lambda: web.post(bare, "/create", bodies())})
    if audience.contacts.count() != requests * bench.rounds:
        raise WentWrong("Not every contact was created.")
    beside = "a bare Django view that inserts one row, in one web process"
    yield rates("api_create", found["api_create"], found["bare view"], unit="contacts/s", beside=beside)
