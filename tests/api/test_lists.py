"""Lists of contacts: pages at the same cost at any depth, everything in batches, several audiences merged."""

import json
import tracemalloc

import pytest
from django.db import connection

from api import lists
from contacts import listing
from tests.factories import make_audience, make_contact, make_contacts


def ids(answer):
    return [row["id"] for row in answer.told["data"]]


def test_everything_comes_without_a_limit_in_batches(program, audience, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(lists, "BATCH", 10)
    contacts = make_contacts(audience=audience, number=35)

    answer = program.get(f"/audiences/{audience.uuid}/contacts")

    assert answer.streaming
    assert ids(answer) == [str(each.public_id) for each in reversed(contacts)]
    assert answer.told["has_more"] is False


@pytest.mark.parametrize("number", [0, 9, 10, 11, 20])
def test_no_row_is_lost_or_doubled_where_batches_meet(program, audience, monkeypatch, number):
    monkeypatch.setattr(lists, "BATCH", 10)
    make_contacts(audience=audience, number=number)

    found = ids(program.get(f"/audiences/{audience.uuid}/contacts"))

    assert len(found) == len(set(found)) == number


def test_pages_forth_and_back_meet_every_contact_once(program, team, audience):
    make_contacts(audience=audience, number=7)
    path = f"/audiences/{audience.uuid}/contacts"
    everything = ids(program.get(path))

    forth, query = [], "limit=3"
    while True:
        answer = program.get(f"{path}?{query}")
        forth += ids(answer)
        if not answer.told["has_more"]:
            break
        query = f"limit=3&after={forth[-1]}"
    back, query = [], f"limit=3&before={everything[-1]}"
    while True:
        answer = program.get(f"{path}?{query}")
        back = ids(answer) + back
        if not answer.told["has_more"]:
            break
        query = f"limit=3&before={back[0]}"

    assert forth == everything
    assert back == everything[:-1]


def test_a_cursor_outlives_its_contact(program, audience):
    make_contacts(audience=audience, number=3)
    path = f"/audiences/{audience.uuid}/contacts"
    newest, middle, oldest = ids(program.get(path))
    program.delete(f"{path}/{middle}")

    assert ids(program.get(f"{path}?limit=1&after={middle}")) == [oldest]
    assert ids(program.get(f"{path}?limit=1&before={middle}")) == [newest]


def test_other_audiences_stay_out(program, team, audience):
    make_contact(audience=make_audience(team=team, name="Other"), email="ben@x.test")
    make_contact(audience=audience, email="ada@x.test")

    [row] = program.get(f"/segments/{audience.uuid}/contacts").told["data"]

    assert row["email"] == "ada@x.test"


def test_a_page_of_several_audiences_is_a_walk_of_their_indexes(team, audience):
    other = make_audience(team=team, name="Other")
    for each in (audience, other):
        make_contacts(audience=each, number=500)
    from lib.sql import statement

    parameters = {"audience_ids": [audience.pk, other.pk], "above": -1, "below": listing.LAST, "most": 100}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + statement("contacts", "list_contacts"), parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "contact_in_audience" in plan
    assert "Seq Scan" not in plan


def test_a_long_list_needs_no_more_memory_than_a_batch(program, audience):
    make_contacts(audience=audience, number=30_000)
    request = {
        "path": f"/api/audiences/{audience.uuid}/contacts",
        "headers": {"Authorization": f"Bearer {program.token}"},
    }
    size = 0

    tracemalloc.start()
    answer = program.client.get(**request)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for chunk in answer.streaming_content:
        size += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 5_000_000
    assert peak - before < 4_000_000


def test_a_list_is_json_whatever_its_length(program, audience, monkeypatch):
    monkeypatch.setattr(lists, "BATCH", 2)
    make_contacts(audience=audience, number=4)
    answer = program.client.get(
        f"/api/audiences/{audience.uuid}/contacts", headers={"Authorization": f"Bearer {program.token}"}
    )

    assert len(json.loads(b"".join(answer.streaming_content))["data"]) == 4
