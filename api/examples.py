"""Examples to be copied: the same deed with curl and with Resend's SDKs, with the reader's own addresses and ids."""

import json
from dataclasses import dataclass

KEY = "re_your_key"
SENDER = "Northwind <news@your-domain.example>"
# Time enough for whoever tries the example out to think better of it.
WHEN = "tomorrow at 9am"


@dataclass(frozen=True)
class Example:
    title: str
    code: str


def add_contact(*, base: str, audience: str) -> list[Example]:
    """Adding one contact to the audience."""
    body = """{
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Okafor",
    "unsubscribed": false
  }"""
    python = f"""resend.Contacts.create(
    {{
        "audience_id": "{audience}",
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Okafor",
        "unsubscribed": False,
    }}
)
"""
    node = f"""await resend.contacts.create({{
  audienceId: "{audience}",
  email: "ada@example.com",
  firstName: "Ada",
  lastName: "Okafor",
  unsubscribed: false,
}});
"""
    return _examples(base, f"/audiences/{audience}/contacts", body, python, node)


def send_broadcast(*, base: str, audience: str, sender: str) -> list[Example]:
    """Writing a broadcast to the audience and having it sent at a time ahead."""
    # As JSON, Python and JavaScript all write it.
    quoted = json.dumps(sender or SENDER, ensure_ascii=False)
    body = f"""{{
    "audience_id": "{audience}",
    "from": {quoted},
    "subject": "Spring is here, {{{{{{FIRST_NAME|friend}}}}}}",
    "html": "<p>It is.</p>",
    "send": true,
    "scheduled_at": "{WHEN}"
  }}"""
    python = f"""broadcast = resend.Broadcasts.create(
    {{
        "audience_id": "{audience}",
        "from": {quoted},
        "subject": "Spring is here, {{{{{{FIRST_NAME|friend}}}}}}",
        "html": "<p>It is.</p>",
    }}
)
resend.Broadcasts.send({{"broadcast_id": broadcast["id"], "scheduled_at": "{WHEN}"}})
"""
    node = f"""const {{ data }} = await resend.broadcasts.create({{
  audienceId: "{audience}",
  from: {quoted},
  subject: "Spring is here, {{{{{{FIRST_NAME|friend}}}}}}",
  html: "<p>It is.</p>",
}});
await resend.broadcasts.send(data.id, {{ scheduledAt: "{WHEN}" }});
"""
    return _examples(base, "/broadcasts", body, python, node)


def _examples(base: str, path: str, body: str, python: str, node: str) -> list[Example]:
    return [
        Example("curl", _curl(base, path, body)),
        Example("Python", _python(base, python)),
        Example("Node", _node(base, node)),
    ]


def _curl(base: str, path: str, body: str) -> str:
    # What ends a quoted text for the shell is written outside of it.
    quoted = body.replace("'", "'\\''")
    return f"""curl -X POST '{base}{path}' \\
  -H 'Authorization: Bearer {KEY}' \\
  -H 'Content-Type: application/json' \\
  -d '{quoted}'
"""


def _python(base: str, deed: str) -> str:
    return f"""# pip install resend
import resend

resend.api_url = "{base}"
resend.api_key = "{KEY}"

{deed}"""


def _node(base: str, deed: str) -> str:
    return f"""// npm install resend
import {{ Resend }} from "resend";

// Or set RESEND_BASE_URL before the program starts, which older versions need.
const resend = new Resend("{KEY}", {{ baseUrl: "{base}" }});

{deed}"""
