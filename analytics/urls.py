"""The URL that beacons are sent to. In production, `analytics.wsgi` answers it before Django does."""

from django.urls import path

from analytics.views import count_page

app_name = "analytics"
urlpatterns = [path("count-page/", count_page, name="count_page")]
