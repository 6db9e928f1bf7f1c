"""Domains with the Python SDKs; prints what each call returned, by name, as JSON."""

import json
import os
import sys

import resend

resend.api_key = os.environ["KEY"]
said = {"create": resend.Domains.create({"name": "northwind.example", "region": "eu-west-1"})}
domain = said["create"]["id"]
said["get"] = resend.Domains.get(domain_id=domain)
said["list"] = resend.Domains.list()
said["update"] = resend.Domains.update({"id": domain, "open_tracking": False, "click_tracking": False})
said["verify"] = resend.Domains.verify(domain_id=domain)
said["key"] = resend.ApiKeys.create({"name": "worker", "permission": "sending_access", "domain_id": domain})
try:
    resend.Domains.create({"name": "northwind.example"})
except Exception as refusal:
    said["again"] = [type(refusal).__name__, str(refusal)]
said["remove"] = resend.Domains.remove(domain_id=domain)
json.dump(said, sys.stdout)
