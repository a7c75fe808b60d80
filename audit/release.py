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
from typing import Any

Command = list[str | Path]
# A component of a bill of materials, as the CycloneDX specification describes it.
Component = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
SITE, TOOLS = ROOT / ".venv" / "release-site", ROOT / ".venv" / "release-tools"
SBOM = ROOT / "sbom.cdx.json"
# Licenses that a BSD-3-Clause project may depend on without its code being affected.
COMPATIBLE = re.compile(
    r"\b(?:MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|HPND|Zlib|0BSD|CC0"
    # psycopg is used as an unmodified library.
    r"|LGPL|Lesser General Public)",
    re.IGNORECASE,
)
# What these packages declare is missing or unclear. Their license files have been read.
LOOKED_AT = {
    # Attribution, which the package contains, is all that it asks for.
    "django-solo": ["CC-BY-3.0"],
    # The license file has the text of MIT.
    "pyrage": [],
    # The license file has the texts of BSD-3-Clause and MIT.
    "qrcode": ["License :: OSI Approved :: BSD License", "License :: Other/Proprietary License"],
}
AUDIT_SECONDS = 600


def install() -> None:
    """Create virtual environments with exactly the locked requirements of the tools and of the site."""
    print("Installing requirements-release.txt and requirements.txt ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", TOOLS], check=True)
    # The site needs no pip, so the bill of materials must not list it.
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", SITE], check=True)
    pip: Command = [TOOLS / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for environment, requirements in ((TOOLS, "requirements-release.txt"), (SITE, "requirements.txt")):
        options: Command = ["--python", environment / "bin" / "python", "install", "--require-hashes"]
        subprocess.run([*pip, *options, "-r", ROOT / requirements], check=True)


def vulnerability_problems() -> list[str]:
    """Ask the advisory service of PyPI about each requirement. It is a problem if it cannot be asked."""
    print("Looking for known vulnerabilities ...", flush=True)
    command: Command = [TOOLS / "bin" / "pip-audit", "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        ended = subprocess.run(
            [*command, "-r", ROOT / "requirements.txt"],
            capture_output=True,
            text=True,
            check=False,
            timeout=AUDIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return [f"Vulnerabilities were not checked: pip-audit did not end within {AUDIT_SECONDS} seconds."]
    return problems_in_audit(ended.stdout, ended.stderr)


def problems_in_audit(output: str, errors: str) -> list[str]:
    """Return vulnerabilities in the JSON output of pip-audit, and what it could not check."""
    try:
        dependencies = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        last = (errors.strip().splitlines() or ["it printed nothing"])[-1]
        return [f"Vulnerabilities were not checked, because pip-audit failed: {last}"]
    # pip-audit returns 0 even if the service gave no answer about a package.
    skipped = [dependency["name"] for dependency in dependencies if "skip_reason" in dependency]
    problems = [
        f"{dependency['name']} {dependency['version']}: {vulnerability['id']}"
        f", fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for dependency in dependencies
        for vulnerability in dependency.get("vulns", [])
    ]
    if not dependencies:
        problems.append("Vulnerabilities were not checked: pip-audit found no requirements.")
    if skipped:
        problems.append(
            f"The advisory service gave no answer about {len(skipped)} of {len(dependencies)} requirements: "
            f"{', '.join(skipped[:3])}{', ...' if len(skipped) > 3 else ''}. Run this where the service can be reached."
        )
    return problems


def npm_problems() -> list[str]:
    """Check that the site ships no npm package, since the advisories above do not cover those."""
    shipped = json.loads((ROOT / "package.json").read_text()).get("dependencies", {})
    return [f"The npm package {name} is shipped, but not checked." for name in shipped]


def write_sbom() -> list[Component]:
    """Write the bill of materials, the same bytes for the same requirements, and return its components."""
    print(f"Writing {SBOM.name} ...", flush=True)
    command: Command = [TOOLS / "bin" / "cyclonedx-py", "environment", "--output-reproducible", "--of", "JSON"]
    options: Command = ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "application", "-o", SBOM]
    subprocess.run([*command, *options, SITE / "bin" / "python"], check=True, cwd=ROOT)
    components: list[Component] = json.loads(SBOM.read_text())["components"]
    return components


def declared_licenses(component: Component) -> list[str]:
    """Return the license names, SPDX expressions and classifiers that a component declares."""
    names = set()
    for entry in component.get("licenses", []):
        license_ = entry.get("license", {})
        names.add(entry.get("expression") or license_.get("id") or license_.get("name") or "")
    # The first is no license, only the heading of those that have one.
    return sorted(names - {"License :: OSI Approved", ""})


def is_compatible(declared: str) -> bool:
    """Tell whether each license of an SPDX expression, or one of those to choose from, is compatible."""
    return any(
        all(COMPATIBLE.search(part) for part in re.split(r"\bAND\b", choice))
        for choice in re.split(r"\bOR\b", declared.strip("()"))
    )


def license_problems(components: list[Component]) -> list[str]:
    """Print the licenses, and return components whose license is unknown or not compatible."""
    problems = []
    print("Licenses:")
    for component in sorted(components, key=lambda component: component["name"].lower()):
        name, declared = component["name"], declared_licenses(component)
        shown = ", ".join(declared) or "not declared"
        looked_at = LOOKED_AT.get(name) == declared
        print(f"  {name}: {shown}{' (its license file was read)' if looked_at else ''}")
        if not looked_at and not (declared and all(map(is_compatible, declared))):
            problems.append(f"The license of {name} must be looked at: {shown}")
    return problems


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
    install()
    components = write_sbom()
    problems = vulnerability_problems() + npm_problems() + license_problems(components) + setting_problems()
    print(f"{SBOM.name}: {len(components)} components", flush=True)
    for problem in problems:
        print(f"NOT OK: {problem}", file=sys.stderr)
    print("The release may not be published." if problems else "The release may be published.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
