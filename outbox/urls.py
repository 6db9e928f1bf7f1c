"""Below `/t/<team>/`, and only in development."""

from django.urls import path

from outbox import views

app_name = "outbox"
urlpatterns = [
    path("outbox/", views.index, name="list"),
    path("outbox/clear/", views.clear, name="clear"),
    path("outbox/<uuid:uuid>/", views.detail, name="detail"),
    path("outbox/<uuid:uuid>/html/", views.html, name="html"),
    path("outbox/<uuid:uuid>/source/", views.source, name="source"),
]
