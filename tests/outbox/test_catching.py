import pytest

from outbox import catching
from outbox.catching import Caught
from outbox.models import Message
from tests import factories


def raw_message(*, slug: str = "northwind", subject: str = "Spring news") -> bytes:
    return (
        f"Subject: {subject}\r\nFeedback-ID: 1f0c:{slug}:broadcast:carillon\r\n"
        "From: news@northwind.example\r\n\r\nHello\r\n"
    ).encode()


def file(raw: bytes) -> Message | None:
    [message] = catching.file([Caught("news@northwind.example", ["ada@x.test", "bo@x.test"], raw)])
    return message


def test_a_message_is_filed_under_the_team_its_feedback_id_names(team):
    factories.make_team("Tailspin")

    message = file(raw_message())

    assert list(team.outbox.all()) == [message]
    assert (message.subject, message.rcpt_to) == ("Spring news", "ada@x.test, bo@x.test")
    assert bytes(message.raw) == raw_message()


@pytest.mark.parametrize(
    "raw", [raw_message(slug="nobody"), b"Subject: Reset\r\n\r\nhi", b"Feedback-ID: x\r\n\r\n", b"\0\xff"]
)
def test_a_message_of_no_known_team_is_not_kept(team, raw):
    message = file(raw)

    assert message is None
    assert not Message.objects.exists()


def test_an_invitation_is_for_admins_and_nothing_else_is(team):
    assert file(raw_message().replace(b":broadcast:", b":invitation:")).for_admins
    assert not file(raw_message()).for_admins
    assert not file(raw_message(subject="invitation").replace(b":broadcast:", b":export:")).for_admins


def test_several_are_filed_in_their_order_and_each_under_its_own_team(team, django_assert_num_queries):
    tailspin = factories.make_team("Tailspin")
    raws = [raw_message(slug=slug) for slug in ("northwind", "nobody", "tailspin", "northwind")]

    with django_assert_num_queries(2):
        messages = catching.file(
            [Caught("news@northwind.example", [f"p{n}@x.test"], raw) for n, raw in enumerate(raws)]
        )

    assert [message and message.team for message in messages] == [team, None, tailspin, team]
    assert list(team.outbox.order_by("pk").values_list("rcpt_to", flat=True)) == ["p0@x.test", "p3@x.test"]


def test_bytes_that_the_database_refuses_in_text_are_no_error(team):
    raw = raw_message(subject="a\0b \udcff".encode("utf-8", "replace").decode())
    [message] = catching.file([Caught("a\0@x.test", ["b\udcff@x.test"], raw)])

    assert message.subject == "a b ?"
    assert message.mail_from == "a @x.test"


def test_only_the_teams_newest_messages_are_kept(team, settings):
    settings.OUTBOX_KEEP = 3
    tailspin = factories.make_team("Tailspin")
    file(raw_message(slug="tailspin"))
    for number in range(8):
        file(raw_message(subject=f"Message {number}"))

    catching.prune(team)

    assert [each.subject for each in team.outbox.order_by("pk")] == ["Message 5", "Message 6", "Message 7"]
    assert tailspin.outbox.count() == 1


def test_filing_lets_go_of_the_oldest_by_itself(team, settings, monkeypatch):
    settings.OUTBOX_KEEP = 2
    monkeypatch.setattr(catching, "PRUNE_EVERY", 1)

    for _ in range(5):
        file(raw_message())

    assert team.outbox.count() == 2
