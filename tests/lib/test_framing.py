import pytest

from lib.framing import BASE, framed


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hi</p>", f"{BASE}<p>Hi</p>"),
        ("<!DOCTYPE html>\n<p>Hi</p>", f"<!DOCTYPE html>{BASE}\n<p>Hi</p>"),
        ("<html lang='en'><body>Hi", f"<html lang='en'>{BASE}<body>Hi"),
        ("<html>\n<HEAD data-x='1'><title>x</title>", f"<html>\n<HEAD data-x='1'>{BASE}<title>x</title>"),
        ("<header>Hi</header>", f"{BASE}<header>Hi</header>"),
        ("", BASE),
    ],
)
def test_links_get_a_target_without_changing_the_documents_mode(html, expected):
    assert framed(html).content.decode() == expected


def test_a_frame_runs_nothing_and_is_shown_by_our_pages_only():
    answer = framed("<script>alert(1)</script>")

    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_absurd_markup_is_framed_in_no_time():
    assert framed("<head " * 200_000).content.startswith(BASE.encode())
