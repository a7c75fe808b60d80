"""The addresses of advertisements. robots.txt closes them."""

from django.urls import path

from ads import views

app_name = "ads"
urlpatterns = [
    path("<int:key>/", views.go, name="go"),
    path("<int:key>/seen/", views.seen, name="seen"),
]
