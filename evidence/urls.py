"""URLs for references."""

from django.urls import path

from evidence import views

app_name = "evidence"
urlpatterns = [path("references/", views.reference_list, name="reference_list")]
