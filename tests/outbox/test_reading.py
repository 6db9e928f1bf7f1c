import base64
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox import reading

HEADERS = b"From: Mara <mara@northwind.example>\r\nSubject: Hello\r\n"


def alternative(*, html: str = "<p>Hi</p>", text: str = "Hi") -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Mara <mara@northwind.example>", "ada@x.test"
    message["Subject"] = "Grüße aus Köln"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_both_bodies_and_decoded_headers_are_read():
    found = reading.read(alternative(html="<p>Grüße</p>", text="Grüße"))

    assert (found.html.strip(), found.text.strip()) == ("<p>Grüße</p>", "Grüße")
    assert found.header("subject") == "Grüße aus Köln"
    assert found.sender == "Mara <mara@northwind.example>"
    assert found.attachments == []


def test_a_folded_header_is_one_line():
    found = reading.read(b"Subject: one\r\n two\r\n\r\nbody")

    assert found.header("Subject") == "one two"


def test_text_that_is_not_mime_is_the_plain_text():
    found = reading.read(HEADERS + b"\r\njust\r\ntext")

    assert (found.html, found.text) == ("", "just\ntext")


def test_a_multipart_without_its_boundary_reads_as_text():
    found = reading.read(HEADERS + b"Content-Type: multipart/alternative\r\n\r\nlost parts")

    assert found.text == "lost parts"


def test_an_unknown_charset_is_read_as_utf_8():
    found = reading.read(HEADERS + "Content-Type: text/plain; charset=klingon-8\r\n\r\nQapla…".encode())

    assert found.text == "Qapla…"


def test_nuls_and_8_bit_headers_become_something_that_shows():
    found = reading.read(b"Subject: a\0b \xff\xfe\r\nX: Gr\xc3\xbc\xc3\x9fe\r\n\r\nbo\0dy")

    assert found.header("Subject") == "a b ��"
    assert found.header("X") == "Grüße"
    assert found.text == "bo�dy"


def test_a_huge_header_is_cut():
    found = reading.read(b"Subject: " + b"=?a?q?" * 200_000 + b"\r\n\r\nbody")

    assert len(found.header("Subject")) == reading.MAX_HEADER + 1


def test_parts_nested_beyond_reason_still_show_their_text():
    depth = 3000
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each) for each in range(depth)
    )

    found = reading.read(opened + b"\r\ninnermost")

    assert "innermost" in found.text


def test_binary_attachments_are_listed_with_name_type_and_size():
    message = EmailMessage()
    message.set_content("See the picture.")
    message.add_attachment(bytes(range(256)), maintype="image", subtype="png", filename="Bär.png")

    found = reading.read(message.as_bytes().replace(b"\n", b"\r\n"))

    assert found.attachments == [reading.Attachment("Bär.png", "image/png", 256)]
    assert found.text.strip() == "See the picture."


def test_an_attached_web_page_is_not_the_body():
    message = EmailMessage()
    message.set_content("See the page.")
    message.add_attachment("<p>page</p>", subtype="html", filename="page.html")

    found = reading.read(message.as_bytes())

    assert found.html == ""
    assert [each.name for each in found.attachments] == ["page.html"]


def test_links_come_once_in_order_and_only_those_that_can_be_followed():
    html = (
        '<a href="https://x.test/?a=1&amp;b=2">One <b>two</b></a><a href="javascript:alert(1)">no</a>'
        '<a name="place">no</a><a href="https://x.test/?a=1&amp;b=2">again</a>'
        "<a href='mailto:a@x.test'>write"
    )

    found = reading.read(alternative(html=f"{html}</a>"))

    assert found.links == [
        reading.Link("https://x.test/?a=1&b=2", "One two"),
        reading.Link("mailto:a@x.test", "write"),
    ]


def test_links_of_a_plain_text_leave_the_sentence_around_them():
    found = reading.read(HEADERS + b"\r\nSee https://x.test/a, or (http://y.test/b).")

    assert [link.url for link in found.links] == ["https://x.test/a", "http://y.test/b"]


def test_the_unsubscribe_link_is_the_one_click_headers():
    raw = (
        b"List-Unsubscribe: <mailto:out@x.test>, <https://x.test/u/1>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )

    found = reading.read(raw + HEADERS + b"\r\nhttps://x.test/unsubscribe/2")

    assert found.unsubscribe_url == "https://x.test/u/1"
    assert [name for name, _ in found.unsubscribe_headers] == ["List-Unsubscribe", "List-Unsubscribe-Post"]


def test_without_the_header_the_link_that_says_so_is_the_unsubscribe_link():
    found = reading.read(
        alternative(html='<a href="https://x.test/1">Read</a><a href="https://x.test/2">Unsubscribe</a>')
    )

    assert found.unsubscribe_url == "https://x.test/2"


def test_base64_that_is_not_base64_is_no_error():
    found = reading.read(b"Subject: =?utf-8?b?a?=\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\xff")

    assert found.header("Subject")
    assert isinstance(found.text, str)


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\0",
        b"\xff",
        b" ",
        b'"',
        b";",
        b"=?utf-8?b?",
        b"=?a\0b?q?x?=",
        b"?=",
        b"--b\r\n",
        b"--b--",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/mixed; boundary=\r\n",
        b"Content-Type: text/html; charset*=a''b\r\n",
        b'Content-Type: text/plain; charset="a\0b"\r\n',
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=raw-unicode-escape\r\n",
        b"\\ud800",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"begin 644 a\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Disposition: attachment; filename*=a\0''%ff\r\n",
        b"Content-Disposition: attachment; filename*0*=x''%41; filename*1=b\r\n",
        b"Content-Type: text/plain; charset=punycode\r\n",
        b'Content-Disposition: \xff; filename="\xff"\r\n',
        b"<a href=https://",
        b"Subject: ",
        b"List-Unsubscribe: <",
        base64.b64encode(b"hello"),
        b"=E9",
        b"Content-Type: text/plain; charset=utf-16\r\n",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=12), max_size=30))
def test_whatever_arrives_reads_as_text_that_a_page_can_show(pieces: list[bytes]):
    found = reading.read(b"".join(pieces))

    shown = [
        found.html,
        found.text,
        found.unsubscribe_url,
        *(part for header in found.headers for part in header),
    ]
    shown += [part for each in found.attachments for part in (each.name, each.content_type)]
    assert all(text.encode() is not None and "\0" not in text for text in shown)
    assert all(link.url.encode() for link in found.links)
