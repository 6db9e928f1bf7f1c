"""Contact properties: what a team keeps about its contacts beside their names."""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from api import answers, errors, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.reaching import uuid_of
from contacts import defining
from contacts.models import ContactProperty
from lib.pagination import key_by_uuid

routes = Router(tags=["contact properties"])
KIND = "contact_property"


@routes.post("", response={201: schemas.Created}, operation_id="create_contact_property")
def create(request: ApiRequest, body: schemas.NewProperty) -> HttpResponseBase:
    made = defining.define(team=request.team, key=body.key, kind=body.type, fallback=body.fallback_value)
    return answers.created(KIND, made.uuid)


@routes.get("", response=schemas.ContactProperties, operation_id="list_contact_properties")
def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
    every = request.team.contact_properties.all()
    source = lists.of_queryset(every, told=lambda each: {"object": KIND, **_told(each)}, key=key_by_uuid(every))
    return lists.answer(paging, source)


@routes.get("/{id}", response=schemas.ContactProperty, operation_id="get_contact_property")
def get(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002 - as the documentation names it
    return answers.one(KIND, _told(_property(request, id)))


@routes.patch("/{id}", response=schemas.Created, operation_id="update_contact_property")
def update(request: ApiRequest, id: str, body: schemas.ChangedProperty) -> HttpResponseBase:  # noqa: A002
    """Change the fallback; key and type stay."""
    of = _property(request, id)
    if "fallback_value" in body.model_fields_set:
        defining.change_fallback(of=of, fallback=body.fallback_value)
    return answers.one(KIND, {"id": str(of.uuid)})


@routes.delete("/{id}", response=schemas.Deleted, operation_id="delete_contact_property")
def delete(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002
    """Contacts' values are shown no more."""
    found = request.team.contact_properties.filter(uuid=uuid_of(id)).first()
    if found is not None:
        defining.remove(found)
    return answers.deleted(KIND, id)


def _property(request: ApiRequest, text: str) -> ContactProperty:
    found = request.team.contact_properties.filter(uuid=uuid_of(text)).first()
    if found is None:
        raise errors.not_found("Contact property")
    return found


def _told(of: ContactProperty) -> dict[str, Any]:
    return {
        "id": str(of.uuid),
        "key": of.key,
        "type": of.type,
        "fallback_value": of.fallback,
        "created_at": moment(of.created_at),
    }
