"""URLs for visitor feedback."""

from django.urls import re_path

from feedback import views
from plaintext.slugs import SLUG_PATTERN

app_name = "feedback"
urlpatterns = [
    re_path(rf"^(?P<slug>{SLUG_PATTERN})/$", views.suggest, name="suggest"),
    re_path(rf"^(?P<slug>{SLUG_PATTERN})/helpful/$", views.helpful, name="helpful"),
    re_path(rf"^(?P<slug>{SLUG_PATTERN})/missing/$", views.missing, name="missing"),
    re_path(rf"^(?P<slug>{SLUG_PATTERN})/thanks/$", views.thanks, name="thanks"),
]
