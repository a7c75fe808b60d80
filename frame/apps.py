from django.apps import AppConfig


class FrameConfig(AppConfig):
    name = "frame"
    verbose_name = "Menus and areas"
