"""Merge tags: what they are replaced by, and what is wrong with them."""

import html
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import merge_tags
from mail.merge_tags import Place, Problem, Tag

ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@x.test",
    "plan": "gold",
    "UNSUBSCRIBE_URL": "https://c.test/u/tok?a=1&b=2",
}
SOURCE = st.lists(
    st.sampled_from(
        ["{{{", "}}}", "{", "}", "FIRST_NAME", "contact.", "plan", "|", "there", '<a href="', '">', "\n", " "]
    )
    | st.text(max_size=5)
).map("".join)


def in_text(source, values=ADA):
    return merge_tags.render(merge_tags.parse(source), values)


def in_html(source, values=ADA):
    return merge_tags.render(merge_tags.parse_html(source), values)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hi {{{FIRST_NAME|there}}}!", "Hi Ada!"),
        ("{{{LAST_NAME}}} {{{EMAIL}}}", "Lovelace ada@x.test"),
        ("{{{contact.first_name|there}}} {{{contact.last_name|x}}}", "Ada Lovelace"),
        ("{{{contact.email}}} {{{contact.plan|none}}} {{{plan}}}", "ada@x.test gold gold"),
        ("{{{ first_name | there }}}", "Ada"),
        ("{{{RESEND_UNSUBSCRIBE_URL}}} {{{UNSUBSCRIBE_URL}}}", "https://c.test/u/tok?a=1&b=2 " * 2),
        ("{{FIRST_NAME}} {FIRST_NAME}", "{{FIRST_NAME}} {FIRST_NAME}"),
        ("{{{{FIRST_NAME}}}}", "{Ada}"),
        ("{{{FIRST_NAME", "{{{FIRST_NAME"),
        ("{{{two words}}} {{{}}} {{{contact.}}}", "{{{two words}}} {{{}}} {{{contact.}}}"),
    ],
)
def test_tags_of_both_spellings_are_replaced_and_the_rest_is_left_alone(source, expected):
    assert in_text(source).strip() == expected.strip()


@pytest.mark.parametrize("value", ["", "   ", "\r\n"])
def test_an_empty_value_gives_way_to_the_fallback_and_then_to_nothing(value):
    assert in_text("Hi {{{FIRST_NAME|there}}}{{{LAST_NAME}}}", {"first_name": value}) == "Hi there"


def test_a_value_is_never_expanded():
    values = ADA | {"first_name": "{{{EMAIL}}}", "last_name": "{{{FIRST_NAME}}}"}

    assert in_text("{{{FIRST_NAME}}} {{{LAST_NAME}}}", values) == "{{{EMAIL}}} {{{FIRST_NAME}}}"


def test_a_value_stays_on_one_line():
    values = {"first_name": "Ada\r\nBcc: all@x.test\x00\u2028\ud800end"}

    assert in_text("{{{FIRST_NAME}}}", values) == "Ada Bcc: all@x.test end"


def test_a_value_is_text_in_html():
    values = {"first_name": "<b>\"A\" & 'B'</b>"}

    assert in_html("<p title='{{{FIRST_NAME}}}'>") == "<p title='Ada'>"
    assert in_html("<p>{{{FIRST_NAME}}}</p>", values) == f"<p>{html.escape(values['first_name'])}</p>"


def test_a_fallback_is_the_same_text_however_the_html_spells_it():
    assert in_html("{{{FIRST_NAME|Tom &amp; Jo}}}{{{FIRST_NAME| & <i>}}}", {}) == "Tom &amp; Jo&amp; &lt;i&gt;"


@pytest.mark.parametrize(
    "source",
    [
        '<a href="https://x.test/?e={{{EMAIL}}}">',
        "<A\nclass=x HREF = 'https://x.test/?e={{{EMAIL}}}'>",
        "<img alt='>' src=https://x.test/?e={{{EMAIL}}}>",
        '<a title="{{{FIRST_NAME|"quoted" > }}}" href="https://x.test/?e={{{EMAIL}}}">',
        '<!--[if mso]><a href="https://x.test/?e={{{EMAIL}}}"><![endif]--><a href="?e={{{EMAIL}}}">',
    ],
)
def test_values_inside_a_link_are_percent_encoded(source):
    assert "?e=a%26b%40x.test" in in_html(source, {"email": "a&b@x.test"})


def test_the_unsubscribe_link_is_never_percent_encoded():
    expected = '<a href="https://c.test/u/tok?a=1&amp;b=2">'

    assert in_html('<a href="{{{RESEND_UNSUBSCRIBE_URL}}}">') == expected


def test_values_inside_a_web_address_of_plain_text_are_percent_encoded():
    values = ADA | {"first_name": "Ada B"}

    assert in_text("https://x.test/?n={{{FIRST_NAME}}} {{{FIRST_NAME}}}", values) == "https://x.test/?n=Ada%20B Ada B"


def test_a_property_cannot_take_the_place_of_the_unsubscribe_link():
    assert in_text("{{{contact.unsubscribe_url}}}", {"UNSUBSCRIBE_URL": "link"}) == ""


def test_tags_tell_name_fallback_and_place():
    assert merge_tags.tags("{{{FIRST_NAME|there}}}") == [Tag("first_name", "there", Place.TEXT)]
    assert merge_tags.parse_html('x<a href="{{{contact.plan|a&amp;b}}}">') == [
        'x<a href="',
        Tag("plan", "a&b", Place.URL),
        '">',
    ]


def test_problems_name_the_line_and_the_tag():
    source = "Hi {{{FIRST_NAME}}}\n{{{FRIST_NAME|x}}}\n\n{{{two words}}}\n{{{EMAIL}}"

    problems = merge_tags.problems(source)

    assert problems == [
        Problem(2, "{{{FRIST_NAME|x}}}", "isn't a known merge tag"),
        Problem(4, "{{{two words}}}", "isn't a merge tag"),
        Problem(5, "{{{EMAIL", "is never closed with }}}"),
    ]
    assert str(problems[0]) == "Line 2: {{{FRIST_NAME|x}}} isn't a known merge tag."


def test_a_property_that_no_contact_has_is_a_problem():
    assert [each.source for each in merge_tags.problems("{{{contact.plan}}}")] == ["{{{contact.plan}}}"]


def test_a_problem_quotes_no_more_than_a_line():
    (problem,) = merge_tags.problems("{{{" + "word\n" * 50_000)

    assert len(problem.source) == 60
    assert "\n" not in problem.source


@given(SOURCE)
def test_parsing_loses_nothing(source):
    pieces = [part for part in merge_tags.parse(source) if isinstance(part, str)]
    closed = sum(len(piece) for piece in pieces)

    assert closed == len(source) or merge_tags.tags(source)
    assert in_text(source, {}).count("\n") <= source.count("\n")


@given(SOURCE, st.text())
def test_a_value_appears_only_as_itself(source, value):
    parts = merge_tags.parse(source)
    tags = [part for part in parts if isinstance(part, Tag)]
    rendered = merge_tags.render(parts, dict.fromkeys((tag.name for tag in tags), "X" + value))

    literal = sum(len(part) for part in parts if isinstance(part, str))
    assert len(rendered) >= literal + len(tags)


@given(SOURCE, st.text(min_size=1))
def test_html_cannot_be_started_or_ended_by_a_value(source, value):
    parts = merge_tags.parse_html(source)
    rendered = merge_tags.render(parts, {"first_name": value, "plan": value})
    plain = merge_tags.render(parts, {"first_name": "x", "plan": "x"})

    assert [rendered.count(mark) for mark in "<>\"'"] == [plain.count(mark) for mark in "<>\"'"]


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"]), min_size=1))
def test_a_value_survives_html_and_links(value):
    assert html.unescape(in_html("{{{FIRST_NAME}}}", {"first_name": value})) == value
    assert unquote(in_html('<a href="{{{FIRST_NAME}}}">', {"first_name": value})[9:-2]) == value
