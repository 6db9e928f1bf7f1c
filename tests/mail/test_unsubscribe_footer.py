"""Whether readers can leave, and the footer that lets them."""

import pytest

from mail import merge_tags
from mail.plain_text import from_html
from mail.unsubscribe_footer import has_unsubscribe_link, text_with_footer, with_footer

LINK = '<a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Leave</a>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (LINK, ""),
        ("<p>{{{UNSUBSCRIBE_URL}}}</p>", ""),
        (LINK, "Leave: {{{UNSUBSCRIBE_URL}}}"),
        ("", "Leave: {{{ RESEND_UNSUBSCRIBE_URL }}}"),
    ],
)
def test_a_link_that_readers_see_is_enough(html, text):
    assert has_unsubscribe_link(html, text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>Hello</p>", ""),
        (f"<!-- {LINK} -->", ""),
        (f"<div style='display:none'>{LINK}</div>", ""),
        ("<style>{{{UNSUBSCRIBE_URL}}}</style>x", ""),
        (LINK, "No link here"),
        ("<p>Hello</p>", "{{{UNSUBSCRIBE_URL}}}"),
        ("{{UNSUBSCRIBE_URL}}", ""),
    ],
)
def test_each_body_needs_a_link_of_its_own(html, text):
    assert not has_unsubscribe_link(html, text)


@pytest.mark.parametrize(
    "html",
    ["", "<p>x</p>", "<html><body><p>x</p></body></html>", "<body>x</BODY >", "<html>x</html>", "x<!-- </body> -->"],
)
def test_the_footer_is_the_last_thing_in_the_body(html):
    complete = with_footer(html)

    assert has_unsubscribe_link(complete, "")
    assert from_html(complete).endswith("Unsubscribe ({{{UNSUBSCRIBE_URL}}})")
    assert merge_tags.problems(complete) == []


def test_the_footer_stands_before_the_end_of_the_body():
    complete = with_footer("<html><body><p>x</p></body></html>")

    assert complete.startswith("<html><body><p>x</p><p ")
    assert complete.endswith("</p>\n</body></html>")


def test_a_second_footer_is_not_added():
    once = with_footer("<p>Hello</p>")

    assert with_footer(once) == once


def test_a_plain_text_gets_its_footer_once():
    once = text_with_footer("Hello\n")

    assert once.startswith("Hello\n\nYou get this e-mail")
    assert has_unsubscribe_link("", once)
    assert text_with_footer(once) == once
