"""The URL that beacons are sent to. `analytics.middleware` answers it earlier; this reserves its path."""

from django.urls import path

from analytics.beacons import receive

app_name = "analytics"
urlpatterns = [path("count-page/", receive, name="count_page")]
