"""URLs for references and the glossary."""

from django.urls import path

from evidence import views
from evidence.glossary.views import glossary

app_name = "evidence"
urlpatterns = [
    path("references/", views.reference_list, name="reference_list"),
    path("glossary/", glossary, name="glossary"),
]
