"""Rewriting links once per broadcast, whatever the HTML is like."""

import html
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mail import markup, merge_tags, tracked_links
from mail.tracked_links import Tracking

HERE = "https://c.test"
VALUES = {"CLICK_TOKEN": "tok-en_1", "OPEN_TOKEN": "op-en_1", "UNSUBSCRIBE_URL": "u", "first_name": "Ada"}
PIECES = st.lists(
    st.sampled_from(
        [
            '<a href="https://x.test/a?b=1&amp;c=2">',
            "<a href='http://x.test/b'>",
            "<a href=https://x.test/c>",
            '<a href="{{{UNSUBSCRIBE_URL}}}">',
            '<a href="https://x.test/{{{FIRST_NAME}}}">',
            '<a href="mailto:a@x.test">',
            '<area href="https://x.test/d"',
            "<a href=",
            '<a href="',
            "</a>",
            "</body>",
            "<style>",
            "</style>",
            "<!--",
            "-->",
            "{{{FIRST_NAME|<a href='https://x.test/e'>}}}",
            "{{{",
            '"',
            ">",
            "<",
            "&",
        ]
    )
    | st.text(max_size=8)
).map("".join)


def tracked(source, *, opens=False):
    numbers = {url: number for number, url in enumerate(tracked_links.urls(source), 1)}
    return tracked_links.tracked(source, Tracking(address=HERE, opens=opens, links=numbers))


def filled(source):
    """As the recipient gets it."""
    return merge_tags.render(merge_tags.parse_html(source), VALUES)


def shown(source):
    return "".join(source[each.start : each.end] for each in markup.tokens(source) if isinstance(each, markup.Text))


def targets(source):
    """What browsers link to, by the first `href` of each tag."""
    for token in markup.tokens(source):
        if isinstance(token, markup.StartTag) and token.name in ("a", "area"):
            hrefs = [source[each.start : each.end] for each in token.attributes if each.name == "href"]
            yield html.unescape(hrefs[0]) if hrefs else None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('<a href="https://x.test/">', "https://x.test/"),
        ("<A HREF='HTTP://X.TEST/a'>", "HTTP://X.TEST/a"),
        ("<a class=b href=https://x.test/a/b>", "https://x.test/a/b"),
        ('<area shape="rect" href="https://x.test">', "https://x.test"),
        ('<a href="https://x.test/?a=1&amp;b=2#c">', "https://x.test/?a=1&b=2#c"),
        ('<a href=" \n https://x.test/a\n b ">', "https://x.test/a b"),
        ('<a href="https://münchen.test/straße">', "https://münchen.test/straße"),
        ('<a href="https://x.test" href="https://y.test">', "https://x.test"),
    ],
)
def test_web_addresses_in_every_spelling_are_links_to_count(written, meant):
    assert tracked_links.urls(f"<p>{written}x</a>") == [meant]


@pytest.mark.parametrize(
    "written",
    [
        '<a href="{{{RESEND_UNSUBSCRIBE_URL}}}">',
        '<a href="https://x.test/{{{contact.plan|none}}}">',
        '<a href="mailto:a@x.test">',
        '<a href="tel:+4912345">',
        '<a href="#top">',
        '<a href="/relative">',
        '<a href="//x.test/">',
        '<a href="https:///x">',
        '<a href="https://x.test\\@y.test/">',
        '<a href="javascript:alert(1)">',
        '<a href="">',
        "<a href>",
        '<a name="x">',
        '<link href="https://x.test/style.css">',
        '<img src="https://x.test/a.png">',
        '<!--[if mso]><a href="https://x.test"><![endif]-->',
        '<a title="{{{FIRST_NAME|<a href=https://x.test>}}}">',
    ],
)
def test_everything_else_stays_as_it_is(written):
    source = f"<p>{written}x</a>"

    assert tracked_links.urls(source) == []
    assert tracked(source) == source


def test_a_link_keeps_its_quotes_and_its_other_attributes():
    source = """<a class="b" href='https://x.test/?a=1&amp;b=2' title=c>x</a>"""

    assert filled(tracked(source)) == """<a class="b" href='https://c.test/c/tok-en_1/1' title=c>x</a>"""


def test_the_same_address_twice_is_one_link():
    source = '<a href="https://x.test/?a&amp;b">1</a><a href="https://y.test">2</a><a href=https://x.test/?a&b>3</a>'

    assert list(targets(filled(tracked(source)))) == [f"https://c.test/c/tok-en_1/{number}" for number in (1, 2, 1)]


def test_a_link_that_has_no_number_is_left_alone():
    source = '<a href="https://x.test">1</a><a href="https://y.test">2</a>'

    tracking = Tracking(address=HERE, links={"https://y.test": 7})

    assert list(targets(filled(tracked_links.tracked(source, tracking)))) == [
        "https://x.test",
        "https://c.test/c/tok-en_1/7",
    ]


@pytest.mark.parametrize(
    ("source", "before"), [("<p>x</p>", ""), ("<body><p>x</p></body></html>\n", "</body>"), ("x</HTML>", "</HTML>")]
)
def test_the_picture_is_the_last_thing_in_the_body(source, before):
    found = filled(tracked(source, opens=True))

    assert re.search(rf'<img src="https://c\.test/o/op-en_1\.gif"[^>]* alt=""[^>]*>{before}', found)
    assert found.replace(re.search("<img[^>]*>", found)[0], "") == source


@pytest.mark.parametrize("source", ['<p title="x', '<p><a href="https://x.test', "<a href="])
def test_html_that_would_swallow_the_picture_has_none(source):
    assert "<img" not in tracked(source, opens=True)


def test_a_message_without_html_has_no_picture():
    assert tracked("", opens=True) == ""
    assert tracked(" \n", opens=True) == " \n"


@given(PIECES, st.booleans())
def test_what_is_shown_stays_and_every_number_leads_to_what_was_written(source, opens):
    # What is no merge tag can't be sent.
    assume(not [each for each in merge_tags.problems(source) if "isn't" in each.reason])
    numbered = dict(enumerate(tracked_links.urls(source), 1))

    found = tracked(source, opens=opens)

    original, result = filled(source), filled(found)
    assert shown(result) == shown(original)
    for now, then in zip(targets(result), targets(original), strict=True):
        number = re.fullmatch(r"https://c\.test/c/tok-en_1/(\d+)", now or "")
        if number:
            assert numbered[int(number[1])] == re.sub(r"[\t\r\n]", "", then.strip("".join(map(chr, range(33)))))
        else:
            assert now == then


@given(st.text(max_size=200))
def test_any_text_can_be_searched_for_links(source):
    assert tracked(source) == source or tracked_links.urls(source)
