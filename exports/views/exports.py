"""The team's exports: every member sees them, admins take their files."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from exports import registry, requesting, storing
from exports.models import Export
from exports.views.arriving import arrives
from lib.client_addresses import client_address
from lib.errors import DomainError
from lib.fragments import page
from lib.pagination import key_by_uuid, paginate
from teams.access import may, require
from teams.middleware import TeamRequest

STOP_POLLING = 286
PROGRESS = "export-progress"


@require_GET
@require("exports.see")
def index(request: TeamRequest) -> HttpResponse:
    exports = request.team.exports.all()
    shown = paginate(exports, request.GET, cursor=lambda export: str(export.uuid), key=key_by_uuid(exports))
    now = timezone.now()
    rows = [(export, registry.label(export.resource), export.status_at(now)) for export in shown.rows]
    return page(request, "exports/export_list.html", {"page": shown, "rows": rows}, fragments=["export-table"])


@require_GET
@require("exports.see")
def detail(request: TeamRequest, uuid: UUID) -> HttpResponse:
    export = get_object_or_404(request.team.exports, uuid=uuid)
    status = export.status_at(timezone.now())
    context = {
        "export": export,
        "label": registry.label(export.resource),
        "status": status,
        "downloads": export.downloads.order_by("-pk"),
        "may_download": may(request.membership, "exports.download"),
        "arrives": status == Export.Status.READY and arrives(request, export),
    }
    is_done = request.htmx.target == PROGRESS and not export.under_way  # type: ignore[attr-defined]
    return page(
        request, "exports/export_detail.html", context, fragments=[PROGRESS], status=STOP_POLLING if is_done else 200
    )


@require_GET
@require("exports.download")
def download(request: TeamRequest, uuid: UUID) -> HttpResponseBase:
    """The file, for an admin of the team, at this moment and before its time is over; each download is recorded."""
    export = get_object_or_404(request.team.exports, uuid=uuid)
    try:
        # Together, so that what can't be opened after all isn't recorded.
        with transaction.atomic():
            requesting.take(export, by=request.user, address=client_address(request), now=timezone.now())
            return _file(export)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("exports:detail", request.team.slug, uuid)


def _file(export: Export) -> HttpResponseBase:
    """The file itself, or where the browser or the proxy finds it."""
    kind = "application/gzip" if export.filename.endswith(".gz") else "text/csv; charset=utf-8"
    disposition = content_disposition_header(as_attachment=True, filename=export.filename) or ""
    answer: HttpResponseBase
    if settings.EXPORTS_S3_BUCKET and settings.EXPORTS_S3_REDIRECT:
        answer = HttpResponseRedirect(storing.link(export, kind=kind, disposition=disposition))
    elif settings.EXPORTS_ACCEL and not settings.EXPORTS_S3_BUCKET:
        headers = {"X-Accel-Redirect": f"{settings.EXPORTS_ACCEL}/{export.file}", "Content-Disposition": disposition}
        answer = HttpResponse(content_type=kind, headers=headers)
    else:
        answer = FileResponse(storing.opened(export), as_attachment=True, filename=export.filename, content_type=kind)
    answer["Cache-Control"] = "private, no-store"
    return answer
