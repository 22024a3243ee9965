"""The main job from end to end on a simulated clinic: ``python -m alliance.demo``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import alliance as al

SEED = 20


def main(folder: Path = Path("demo-output")) -> None:
    """Score the clinic, look for ruptures, print what was found and write tables and figures."""
    clinic = al.simulate(dyads=60, sessions=16, seed=SEED, frames="polars")
    print(f"A clinic, SIMULATED: no person answered these forms.\n{clinic}\n")
    study = (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
        .with_forms(clinic.therapist_forms, "wai-srt-therapist", columns="wai_{item}")
    )
    missing = al.Prorate(min_share=0.75)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", al.EvidenceWarning)
        scores = study.scores(missing=missing)
        flow = study.flow(missing=missing)
    print(flow)
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"\nNote: {message}")
    print("\nItem means of the first forms:")
    print(scores["client"].to_frame().head(5))

    rule = al.rules.BelowReference(
        reference="running-mean", unit="shrunken-sd", threshold=2.0, repair=("return-to-reference", 0.25)
    )
    report = al.find_ruptures(scores, rater="client", rule=rule)
    print(f"\n{rule.describe()}\n\nThe first episodes:")
    print(report.episodes.head(5))
    print(f"\nExpected and observed:\n{report.chance.sentence}")
    print(_against_the_truth(clinic, report))
    print(f"\nFor a methods section:\n\n{scores.methods()}\n\n{report.methods()}\n\n{clinic.methods()}\n")

    print("Written, the scores with their .provenance.json beside them:")
    for path in _write(folder, scores, report):
        print(f"  {path}")


def _against_the_truth(clinic: al.Simulation, report: al.RuptureReport) -> str:
    """Say what a study of real clients could not: how many flags are right."""
    planted, flagged = (set(table["client"]) for table in (clinic.truth.ruptures, report.episodes))
    return (
        f"Observed: {len(flagged)} of {clinic.dyads} clients have an episode. The truth, known because it is "
        f"simulated: {len(planted)} clients have a rupture; {len(planted & flagged)} of them are flagged, and so are "
        f"{len(flagged - planted)} others."
    )


def _write(folder: Path, scores: al.StudyScores, report: al.RuptureReport) -> list[Path]:
    """Write tables and figures; give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for rater, each in scores.items():
        written.append(each.write_csv(folder / f"{rater}-scores.csv"))
        written.append(each.write_parquet(folder / f"{rater}-scores.parquet"))
    for name in ("sessions", "episodes", "clients"):
        written.append(folder / f"ruptures-{name}.csv")
        getattr(report, name).write_csv(written[-1])
    episodes: Any = report.episodes
    deepest = episodes.sort("magnitude", descending=True)["client"][0]
    figures = {"trajectories.png": scores.plot("total"), f"ruptures-of-{deepest}.png": report.plot(deepest)}
    for name, figure in figures.items():
        written.append(folder / name)
        figure.savefig(written[-1], dpi=160)
    return written


if __name__ == "__main__":
    main()
