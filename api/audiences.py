"""Audiences, under the name they had and under `segments`, the name that newer SDKs give them."""

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from api import answers, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.reaching import audience_of, uuid_of
from audiences import keeping
from audiences.models import Audience
from contacts import tasks
from lib import bells
from lib.pagination import key_by_uuid


def router(word: str) -> Router:
    """The routes of audiences as things of kind `word`: the same rows under both."""
    routes = Router(tags=[f"{word}s"])

    @routes.post("", response={201: schemas.NewAudience}, operation_id=f"create_{word}", summary=f"Create {word}")
    def create(request: ApiRequest, body: schemas.Named) -> HttpResponseBase:
        audience = keeping.create(team=request.team, name=body.name, by=None)
        return answers.created(word, audience.uuid, name=audience.name)

    @routes.get("", response=schemas.Audiences, operation_id=f"list_{word}s", summary=f"List {word}s")
    def index(request: ApiRequest, paging: Query[Paging]) -> HttpResponseBase:
        every = request.team.audiences.all()
        source = lists.of_queryset(every.standing(), told=_told, key=key_by_uuid(every))
        return lists.answer(paging, source)

    @routes.get("/{id}", response=schemas.Audience, operation_id=f"get_{word}", summary=f"Get {word}")
    def get(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002 - as the documentation names it
        return answers.one(word, _told(audience_of(request, id)))

    @routes.delete("/{id}", response=schemas.Deleted, operation_id=f"delete_{word}", summary=f"Delete {word}")
    def delete(request: ApiRequest, id: str) -> HttpResponseBase:  # noqa: A002
        audience = request.team.audiences.standing().filter(uuid=uuid_of(id)).first()
        if audience is not None:
            keeping.delete(audience=audience)
            bells.ring(tasks.empty_audience, audience_id=audience.pk)
        return answers.deleted(word, id)

    if word == "segment":

        @routes.patch("/{id}", response=schemas.Created, operation_id="update_segment", summary="Rename segment")
        def update(request: ApiRequest, id: str, body: schemas.Named) -> HttpResponseBase:  # noqa: A002
            audience = audience_of(request, id)
            keeping.rename(audience=audience, name=body.name)
            return answers.one(word, {"id": str(audience.uuid)})

    return routes


def _told(audience: Audience) -> dict[str, Any]:
    return {"id": str(audience.uuid), "name": audience.name, "created_at": moment(audience.created_at)}
