"""What the list of requests costs with many of them, whatever it is narrowed to.

`LOG_ROWS=1000000 make test ARGS=tests/api/test_log_plans.py` looks at more.
"""

import json
import os

from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from api import querysets
from api.forms import LogFilterForm
from api.issuing import issue
from api.models import RequestLog
from lib.pagination import PAGE_SIZE
from tests.factories import make_team

ROWS = int(os.environ.get("LOG_ROWS", "12000"))
# Of all requests, one in so many is unlike the others in each respect.
RARE = ROWS // 20
# A team's requests fill about 550 pages of the table when there are 12,000.
FEW = 200
FILL = """
    INSERT INTO api_requestlog
        (team_id, uuid, at, key_id, method, path, status, user_agent, milliseconds, request_body, response_body)
    SELECT %(team)s, gen_random_uuid(), now() - (%(rows)s - n) * interval '30 days' / %(rows)s,
           CASE WHEN n %% %(rare)s = 0 THEN %(rarely)s ELSE %(often)s END,
           CASE WHEN n %% %(rare)s = 1 THEN 'DELETE' ELSE 'POST' END,
           '/audiences/' || n, CASE n %% %(rare)s WHEN 2 THEN 422 WHEN 3 THEN 200 WHEN 4 THEN 429 ELSE %(usual)s END,
           'resend-node:6.38', 2, repeat('{"email": "ada@x.test"} ', 10), ''
    FROM generate_series(1, %(rows)s) AS n
"""
NARROWED = [
    "",
    "status=successes",
    "status=errors",
    "status=422",
    "status=200",
    "status=404",
    "method=DELETE",
    "method=PATCH",
    "key=rarely",
    "key=often",
    "days=1",
    "days=1&status=errors",
    "method=DELETE&days=7",
    "key=rarely&status=201",
]


def fill(team, *, usual: int):
    """Log many requests, nearly all of them answered with one code; the keys that made many and few."""
    often, rarely = (issue(team=team, name=name, by=None)[0] for name in ("often", "rarely"))
    parameters = {"rows": ROWS, "rare": RARE, "rarely": rarely.pk, "often": often.pk, "usual": usual, "team": team.pk}
    with connection.cursor() as cursor:
        cursor.execute(FILL, parameters)
        cursor.execute("ANALYZE api_requestlog")
    return {"often": often, "rarely": rarely}


def touched(queryset) -> int:
    """How many pages of tables and indexes the query reads."""
    with connection.cursor() as cursor:
        statement, parameters = queryset.query.sql_with_params()
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


def page_of(team, query: str):
    found = LogFilterForm(QueryDict(query), team=team).filter(RequestLog.objects.filter(team=team), now=timezone.now())
    return found.defer("request_body", "response_body").order_by("-pk")[: PAGE_SIZE + 1]


def test_a_page_reads_little_whatever_it_is_narrowed_to(team, monkeypatch):
    monkeypatch.setattr(querysets, "SEARCHED", 1_000)
    keys = fill(team, usual=201)
    failing = make_team("Failing")
    fill(failing, usual=500)
    every = RequestLog.objects.filter(team=team)
    middle = every.order_by("pk")[ROWS // 2].pk
    queries = [query.replace(f"={name}", f"={key.uuid}") for name, key in keys.items() for query in NARROWED]

    costs = {query: touched(page_of(team, query)) for query in queries}
    costs |= {f"failing {query}": touched(page_of(failing, query)) for query in NARROWED if "key" not in query}
    costs |= {query: touched(page_of(team, query)) for query in ("q=nothing", "agent=nothing&status=successes")}
    costs["older"] = touched(every.filter(pk__lt=middle).order_by("-pk")[:101])
    costs["newer"] = touched(every.filter(pk__gt=middle).order_by("pk")[:101])

    assert {query: cost for query, cost in costs.items() if cost > FEW} == {}
    assert len(page_of(team, f"q=audiences/{ROWS}")) == 1
    assert len(page_of(team, "q=/audiences/17")) == 0


def test_the_page_says_in_how_many_it_has_looked(team, as_bob, monkeypatch):
    monkeypatch.setattr(querysets, "SEARCHED", 2)
    monkeypatch.setattr("api.views.logs.SEARCHED", 2)
    written = {"team": team, "method": "GET", "status": 200, "milliseconds": 1}
    for path in ("/a", "/b"):
        RequestLog.objects.create(**written, path=path)
    address = f"/t/{team.slug}/logs/?q=/a"

    assert "1 request found<" in as_bob.get(address).text
    RequestLog.objects.create(**written, path="/c")
    assert "0 requests found in the newest 2<" in as_bob.get(address).text
    assert "None of the newest 2 requests was like that." in as_bob.get(address).text
