"""The text that stands for an HTML e-mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.plain_text import from_html

TAGS = ["p", "div", "a href=x", "a", "ul", "ol", "li", "table", "tr", "td", "br", "hr", "h1", "b", "head", "body"]
PIECES = st.lists(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<p hidden>", "{{{EMAIL}}}"])
    | st.text(max_size=5)
).map("".join)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("just  text\n here", "just text here"),
        ("<h1>Title</h1><p>One\n two</p><p>Three</p>", "Title\n\nOne two\n\nThree"),
        ("<div>a</div><div>b</div>c", "a\nb\nc"),
        ("one<br>two<br/><br><br><br>three", "one\ntwo\n\nthree"),
        ("a<b>b</b>c <i> d </i> e", "abc d e"),
        ("<p>a<hr>b", "a\n\n---\n\nb"),
        ("<ul><li>a<li><p>b</p></ul>c", "- a\n- b\n\nc"),
        ("<ol><li>a</li><li>b<br>c</li></ol>", "1. a\n2. b\n  c"),
        ("<ul><li>a<ol><li>x</li></ol></li><li></li><li>b</li></ul>", "- a\n  1. x\n- b"),
        ("<table><tr><td>Item</td><td>Price</td></tr><tr><td>Tea<td>€3</table>", "Item | Price\nTea | €3"),
        ("<table><tr><td><p>Left</p></td><td></td><td><p>Right</p></td></tr></table>", "Left\n\nRight"),
        ("&lt;3 &amp; &copy;&nbsp;&euro;&#128512;&bogus;", "<3 & © €😀&bogus;"),
        ('<img src=x alt="A cat"><img src=y>', "A cat"),
        ("<head><title>T</title><style>p{}</style></head><body>x<script>y</script>", "x"),
        ("<head><title>T</title><body>x", "x"),
        ("<!-- hidden --><!--[if mso]>outlook<![endif]-->x", "x"),
    ],
)
def test_html_becomes_readable_text(source, expected):
    assert from_html(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<a href="https://x.test/?a=1&amp;b=2">Read</a>.', "Read (https://x.test/?a=1&b=2)."),
        ('<a href="https://x.test/">https://x.test</a>', "https://x.test"),
        ('<a href="mailto:a@x.test">a@x.test</a> <a href="mailto:a@x.test">Write</a>', "a@x.test Write (a@x.test)"),
        ('<a href="#top">Top</a> <a href="javascript:x()">Run</a> <a name=x>Name</a>', "Top Run Name"),
        ('<a href="https://x.test"><img src=y></a>', "https://x.test"),
        ('<a href="https://x.test"><img src=y alt="Logo"></a>', "Logo (https://x.test)"),
        ('<a href="https://x.test"><h2>Big</h2></a><p>after', "Big (https://x.test)\n\nafter"),
        ('<a href="https://x.test">one <a href="https://y.test">two', "one (https://x.test) two (https://y.test)"),
    ],
)
def test_links_carry_their_address(source, expected):
    assert from_html(source) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none;max-height:0">preheader <b>x</b></div>',
        "<span style='color:red; DISPLAY : none !important'>preheader</span>",
        "<p hidden>preheader",
        "<template>preheader</template>",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(hidden):
    assert from_html(f"<body>{hidden}<p>Seen</p>") == "Seen"


def test_a_hidden_element_that_is_never_closed_ends_with_its_parent():
    assert from_html("<div><span style='display:none'>pre</div>Seen") == "Seen"


def test_merge_tags_stay_as_they_are():
    source = (
        "<p>Hi {{{FIRST_NAME|<you> &amp; all}}},</p>"
        '<a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Unsubscribe</a> <a href="{{{contact.site}}}">{{{contact.site}}}</a>'
    )

    assert from_html(source) == (
        "Hi {{{FIRST_NAME|<you> & all}}},\n\nUnsubscribe ({{{RESEND_UNSUBSCRIBE_URL}}}) {{{contact.site}}}"
    )


@given(PIECES)
def test_any_html_gives_tidy_text(source):
    text = from_html(source)

    assert "\n\n\n" not in text
    assert text == text.strip()
    assert all(line == line.rstrip() for line in text.split("\n"))


@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1))
def test_no_word_is_lost(words):
    source = "".join(f"<p>{word}</p>" if index % 2 else f"<td>{word} " for index, word in enumerate(words))

    assert from_html(source).replace("|", " ").split() == words


@pytest.mark.parametrize(
    "absurd",
    ["<ul><li>x", "<div>", "<a href=x>y", "</p>", "<p hidden>", "<b></i>", "word ", "<td>x", "{{{", "<td>{{{x}}}<br>"],
)
def test_a_megabyte_of_nonsense_becomes_text(absurd):
    source = absurd * (1_000_000 // len(absurd))

    text = from_html(source)

    assert "<li>" not in text
