"""What only newer Python SDKs know: segments, contacts without an audience, properties, suppressions, imports, logs.

Prints what each call returned, by name, as JSON.
"""

import json
import os
import sys

import resend

resend.api_key = os.environ["KEY"]
said = {}


def note(name, answer):
    said[name] = json.loads(json.dumps(answer))
    return answer


news = note("create segment", resend.Segments.create({"name": "News"}))["id"]
note("get segment", resend.Segments.get(news))
note("update segment", resend.Segments.update(news, {"name": "Letters"}))
note("list segments", resend.Segments.list({"limit": 1}))

note("create property", resend.ContactProperties.create({"key": "plan", "type": "string", "fallback_value": "free"}))
plan = said["create property"]["id"]
note("get property", resend.ContactProperties.get(plan))
note("update property", resend.ContactProperties.update({"id": plan, "fallback_value": "none"}))
note("list properties", resend.ContactProperties.list())

created = {"email": "ada+1@x.test", "first_name": "Ada", "properties": {"plan": "pro"}, "segments": [{"id": news}]}
ada = note("create contact", resend.Contacts.create(created))["id"]
note("create in general", resend.Contacts.create({"email": "ben@x.test"}))
note("get contact", resend.Contacts.get(email="ada+1@x.test"))
note("list contacts", resend.Contacts.list(params={"limit": 1}))
note("list contacts of segment", resend.Contacts.list(segment_id=news))
note("update contact", resend.Contacts.update({"email": "ada+1@x.test", "unsubscribed": True}))
vips = resend.Segments.create({"name": "VIPs"})["id"]
note("join", resend.Contacts.Segments.add({"contact_id": ada, "segment_id": vips}))
note("segments of contact", resend.Contacts.Segments.list({"email": "ada+1@x.test"}))
note("leave", resend.Contacts.Segments.remove({"email": "ada+1@x.test", "segment_id": vips}))
note("remove contact", resend.Contacts.remove(email="ada+1@x.test"))

note("suppress", resend.Suppressions.add({"email": "eve+1@x.test"}))
note("get suppression", resend.Suppressions.get("eve+1@x.test"))
note("list suppressions", resend.Suppressions.list({"origin": "manual"}))
note("suppress many", resend.Suppressions.Batch.add({"emails": ["a@x.test", "b@x.test"]}))
note("unsuppress many", resend.Suppressions.Batch.remove({"emails": ["a@x.test", "b@x.test"]}))
note("unsuppress", resend.Suppressions.remove(said["suppress"]["id"]))

csv = b"E-Mail,email2\nada@x.test,x\n"
imported = {"file": csv, "column_map": {"email": "E-Mail"}, "on_conflict": "skip", "segments": [{"id": news}]}
note("import", resend.Contacts.Imports.create(imported))
note("get import", resend.Contacts.Imports.get(said["import"]["id"]))
note("list imports", resend.Contacts.Imports.list({"status": "queued"}))

note("create key", resend.ApiKeys.create({"name": "worker", "permission": "sending_access"}))
note("update key", resend.ApiKeys.update({"id": said["create key"]["id"], "name": "drone"}))
note("list keys", resend.ApiKeys.list())
note("remove key", resend.ApiKeys.remove(said["create key"]["id"]))

note("list logs", resend.Logs.list({"limit": 2}))
note("get log", resend.Logs.get(said["list logs"]["data"][0]["id"]))
note("remove property", resend.ContactProperties.remove(plan))
note("remove segment", resend.Segments.remove(news))
try:
    resend.Topics.list()
except resend.exceptions.ResendError as error:
    note("topics", [error.code, error.error_type])

json.dump(said, sys.stdout)
