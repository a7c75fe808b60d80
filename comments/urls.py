"""URLs for comments."""

from django.urls import re_path

from comments import views
from comments.moderation_links import ACTIONS
from plaintext.slugs import SLUG_PATTERN

app_name = "comments"
_DOCUMENT = rf"(?P<path>{SLUG_PATTERN}(?:/{SLUG_PATTERN})*)"
urlpatterns = [
    re_path(rf"^write/{_DOCUMENT}/$", views.write, name="write"),
    re_path(rf"^waiting/{_DOCUMENT}/$", views.waiting, name="waiting"),
    re_path(rf"^moderate/(?P<action>{'|'.join(ACTIONS)})/(?P<token>[^/]+)/$", views.moderate, name="moderate"),
]
