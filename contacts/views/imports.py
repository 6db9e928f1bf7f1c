"""Importing a CSV in four steps, each with its own URL, so that it can be left and taken up again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HTMX_STOP_POLLING, HttpResponseClientRedirect

from contacts import rejected_rows, uploading
from contacts.forms.imports import MapForm, UploadForm
from contacts.models import ContactImport
from contacts.receiving import was_too_big
from contacts.views.contacts import get_audience
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams.access import require
from teams.middleware import TeamRequest

STEPS = ("Upload", "Map fields", "Review", "Finish")
SAMPLE = """\
email,first_name,last_name,unsubscribed
ada@example.com,Ada,Okafor,no
ben@example.com,Ben,Lindqvist,yes
"""
Status = ContactImport.Status


def get_import(request: TeamRequest, uuid: UUID) -> ContactImport:
    """The import into one of the team's standing audiences, or 404."""
    imports = ContactImport.objects.of(request.team).select_related("audience", "created_by")
    found: ContactImport = get_object_or_404(imports, uuid=uuid)
    return found


@require_GET
@require("contacts.import")
def index(request: TeamRequest, audience: UUID) -> HttpResponse:
    of = get_audience(request, audience)
    imports = of.imports.select_related("created_by")
    shown = paginate(imports, request.GET, cursor=lambda each: str(each.uuid), key=key_by_uuid(imports))
    context = {"audience": of, "page": shown}
    return page(request, "contacts/import_list.html", context, fragments=["import-table"])


@require_http_methods(["GET", "POST"])
@require("contacts.import")
def upload(request: TeamRequest, audience: UUID) -> HttpResponse:
    of = get_audience(request, audience)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*given, too_big=was_too_big(request))
    if form.is_valid():
        try:
            received = uploading.receive(audience=of, file=form.cleaned_data["file"], by=request.user)
        except DomainError as error:
            blame(form, error)
        else:
            return _to("import_map", request, received)
    context = {"audience": of, "form": form, "steps": _steps("Upload")}
    return page(request, "contacts/import_upload.html", context, status=422 if form.is_bound else 200)


@require_GET
@require("contacts.import")
def current(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """The step that the import is at."""
    return _to_current(request, get_import(request, uuid))


@require_http_methods(["GET", "POST"])
@require("contacts.import")
def map_columns(request: TeamRequest, uuid: UUID) -> HttpResponse:
    of = get_import(request, uuid)
    if of.status not in (Status.UPLOADED, Status.REVIEWED):
        return _to_current(request, of)
    form = MapForm(request.POST if request.method == "POST" else None, upload=of)
    if form.is_valid():
        try:
            uploading.choose_columns(of, fields=form.chosen)
        except uploading.WrongStep:
            return _to_current(request, of)
        except DomainError as error:
            blame(form, error)
        else:
            return _to("import_review", request, of)
    context = _context(of, "Map fields") | {"form": form}
    return page(request, "contacts/import_map.html", context, status=422 if form.is_bound else 200)


@require_GET
@require("contacts.import")
def review(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """What importing would do; while the file is being checked, how far that has come."""
    of = get_import(request, uuid)
    if of.status not in (Status.MAPPED, Status.REVIEWED):
        return _to_current(request, of)
    checking = of.status == Status.MAPPED
    context = _context(of, "Review") | {"checking": checking, "counts": of.counts, "changes": uploading.changes(of)}
    return _polled(request, "contacts/import_review.html", context, fragment="import-review", busy=checking)


@require_http_methods(["GET", "POST"])
@require("contacts.import")
def finish(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """A POST starts importing; a GET shows how far it has come, and in the end what it did."""
    of = get_import(request, uuid)
    if request.method == "POST":
        try:
            uploading.start(of)
        except DomainError as error:
            messages.warning(request, error.message)
            return _to_current(request, of)
        return _to("import_finish", request, of)
    if of.status in (Status.UPLOADED, Status.MAPPED, Status.REVIEWED):
        return _to_current(request, of)
    importing = of.status == Status.IMPORTING
    context = _context(of, "Finish") | _progress(of) | {"importing": importing}
    return _polled(request, "contacts/import_finish.html", context, fragment="import-progress", busy=importing)


@require_POST
@require("contacts.import")
def cancel(request: TeamRequest, uuid: UUID) -> HttpResponse:
    of = get_import(request, uuid)
    try:
        uploading.cancel(of)
    except uploading.WrongStep as error:
        messages.warning(request, error.message)
    return _to_current(request, of)


@require_GET
@require("contacts.import")
def rejects(request: TeamRequest, uuid: UUID) -> StreamingHttpResponse:
    """The rejected rows, to be mended and imported again."""
    lines = rejected_rows.as_csv(get_import(request, uuid))
    return StreamingHttpResponse(lines, headers=_csv("rejects.csv"))


@require_GET
@require("contacts.import")
def sample(_request: TeamRequest) -> HttpResponse:
    return HttpResponse(SAMPLE, headers=_csv("sample.csv"))


def _to(name: str, request: TeamRequest, of: ContactImport) -> HttpResponse:
    return redirect(f"contacts:{name}", request.team.slug, of.uuid)


def _to_current(request: TeamRequest, of: ContactImport) -> HttpResponse:
    """To the step that the import is at by now."""
    of.refresh_from_db(fields=["status"])
    steps = {Status.UPLOADED: "import_map", Status.MAPPED: "import_review", Status.REVIEWED: "import_review"}
    answer = _to(steps.get(Status(of.status), "import_finish"), request, of)
    # A fragment that asks for itself would put the other step's whole page in its own place.
    return HttpResponseClientRedirect(answer["Location"]) if request.htmx else answer  # type: ignore[attr-defined]


def _steps(now: str) -> list[dict[str, Any]]:
    at = STEPS.index(now)
    return [{"label": label, "done": number < at, "now": number == at} for number, label in enumerate(STEPS)]


def _context(of: ContactImport, step: str) -> dict[str, Any]:
    return {"upload": of, "audience": of.audience, "steps": _steps(step)}


def _progress(of: ContactImport) -> dict[str, Any]:
    """How far importing has come: rows `processed` of `total`, and the `speed` in rows per second."""
    done = of.counts.get("done", {})
    processed = done.get("added", 0) + done.get("updated", 0) + done.get("unchanged", 0)
    seconds = of.counts.get("seconds")
    return {
        "counts": of.counts,
        "done": done,
        "processed": processed,
        "total": of.counts.get("staged", 0),
        "speed": round(processed / seconds) if seconds else None,
    }


def _polled(request: TeamRequest, template: str, context: dict[str, Any], *, fragment: str, busy: bool) -> HttpResponse:
    """A page whose `fragment` asks for itself every second until it is told to stop."""
    asked_by_itself = request.htmx and request.htmx.target == fragment  # type: ignore[attr-defined]
    status = HTMX_STOP_POLLING if asked_by_itself and not busy else 200
    return page(request, template, context, fragments=[fragment], status=status)


def _csv(filename: str) -> dict[str, str]:
    """The headers of a CSV to be saved as `filename`."""
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{filename}"'}
