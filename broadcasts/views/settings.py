"""Settings of the team that concern sending: every member sees them, admins change them."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from broadcasts.forms import SendingForm
from lib.fragments import page
from teams.access import may, require
from teams.middleware import TeamRequest

PERMISSION = "settings.change"


@require_http_methods(["GET", "POST"])
def sending(request: TeamRequest) -> HttpResponse:
    if request.method == "POST":
        return _change(request)
    return _settings(request, SendingForm(instance=request.team))


@require(PERMISSION)
def _change(request: TeamRequest) -> HttpResponse:
    form = SendingForm(request.POST, instance=request.team)
    if not form.is_valid():
        return _settings(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form.instance.save(update_fields=form.changed_data)
    messages.success(request, "Saved. It holds for what happens from now on.")
    return redirect("settings:sending", request.team.slug)


def _settings(request: TeamRequest, form: SendingForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    changeable = may(request.membership, PERMISSION)
    for field in form.fields.values():
        field.disabled = not changeable
    context = {"form": form, "changeable": changeable}
    return page(request, "broadcasts/sending_settings.html", context, status=status)
