from django.urls import path

from domains import views

app_name = "domains"
urlpatterns = [
    path("domains/", views.index, name="list"),
    path("domains/new/", views.create, name="create"),
    path("domains/<uuid:uuid>/", views.detail, name="detail"),
    path("domains/<uuid:uuid>/check/", views.check, name="check"),
    path("domains/<uuid:uuid>/delete/", views.delete, name="delete"),
]
