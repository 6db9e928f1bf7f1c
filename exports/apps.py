from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ExportsConfig(AppConfig):
    name = "exports"

    def ready(self) -> None:
        """Let every app register what can be exported of it."""
        autodiscover_modules("exporting")
