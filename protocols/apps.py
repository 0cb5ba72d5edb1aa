"""The one file of this package that Django sees."""

from django.apps import AppConfig

from protocols import astct, library, management, rulebook, supportive, wording


class ProtocolsConfig(AppConfig):
    """Loads every label, pathway, rule and text at start: the service refuses to run on one it cannot trust."""

    name = "protocols"
    verbose_name = "Protocols"

    def ready(self) -> None:
        """Raise BrokenLabel, naming file, table and row, before anything else can happen."""
        library.known_labels()
        library.pathways()
        rulebook.load()
        wording.load()
        supportive.load()
        astct.load()
        management.load()
