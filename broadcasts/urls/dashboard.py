from django.urls import path

from broadcasts.views import actions, activity, dashboard, editor, report, review

app_name = "broadcasts"
urlpatterns = [
    path("broadcasts/", dashboard.index, name="list"),
    path("broadcasts/new/", dashboard.create, name="create"),
    path("broadcasts/<uuid:uuid>/", report.report, name="report"),
    path("broadcasts/<uuid:uuid>/cancel/", actions.cancel, name="cancel"),
    path("broadcasts/<uuid:uuid>/duplicate/", actions.duplicate, name="duplicate"),
    path("broadcasts/<uuid:uuid>/pause/", actions.pause, name="pause"),
    path("broadcasts/<uuid:uuid>/held/again/", actions.send_held_again, name="send_held_again"),
    path("broadcasts/<uuid:uuid>/held/leave/", actions.leave_held, name="leave_held"),
    path("broadcasts/<uuid:uuid>/rest/", actions.rest, name="rest"),
    path("broadcasts/<uuid:uuid>/take-back/", actions.take_back, name="take_back"),
    path("broadcasts/<uuid:uuid>/resume/", actions.resume, name="resume"),
    path("broadcasts/<uuid:uuid>/schedule/", review.schedule, name="schedule"),
    path("broadcasts/<uuid:uuid>/unschedule/", actions.unschedule, name="unschedule"),
    path("broadcasts/<uuid:uuid>/delete/", dashboard.delete, name="delete"),
    path("broadcasts/<uuid:uuid>/edit/", editor.edit, name="edit"),
    path("broadcasts/<uuid:uuid>/preview/", editor.preview, name="preview"),
    path("broadcasts/<uuid:uuid>/preview/frame/", editor.frame, name="frame"),
    path("broadcasts/<uuid:uuid>/test/", editor.send_test, name="test"),
    path("broadcasts/<uuid:uuid>/review/", review.review, name="review"),
    path("broadcasts/<uuid:uuid>/send/", review.send, name="send"),
    path("contacts/<uuid:public_id>/activity/", activity.contact_activity, name="activity"),
]
