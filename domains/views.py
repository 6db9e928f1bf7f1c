"""Sending domains: every member sees them, admins add, check and delete them."""

from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from domains import keeping, records, reporting
from domains.comparing import Outcome
from domains.forms import DomainFilterForm, DomainForm
from domains.models import Domain
from lib.errors import DomainError
from lib.forms import blame
from lib.fragments import page
from lib.pagination import count_up_to, key_by_uuid, paginate
from teams.access import may, require
from teams.middleware import TeamRequest

PERMISSION = "domains.change"
STATE = "domain-state"
STOP_POLLING = 286
SETTLED = (Domain.Status.VERIFIED, Domain.Status.FAILED)


@require_GET
def index(request: TeamRequest) -> HttpResponse:
    filters = DomainFilterForm(request.GET)
    found = filters.filter(request.team)
    every = request.team.domains.all()
    shown = paginate(
        found.select_related("created_by").defer("private_key", "public_key", "findings"),
        request.GET,
        cursor=lambda domain: str(domain.uuid),
        key=key_by_uuid(every),
    )
    context = {
        "page": shown,
        "filters": filters,
        "any": bool(shown.rows) or every.exists(),
        "count": lambda: count_up_to(found),
        "changeable": may(request.membership, PERMISSION),
    }
    return page(request, "domains/domain_list.html", context, fragments=["domain-table"])


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def create(request: TeamRequest) -> HttpResponse:
    form = DomainForm(request.POST or None)
    if form.is_valid():
        try:
            domain = keeping.add(team=request.team, name=form.cleaned_data["name"], by=request.user)
        except DomainError as error:
            blame(form, error)
        else:
            return redirect(domain)
    return page(request, "domains/domain_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def detail(request: TeamRequest, uuid: UUID) -> HttpResponse:
    """What is wanted beside what was found; DNS itself is never asked here.

    Whoever watches the page says which version is shown: the same one isn't drawn again under somebody's selection.
    """
    domain = _domain(request, uuid)
    if request.GET.get("seen") == domain.version and request.htmx.target == STATE:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    is_watched = domain.is_waiting or domain.status not in SETTLED
    rows, policy = reporting.required(domain), reporting.suggested(domain)
    to_publish = rows if policy.outcome == Outcome.VERIFIED else [*rows, policy]
    context = {
        "domain": domain,
        "rows": rows,
        "to_publish": to_publish,
        "policy": policy,
        "is_watched": is_watched,
        "is_held_elsewhere": reporting.is_held_elsewhere(domain),
        "return_path": records.return_path_domain(domain.name),
        "returns_within": records.returns_within(domain.name),
        "returns_elsewhere": bool(settings.RETURN_PATH_DOMAIN),
        "senders": settings.SPF_SENDERS,
        "for_a_colleague": _for_a_colleague(domain, to_publish),
        "changeable": may(request.membership, PERMISSION),
    }
    is_over = request.htmx.target == STATE and not is_watched  # type: ignore[attr-defined]
    status = STOP_POLLING if is_over else 200
    return page(request, "domains/domain_detail.html", context, fragments=[STATE], status=status)


@require_POST
@require(PERMISSION)
def check(request: TeamRequest, uuid: UUID) -> HttpResponse:
    keeping.check_again(_domain(request, uuid))
    return redirect("domains:detail", request.team.slug, uuid)


@require_http_methods(["GET", "POST"])
@require(PERMISSION)
def delete(request: TeamRequest, uuid: UUID) -> HttpResponse:
    domain = _domain(request, uuid)
    if request.method == "GET":
        return page(request, "domains/domain_confirm_delete.html", {"domain": domain})
    keeping.delete(domain)
    messages.success(request, f"{domain} is deleted. Its records in DNS have no use any more.")
    return redirect("domains:list", request.team.slug)


def _domain(request: TeamRequest, uuid: UUID) -> Domain:
    found: Domain = get_object_or_404(request.team.domains.select_related("created_by").defer("private_key"), uuid=uuid)
    found.team = request.team
    return found


def _for_a_colleague(domain: Domain, rows: list[reporting.Row]) -> str:
    """The address of an e-mail, to be written by the reader's own program, with all records in it."""
    body = render_to_string("emails/domain_records.txt", {"domain": domain, "rows": rows})
    return f"mailto:?{urlencode({'subject': f'DNS records for {domain}', 'body': body}, quote_via=quote)}"
