"""Asking for an export: the confirmation, and starting it. Admins only, as the data leaves Carillon here."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from exports import requesting
from exports.registry import UnknownList
from exports.views.arriving import announce
from lib.errors import DomainError
from lib.fragments import page
from teams.access import require
from teams.middleware import TeamRequest

# What belongs to a list's pages rather than to its filters.
NO_FILTERS = ("resource", "after", "before")


@require_http_methods(["GET", "POST"])
@require("exports.create")
def create(request: TeamRequest) -> HttpResponse:
    """Say what the export would hold, and have it written; a small one downloads at once."""
    given = request.GET if request.method == "GET" else QueryDict(request.POST.get("query", ""))
    resource, query = given.get("resource", ""), _filters(given)
    if not resource:
        return redirect("exports:list", request.team.slug)
    try:
        question = requesting.ask(team=request.team, resource=resource, query=query)
        if request.method == "GET" or not question.rows:
            context = {"question": question, "query": given.urlencode()}
            status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
            return page(request, "exports/export_form.html", context, status=status)
        for_excel = "for_excel" in request.POST
        export = requesting.request(
            team=request.team, resource=resource, query=query, by=request.user, for_excel=for_excel
        )
    except UnknownList as error:
        raise Http404(error.message) from error
    announce(request, export)
    return redirect("exports:detail", request.team.slug, export.uuid)


@require_POST
@require("exports.create")
def retry(request: TeamRequest, uuid: UUID) -> HttpResponse:
    export = get_object_or_404(request.team.exports, uuid=uuid)
    try:
        requesting.try_again(export)
        announce(request, export)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("exports:detail", request.team.slug, uuid)


def _filters(given: QueryDict) -> str:
    """The list's own query string, without what is empty."""
    return urlencode({name: value for name, value in given.items() if name not in NO_FILTERS and value})
