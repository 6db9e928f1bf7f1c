"""Broadcasts from a draft to what became of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from broadcasts import sending, tasks
from broadcasts.bodies import LARGEST_BODY
from broadcasts.models import Broadcast
from tests.factories import make_audience, make_broadcast, make_contacts

Status = Broadcast.Status
DEEDS = ["sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "suppressed"]
NUMBERS = ["recipients", *DEEDS]


@pytest.fixture
def body(audience):
    make_contacts(audience=audience, number=3)
    return {
        "audience_id": str(audience.uuid),
        "from": "Northwind <news@northwind.example>",
        "subject": "Spring",
        "html": "<p>Hello</p>",
    }


@pytest.fixture
def draft(program, body):
    identity = program.post("/broadcasts", body).told["id"]
    return Broadcast.objects.get(uuid=identity)


@pytest.mark.parametrize("field", ["html", "text"])
def test_a_body_has_a_megabyte_at_most(program, body, draft, field):
    most = {field: "x" * LARGEST_BODY}
    more = {field: "x" * LARGEST_BODY + "y"}

    assert program.post("/broadcasts", {**body, **most}).status_code == 201
    assert program.patch(f"/broadcasts/{draft.uuid}", most).status_code == 200
    for answer in (program.post("/broadcasts", {**body, **more}), program.patch(f"/broadcasts/{draft.uuid}", more)):
        assert answer.status_code == 422
        assert answer.told["message"].startswith(f"Invalid `{field}` field.")
        assert "up to 1.0\xa0MB is possible" in answer.told["message"]
    draft.refresh_from_db()
    assert getattr(draft, field) == most[field]


def test_create_get_list_update_delete(program, audience, body):
    made = program.post("/broadcasts/", {**body, "reply_to": ["help@northwind.example"], "topic_id": None})
    identity = made.told["id"]

    assert (made.status_code, made.told) == (201, {"object": "broadcast", "id": identity})
    told = program.get(f"/broadcasts/{identity}").told
    assert told == {
        "object": "broadcast",
        "id": identity,
        "name": "Untitled",
        "audience_id": str(audience.uuid),
        "segment_id": str(audience.uuid),
        "status": "draft",
        "created_at": told["created_at"],
        "scheduled_at": None,
        "sent_at": None,
        "topic_id": None,
        "from": "Northwind <news@northwind.example>",
        "subject": "Spring",
        "reply_to": ["help@northwind.example"],
        "preview_text": None,
        "html": "<p>Hello</p>",
        "text": None,
        "statistics": dict.fromkeys(NUMBERS, 0),
    }
    assert [row["id"] for row in program.get("/broadcasts/").told["data"]] == [identity]
    assert program.patch(f"/broadcasts/{identity}", {"subject": "Summer"}).told == {
        "object": "broadcast",
        "id": identity,
    }
    assert program.get(f"/broadcasts/{identity}").told["subject"] == "Summer"
    assert program.delete(f"/broadcasts/{identity}").told == {"object": "broadcast", "id": identity, "deleted": True}
    assert program.get(f"/broadcasts/{identity}").told["message"] == "Broadcast not found"


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        ({"from": None}, "missing_required_field", "Missing `from` field."),
        ({"subject": ""}, "missing_required_field", "Missing `subject` field."),
        ({"html": None}, "missing_required_field", "Missing `html` field."),
        ({"audience_id": None}, "missing_required_field", "Missing `audience_id` field."),
        ({"audience_id": "x"}, "validation_error", "The `audience_id` must be a valid UUID."),
        ({"from": "nobody"}, "invalid_parameter", "Invalid `from` field. The email address needs to follow"),
        ({"reply_to": ["a@x.test", "b@x.test"]}, "validation_error", "Replies can go to one address"),
        ({"topic_id": "x"}, "validation_error", "Topics don't exist here"),
        ({"scheduled_at": "in 1 hour"}, "validation_error", "The `scheduled_at` field needs `send`"),
        ({"send": True, "scheduled_at": "soonish"}, "validation_error", "“soonish” isn't a time"),
        ({"send": True, "subject": "{{{"}, "validation_error", "In the subject"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(program, body, changes, name, message):
    answer = program.post("/broadcasts", {**body, **changes})

    assert (answer.status_code, answer.told["name"]) == (422, name)
    assert answer.told["message"].startswith(message)
    assert not Broadcast.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sent_without_an_unsubscribe_link_it_gets_a_footer(program, draft, sink):
    assert program.post(f"/broadcasts/{draft.uuid}/send", {}).status_code == 200
    assert program.get(f"/broadcasts/{draft.uuid}").told["status"] == "queued"
    tasks.start(broadcast_id=draft.pk)
    sending.drain(Broadcast.objects.get(pk=draft.pk))

    told = program.get(f"/broadcasts/{draft.uuid}").told
    sent = program.get(f"/broadcasts/{draft.uuid}/recipients?type=sent&email=PERSON1").told
    assert (told["status"], told["sent_at"] is not None) == ("sent", True)
    for deed in ("delivered", "opened", "clicked", "bounced", "complained", "suppressed"):
        assert program.get(f"/broadcasts/{draft.uuid}/recipients?type={deed}").told["data"] == []
    assert [row["email"] for row in sent["data"]] == ["person1@example.test"]
    assert len(sink.messages) == 3
    assert all(b"List-Unsubscribe" in message.data and b"/u/" in message.data for message in sink.messages)
    assert program.get(f"/broadcasts/{draft.uuid}/recipients?type=unsubscribed").told["data"] == []
    assert program.get(f"/broadcasts/{draft.uuid}/clicked-links").told["data"] == []


def test_scheduled_it_can_be_changed_canceled_and_deleted(program, draft):
    path = f"/broadcasts/{draft.uuid}"
    program.post(f"{path}/send", {"scheduled_at": "in 1 hour"})

    told = program.get(path).told
    assert (told["status"], told["scheduled_at"] is not None) == ("scheduled", True)
    assert program.patch(path, {"subject": "Later"}).status_code == 200
    assert program.patch(path, {"html": ""}).status_code == 422
    assert program.post(f"{path}/cancel").status_code == 200
    assert program.get(path).told["status"] == "draft"
    program.post(f"{path}/send", {"scheduled_at": "in 1 hour"})
    assert program.delete(path).status_code == 200


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SENDING, Status.PAUSED])
def test_what_is_on_its_way_can_be_canceled(program, team, audience, status):
    broadcast = make_broadcast(team=team, audience=audience, status=status)

    assert program.get(f"/broadcasts/{broadcast.uuid}").told["status"] == "queued"
    assert program.post(f"/broadcasts/{broadcast.uuid}/cancel").status_code == 200
    assert program.get(f"/broadcasts/{broadcast.uuid}").told["status"] == "canceled"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SENT, Status.CANCELED, Status.FAILED])
def test_nothing_else_can_be_canceled(program, team, audience, status):
    broadcast = make_broadcast(team=team, audience=audience, status=status)

    assert program.post(f"/broadcasts/{broadcast.uuid}/cancel").told == {
        "statusCode": 403,
        "message": "Only queued or scheduled broadcasts can be canceled",
        "name": "validation_error",
    }


def test_after_sending_only_the_name_changes(program, team, audience):
    path = f"/broadcasts/{make_broadcast(team=team, audience=audience, status=Status.SENT).uuid}"

    assert program.patch(path, {"name": "Old news"}).status_code == 200
    for answer in (program.patch(path, {"subject": "x"}), program.delete(path), program.post(f"{path}/send", {})):
        assert (answer.status_code, answer.told["name"]) == (403, "validation_error")


def test_a_duplicate_is_a_draft(program, team, audience):
    sent = make_broadcast(team=team, audience=audience, status=Status.SENT)

    copy = program.post(f"/broadcasts/{sent.uuid}/duplicate")

    assert copy.status_code == 201
    told = program.get(f"/broadcasts/{copy.told['id']}").told
    assert (told["name"], told["status"]) == ("Spring news (copy)", "draft")


def test_created_with_send_it_is_on_its_way_at_once(program, team, body):
    made = program.post("/broadcasts", {**body, "send": True})

    broadcast = team.broadcasts.get(uuid=made.told["id"])
    assert made.status_code == 201
    assert (broadcast.status, broadcast.hold_until) == (Status.QUEUED, None)


def test_created_with_a_time_it_waits_for_it(program, team, body):
    tomorrow = (timezone.now() + timedelta(days=1)).date()

    made = program.post("/broadcasts", {**body, "send": True, "scheduled_at": f"{tomorrow}T23:00:00+01:00"})

    told = program.get(f"/broadcasts/{made.told['id']}").told
    assert (told["status"], told["scheduled_at"]) == ("scheduled", f"{tomorrow} 22:00:00+00")


def test_to_nobody_it_is_refused_and_not_even_drafted(program, team):
    empty = make_audience(team=team, name="Empty")
    sent = {"audience_id": str(empty.uuid), "from": "n@northwind.example", "subject": "x", "html": "x", "send": True}

    answer = program.post("/broadcasts", sent)

    assert (answer.status_code, answer.told["message"]) == (422, "Nobody in “Empty” can be e-mailed at present.")
    assert not team.broadcasts.exists()


@pytest.mark.parametrize("send", [False, None])
def test_send_that_is_not_true_leaves_a_draft(program, body, send):
    made = program.post("/broadcasts", {**body, "send": send})

    assert program.get(f"/broadcasts/{made.told['id']}").told["status"] == "draft"


def test_a_segment_is_enough(program, audience, body):
    identity = body.pop("audience_id")

    made = program.post("/broadcasts", {**body, "segment_id": identity})

    told = program.get(f"/broadcasts/{made.told['id']}").told
    assert (told["audience_id"], told["segment_id"]) == (identity, identity)


def test_an_audience_and_a_segment_must_be_the_same(program, team, audience, draft, body):
    other = str(make_audience(team=team, name="Other").uuid)
    path = f"/broadcasts/{draft.uuid}"

    refused = program.post("/broadcasts", {**body, "segment_id": other})
    unchanged = program.patch(path, {"audience_id": str(audience.uuid), "segment_id": other})
    moved = program.patch(path, {"audience_id": other, "segment_id": other})

    words = "The `audience_id` and `segment_id` must name the same audience."
    assert [(each.status_code, each.told["message"]) for each in (refused, unchanged)] == [(422, words)] * 2
    assert moved.status_code == 200
    assert program.get(path).told["audience_id"] == other
    assert Broadcast.objects.count() == 1


@pytest.mark.parametrize("name", ["audience_id", "segment_id"])
def test_another_teams_audience_is_not_found(program, mallory, body, name):
    theirs = make_audience(team=mallory.teams.get(), name="Secret")
    body.pop("audience_id")

    answer = program.post("/broadcasts", {**body, name: str(theirs.uuid)})

    assert (answer.status_code, answer.told["message"]) == (404, "Audience not found")
