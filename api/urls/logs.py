from django.urls import path

from api.views import logs

app_name = "logs"
urlpatterns = [
    path("logs/", logs.index, name="list"),
    path("logs/<uuid:uuid>/", logs.detail, name="detail"),
]
