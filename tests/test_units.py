"""The systemd units are valid."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings


@pytest.mark.any_database
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize(("name", "instance"), [("web@", "8000"), ("worker", "")])
def test_the_unit_is_valid_and_hardened(name: str, instance: str, tmp_path: Path) -> None:
    unit = tmp_path / f"ptcomplete-{name}{instance}.service"
    text = (settings.BASE_DIR / "deploy" / f"ptcomplete-{name}.service").read_text()
    unit.write_text(text.replace("/srv/ptcomplete/app", str(settings.BASE_DIR)))
    check = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert unit.name not in check.stderr
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", str(unit)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout[-300:]
