"""URLs for the shop page and affiliate links. robots.txt excludes /go/."""

from django.urls import path

from affiliates import views

app_name = "affiliates"
urlpatterns = [
    path("shop/", views.shop, name="shop"),
    path("go/<slug:slug>/", views.go, name="go"),
    path("go/<slug:slug>/click/", views.count_click, name="count_click"),
]
