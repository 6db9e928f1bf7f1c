"""Every address of the product. Team pages live under `/t/<slug>/`; recipients' pages need no sign-in."""

from django.conf import settings
from django.urls import include, path

from api.entrance import nothing_here
from broadcasts.urls import public as recipients
from teams.views import general

urlpatterns = [
    path("", general.home, name="home"),
    path("theme/", general.theme, name="theme"),
    path("healthz", general.healthz, name="healthz"),
    path("", include("teams.urls.people")),
    path("accounts/", include("allauth.urls")),
    path("api", nothing_here),
    path("api/", include("api.urls.rest")),
    path("t/<slug:team>/", include("api.urls.keys")),
    path("t/<slug:team>/", include("api.urls.logs")),
    path("t/<slug:team>/", include("broadcasts.urls.dashboard")),
    path("t/<slug:team>/", include("broadcasts.urls.emails")),
    path("t/<slug:team>/", include("broadcasts.urls.settings")),
    path("t/<slug:team>/", include("contacts.urls")),
    path("t/<slug:team>/", include("domains.urls")),
    path("t/<slug:team>/", include("exports.urls")),
    path("t/<slug:team>/", include("audiences.urls")),
    path("t/<slug:team>/", include("teams.urls.team")),
    path("", include(recipients)),
]

if settings.DEVELOPMENT:
    urlpatterns.append(path("t/<slug:team>/", include("outbox.urls")))
