"""What belongs to a person and to no team: the profile, a new team, following an invitation."""

from django.urls import include, path

from teams.views import joining, profile, team

joining_patterns = [
    path("<str:token>/", joining.join, name="join"),
    path("<str:token>/accept/", joining.accept, name="accept"),
]
urlpatterns = [
    path("profile/", profile.edit, name="profile"),
    path("teams/new/", team.create, name="create_team"),
    path("invitations/", include((joining_patterns, "invitations"))),
]
