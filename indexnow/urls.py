"""The URL of the key file."""

from django.urls import re_path

from indexnow import views

app_name = "indexnow"
urlpatterns = [
    re_path(r"^(?P<key>[0-9a-f]{32})\.txt$", views.key_file, name="key_file"),
]
