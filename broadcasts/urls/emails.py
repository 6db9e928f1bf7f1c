from django.urls import path

from broadcasts.views import emails

app_name = "emails"
urlpatterns = [
    path("emails/", emails.index, name="list"),
    path("emails/<uuid:public_id>/", emails.detail, name="detail"),
    path("emails/<uuid:public_id>/frame/", emails.frame, name="frame"),
]
