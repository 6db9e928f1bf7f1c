from django.urls import path

from broadcasts.views import public

app_name = "public"
# These addresses are written into e-mails that stay for years (`messages.unsubscribe_url`, `mail.tracked_links`): they
# never change.
urlpatterns = [
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("u/<str:token>/", public.unsubscribe),
    path("u/<str:token>/undo", public.undo, name="undo"),
    path("u/logo/<slug:digest>.webp", public.logo, name="logo"),
    path("o/<str:token>.gif", public.picture, name="picture"),
    path("c/<str:token>/<str:number>", public.follow, name="follow"),
]
