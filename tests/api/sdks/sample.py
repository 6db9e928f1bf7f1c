"""The mission's Python sample; only key and id are given from outside, and the host by the SDK's own variable."""

import os

import resend

resend.api_key = os.environ["KEY"]

params: resend.Contacts.CreateParams = {
    "email": "steve.wozniak@gmail.com",
    "first_name": "Steve",
    "last_name": "Wozniak",
    "unsubscribed": False,
    "audience_id": os.environ["AUDIENCE"],
}

print(resend.Contacts.create(params)["id"])
