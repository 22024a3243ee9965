"""Reference values for the repeated-measures correlation, from pingouin.

Run from the repository root:  python tests/oracles/dyads_pingouin.py
Writes:                        tests/vectors/dyads-pingouin.json
Needs:                         pingouin 0.7.0

Data: pH and PaCO2 of Bland and Altman (1995), which pingouin brings along, and
random rows with values missing. With --time nothing is written: it prints how
long rm_corr takes for what crates/alliance-psychometrics/benches/dyads.rs times.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin

MADE = "2026-11-25"  # day on which the numbers were made; change it with them


def rows(dyads, sessions, seed):
    """Two ratings of dyads' sessions that share level and changes."""
    random = np.random.default_rng(seed)
    dyad = np.repeat(np.arange(dyads), sessions)
    level = random.normal(size=dyads)[dyad]
    change = random.normal(size=dyad.size)
    first = np.round(5 + level + 0.6 * change + 0.5 * random.normal(size=dyad.size), 3)
    second = np.round(4.5 + 0.5 * level + 0.4 * change + 0.5 * random.normal(size=dyad.size), 3)
    return pd.DataFrame({"dyad": dyad, "first": first, "second": second})


def case(name, frame):
    """What rm_corr says about complete rows."""
    found = pingouin.rm_corr(data=frame.dropna(), x="first", y="second", subject="dyad")
    found = {key.lower().replace("_", "-"): value for key, value in found.iloc[0].items()}
    interval = next(value for key, value in found.items() if key.startswith("ci"))
    p_value = next(value for key, value in found.items() if key in ("pval", "p-val", "p"))
    return {
        "id": name,
        "dyads": [int(code) for code in frame["dyad"]],
        **{side: [None if np.isnan(value) else float(value) for value in frame[side]] for side in ("first", "second")},
        "r": float(found["r"]),
        "degrees": int(found["dof"]),
        "p": float(p_value),
        "rounded-interval": [float(end) for end in interval],
    }


def main():
    """Write the vector, or time the function."""
    if "--time" in sys.argv:
        # Its analysis of covariance has a dense column per dyad: 10000 dyads would need 10 GB and more.
        for dyads in (50, 200):
            frame = rows(dyads, 12, 1)
            best = float("inf")
            for _ in range(3):
                start = time.perf_counter()
                pingouin.rm_corr(data=frame, x="first", y="second", subject="dyad")
                best = min(best, time.perf_counter() - start)
            print(f"pingouin {pingouin.__version__} rm_corr, {dyads} dyads x 12 sessions: {best * 1e3:.1f} ms")
        return
    acidity = pingouin.read_dataset("rm_corr").rename(columns={"Subject": "dyad", "pH": "first", "PacO2": "second"})
    gaps = rows(12, 7, 20261125)
    place = np.arange(len(gaps))
    gaps.loc[place % 9 == 2, "first"] = np.nan
    gaps.loc[place % 11 == 5, "second"] = np.nan
    gaps.loc[(gaps["dyad"] == 3) & (place % 7 > 0), "second"] = np.nan
    cases = [case("acidity", acidity[["dyad", "first", "second"]]), case("gaps", gaps)]
    vector = {
        "topic": "dyads-pingouin",
        "script": "tests/oracles/dyads_pingouin.py",
        "tool": {"name": "pingouin", "version": pingouin.__version__},
        "made": MADE,
        "note": "rm_corr on complete rows; a missing value is null; it rounds its interval.",
    }
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
    head = json.dumps(vector, indent=0)[:-2]
    Path("tests/vectors/dyads-pingouin.json").write_text(f'{head},\n"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
