"""The shop page, and where clicks pass. robots.txt closes the latter."""

from django.urls import path

from affiliates import views

app_name = "affiliates"
urlpatterns = [
    path("shop/", views.shop, name="shop"),
    path("go/<slug:slug>/", views.go, name="go"),
    path("go/<slug:slug>/clicked/", views.clicked, name="clicked"),
]
