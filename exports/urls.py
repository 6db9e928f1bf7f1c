from django.urls import path

from exports.views import creating, exports

app_name = "exports"
urlpatterns = [
    path("exports/new/", creating.create, name="create"),
    path("settings/exports/", exports.index, name="list"),
    path("settings/exports/<uuid:uuid>/", exports.detail, name="detail"),
    path("settings/exports/<uuid:uuid>/download/", exports.download, name="download"),
    path("settings/exports/<uuid:uuid>/retry/", creating.retry, name="retry"),
]
