"""Routes of people: in, out, team and keys."""

from django.urls import URLPattern, URLResolver, path

from core.people import settings_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", views.LogOut.as_view(), name="logout"),
    path("settings/account/", views.Account.as_view(), name="account"),
    path("settings/api-keys/", settings_views.ApiKeys.as_view(), name="api-keys"),
    path("settings/api-keys/new/", settings_views.NewApiKey.as_view(), name="api-key-new"),
    path("settings/api-keys/<uuid:key_id>/revoke/", settings_views.RevokeApiKey.as_view(), name="api-key-revoke"),
    path("settings/team/", settings_views.Team.as_view(), name="team"),
    path("settings/team/new/", settings_views.NewPerson.as_view(), name="person-new"),
    path("settings/team/<uuid:user_id>/", settings_views.Person.as_view(), name="person"),
    path("settings/team/<uuid:user_id>/active/", settings_views.PersonActive.as_view(), name="person-active"),
    path("settings/team/<uuid:user_id>/name/", settings_views.PersonName.as_view(), name="person-name"),
    path("settings/team/<uuid:user_id>/password/", settings_views.PersonPassword.as_view(), name="person-password"),
]
