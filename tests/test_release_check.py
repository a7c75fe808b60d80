"""`make release-check` must not pass what it could not check, so its reading of other tools' output is tested here."""

import json
import subprocess
from collections.abc import Mapping

import pytest

from audit import release

CHECKED = {"name": "django", "version": "6.1.3", "vulns": []}
SKIPPED = {"name": "idna", "skip_reason": "Dependency not found on PyPI and could not be audited: idna (3.20)"}
VULNERABLE = {
    "name": "pillow",
    "version": "12.0.0",
    "vulns": [
        {"id": "PYSEC-2026-1", "fix_versions": ["12.0.1", "12.1.0"]},
        {"id": "PYSEC-2026-2", "fix_versions": []},
    ],
}


def audit_output(*dependencies: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_requirements_without_vulnerabilities_pass() -> None:
    assert release.problems_in_audit(audit_output(CHECKED, {**CHECKED, "name": "nh3"}), "") == []


def test_each_vulnerability_is_a_problem() -> None:
    assert release.problems_in_audit(audit_output(CHECKED, VULNERABLE), "Found 2 known vulnerabilities") == [
        "pillow 12.0.0: PYSEC-2026-1, fixed in 12.0.1, 12.1.0",
        "pillow 12.0.0: PYSEC-2026-2, fixed in no version",
    ]


def test_a_requirement_that_was_skipped_is_a_problem() -> None:
    assert release.problems_in_audit(audit_output(CHECKED, SKIPPED), "No known vulnerabilities found") == [
        "The advisory service gave no answer about 1 of 2 requirements: idna. Run this where the service can be reached."
    ]


def test_many_skipped_requirements_are_counted_and_vulnerabilities_still_listed() -> None:
    skipped = [{**SKIPPED, "name": name} for name in ("idna", "h11", "six", "nh3")]
    problems = release.problems_in_audit(audit_output(VULNERABLE, *skipped), "")
    assert len(problems) == 3
    assert "about 4 of 5 requirements: idna, h11, six, ..." in problems[-1]


@pytest.mark.parametrize(
    ("output", "errors", "reason"),
    [
        ("", "Traceback\nConnectionError: Could not connect to PyPI\n", "ConnectionError: Could not connect to PyPI"),
        ("", "", "it printed nothing"),
        ("not JSON", "ERROR: no hash\n", "ERROR: no hash"),
        ("{}", "warning\n", "warning"),
    ],
)
def test_an_unreachable_service_is_a_problem(output: str, errors: str, reason: str) -> None:
    assert release.problems_in_audit(output, errors) == [
        f"Vulnerabilities were not checked, because pip-audit failed: {reason}"
    ]


def test_an_audit_of_nothing_is_a_problem() -> None:
    assert release.problems_in_audit(audit_output(), "") == [
        "Vulnerabilities were not checked: pip-audit found no requirements."
    ]


def test_an_audit_that_does_not_end_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*args: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("pip-audit", 600)

    monkeypatch.setattr(subprocess, "run", run)
    assert release.vulnerability_problems() == [
        "Vulnerabilities were not checked: pip-audit did not end within 600 seconds."
    ]


@pytest.mark.parametrize(
    ("licenses", "compatible"),
    [
        ([{"license": {"id": "MIT"}}], True),
        ([{"expression": "Apache-2.0 OR BSD-3-Clause"}], True),
        ([{"expression": "GPL-3.0-only OR MIT"}], True),
        ([{"expression": "MIT AND GPL-3.0-only"}], False),
        ([{"license": {"id": "GPL-3.0-only"}}], False),
        ([{"license": {"id": "AGPL-3.0-only"}}], False),
        ([{"license": {"name": "Permitted for evaluation"}}], False),
        ([{"license": {"name": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}}], False),
        # Each classifier may be the license of a part.
        ([{"license": {"id": "MIT"}}, {"license": {"name": "License :: Other/Proprietary License"}}], False),
        ([{"license": {"name": "License :: OSI Approved"}}, {"license": {"id": "Apache-2.0"}}], True),
        ([{"license": {"name": "License :: OSI Approved"}}], False),
        ([], False),
    ],
)
def test_a_license_that_is_unknown_or_not_compatible_is_a_problem(
    licenses: list[dict[str, object]], *, compatible: bool
) -> None:
    problems = release.license_problems([{"name": "example", "licenses": licenses}])
    assert bool(problems) is not compatible


def test_a_license_file_is_read_again_when_the_declared_license_changes() -> None:
    declared = [{"license": {"id": "CC-BY-3.0"}}]
    assert release.license_problems([{"name": "django-solo", "licenses": declared}]) == []
    assert release.license_problems([{"name": "django-solo", "licenses": [{"license": {"id": "CC-BY-NC-3.0"}}]}]) == [
        "The license of django-solo must be looked at: CC-BY-NC-3.0"
    ]
