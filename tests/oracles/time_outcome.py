"""Seconds that pandas and statsmodels need for what benches/outcome.rs does: a timing, not an oracle.

Run from the repository root:  python tests/oracles/time_outcome.py
Needs:                         Python 3.11 or newer, numpy, pandas, statsmodels
"""

import time
import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.stats.meta_analysis import combine_effects

CLIENTS, SESSIONS = 10_000, 12


def rows() -> pd.DataFrame:
    random = np.random.default_rng(4)
    client = np.repeat(np.arange(CLIENTS), SESSIONS)
    session = np.tile(np.arange(1, SESSIONS + 1), CLIENTS)
    level = np.repeat(random.normal(size=CLIENTS), SESSIONS)
    slope = np.repeat(0.05 + 0.05 * random.normal(size=CLIENTS), SESSIONS)
    change = 0.6 * random.normal(size=client.size) + slope * session
    data = pd.DataFrame({"client": client, "session": session, "time": session - 1.0, "alliance": 5 + level + change})
    data["symptoms"] = 20 - 2 * level - change + random.normal(size=client.size)
    return data[random.random(client.size) > 1 / 6].reset_index(drop=True)


def best(label: str, run, times: int = 5) -> None:
    """Print the fastest of some runs."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{label:<34} {1000 * min(seconds):10.1f} ms")


def parts(data: pd.DataFrame) -> pd.DataFrame:
    by = data.groupby("client")["alliance"]
    mean = by.transform("mean")
    earlier = data[["client", "session", "alliance"]].assign(session=data["session"] + 1)
    return pd.DataFrame(
        {
            "within": data["alliance"] - mean,
            "between": mean - by.mean().mean(),
            "lag": data.merge(earlier, on=["client", "session"], how="left", suffixes=("", "_lag"))["alliance_lag"],
            "before": (by.cumsum() - data["alliance"]) / by.cumcount().replace(0, np.nan),
        }
    )


def drops(data: pd.DataFrame) -> int:
    by = data.groupby("client")["alliance"]
    squares = (data["alliance"] - by.transform("mean")) ** 2
    squares, degrees = squares.groupby(data["client"]).sum(), by.size() - 1
    pooled = squares.sum() / degrees.sum()
    spread = np.sqrt((5 * pooled + squares) / (5 + degrees)).reindex(data["client"]).to_numpy()
    count = by.cumcount()
    reference = (by.cumsum() - data["alliance"]) / count.replace(0, np.nan)
    threshold = 1.645 * spread * np.sqrt(1 + 1 / count.replace(0, np.nan))
    return int(((reference - data["alliance"] > threshold) & (count >= 3)).sum())


def main() -> None:
    warnings.simplefilter("ignore")
    data = rows()
    best("parts, lag, earlier mean", lambda: parts(data))
    best("drops, running mean", lambda: drops(data))
    columns = data.join(parts(data)[["within", "between"]])

    def within_between() -> None:
        smf.mixedlm("symptoms ~ within + between + time", columns, groups=columns["client"]).fit(reml=True)

    best("within and between (MixedLM)", within_between, times=1)
    event = (np.random.default_rng(1).random(len(data)) < 0.04).astype(float)
    design = sm.add_constant(data[["alliance"]])
    best("hazard, logit (GLM, table made)", lambda: sm.GLM(event, design, family=sm.families.Binomial()).fit())
    random = np.random.default_rng(6)
    z, v = 0.28 + 0.17 * random.normal(size=300), 1 / (27.0 + np.arange(300) % 90)
    best("300 correlations (PM, HKSJ)", lambda: combine_effects(z, v, method_re="iterated", use_t=True))


if __name__ == "__main__":
    main()
