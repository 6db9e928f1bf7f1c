"""Sending domains and the records that they need in DNS."""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from api import answers, domain_schemas, errors, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.reaching import domain_of
from domains import keeping, records, reporting
from domains.models import Domain
from lib.pagination import key_by_uuid

routes = Router(tags=["domains"])
KIND = "domain"
REGION = "self-hosted"


@routes.post("", response={201: domain_schemas.Domain}, operation_id="create_domain")
def create(request: ApiRequest, body: domain_schemas.NewDomain) -> HttpResponseBase:
    """The answer holds the records to publish; DNS is looked at soon, and then again and again."""
    _refuse_what_is_not_here(body)
    if body.custom_return_path:
        raise errors.bad("The return path is set for the whole installation, so `custom_return_path` must be absent.")
    domain = keeping.add(team=request.team, name=body.name, by=None)
    domain.refresh_from_db(fields=["created_at"])
    return answers.one(KIND, _told_whole(domain), status=201)


@routes.get("", response=domain_schemas.Domains, operation_id="list_domains")
def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
    every = request.team.domains.all()
    source = lists.of_queryset(every.defer("private_key", "public_key", "findings"), told=_told, key=key_by_uuid(every))
    return lists.answer(paging, source)


@routes.get("/{id}", response=domain_schemas.Domain, operation_id="get_domain")
def get(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002 - as documented
    """With its records, as they were found last; DNS isn't asked now."""
    return answers.one(KIND, _told_whole(domain_of(request, id)))


@routes.patch("/{id}", response=schemas.Created, operation_id="update_domain")
def update(request: ApiRequest, id: str, body: domain_schemas.DomainSettings) -> HttpResponseBase:  # noqa: A002
    """What is true here already is taken; anything else is refused."""
    domain = domain_of(request, id)
    _refuse_what_is_not_here(body)
    return answers.one(KIND, {"id": str(domain.uuid)})


@routes.post("/{id}/verify", response=schemas.Created, operation_id="verify_domain")
def verify(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002
    """Have DNS looked at now, in the background."""
    domain = domain_of(request, id)
    keeping.check_again(domain)
    return answers.one(KIND, {"id": str(domain.uuid)})


@routes.delete("/{id}", response=schemas.Deleted, operation_id="delete_domain")
def delete(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002
    """Its key is destroyed, and API keys that are limited to it open nothing any more."""
    domain = domain_of(request, id)
    keeping.delete(domain)
    return answers.deleted(KIND, domain.uuid)


def _refuse_what_is_not_here(body: domain_schemas.DomainSettings) -> None:
    """To accept it in silence would promise what nobody does."""
    if body.open_tracking or body.click_tracking:
        raise errors.bad("Opens and clicks are counted where a broadcast asks for it, not for a whole domain.")
    if body.tls == "enforced":
        raise errors.bad("TLS towards receivers is the relay's to enforce, so `tls` can't be `enforced` here.")
    if body.tracking_subdomain:
        raise errors.bad("Tracked links lead to this installation, so `tracking_subdomain` must be absent.")


def _told(domain: Domain) -> dict[str, Any]:
    return {
        "id": str(domain.uuid),
        "name": domain.name,
        "status": domain.status,
        "created_at": moment(domain.created_at),
        "region": REGION,
    }


def _told_whole(domain: Domain) -> dict[str, Any]:
    rows = [_record(domain, row) for row in reporting.required(domain)]
    return {**_told(domain), "open_tracking": False, "click_tracking": False, "records": rows}


def _record(domain: Domain, row: reporting.Row) -> dict[str, Any]:
    return {
        "record": row.purpose,
        "name": records.relative(row.record.host, zone=domain.name),
        "type": "TXT",
        "ttl": "Auto",
        "status": row.status,
        "value": row.value,
    }
