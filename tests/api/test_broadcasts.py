"""Broadcasts from a draft to what became of them."""

import pytest

from broadcasts import sending, tasks
from broadcasts.models import Broadcast
from tests.factories import make_broadcast, make_contacts

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
