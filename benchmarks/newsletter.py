"""The message of the figures: 13 KB of HTML with twelve places for a recipient's values, and 2 KB of text."""

from collections.abc import Callable

# Writes a place for a value: the name of a merge tag, and its fallback.
Tag = Callable[[str, str], str]

SENTENCES = (
    "The first frost came early this year, and with it the quiet weeks in which the roastery smells best.",
    "We have been to the hills above the river to see the harvest, and came back with three coffees that we like.",
    "One is bright and light, like a good morning; one is round and sweet, for the long hours after lunch.",
    "The third is for the evening: roasted slowly, low in acidity, with a taste of hazelnuts and dried plums.",
    "All of them were picked by hand, dried in the sun, and paid for at twice the price of the exchange.",
    "Whoever comes by on a Saturday can taste them side by side, and ask whatever they always wanted to know.",
    "There are small bags to try, large ones for offices, and a crate that goes by bicycle around the corner.",
)
SECTION = """
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse: collapse">
  <tr>
    <td width="64" valign="top" style="padding: 24px 0 0 32px">
      <img src="https://northwind.example/coffee/{number}.png" width="64" height="64" alt="" style="border-radius: 8px">
    </td>
    <td style="padding: 24px 32px; font-family: Georgia, serif; font-size: 16px; line-height: 24px; color: #2b2b2b">
      <h2 style="margin: 0 0 12px; font-size: 20px; line-height: 28px">Number {number}, for {value}</h2>
      <p style="margin: 0 0 12px">{story}</p>
      <p style="margin: 0"><a href="https://northwind.example/coffee/{number}" style="color: #7a4a21">Read more</a></p>
    </td>
  </tr>
</table>
"""


def subject(tag: Tag) -> str:
    return f"{tag('FIRST_NAME', 'Friend')}, the autumn harvest has landed"


def html(tag: Tag) -> str:
    url = tag("RESEND_UNSUBSCRIBE_URL", "")
    values = [
        tag("FIRST_NAME", "you"),
        tag("LAST_NAME", "and yours"),
        tag("contact.city", "your city"),
        tag("contact.plan", "your plan"),
        tag("FIRST_NAME", "friends"),
        tag("EMAIL", ""),
        tag("contact.city", "the neighbours"),
        tag("FIRST_NAME", "you again"),
        tag("contact.plan", "all plans"),
        tag("FIRST_NAME", "the last time"),
    ]
    sections = [
        SECTION.format(number=number, value=value, story=_story(number, 6)) for number, value in enumerate(values)
    ]
    end = f'<p><a href="{url}">Unsubscribe</a> or paste this into your browser: {url}</p>'
    return f"<!doctype html><html><body>{''.join(sections)}{end}</body></html>"


def text(tag: Tag) -> str:
    greeting = f"Hello {tag('FIRST_NAME', 'there')} in {tag('contact.city', 'your city')},"
    paragraphs = [_story(number, 3) for number in range(6)]
    return "\n\n".join([greeting, *paragraphs, f"Unsubscribe: {tag('RESEND_UNSUBSCRIBE_URL', '')}"])


def _story(start: int, length: int) -> str:
    return " ".join(SENTENCES[(start + each) % len(SENTENCES)] for each in range(length))
