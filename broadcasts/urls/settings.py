from django.urls import path

from broadcasts.views import settings, unsubscribe_page

app_name = "settings"
urlpatterns = [
    path("settings/sending/", settings.sending, name="sending"),
    path("settings/unsubscribe-page/", unsubscribe_page.edit, name="unsubscribe_page"),
    path("settings/unsubscribe-page/preview/", unsubscribe_page.preview, name="unsubscribe_page_preview"),
    path("settings/unsubscribe-page/reset/", unsubscribe_page.reset, name="unsubscribe_page_reset"),
]
