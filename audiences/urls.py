from django.urls import path

from audiences import views

app_name = "audiences"
urlpatterns = [
    path("audiences/", views.index, name="list"),
    path("audiences/new/", views.create, name="create"),
    path("audiences/<uuid:uuid>/rename/", views.rename, name="rename"),
    path("audiences/<uuid:uuid>/delete/", views.delete, name="delete"),
]
