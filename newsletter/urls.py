"""URLs for the newsletter."""

from django.urls import path

from newsletter import gift_views, views
from newsletter.campaigns import archive
from newsletter.delivery import webhooks

app_name = "newsletter"
urlpatterns = [
    path("", views.subscribe, name="subscribe"),
    path("check-your-inbox/", views.check_your_inbox, name="check_your_inbox"),
    path("confirm/<token>/", views.confirm, name="confirm"),
    path("p/<token>/", views.preferences, name="preferences"),
    path("p/<token>/export/", views.export_data, name="export_data"),
    path("p/<token>/erase/", views.erase_data, name="erase_data"),
    path("u/<token>/", views.unsubscribe, name="unsubscribe"),
    path("gift/<token>/", gift_views.gift, name="gift"),
    path("gift/<token>/file/", gift_views.gift_file, name="gift_file"),
    path("gift/<token>/<paper>.pdf", gift_views.gift_sheet, name="gift_sheet"),
    path("sample-link/", views.sample_link, name="sample_link"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<slug:slug>/", archive.archive_detail, name="archive_detail"),
    path("webhooks/<name>/", webhooks.webhook, name="webhook"),
]
