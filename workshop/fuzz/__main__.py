"""`python -m workshop.fuzz`: random networks through every stage."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from symbackprop.cli.progress import Progress
from workshop.fuzz.run import MAKERS, Run, shrunk
from workshop.fuzz.stages import DEFAULT, Stage


def _stages(context: click.Context, parameter: click.Parameter, value: str) -> tuple[Stage, ...]:
    """`exact,module`, with the stages that all others need."""
    wanted = {Stage.READ, Stage.DERIVE}
    for name in value.split(","):
        try:
            wanted.add(Stage(name.strip()))
        except ValueError:
            known = ", ".join(stage.value for stage in Stage)
            raise click.BadParameter(f"{name!r} is none of {known}") from None
    return tuple(stage for stage in Stage if stage in wanted)


@click.command()
@click.option("--count", default=1000, show_default=True, type=click.IntRange(1), help="Networks to make.")
@click.option("--seed", default=0, show_default=True, help="The first one's seed; the others follow it.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1))
@click.option(
    "--stages", default=",".join(stage.value for stage in DEFAULT), show_default=True, callback=_stages,
    help="Which stages to run; reading and deriving always are.",
)  # fmt: skip
@click.option(
    "--of", default="language", show_default=True, type=click.Choice(tuple(MAKERS)),
    help="What the networks are of: the whole language, or large sums of products.",
)  # fmt: skip
@click.option("--timeout", default=20.0, show_default=True, help="Seconds for one network.")
@click.option(
    "--output", default=Path("fuzz-findings"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder for progress and findings; a run that was stopped goes on from there.",
)  # fmt: skip
@click.option("--shrink", default=5, show_default=True, help="Kinds of failure to shrink at the end, 0 for none.")
@click.option("--shrink-seconds", default=60.0, show_default=True, help="Seconds for shrinking one.")
def main(
    count: int, seed: int, processes: int, stages: tuple[Stage, ...], of: str, timeout: float, output: Path,
    shrink: int, shrink_seconds: float,
) -> None:  # fmt: skip
    """Makes random networks over the whole language and compares every stage with an independent oracle.

    Exit status 1 if anything failed.
    """
    run = Run(output, stages, timeout, of)
    begun = last = time.monotonic()
    with Progress("fuzzing", total=count) as progress:
        for tally in run.results(seed, count, processes):
            progress.at(tally.programs, f"{tally.failed} failed, {tally.refused} refused")
            if not sys.stderr.isatty() and time.monotonic() - last > 60:
                last = time.monotonic()
                click.echo(f"{tally.programs}/{count}: {tally.failed} failed, {tally.refused} refused", err=True)
    elapsed = time.monotonic() - begun
    tally = run.tally
    click.echo(
        f"{tally.programs} networks: {tally.passed} passed, {tally.refused} refused, {tally.failed} failed "
        f"({tally.seconds:.0f} s of computation, {elapsed:.0f} s in this run)"
    )
    for note, times in sorted(tally.notes.items()):
        click.echo(f"  {note}: {times}")
    groups = run.by_signature()
    for group in groups:
        first = group[0]
        text = first.message.splitlines()[0] if first.message else ""
        click.echo(f"{len(group):6} {first.verdict} in {first.stage}: {first.error} (seed {first.seed}) {text[:160]}")
    failures = [group[0] for group in groups if group[0].verdict == "failed"]
    with (output / "summary.json").open("w") as file:
        kinds = [
            {"verdict": g[0].verdict, "stage": g[0].stage, "error": g[0].error, "count": len(g), "seed": g[0].seed}
            for g in groups
        ]
        json.dump({"programs": tally.programs, "passed": tally.passed, "refused": tally.refused,
                   "failed": tally.failed, "notes": tally.notes, "kinds": kinds}, file, indent=1)  # fmt: skip
    for finding in failures[:shrink]:
        small = shrunk(finding, stages, shrink_seconds, timeout)
        path = output / f"{finding.stage}_{finding.seed}.py"
        path.write_text(f'"""{finding.stage}: {finding.error}."""\n{small}')
        click.echo(f"--- {path}\n{small}{finding.message.splitlines()[0] if finding.message else ''}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
