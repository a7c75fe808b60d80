"""The public and secret keys for age."""

from collections.abc import Iterable
from pathlib import Path

import pyrage

from backups.archive import Identity, Recipient
from backups.errors import BackupError


def parse_recipients(keys: Iterable[str]) -> list[Recipient]:
    """Return the public keys in BACKUP_RECIPIENTS: age or SSH keys."""
    recipients: list[Recipient] = []
    for key in filter(None, (key.strip() for key in keys)):
        try:
            kind = pyrage.ssh.Recipient if key.startswith("ssh-") else pyrage.x25519.Recipient
            recipients.append(kind.from_str(key))
        except pyrage.RecipientError as error:
            raise BackupError(
                f"BACKUP_RECIPIENTS contains “{key[:20]}…”, which is not an age public key ({error})."
            ) from error
    if not recipients:
        raise BackupError(
            "Set BACKUP_RECIPIENTS to the public key that backups are encrypted for. manage.py create_backup_key "
            "creates one."
        )
    return recipients


def read_identities(path: Path) -> list[Identity]:
    """Return the secret keys in a file as `create_backup_key` and age-keygen write it."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        identities = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupError(f"The secret key could not be read from {path}: {error}") from error
    if not identities:
        raise BackupError(f"{path} contains no secret key. It has a line that starts with AGE-SECRET-KEY-1.")
    return identities
