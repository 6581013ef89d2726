"""The audit, and the fuzzer's module stage, under several versions of NumPy.

    python -m tests.audit [--versions 1.24 1.26 2.0 2.1 newest] [--quick] [--fuzz 200] [--folder .numpy-versions]

Makes a virtual environment for each version where there is none yet, audits every call form in each, and prints a
table: call forms by versions, the runs and how many of them were wrong. `--here` audits the NumPy of this Python
alone. Exit status 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .environments import FOLDER, ROOT, VERSIONS, environment
from .grid import FULL, QUICK, audit


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--versions", nargs="+", default=list(VERSIONS), help="such as 1.24, or newest")
    parser.add_argument("--quick", action="store_true", help="the grid of the tests, not the full one")
    parser.add_argument("--fuzz", type=int, default=200, help="networks of the fuzzer in each, 0 for none")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the environments are kept")
    parser.add_argument("--here", type=Path, metavar="FILE", help="audit this Python's NumPy into a JSON file")
    options = parser.parse_args()
    if options.here:
        return _here(options.here, options.quick)
    found, fuzzed = {}, {}
    for version in options.versions:
        python = environment(version, options.folder)
        found[version] = _audited(python, options.quick)
        print(f"NumPy {found[version]['numpy']}: {sum(found[version]['runs'].values())} runs by call form", flush=True)
        if options.fuzz:
            fuzzed[version] = _fuzzed(python, options.fuzz)
    print(_table(found, fuzzed))
    for version, result in found.items():
        for form, text in result["examples"].items():
            print(f"\nNumPy {version}, {form}: {text}")
    wrong = any(result["wrong"] for result in found.values())
    return 1 if wrong or any("0 failed" not in line for line in fuzzed.values()) else 0


def _here(path: Path, quick: bool) -> int:
    tally = audit(QUICK if quick else FULL)
    result = {"numpy": np.__version__, "runs": tally.runs, "wrong": tally.wrong, "examples": tally.examples}
    path.write_text(json.dumps(result), encoding="utf-8")
    return 1 if tally.wrong else 0


def _audited(python: Path, quick: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.json"
        command = [python, "-m", "tests.audit", "--here", path, *(["--quick"] if quick else [])]
        run = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
        if not path.exists():
            raise RuntimeError(f"the audit itself failed with status {run.returncode}")
        return json.loads(path.read_text(encoding="utf-8"))


def _fuzzed(python: Path, count: int) -> str:
    """The fuzzer's last line on its module stage, and what failed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", "workshop.fuzz", "--stages", "module", "--count", str(count), "--shrink", "0"]
        run = subprocess.run([*command, "--output", folder], cwd=ROOT, capture_output=True, text=True, check=False)
        return run.stdout.strip() or (run.stderr.strip() or f"ended with status {run.returncode}").splitlines()[-1]


def _table(found: dict[str, dict], fuzzed: dict[str, str]) -> str:
    """Call forms by versions: runs, and wrong ones where there are any."""
    forms = sorted({form for result in found.values() for form in result["runs"]})
    heads = [f"NumPy {result['numpy']}" for result in found.values()]
    width = max(map(len, forms))
    lines = ["", "call form".ljust(width) + "".join(head.rjust(18) for head in heads)]
    for form in forms:
        cells = [_cell(result["runs"].get(form, 0), result["wrong"].get(form, 0)) for result in found.values()]
        lines.append(form.ljust(width) + "".join(cell.rjust(18) for cell in cells))
    totals = [_cell(sum(r["runs"].values()), sum(r["wrong"].values())) for r in found.values()]
    lines.append("all".ljust(width) + "".join(cell.rjust(18) for cell in totals))
    lines += [f"fuzzer, NumPy {found[version]['numpy']}: {line}" for version, line in fuzzed.items()]
    return "\n".join(lines)


def _cell(runs: int, wrong: int) -> str:
    return f"{runs:,} ({wrong:,} wrong)" if wrong else f"{runs:,}"


if __name__ == "__main__":
    sys.exit(main())
