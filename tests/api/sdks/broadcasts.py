"""Broadcasts from a draft to its recipients; prints what each call returned, by name, as JSON.

The SDK of the audience era can't cancel or duplicate broadcasts and asks nobody about recipients: what it has no method
for is asked over plain HTTP.
"""

import json
import os
import sys
import time
import urllib.request

import resend

resend.api_key = os.environ["KEY"]
said = {}


def note(name, answer):
    said[name] = json.loads(json.dumps(answer))
    return answer


def ask(method, path):
    headers = {"Authorization": f"Bearer {resend.api_key}", "Content-Type": "application/json"}
    request = urllib.request.Request(resend.api_url + path, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def sent(identity):
    for _ in range(200):
        told = resend.Broadcasts.get(id=identity)
        if told["status"] == "sent":
            return told
        time.sleep(0.1)
    raise AssertionError(told)


of = resend.Audiences.create({"name": "News"})["id"]
for name in ("ada", "ben"):
    resend.Contacts.create({"audience_id": of, "email": f"{name}@x.test", "first_name": name.title()})
written = {
    "audience_id": of,
    "from": "Northwind <news@northwind.example>",
    "subject": "Hello {{{FIRST_NAME|there}}}",
    "html": "<p>Spring</p>",
    "reply_to": "help@northwind.example",
    "name": "Spring",
}
spring = note("create", resend.Broadcasts.create(written))["id"]
note("get", resend.Broadcasts.get(id=spring))
note("list", resend.Broadcasts.list())
note("update", resend.Broadcasts.update({"broadcast_id": spring, "subject": "Later", "text": "Spring, in words"}))
note("updated", resend.Broadcasts.get(id=spring))
note("schedule", resend.Broadcasts.send({"broadcast_id": spring, "scheduled_at": "tomorrow at 9am"}))
note("scheduled", resend.Broadcasts.get(id=spring))
if hasattr(resend.Broadcasts, "cancel"):
    note("cancel", resend.Broadcasts.cancel(spring))
    summer = note("duplicate", resend.Broadcasts.duplicate(spring))["id"]
else:
    note("cancel", ask("POST", f"/broadcasts/{spring}/cancel"))
    summer = note("duplicate", ask("POST", f"/broadcasts/{spring}/duplicate"))["id"]
note("canceled", resend.Broadcasts.get(id=spring))
note("send", resend.Broadcasts.send({"broadcast_id": spring}))
note("sent", sent(spring))
if hasattr(resend.Broadcasts, "recipients"):
    note("recipients", resend.Broadcasts.recipients(spring, {"type": "sent", "limit": 1}))
    note("clicked links", resend.Broadcasts.clicked_links(spring))
    note("list one", resend.Broadcasts.list({"limit": 1}))
    note("create and send", resend.Broadcasts.create({**written, "send": True, "scheduled_at": "in 1 hour"}))
else:
    note("recipients", ask("GET", f"/broadcasts/{spring}/recipients?type=sent&limit=1"))
    note("clicked links", ask("GET", f"/broadcasts/{spring}/clicked-links"))
note("remove", resend.Broadcasts.remove(id=summer))
for name, call in (
    ("unknown", lambda: resend.Broadcasts.get(id=summer)),
    ("send again", lambda: resend.Broadcasts.send({"broadcast_id": spring})),
    ("no sender", lambda: resend.Broadcasts.create({**written, "from": ""})),
):
    try:
        call()
    except resend.exceptions.ResendError as error:
        note(name, [error.code, error.error_type, error.message])

json.dump(said, sys.stdout)
