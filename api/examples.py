"""Examples to be copied: the same deed with curl and with Resend's SDKs, with the reader's own addresses and ids."""

from dataclasses import dataclass

KEY = "re_your_key"


@dataclass(frozen=True)
class Example:
    title: str
    code: str


def add_contact(*, base: str, audience: str) -> list[Example]:
    """Adding one contact to the audience."""
    return [
        Example("curl", _curl(base, audience)),
        Example("Python", _python(base, audience)),
        Example("Node", _node(base, audience)),
    ]


def _curl(base: str, audience: str) -> str:
    return f"""curl -X POST '{base}/audiences/{audience}/contacts' \\
  -H 'Authorization: Bearer {KEY}' \\
  -H 'Content-Type: application/json' \\
  -d '{{
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Okafor",
    "unsubscribed": false
  }}'
"""


def _python(base: str, audience: str) -> str:
    return f"""# pip install resend
import resend

resend.api_url = "{base}"
resend.api_key = "{KEY}"

resend.Contacts.create(
    {{
        "audience_id": "{audience}",
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Okafor",
        "unsubscribed": False,
    }}
)
"""


def _node(base: str, audience: str) -> str:
    return f"""// npm install resend
import {{ Resend }} from "resend";

// Or set RESEND_BASE_URL before the program starts, which older versions need.
const resend = new Resend("{KEY}", {{ baseUrl: "{base}" }});

await resend.contacts.create({{
  audienceId: "{audience}",
  email: "ada@example.com",
  firstName: "Ada",
  lastName: "Okafor",
  unsubscribed: false,
}});
"""
