"""URLs for visitor feedback."""

from django.urls import re_path

from feedback import views

app_name = "feedback"
urlpatterns = [
    re_path(r"^(?P<slug>[-\w]+)/$", views.suggest, name="suggest"),
    re_path(r"^(?P<slug>[-\w]+)/helpful/$", views.helpful, name="helpful"),
    re_path(r"^(?P<slug>[-\w]+)/missing/$", views.missing, name="missing"),
    re_path(r"^(?P<slug>[-\w]+)/thanks/$", views.thanks, name="thanks"),
]
