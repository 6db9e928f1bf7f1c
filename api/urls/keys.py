from django.urls import path

from api.views import documentation, keys

app_name = "api_keys"
urlpatterns = [
    path("api-keys/", keys.index, name="list"),
    path("api-keys/documentation/", documentation.show, name="documentation"),
    path("api-keys/new/", keys.create, name="create"),
    path("api-keys/<uuid:uuid>/revoke/", keys.revoke, name="revoke"),
]
