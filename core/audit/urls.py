"""Routes of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from core.audit import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/audit/", views.AuditLog.as_view(), name="audit"),
]
