"""Routes of people: in, out, team and keys."""

from django.urls import URLPattern, URLResolver, path

from core.people import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.LogIn.as_view(), name="login"),
    path("logout/", views.LogOut.as_view(), name="logout"),
]
