"""Time the benches of reliability and coders beside pingouin, krippendorff and R psych, and print the ratios.

Run from the repository root:  python tests/oracles/time_reliability.py
Writes:                        nothing
Needs:                         Python 3.11 or newer, numpy, pandas, pingouin 0.7, krippendorff 0.9; cargo; R with psych

Each number is the fastest and the median of several runs, on data of the same size and kind as in
crates/alliance-psychometrics/benches. pingouin depends on how a frame is laid out: both ways are timed. psych's time
is that of omega(x, nfactors = 1), and of fa(x, 1) alone, the part without its tables. Nothing is asserted:
timings depend on the machine and on what else it does.
"""

import re
import statistics
import subprocess
import time

import krippendorff
import numpy as np
import pandas as pd
import pingouin

R_SCRIPT = """
suppressPackageStartupMessages(library(psych)); set.seed(1)
for (n in c(1000, 100000)) {
  g <- rnorm(n); x <- as.data.frame(sapply(1:12, function(i) pmin(7, pmax(1, floor(4.5 + g + rnorm(n))))))
  quiet <- function(e) invisible(capture.output(suppressWarnings(suppressMessages(e))))
  time <- function(f) { t <- sapply(1:7, function(i) system.time(f())[3]); paste(min(t) * 1000, median(t) * 1000) }
  cat("psych::omega", format(n, scientific = FALSE), time(function() quiet(omega(x, 1, plot = FALSE))), "\\n")
  cat("psych::fa", format(n, scientific = FALSE), time(function() fa(x, 1)), "\\n")
}
"""
UNITS = {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}


def timed(run, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1e3)
    return min(taken), statistics.median(taken)


def others():
    rng = np.random.default_rng(1)
    level = rng.normal(size=(100_000, 1))
    answers = np.clip(np.floor(4.5 + level + rng.normal(size=(100_000, 12))), 1, 7)
    by_rows = pd.DataFrame(answers)
    by_columns = pd.DataFrame({f"i{item}": answers[:, item].copy() for item in range(12)})
    codes = np.clip(np.floor(3.5 + level.T + 0.5 * rng.normal(size=(3, 100_000))), 1, 5)
    ratings = np.clip(np.floor(3.5 + level + 0.5 * rng.normal(size=(100_000, 4))), 1, 5)
    long = pd.DataFrame(
        {"unit": np.repeat(np.arange(100_000), 4), "coder": np.tile(np.arange(4), 100_000), "code": ratings.ravel()}
    )
    found = {
        "pingouin alpha, one block": timed(lambda: pingouin.cronbach_alpha(data=by_rows), 15),
        "pingouin alpha, column by column": timed(lambda: pingouin.cronbach_alpha(data=by_columns), 15),
        "krippendorff ordinal": timed(
            lambda: krippendorff.alpha(reliability_data=codes, level_of_measurement="ordinal"), 5
        ),
        "pingouin ICC": timed(
            lambda: pingouin.intraclass_corr(data=long, targets="unit", raters="coder", ratings="code"), 3
        ),
    }
    for line in subprocess.run(
        ["Rscript", "-e", R_SCRIPT], capture_output=True, text=True, check=True
    ).stdout.splitlines():
        name, rows, fastest, median = line.split()
        found[f"{name} {rows}"] = (float(fastest), float(median))
    return found


def benches():
    """Fastest and median of each bench, in milliseconds, by its path."""
    command = ["cargo", "bench", "--quiet", "-p", "alliance-psychometrics", "--bench", "form", "--bench", "coders"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found, path = {}, []
    for line in printed.splitlines():
        match = re.match(r"^([│ ]*)[├╰]─ (\S+(?: \S+)*?)(?:\s{2,}|\s*│|$)(.*)", line)
        if not match:
            continue
        depth = len(match[1]) // 3
        path[depth:] = [match[2]]
        times = re.findall(r"([\d.]+) (ns|µs|ms|s)\b", line)
        if len(times) >= 3:
            fastest, _, median, *_ = [float(value) * UNITS[unit] for value, unit in times]
            found["/".join(path)] = (fastest, median)
    return found


PAIRS = [
    ("alpha_with_interval_and_drop_one/100000", "pingouin alpha, one block"),
    ("alpha_with_interval_and_drop_one/100000", "pingouin alpha, column by column"),
    ("omega_total/true/1000", "psych::omega 1000"),
    ("omega_total/true/1000", "psych::fa 1000"),
    ("omega_total/true/100000", "psych::omega 100000"),
    ("omega_total/true/100000", "psych::fa 100000"),
    ("krippendorff_3_by_100_000/Ordinal", "krippendorff ordinal"),
    ("six_intraclass_correlations_100_000_by_4", "pingouin ICC"),
]


def main():
    theirs, ours = others(), benches()
    print(f"{'bench':44}{'ms':>9}{'median':>9}   {'other':34}{'ms':>9}{'median':>9}{'ratio':>8}{'median':>8}")
    for bench, other in PAIRS:
        (fast, median), (other_fast, other_median) = ours[bench], theirs[other]
        ratios = f"{other_fast / fast:8.1f}{other_median / median:8.1f}"
        print(f"{bench:44}{fast:9.3f}{median:9.3f}   {other:34}{other_fast:9.2f}{other_median:9.2f}{ratios}")


if __name__ == "__main__":
    main()
