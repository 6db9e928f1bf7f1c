from django.urls import path

from broadcasts.views import settings

app_name = "settings"
urlpatterns = [
    path("settings/sending/", settings.sending, name="sending"),
]
