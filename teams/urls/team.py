"""Below `/t/<team>/`: the team's name, its people and whom it invites."""

from django.urls import path

from teams.views import invitations, members, team

app_name = "team"
urlpatterns = [
    path("settings/team/", team.rename, name="rename"),
    path("settings/members/", members.index, name="members"),
    path("settings/members/leave/", members.leave, name="leave"),
    path("settings/members/<uuid:uuid>/", members.change, name="member"),
    path("settings/members/<uuid:uuid>/remove/", members.remove, name="remove"),
    path("settings/invitations/new/", invitations.invite, name="invite"),
    path("settings/invitations/<uuid:uuid>/send/", invitations.send_again, name="send_again"),
    path("settings/invitations/<uuid:uuid>/withdraw/", invitations.withdraw, name="withdraw"),
]
