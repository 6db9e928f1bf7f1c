"""Programs that change the same people, or the same audiences, at the same moment: none waits for another in a ring."""

import random
import threading
from collections import Counter
from contextlib import closing

import pytest
from django.db import connection

from contacts.models import Contact
from tests.api.conftest import Program
from tests.factories import make_audience, make_contact

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = 6


def at_once(token, *deeds):
    """Every deed with a program of its own, all begun together."""
    begin = threading.Barrier(len(deeds))

    def run(deed):
        with closing(connection):
            begin.wait()
            deed(Program(token))

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize("second", ["patch", "delete"])
def test_people_who_joined_in_opposite_orders_are_let_go_at_once(program, team, audience, second):
    other = make_audience(team=team)
    for number in range(NUMBER):
        for name, joined in (("p", [audience, other]), ("q", [other, audience])):
            for each in joined:
                make_contact(audience=each, email=f"{name}{number}@x.test")
    answered = Counter()

    def let_go(name, method):
        def deed(mine):
            for number in range(NUMBER):
                answer = mine(method, f"/contacts/{name}{number}@x.test", {"unsubscribed": True})
                answered[answer.status_code] += 1

        return deed

    at_once(program.token, let_go("p", "patch"), let_go("q", second))

    assert answered == {200: 2 * NUMBER}
    assert not Contact.objects.filter(unsubscribed_at=None).exists()


def test_all_that_changes_a_person_everywhere_gets_along(program, team, audience):
    every = [audience, make_audience(team=team), make_audience(team=team)]
    ids = [str(each.uuid) for each in every]
    answered = Counter()

    def anything(seed):
        chance = random.Random(seed)  # noqa: S311 - no secret

        def deed(mine):
            for _ in range(12):
                email = f"p{chance.randrange(4)}@x.test"
                method, path, body = chance.choice(
                    [
                        ("post", "/contacts", {"email": email, "segments": chance.sample(ids, 3), "first_name": "P"}),
                        ("patch", f"/contacts/{email}", {"unsubscribed": True}),
                        ("delete", f"/contacts/{email}", None),
                        ("post", "/suppressions", {"email": email}),
                        ("delete", f"/suppressions/{email}", None),
                        ("post", f"/contacts/{email}/segments/{chance.choice(ids)}", None),
                    ]
                )
                answered[mine(method, path, body).status_code] += 1

        return deed

    at_once(program.token, *(anything(seed) for seed in range(4)))

    assert set(answered) <= {200, 201, 404}
    for each in every:
        each.refresh_from_db()
        statuses = Counter(contact.status_word for contact in each.contacts.all())
        assert (each.subscribed, each.unsubscribed) == (statuses["subscribed"], statuses["unsubscribed"])
