"""What several files of the repository say of the project, they say alike."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from symbackprop.version import VERSION

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # which mypy needs there

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def constants(file: str) -> dict[str, object]:
    """The literal values that a Python file gives to its names."""
    found: dict[str, object] = {}
    for statement in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign):
            try:
                value = ast.literal_eval(statement.value)
            except ValueError:
                continue
            for target in statement.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = value if isinstance(target, ast.Tuple) else [value]
                pairs = zip(names, values, strict=True)
                found.update({name.id: one for name, one in pairs if isinstance(name, ast.Name)})
    return found


def minor(requirement: str) -> tuple[str, str]:
    """numpy>=1.24 and numpy==1.24.* both as (numpy, 1.24)."""
    name, version = re.fullmatch(r"([\w.-]+)[>=]=([\d.]+?)(?:\.\*)?", requirement).groups()
    return name, version


def test_the_group_of_tests_is_the_extra():
    assert PROJECT["dependency-groups"]["test"] == PROJECT["project"]["optional-dependencies"]["test"]


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {VERSION}\n" in citation
    assert PROJECT["project"]["version"] == VERSION
    assert f"\nlicense: {PROJECT['project']['license']}\n" in citation


def test_versions_are_tried_at_both_ends():
    """The oldest that the project declares, and the newest that it names."""
    tried = constants("noxfile.py")
    assert PROJECT["project"]["requires-python"] == f">={tried['OLDEST']}"
    named = [row.rpartition(" ")[2] for row in PROJECT["project"]["classifiers"] if "Python :: 3." in row]
    assert (named[0], named[-1]) == (tried["OLDEST"], tried["NEWEST"])
    assert dict(map(minor, tried["OLDEST_PACKAGES"])) == dict(map(minor, PROJECT["project"]["dependencies"]))


def test_a_commit_is_checked_by_what_ci_runs():
    """Each tool of the test command but pytest is a hook, and a session of nox runs each."""
    command = re.search(r"<!-- test command -->\n```sh\n(.*)\n```", README).group(1)
    tools = [part.split() for part in command.split(" && ")[3:]]
    hooks = set(re.findall(r"- id: (\S+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")))
    session = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert [tool[0] for tool in tools] == ["ruff", "ruff", "codespell", "rumdl", "mypy", "pytest"]
    for tool in tools[:-1]:
        assert hooks & {tool[0], "-".join(tool[:2])}, tool
    for tool in tools:
        assert ", ".join(f'"{word}"' for word in tool) in session, tool


def test_pictures_stand_in_the_documents():
    """None that somebody made to look at is left in the root."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pictures = [Path(name) for name in listed.split("\0") if Path(name).suffix in (".png", ".jpg", ".pdf")]
    assert pictures
    assert {picture.parts[0] for picture in pictures} == {"docs"}


def test_files_that_documents_name_are_there():
    """Relative to the checkout or to what they speak of."""
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`((?:docs|symbackprop|templates|tests|benchmarks|examples)/[\w/.]+)(?:::\w+)?`", text):
            assert (ROOT / name).exists(), f"{page.relative_to(ROOT)}: {name}"
