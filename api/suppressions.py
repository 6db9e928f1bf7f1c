"""Addresses that no audience of the team mails."""

from collections.abc import Sequence
from typing import Any, Literal

from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from api import answers, errors, lists, schemas
from api.authentication import ApiRequest
from api.lists import Paging, moment
from api.reaching import uuid_of
from contacts import suppressing
from contacts.models import Suppression
from contacts.querysets import SuppressionQuerySet
from lib import public_ids
from lib.pagination import key_by_uuid
from mail.addresses import InvalidAddress, normalise

routes = Router(tags=["suppressions"])
KIND = "suppression"
Origin = Literal["bounce", "complaint", "manual"]


class SuppressionPaging(Paging):
    """Which part of the suppressions is asked for."""

    origin: Origin | None = Field(None, description="Only those that came about so.")


@routes.post("", response={201: schemas.Created}, operation_id="create_suppression")
def create(request: ApiRequest, body: schemas.NewSuppression) -> HttpResponseBase:
    """Stop mail to an address in every audience; one that is suppressed already stays as it is."""
    address = normalise(body.email)
    return answers.created(KIND, _suppress(request, [address])[address].uuid)


@routes.get("", response=schemas.Suppressions, operation_id="list_suppressions")
def index(request: ApiRequest, paging: Query[SuppressionPaging]) -> HttpResponseBase:
    found = _shown(request)
    if paging.origin:
        found = found.filter(reason=paging.origin)
    return lists.answer(paging, lists.of_queryset(found, told=_told, key=key_by_uuid(request.team.suppressions.all())))


@routes.post("/batch/add", response={201: schemas.SuppressionsDone}, operation_id="create_suppressions")
def create_many(request: ApiRequest, body: schemas.SuppressionBatch) -> HttpResponseBase:
    """Stop mail to up to 100 addresses: to all of them, or to none when one can't be read."""
    addresses = list(dict.fromkeys(normalise(each) for each in body.emails))
    standing = _suppress(request, addresses)
    return answers.many([{"object": KIND, "id": str(standing[each].uuid)} for each in addresses], status=201)


@routes.post("/batch/remove", response=schemas.SuppressionsDone, operation_id="delete_suppressions")
def delete_many(request: ApiRequest, body: schemas.SuppressionRemoval) -> HttpResponseBase:
    """Allow mail to up to 100 addresses again, named by `emails` or by `ids`; those not suppressed are passed over."""
    if (body.emails is None) == (body.ids is None):
        raise errors.bad("Give either `emails` or `ids`.")
    ids = [uuid_of(each, name="ids") for each in body.ids or []]
    addresses = [normalise(each) for each in body.emails or []]
    found = _shown(request).filter(uuid__in=ids) | _shown(request).filter(address__in=addresses)
    done = []
    for suppression in found.order_by("address"):
        _lift(request, suppression)
        done.append({"object": KIND, "id": str(suppression.uuid), "deleted": True})
    return answers.many(done)


@routes.get("/{reference:suppression}", response=schemas.Suppression, operation_id="get_suppression")
def get(request: ApiRequest, suppression: str) -> HttpResponseBase:
    """By id or e-mail address."""
    return answers.one(KIND, _told(_suppression(request, suppression)))


@routes.delete("/{reference:suppression}", response=schemas.Deleted, operation_id="delete_suppression")
def delete(request: ApiRequest, suppression: str) -> HttpResponseBase:
    """Allow mail to the address again, which is recorded with each of its contacts."""
    found = _suppression(request, suppression)
    _lift(request, found)
    return answers.deleted(KIND, found.uuid)


def _shown(request: ApiRequest) -> SuppressionQuerySet:
    """Those with an address; of erased people only a digest is left."""
    return request.team.suppressions.exclude(reason=Suppression.Reason.ERASED).select_related("team")


def _suppression(request: ApiRequest, reference: str) -> Suppression:
    if "@" in reference:
        try:
            found = _shown(request).filter(address=normalise(reference))
        except InvalidAddress:
            found = _shown(request).none()
    else:
        found = _shown(request).filter(uuid=uuid_of(reference))
    suppression: Suppression | None = found.first()
    if suppression is None:
        raise errors.not_found("Suppression")
    return suppression


def _suppress(request: ApiRequest, addresses: Sequence[str]) -> dict[str, Suppression]:
    """The suppressions by address."""
    standing = suppressing.suppress_all(
        team=request.team,
        emails=dict.fromkeys(addresses),
        reason=Suppression.Reason.MANUAL,
        at=timezone.now(),
        actor=request.api_key.actor,
    )
    return {each.address: each for each in standing}


def _lift(request: ApiRequest, suppression: Suppression) -> None:
    suppressing.lift(
        suppression=suppression,
        at=timezone.now(),
        reason="asked for through the API",
        actor=request.api_key.actor,
    )


def _told(suppression: Suppression) -> dict[str, Any]:
    email = suppression.email_id
    return {
        "id": str(suppression.uuid),
        "email": suppression.address,
        "origin": suppression.reason,
        "source_id": str(public_ids.emails.encode(email)) if email else None,
        "created_at": moment(suppression.at),
    }
