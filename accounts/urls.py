"""Pages under the admin for people who have no password yet or forgot it."""

from django.urls import path

from accounts import views

urlpatterns = [
    # The admin's sign-in page links to this name.
    path("password-reset/", views.request_password, name="admin_password_reset"),
    path("password-reset/sent/", views.password_link_sent, name="password_link_sent"),
    path("password/<uidb64>/<token>/", views.set_password, name="set_password"),
]
