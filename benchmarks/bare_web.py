"""What the API is compared with: a bare Django view that inserts one row, without middleware, keys, rules or logs."""

import json
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.INSTALLED_APPS = []
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.bare_web"


def create(request: HttpRequest) -> JsonResponse:
    told = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bare_contact (email, first_name, last_name) VALUES (%s, %s, %s) RETURNING id",
            [told["email"], told["first_name"], told["last_name"]],
        )
        return JsonResponse({"id": cursor.fetchone()[0]}, status=201)


urlpatterns = [path("create", create)]
application = get_wsgi_application()
