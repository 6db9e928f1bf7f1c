"""The team's API keys and logged requests as CSV, as their lists show them: no part of a secret, and no bodies."""

from typing import Any

from django.db.models import IntegerField, QuerySet
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone

from api.forms import LogFilterForm
from api.querysets import SEARCHED
from exports.registry import Exportable, register
from exports.resources import Column, Instant, Plain, Resource
from teams.models import Team


class KeyResource(Resource):
    id = Column("id", of=Plain, attribute="uuid")
    name = Column("name")
    permission = Column("permission", of=Plain)
    created_by = Column("created_by", attribute="created_by__email")
    created_at = Column("created_at", of=Instant)
    last_used_at = Column("last_used_at", of=Instant)


def _keys(team: Team, _query: QueryDict) -> QuerySet[Any]:
    return team.api_keys.standing().select_related("created_by").order_by("-pk")


def _no_filters(_team: Team, _query: QueryDict) -> list[tuple[str, str]]:
    return []


class LogResource(Resource):
    id = Column("id", of=Plain, attribute="uuid")
    created_at = Column("created_at", of=Instant, attribute="at")
    method = Column("method")
    endpoint = Column("endpoint", attribute="path")
    status = Column("status", of=Plain)
    api_key = Column("api_key", attribute="key__name")
    api_key_id = Column("api_key_id", of=Plain, attribute="key__uuid")
    user_agent = Column("user_agent")
    milliseconds = Column(
        "milliseconds", of=Plain, attribute="whole_milliseconds", expression=Cast("milliseconds", IntegerField())
    )


def _logs(team: Team, query: QueryDict) -> QuerySet[Any]:
    found = LogFilterForm(query, team=team).filter(team.request_logs.all(), now=timezone.now())
    return found.select_related("key").order_by("-pk")


def _log_filters(team: Team, query: QueryDict) -> list[tuple[str, str]]:
    filters = LogFilterForm(query, team=team)
    if filters.searches and not team.request_logs.are_all_searchable():
        return [*filters.words, ("Searched", f"the newest {SEARCHED:,} requests")]
    return filters.words


register(Exportable("api-keys", "API keys", KeyResource, _keys, _no_filters))
register(Exportable("logs", "Logs", LogResource, _logs, _log_filters))
