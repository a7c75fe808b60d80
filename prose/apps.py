from django.apps import AppConfig


class ProseConfig(AppConfig):
    name = "prose"
