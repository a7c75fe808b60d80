"""URLs that count ad clicks and impressions. robots.txt excludes them."""

from django.urls import path

from ads import views

app_name = "ads"
urlpatterns = [
    path("<int:pk>/", views.click, name="click"),
    path("<int:pk>/impression/", views.impression, name="impression"),
]
