"""Check what a release ships, and write its software bill of materials: python -m audit.release.

The locked requirements and the tools are installed in separate environments, since the tools need other versions of
some packages. Nothing passes that could not be checked.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

Command = list[str | Path]
ROOT = Path(__file__).resolve().parent.parent
SITE, TOOLS = ROOT / ".venv" / "release-site", ROOT / ".venv" / "release-tools"
SBOM = ROOT / "sbom.cdx.json"
# Licenses that a BSD-3-Clause project may depend on without its code being affected.
COMPATIBLE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|HPND|Zlib|0BSD|CC0"
    # psycopg is used as an unmodified library.
    r"|LGPL|Lesser General Public",
    re.IGNORECASE,
)


def install(environment: Path, requirements: str) -> None:
    """Create a virtual environment with exactly the locked requirements."""
    print(f"Installing {requirements} ...")
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    command: Command = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*command, "--require-hashes", "-r", ROOT / requirements], check=True)
    (environment / "bin" / "pip").unlink(missing_ok=True)


def vulnerability_problems() -> list[str]:
    """Ask the advisory service of PyPI about each requirement. It is a problem if it cannot be asked."""
    command: Command = [TOOLS / "bin" / "pip-audit", "--require-hashes", "--disable-pip", "--format", "json"]
    ended = subprocess.run(
        [*command, "-r", ROOT / "requirements.txt"], capture_output=True, text=True, check=False, timeout=600
    )
    try:
        dependencies = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (ended.stderr.strip().splitlines() or ["no output"])[-1]
        return [f"pip-audit could not reach its advisory service, so nothing was checked: {last}"]
    # pip-audit returns 0 even if the service gave no answer about a package.
    skipped = [dependency["name"] for dependency in dependencies if "skip_reason" in dependency]
    problems = [
        f"{dependency['name']} {dependency['version']}: {vulnerability['id']}"
        f", fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for dependency in dependencies
        for vulnerability in dependency.get("vulns", [])
    ]
    if skipped or not dependencies:
        checked = len(dependencies) - len(skipped)
        problems.append(
            f"The advisory service gave no answer about {len(skipped)} of {len(dependencies)} requirements, such as "
            f"{', '.join(skipped[:3])}; {checked} were checked. Run this where the service can be reached."
        )
    return problems


def npm_problems() -> list[str]:
    """Check that the site ships no npm package, since the advisories above do not cover those."""
    shipped = json.loads((ROOT / "package.json").read_text()).get("dependencies", {})
    return [f"The npm package {name} is shipped, but not checked." for name in shipped]


def write_sbom() -> dict[str, str]:
    """Write the bill of materials, the same bytes for the same requirements. Return the license of each component."""
    command: Command = [TOOLS / "bin" / "cyclonedx-py", "environment", "--output-reproducible", "--of", "JSON"]
    options: Command = ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "application", "-o", SBOM]
    subprocess.run([*command, *options, SITE / "bin" / "python"], check=True, cwd=ROOT)
    components = json.loads(SBOM.read_text())["components"]
    return {component["name"]: _license(component) for component in components}


def _license(component: dict[str, list[dict[str, dict[str, str] | str]]]) -> str:
    names = []
    for entry in component.get("licenses", []):
        detail = entry.get("license")
        names.append(
            detail.get("id") or detail.get("name", "") if isinstance(detail, dict) else str(entry.get("expression", ""))
        )
    return ", ".join(sorted(name for name in names if name))


def license_problems(licenses: dict[str, str]) -> list[str]:
    """Print the licenses, and return components whose license is unknown or not compatible."""
    for name, license_name in sorted(licenses.items()):
        print(f"  {name}: {license_name or 'unknown'}")
    return [
        f"The license of {name} must be looked at: {license_name or 'unknown'}"
        for name, license_name in licenses.items()
        if not COMPATIBLE.search(license_name)
    ]


def setting_problems() -> list[str]:
    """Run Django's deployment check with the settings of a production site, in the environment of the release."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": folder,
            "SITE_URL": "https://example.com",
            "TRUSTED_PROXIES": "1",
            "SECRET_KEY": secrets.token_urlsafe(50),
        }
        command: Command = [
            SITE / "bin" / "python",
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return [] if ended.returncode == 0 else [f"check --deploy fails: {ended.stderr.strip()}"]


def main() -> int:
    """Run all checks, print the problems and return 1 if there are any."""
    install(SITE, "requirements.txt")
    install(TOOLS, "requirements-release.txt")
    print("Licenses:")
    licenses = write_sbom()
    problems = vulnerability_problems() + npm_problems() + license_problems(licenses) + setting_problems()
    print(f"{SBOM.name}: {len(licenses)} components")
    for problem in problems:
        print(f"NOT OK: {problem}", file=sys.stderr)
    print("The release may not be published." if problems else "The release may be published.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
