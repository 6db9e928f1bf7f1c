"""Audiences, and segments as the same rows."""

import pytest

from audiences.models import Audience
from contacts.models import Contact
from tests.factories import make_audience, make_contact


@pytest.mark.parametrize("word", ["audience", "segment"])
def test_create_get_list_delete(program, team, word):
    made = program.post(f"/{word}s", {"name": " News "})
    identity = made.told["id"]

    assert made.status_code == 201
    assert made.told == {"object": word, "id": identity, "name": "News"}
    told = program.get(f"/{word}s/{identity}").told
    assert told == {"object": word, "id": identity, "name": "News", "created_at": told["created_at"]}
    listed = program.get(f"/{word}s").told
    assert listed == {"object": "list", "has_more": False, "data": [{k: told[k] for k in list(told)[1:]}]}
    assert program.delete(f"/{word}s/{identity}").told == {"object": word, "id": identity, "deleted": True}
    assert program.get(f"/{word}s").told["data"] == []
    assert program.get(f"/{word}s/{identity}").status_code == 404
    assert program.delete(f"/{word}s/{identity}").status_code == 200


def test_one_row_is_both(program):
    identity = program.post("/segments", {"name": "News"}).told["id"]

    assert program.get(f"/audiences/{identity}").told["object"] == "audience"


def test_a_segment_is_renamed(program, audience):
    answer = program.patch(f"/segments/{audience.uuid}", {"name": "Letters"})

    audience.refresh_from_db()
    assert answer.told == {"object": "segment", "id": str(audience.uuid)}
    assert audience.name == "Letters"


@pytest.mark.parametrize("name", ["", "  ", None])
def test_a_name_is_needed(program, name):
    answer = program.post("/audiences", {"name": name} if name is not None else {})

    assert answer.told == {"statusCode": 422, "message": "Missing `name` field.", "name": "missing_required_field"}


def test_deleting_makes_it_gone_at_once_and_empties_it_later(program, audience, django_capture_on_commit_callbacks):
    make_contact(audience=audience, email="ada@x.test")

    program.delete(f"/audiences/{audience.uuid}")

    assert not Audience.objects.standing().exists()
    assert list(Audience.objects.to_empty()) == [audience]
    assert Contact.objects.exists()


class TestPages:
    @pytest.fixture(autouse=True)
    def five(self, team):
        self.five = [str(make_audience(team=team, name=f"A{number}").uuid) for number in range(5)][::-1]

    def ids(self, program, query):
        told = program.get(f"/audiences?{query}").told
        return [row["id"] for row in told["data"]], told["has_more"]

    def test_everything_comes_without_a_limit(self, program):
        assert self.ids(program, "") == (self.five, False)

    def test_forward_runs_from_newer_to_older(self, program):
        assert self.ids(program, "limit=2") == (self.five[:2], True)
        assert self.ids(program, f"limit=2&after={self.five[1]}") == (self.five[2:4], True)
        assert self.ids(program, f"limit=2&after={self.five[3]}") == (self.five[4:], False)

    def test_back_runs_the_other_way(self, program):
        assert self.ids(program, f"limit=2&before={self.five[4]}") == (self.five[2:4], True)
        assert self.ids(program, f"limit=2&before={self.five[2]}") == (self.five[:2], False)

    def test_cursors_work_without_a_limit_too(self, program):
        assert self.ids(program, f"after={self.five[1]}") == (self.five[2:], False)
        assert self.ids(program, f"before={self.five[2]}") == (self.five[:2], False)

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "after=x", "before=x"])
    def test_nonsense_is_refused(self, program, query):
        answer = program.get(f"/audiences?{query}")

        assert (answer.status_code, answer.told["name"]) == (422, "validation_error")

    def test_one_cursor_at_a_time(self, program):
        answer = program.get(f"/audiences?after={self.five[1]}&before={self.five[1]}")

        assert answer.status_code == 422
