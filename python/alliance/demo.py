"""The main job from end to end on a simulated clinic: ``python -m alliance.demo``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import alliance as al

CLIENTS = 24
THERAPISTS = 6
SEED = 20


def _normal(generator: Any) -> float:
    """Give a roughly normal number from twelve uniform ones, the same on every platform."""
    return float(sum(generator.random(12))) - 6.0


def simulate() -> tuple[Any, Any]:
    """Simulate the clinic: client forms (WAI-SR) and therapist forms (WAI-SRT), some missing, one rupture in four.

    Clients rate high and steadily, therapists lower and with more movement. The figures are plausible and not
    estimated from data.
    """
    import numpy as np
    import polars as pl

    generator = np.random.Generator(np.random.PCG64(SEED))
    client_rows, therapist_rows = [], []
    for number in range(1, CLIENTS + 1):
        level = 4.0 + 0.45 * _normal(generator)
        has_rupture = generator.random() < 0.25
        rupture = 4 + int(generator.random() * 6)
        seen = 0.0
        for session in range(1, 9 + int(generator.random() * 8)):
            seen = 0.3 * seen + 0.25 * _normal(generator)
            fall = {0: -1.2, 1: -0.8, 2: -0.4}.get(session - rupture, 0.0) if has_rupture else 0.0
            alliance = level + 0.02 * session + seen + fall
            ids = {
                "client": f"C{number:02}",
                "therapist": f"T{1 + number % THERAPISTS}",
                "session": session,
            }
            if generator.random() > 0.08:
                client_rows.append(ids | _answers(generator, "wai", 12, alliance))
            if generator.random() > 0.15:
                therapist_rows.append(ids | _answers(generator, "t", 10, alliance - 0.5 + 0.3 * _normal(generator)))
    return pl.DataFrame(client_rows), pl.DataFrame(therapist_rows)


def _answers(generator: Any, stem: str, items: int, alliance: float) -> dict[str, int | None]:
    """Answer a form of 1 to 5: rounded, cut off at the ends, one answer in fifty missing."""
    answers: dict[str, int | None] = {}
    for item in range(1, items + 1):
        answer = round(alliance + 0.6 * _normal(generator))
        answers[f"{stem}_{item}"] = None if generator.random() < 0.02 else min(max(answer, 1), 5)
    return answers


def main(folder: Path = Path("demo-output")) -> None:
    """Score the clinic, print what was found and write tables and a figure."""
    clients, therapists = simulate()
    print("A small clinic, SIMULATED: no person answered these forms.\n")
    study = (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(clients, "wai-sr-client", columns="wai_{item}")
        .with_forms(therapists, "wai-srt-therapist", columns="t_{item}")
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
    print(f"\nFor a methods section:\n\n{scores.methods()}\n")

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for rater, each in scores.items():
        written.append(each.write_csv(folder / f"{rater}-scores.csv"))
        written.append(each.write_parquet(folder / f"{rater}-scores.parquet"))
    figure = folder / "trajectories.png"
    scores.plot("total").savefig(figure, dpi=160)
    print("Written, each table with its .provenance.json beside it:")
    for path in [*written, figure]:
        print(f"  {path}")


if __name__ == "__main__":
    main()
