"""The wheel works by itself: built from the source distribution, installed into a fresh environment, and run outside
the checkout. Both carry the licence and the version."""

import email
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from symbackprop.version import VERSION
from tests.processes import PATIENCE

ROOT = Path(__file__).parents[2]


def run(*command, cwd):
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the source distribution and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (file,) = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an environment that holds the wheel, and borrows nothing but its dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", executable, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    own = run(executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    Path(own, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = run(executable, "-c", "import symbackprop; print(symbackprop.__file__)", cwd=folder).strip()
    assert Path(place).is_relative_to(own)
    return executable


def test_the_templates_travel(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    expected = {
        f"symbackprop/templates/{file.relative_to(ROOT / 'templates').as_posix()}"
        for file in (ROOT / "templates").rglob("*")
        if file.is_file()
    }
    assert expected
    assert expected <= set(names)
    assert "symbackprop/py.typed" in names


def test_the_workshop_stays_at_home(built, wheel):
    """Neither the fuzzer nor the mutants are installed; the source distribution holds them."""
    parts = {part for name in zipfile.ZipFile(wheel).namelist() for part in Path(name).with_suffix("").parts}
    assert not parts & {"workshop", "fuzz", "mutants", "mutate", "fates", "tests", "benchmarks"}
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as sources:
        names = {name.partition("/")[2] for name in sources.getnames()}
    assert {"workshop/README.md", "workshop/fuzz/__main__.py", "workshop/mutants/__main__.py"} <= names


def test_the_licence_and_the_version_travel(built, wheel):
    licence = (ROOT / "LICENSE").read_bytes()
    assert b"the symbackprop developers" in licence
    archive = zipfile.ZipFile(wheel)
    (place,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
    metadata = email.message_from_bytes(archive.read(place))
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Version"] == VERSION
    (file,) = metadata.get_all("License-File")
    assert archive.read(place.replace("METADATA", f"licenses/{file}")) == licence
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as sources:
        (folder,) = {name.partition("/")[0] for name in sources.getnames()}
        for name in ("LICENSE", "CHANGELOG.md"):
            assert sources.extractfile(f"{folder}/{name}").read() == (ROOT / name).read_bytes()


def test_the_changelog_begins_with_the_version():
    """Each version names its changes of generated output, for which the version of the generator rises."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(.*?)\]", text, re.MULTILINE).group(1) == VERSION
    newest = text.split("\n## ")[1]
    assert "### Changes of generated output" in newest


def test_the_command_runs(python, tmp_path):
    command = python.parent / "symbackprop"
    assert "mlp" in run(command, "list", cwd=tmp_path)
    run(command, "generate", "mlp", "-o", "mlp.py", cwd=tmp_path)
    assert run(python, "-m", "symbackprop", "generate", "mlp", cwd=tmp_path) == (tmp_path / "mlp.py").read_text()
    run(python, "mlp.py", cwd=tmp_path)  # the module's own check
