"""URLs for exercises."""

from django.urls import path, re_path

from exercises import views
from plaintext.slugs import SLUG_PATTERN

app_name = "exercises"
urlpatterns = [
    path("my-plan/", views.my_plan, name="my_plan"),
    re_path(r"^my-plan/(?P<paper>a4|letter)\.pdf$", views.my_plan_pdf, name="my_plan_pdf"),
    path("my-plan/calendar.ics", views.my_plan_calendar, name="my_plan_calendar"),
    path("exercises/", views.exercise_list, name="exercise_list"),
    re_path(rf"^exercises/(?P<slug>{SLUG_PATTERN})/$", views.exercise_detail, name="exercise_detail"),
    re_path(rf"^exercises/(?P<slug>{SLUG_PATTERN})/calendar\.ics$", views.exercise_calendar, name="exercise_calendar"),
]
