from api.entrance import routes
from api.interface import interface

app_name = "api"
urlpatterns = list(routes(interface.urls[0], open_to_all=["openapi-json"]))
