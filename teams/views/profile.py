"""One's own name, time zone and keys."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from lib.fragments import page
from teams.forms import ProfileForm
from teams.middleware import TeamRequest
from teams.models import User


@require_http_methods(["GET", "POST"])
def edit(request: TeamRequest) -> HttpResponse:
    # A form writes into its instance while it checks, and the page around it shows the user: so it gets its own.
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    if form.is_valid():
        user.save(update_fields=form.changed_data)
        messages.success(request, "Saved.")
        return redirect("profile")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return page(request, "teams/profile.html", {"form": form, "now": timezone.now()}, status=status)
