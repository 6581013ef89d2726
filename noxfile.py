#!/usr/bin/env -S python -m nox -f
# /// script
# dependencies = ["nox>=2024.10"]
# ///
"""What is run on the project, by name: `nox -l` lists it, `nox -s lint tests` runs some of it, `nox` what CI runs.

nox                     what .ci/run asks: formatter, linter, types, tests
nox -s stage -- terms   the tests of one stage, in seconds
nox -s docs             the site, into build/site
nox -s versions         the default tests at both ends of what is supported
"""

from __future__ import annotations

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"

# Both ends of what is supported (CONTRIBUTING.md): the oldest Python and packages, the newest of both.
OLDEST, NEWEST = "3.10", "3.13"
OLDEST_PACKAGES = (
    "numpy==1.24.*",
    "sympy==1.13.*",
    "mpmath==1.3.*",
    "jinja2==3.0.*",
    "click==8.2.*",
    "latex2mathml==3.80.*",
)


@nox.session(default=True)
def lint(session: nox.Session) -> None:
    """The formatter, the linter, spelling, and Markdown."""
    session.install("-e", ".[test]")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")
    session.run("codespell")
    session.run("rumdl", "check")


@nox.session(default=True)
def types(session: nox.Session) -> None:
    """mypy, strictly."""
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session(default=True)
def tests(session: nox.Session) -> None:
    """The default tests; arguments go to pytest."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def stage(session: nox.Session) -> None:
    """The tests of the stages named: `nox -R -s stage -- terms derive` (-R: in the environment that is there)."""
    session.install("-e", ".[test]")
    folders = [f"tests/{name}" for name in session.posargs]
    if not folders:
        session.error("name a folder of tests/: nox -s stage -- terms")
    session.run("pytest", *folders)


@nox.session(default=False)
def slow(session: nox.Session) -> None:
    """More draws of what the default tests draw once."""
    session.install("-e", ".[test]")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session(default=False)
def agreement(session: nox.Session) -> None:
    """Layers, losses and optimisers against PyTorch."""
    session.install("-e", ".[test,torch]")
    session.run("pytest", "tests/layers/agreement", "tests/optimizers", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """The site with its gallery, into build/site; arguments go to sphinx-build."""
    session.install("-e", ".[test]", *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "docs"))
    session.run("sphinx-build", "-W", "--keep-going", *session.posargs, "docs", "build/site")
    session.run("pytest", "-n", "0", "tests/docs/test_site.py")


@nox.session(python=[OLDEST, NEWEST], default=False)
def versions(session: nox.Session) -> None:
    """The default tests at the oldest versions that are supported, and at the newest."""
    session.install("-e", ".[test]")
    if session.python == OLDEST:
        session.install(*OLDEST_PACKAGES)
    session.run("python", "-c", "import numpy, sympy, sys; print(sys.version, numpy.__version__, sympy.__version__)")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def review(session: nox.Session) -> None:
    """What a scientific Python project is expected to have."""
    session.install("sp-repo-review[cli]")
    session.run("sp-repo-review", ".")


if __name__ == "__main__":
    nox.main()
