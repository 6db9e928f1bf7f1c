import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from outbox import catching
from outbox.catching import Caught
from outbox.models import Message
from tests import factories

HTML = (
    "<!DOCTYPE html><html><head><title>x</title></head><body><p>Hello Ada</p>"
    '<a href="http://127.0.0.1:8000/u/token">Unsubscribe</a></body></html>'
)
HEADERS = (
    "From: Northwind <news@northwind.example>\r\nTo: ada@x.test\r\nSubject: {subject}\r\n"
    "List-Unsubscribe: <http://127.0.0.1:8000/u/token>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "Feedback-ID: 1f0c:{slug}:broadcast:carillon\r\n"
)


def file(*, slug: str = "northwind", to: str = "ada@x.test", subject: str = "Spring news", body: str = HTML) -> Message:
    raw = f"{HEADERS.format(subject=subject, slug=slug)}Content-Type: text/html; charset=utf-8\r\n\r\n{body}"
    [message] = catching.file([Caught("news@northwind.example", [to], raw.encode())])
    return message


def file_raw(raw: bytes) -> Message:
    [message] = catching.file([Caught("", ["ada@x.test"], b"Feedback-ID: 1f0c:northwind:broadcast:carillon\r\n" + raw)])
    return message


@pytest.fixture
def outbox(team) -> str:
    return reverse("outbox:list", args=[team.slug])


def test_the_list_shows_what_arrived_newest_first(as_bob, outbox):
    file(subject="First")
    file(subject="Second", to="bo@x.test")

    page = as_bob.get(outbox).content.decode()

    assert page.index("Second") < page.index("First")
    assert "bo@x.test" in page
    assert "Nothing leaves this machine" in page


def test_an_empty_outbox_says_how_to_fill_it(as_bob, outbox):
    assert "Nothing sent yet" in as_bob.get(outbox).content.decode()


@pytest.mark.parametrize(
    ("term", "found"),
    [("SPRING", 1), ("ada@", 1), ("no such", 0), ("100%", 0), ("\0", 1), ("x" * 100_000, 0)],
)
def test_searching_looks_at_subject_and_recipient(as_bob, outbox, term, found):
    file(subject="Spring news", to="ada@x.test")

    answer = as_bob.get(outbox, {"q": term})

    assert answer.status_code == 200
    assert len(answer.context["page"].rows) == found


def test_pages_are_walked_by_keyset(as_bob, team, outbox):
    Message.objects.bulk_create(
        Message(team=team, rcpt_to="ada@x.test", subject=f"Message {number}", raw=b"") for number in range(60)
    )

    first = as_bob.get(outbox).context["page"]
    second = as_bob.get(outbox, {"after": first.older})

    assert [each.subject for each in second.context["page"].rows] == [
        f"Message {number}" for number in range(9, -1, -1)
    ]
    assert 'hx-trigger="every 3s"' not in second.content.decode()


def test_the_list_costs_few_queries_and_reads_no_message(as_bob, outbox, django_assert_max_num_queries):
    for _ in range(20):
        file()

    with django_assert_max_num_queries(6):
        as_bob.get(outbox)


def test_polling_answers_nothing_until_something_arrives(as_bob, outbox):
    file()
    polling = {"HX-Request": "true", "HX-Target": "message-table"}
    newest = as_bob.get(outbox).context["newest"]

    quiet = as_bob.get(outbox, headers={**polling, "Outbox-Newest": newest})
    file(subject="Just in")
    news = as_bob.get(outbox, headers={**polling, "Outbox-Newest": newest})

    assert quiet.status_code == 204
    assert "Just in" in news.content.decode()
    assert "<html" not in news.content.decode()


def test_the_list_does_not_promise_what_a_real_relay_breaks(as_bob, outbox, settings):
    settings.SMTP_URL = "smtps://user:secret@mail.example.net:465"

    page = as_bob.get(outbox).content.decode()

    assert "Nothing leaves this machine" not in page
    assert "mail.example.net" in page
    assert "secret" not in page


@pytest.mark.parametrize("view", ["", "html", "text", "source", "headers", "nonsense"])
def test_every_way_to_look_at_a_message_shows_its_unsubscribe_link(as_bob, view):
    page = as_bob.get(file().get_absolute_url(), {"view": view}).content.decode()

    assert 'href="http://127.0.0.1:8000/u/token"' in page
    assert "List-Unsubscribe=One-Click" in page


def test_the_frame_shows_styles_and_opens_links_but_runs_nothing(as_bob, team):
    answer = as_bob.get(reverse("outbox:html", args=[team.slug, file().uuid]))

    assert '<head><base target="_blank">' in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    )
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_source_is_the_message_byte_for_byte_and_never_a_page(as_bob, team):
    message = file_raw(b"\r\n<script>\0\xff</script>")

    answer = as_bob.get(reverse("outbox:source", args=[team.slug, message.uuid]), {"download": ""})

    assert answer.content == bytes(message.raw)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")


BROKEN = [
    b"\r\n",
    b"\0\xff\xfe no headers at all",
    b"Subject: " + b"x" * 300_000 + b"\r\n\r\nbody",
    b"Subject: =?utf-8?b?a?=\r\nContent-Type: text/html; charset=klingon\r\n\r\n\xff\0<p",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Disposition: attachment; filename*=a\0''%ff\r\n\r\n\0\1\2",
    b"Content-Type: text/plain; charset=raw-unicode-escape\r\n\r\n\\ud800",
    b'Content-Type: text/html\r\n\r\n<a href="https://x.test/\\">' * 3,
]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_no_message_is_too_broken_to_look_at(as_bob, team, raw):
    message = file_raw(raw)
    addresses = [f"{message.get_absolute_url()}?view={view}" for view in ("html", "text", "source", "headers")]
    addresses += [reverse(f"outbox:{name}", args=[team.slug, message.uuid]) for name in ("html", "source")]

    statuses = {as_bob.get(address).status_code for address in [*addresses, reverse("outbox:list", args=[team.slug])]}

    assert statuses == {200}


def test_a_long_text_is_cut_and_says_so(as_bob):
    message = file_raw(b"\r\n" + b"word " * 100_000)

    page = as_bob.get(message.get_absolute_url(), {"view": "text"}).content.decode()

    assert "This is its beginning." in page
    assert len(page) < 300_000


def test_emptying_deletes_the_teams_messages_only(as_bob, team, outbox):
    file()
    elsewhere = factories.make_team("Tailspin")
    file(slug="tailspin")

    answer = as_bob.post(reverse("outbox:clear", args=[team.slug]))

    assert answer.url == outbox
    assert [str(each) for each in get_messages(answer.wsgi_request)] == ["The Outbox is empty: 1 message deleted."]
    assert (team.outbox.count(), elsewhere.outbox.count()) == (0, 1)


@pytest.mark.parametrize("name", ["detail", "html", "source"])
def test_another_teams_message_does_not_exist(client, mallory, team, name):
    message = file()
    client.force_login(mallory)

    own_address = client.get(reverse(f"outbox:{name}", args=["tailspin", message.uuid]))
    its_address = client.get(reverse(f"outbox:{name}", args=[team.slug, message.uuid]))

    assert (own_address.status_code, its_address.status_code) == (404, 404)


def test_emptying_needs_a_post(as_bob, team):
    assert as_bob.get(reverse("outbox:clear", args=[team.slug])).status_code == 405


def test_invitations_are_for_admins_only(client, team, alice, bob):
    hidden = Message.objects.create(team=team, rcpt_to="new@x.test", subject="Join us", raw=b"\r\n", for_admins=True)
    addresses = [reverse(f"outbox:{name}", args=[team.slug, hidden.uuid]) for name in ("detail", "html", "source")]

    client.force_login(bob)
    assert "Join us" not in client.get(reverse("outbox:list", args=[team.slug])).text
    assert [client.get(address).status_code for address in addresses] == [404] * 3
    client.post(reverse("outbox:clear", args=[team.slug]))
    client.force_login(alice)
    assert "Join us" in client.get(reverse("outbox:list", args=[team.slug])).text
    assert [client.get(address).status_code for address in addresses] == [200] * 3
