"""API keys as the SDK of the audience era knows them; prints what each call returned, by name, as JSON."""

import json
import os
import sys

import resend

resend.api_key = os.environ["KEY"]
said = {"create": resend.ApiKeys.create({"name": "worker"})}
said["list"] = resend.ApiKeys.list()
said["remove"] = resend.ApiKeys.remove(api_key_id=said["create"]["id"])
json.dump(said, sys.stdout)
