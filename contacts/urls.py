from django.urls import path

from contacts.views import contacts, imports

app_name = "contacts"
urlpatterns = [
    path("audiences/<uuid:audience>/", contacts.index, name="list"),
    path("audiences/<uuid:audience>/add/", contacts.add, name="add"),
    path("contacts/<uuid:public_id>/", contacts.detail, name="detail"),
    path("contacts/<uuid:public_id>/edit/", contacts.edit, name="edit"),
    path("contacts/<uuid:public_id>/unsubscribe/", contacts.unsubscribe, name="unsubscribe"),
    path("contacts/<uuid:public_id>/resubscribe/", contacts.resubscribe, name="resubscribe"),
    path("contacts/<uuid:public_id>/delete/", contacts.delete, name="delete"),
    # Imports
    path("audiences/<uuid:audience>/imports/", imports.index, name="imports"),
    path("audiences/<uuid:audience>/import/", imports.upload, name="import_upload"),
    path("imports/sample.csv", imports.sample, name="import_sample"),
    path("imports/<uuid:uuid>/", imports.current, name="import"),
    path("imports/<uuid:uuid>/map/", imports.map_columns, name="import_map"),
    path("imports/<uuid:uuid>/review/", imports.review, name="import_review"),
    path("imports/<uuid:uuid>/finish/", imports.finish, name="import_finish"),
    path("imports/<uuid:uuid>/cancel/", imports.cancel, name="import_cancel"),
    path("imports/<uuid:uuid>/rejects.csv", imports.rejects, name="import_rejects"),
]
