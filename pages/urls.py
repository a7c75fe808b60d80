"""Preview links of pages. Pages themselves are at their path, see `ptcomplete.views.document`."""

from django.urls import path

from pages import views

app_name = "pages"
urlpatterns = [path("preview/page/<str:token>/", views.preview, name="preview")]
