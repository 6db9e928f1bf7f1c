"""API keys, as one of them makes and revokes others."""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from api import answers, errors, issuing, lists, schemas
from api.authentication import ApiRequest
from api.errors import Refused
from api.lists import Paging, moment
from api.models import ApiKey
from api.reaching import domain_of, uuid_of
from lib.pagination import key_by_uuid

routes = Router(tags=["API keys"])
KIND = "api_key"


@routes.post("", response={201: schemas.NewKeyToken}, operation_id="create_api_key")
def create(request: ApiRequest, body: schemas.NewKey) -> HttpResponseBase:
    """The token is told here and never again."""
    permission = body.permission or ApiKey.Permission.FULL_ACCESS
    if permission not in ApiKey.Permission.values:
        raise Refused(422, "invalid_access", 'Access must be "full_access" | "sending_access".')
    domain = domain_of(request, body.domain_id, name="domain_id") if body.domain_id else None
    key, token = issuing.issue(team=request.team, name=body.name, by=None, permission=permission, domain=domain)
    return answers.created(KIND, key.uuid, token=token)


@routes.get("", response=schemas.Keys, operation_id="list_api_keys")
def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
    every = request.team.api_keys.all()
    return lists.answer(paging, lists.of_queryset(every.standing(), told=_told, key=key_by_uuid(every)))


@routes.patch("/{id}", response=schemas.Created, operation_id="update_api_key")
def update(request: ApiRequest, id: str, body: schemas.Named) -> HttpResponseBase:  # noqa: A002 - as documented
    """Give the key another name."""
    key = _key(request, id)
    issuing.rename(key, name=body.name)
    return answers.one(KIND, {"id": str(key.uuid)})


@routes.delete("/{id}", response=schemas.Deleted, operation_id="delete_api_key")
def delete(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002
    """The key opens nothing from now on."""
    key = _key(request, id)
    issuing.revoke(key)
    return answers.deleted(KIND, key.uuid)


def _key(request: ApiRequest, text: str) -> ApiKey:
    key: ApiKey | None = request.team.api_keys.standing().filter(uuid=uuid_of(text)).first()
    if key is None:
        raise errors.not_found("API key")
    return key


def _told(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.uuid),
        "name": key.name,
        "created_at": moment(key.created_at),
        "last_used_at": moment(key.last_used_at),
    }
