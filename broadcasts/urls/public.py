from django.urls import path

from broadcasts.views import public

app_name = "public"
# `messages.unsubscribe_url` writes these addresses into e-mails that stay for years: they never change.
urlpatterns = [
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("u/<str:token>/", public.unsubscribe),
    path("u/<str:token>/undo", public.undo, name="undo"),
]
