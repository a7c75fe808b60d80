"""The pages' own addresses. A page itself lies at its path, see `ptcomplete.views.document`."""

from django.urls import path

from pages import views

app_name = "pages"
urlpatterns = [path("preview/page/<str:token>/", views.preview, name="preview")]
