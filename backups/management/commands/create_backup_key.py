"""Create the pair of keys for backups."""

from typing import Any

import pyrage
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Print a secret key and its public key."""

    help = "Create a key pair for backups. Run it on your own computer: the server needs the public key only."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the pair in the format of age-keygen."""
        identity = pyrage.x25519.Identity.generate()
        self.stdout.write("# Save these lines to a file, and keep copies of it away from the server, such as in a")
        self.stdout.write("# password manager. Without the secret key, nobody can restore a backup.")
        self.stdout.write(f"# public key, for BACKUP_RECIPIENTS: {identity.to_public()}")
        self.stdout.write(str(identity))
