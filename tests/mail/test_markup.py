"""The tokenizer under everything that reads e-mail HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import markup
from mail.markup import Comment, EndTag, StartTag, Text

PIECES = st.lists(
    st.sampled_from(
        ["<", ">", "</", "<a ", "<!--", "-->", "<!", "<?", "='", '="', "'", '"', "/", "=", " ", "<script>", "</script>"]
    )
    | st.text(max_size=4)
).map("".join)


def described(source):
    return [(type(token), source[token.start : token.end]) for token in markup.tokens(source)]


def attributes(source):
    (tag,) = [token for token in markup.tokens(source) if isinstance(token, StartTag)]
    return {each.name: source[each.start : each.end] for each in tag.attributes}


def test_a_document_falls_into_its_tokens():
    source = "<!doctype html><p class=x>a < b</p><!-- <b> --><?php ?>c"

    assert described(source) == [
        (Comment, "<!doctype html>"),
        (StartTag, "<p class=x>"),
        (Text, "a < b"),
        (EndTag, "</p>"),
        (Comment, "<!-- <b> -->"),
        (Comment, "<?php ?>"),
        (Text, "c"),
    ]


def test_attributes_are_found_in_every_spelling():
    source = "<A HREF = 'x>y' title=\"it's\" data-a=b/c hidden/ empty='' alone>"

    assert attributes(source) == {
        "href": "x>y",
        "title": "it's",
        "data-a": "b/c",
        "hidden": "",
        "empty": "",
        "alone": "",
    }


def test_markup_inside_style_and_script_is_text():
    assert described("<style>a<b></style><i>") == [
        (StartTag, "<style>"),
        (Text, "a<b>"),
        (EndTag, "</style>"),
        (StartTag, "<i>"),
    ]


def test_a_quote_that_never_closes_ends_with_its_tag():
    assert described('<a href="x>text') == [(StartTag, '<a href="x>'), (Text, "text")]


@given(PIECES)
def test_tokens_cover_any_source_without_gaps(source):
    position = 0
    for token in markup.tokens(source):
        assert token.start == position
        assert token.end > token.start
        position = token.end
    assert position == len(source)


@given(PIECES)
def test_attributes_lie_inside_their_tag(source):
    for token in markup.tokens(source):
        if isinstance(token, StartTag):
            assert all(token.start < each.start <= each.end <= token.end for each in token.attributes)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a &amp; b", "a & b"), ("&nbsp;&#8364;&#x20ac;", "\u00a0€€"), ("&#" + "9" * 5000 + ";", "\ufffd")],
)
def test_references_are_resolved_however_absurd(written, meant):
    assert markup.unescape(written) == meant


@pytest.mark.parametrize(
    "absurd",
    ["<", "<a ", '<a "', "<!--", "<!-- >", "<![x[", "<a b='\"", "</", "&", "<script>", "<p =", "<a x='>\"", "< / "],
)
def test_a_megabyte_of_hostile_markup_is_read_in_order(absurd):
    source = absurd * (1_000_000 // len(absurd))

    starts = [token.start for token in markup.tokens(source)]

    assert starts == sorted(starts)
