"""The team's domains as CSV, as their list shows them. Their private keys stay where they are."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from domains.forms import DomainFilterForm
from exports.registry import Exportable, register
from exports.resources import Column, Instant, Plain, Resource
from teams.models import Team


class DomainResource(Resource):
    id = Column("id", of=Plain, attribute="uuid")
    name = Column("name")
    status = Column("status", of=Plain)
    status_since = Column("status_since", of=Instant, attribute="since")
    dkim_selector = Column("dkim_selector", attribute="selector")
    last_checked_at = Column("last_checked_at", of=Instant, attribute="checked_at")
    created_at = Column("created_at", of=Instant)


def _rows(team: Team, query: QueryDict) -> QuerySet[Any]:
    return DomainFilterForm(query).filter(team).order_by("-pk")


def _filters(_team: Team, query: QueryDict) -> list[tuple[str, str]]:
    return DomainFilterForm(query).words


register(Exportable("domains", "Domains", DomainResource, _rows, _filters))
