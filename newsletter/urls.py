"""The addresses of the newsletter."""

from django.urls import path

from newsletter import views
from newsletter.campaigns import archive
from newsletter.delivery import webhooks

app_name = "newsletter"
urlpatterns = [
    path("", views.join, name="join"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<slug:slug>/", archive.archived, name="archived"),
    path("sent/", views.sent, name="sent"),
    path("sample/", views.sample, name="sample"),
    path("confirm/<token>/", views.confirm, name="confirm"),
    path("u/<token>/", views.unsubscribe, name="unsubscribe"),
    path("p/<token>/", views.preferences, name="preferences"),
    path("p/<token>/export/", views.export, name="export"),
    path("p/<token>/erase/", views.erase, name="erase"),
    path("webhooks/<name>/", webhooks.webhook, name="webhook"),
]
