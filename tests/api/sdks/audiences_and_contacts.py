"""What both Python SDKs can do with audiences and contacts; prints what each call returned, by name, as JSON."""

import json
import os
import sys

import resend

resend.api_key = os.environ["KEY"]
said = {"version": resend.get_version()}


def note(name, answer):
    said[name] = json.loads(json.dumps(answer))
    return answer


audience = note("create audience", resend.Audiences.create({"name": "News"}))
of = audience["id"]
note("list audiences", resend.Audiences.list())
note("get audience", resend.Audiences.get(of))
ada = note(
    "create contact",
    resend.Contacts.create({"audience_id": of, "email": "ada+1@x.test", "first_name": "Ada", "unsubscribed": False}),
)
note("create contact again", resend.Contacts.create({"audience_id": of, "email": "ADA+1@x.test", "last_name": "O"}))
note("get contact by id", resend.Contacts.get(audience_id=of, id=ada["id"]))
note("get contact by email", resend.Contacts.get(audience_id=of, email="ada+1@x.test"))
note("list contacts", resend.Contacts.list(audience_id=of))
note("unsubscribe", resend.Contacts.update({"audience_id": of, "id": ada["id"], "unsubscribed": True}))
note("unsubscribed", resend.Contacts.get(audience_id=of, id=ada["id"])["unsubscribed"])
note("create unsubscribed", resend.Contacts.create({"audience_id": of, "email": "ada+1@x.test", "unsubscribed": False}))
note("still unsubscribed", resend.Contacts.get(audience_id=of, id=ada["id"])["unsubscribed"])
note("subscribe", resend.Contacts.update({"audience_id": of, "email": "ada+1@x.test", "unsubscribed": False}))
note("subscribed", resend.Contacts.get(audience_id=of, id=ada["id"])["unsubscribed"])
try:
    resend.Contacts.get(audience_id=of, email="nobody@x.test")
except resend.exceptions.ResendError as error:
    note("unknown contact", [type(error).__name__, error.code, error.error_type, error.message])
try:
    resend.Contacts.create({"audience_id": of, "email": ""})
except resend.exceptions.ResendError as error:
    note("bad contact", [type(error).__name__, error.code, error.error_type, error.message])
note("remove contact by email", resend.Contacts.remove(audience_id=of, email="ada+1@x.test"))
note("remove contact by id", resend.Contacts.remove(audience_id=of, id=ada["id"]))
note("remove audience", resend.Audiences.remove(of))
resend.api_key = "re_wrong"
try:
    resend.Audiences.list()
except resend.exceptions.ResendError as error:
    note("wrong key", [type(error).__name__, error.code, error.error_type, error.message])

json.dump(said, sys.stdout)
