"""Work out control charts a second time and write them as vectors.

Run from the repository root:  python3 tests/oracles/control_charts.py
Writes:                        tests/vectors/control-charts.json
Needs:                         Python 3.10 or newer, nothing else

The R packages qcc and qicharts2 are not in Debian, so this script stands in for
them: the formulas of rupture-methods.md section 3, written from the dossier and
from the packages' code (qcc commit af35099, qicharts2 commit 1b9487e) in exact
fractions, each rule from its wording and session by session. It is not the Rust
code in another language: no running counts, no windows, no tolerance.
Once, by hand, the run rules were set beside qcc's own code at that commit, run in
R on 400 drawn series (4673 signals), and the binomial quantiles beside R's qbinom:
no difference. The numbers printed in the dossier are typed below; the script stops when one
differs by more than half a unit of its last digit.
"""

import json
import math
import platform
import random
from fractions import Fraction
from statistics import median

MADE = "2026-11-23"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/control_charts.py"
OUT = "tests/vectors/control-charts.json"

D2, D4, MEDIAN_RANGE = Fraction("1.128"), Fraction("3.267"), Fraction("0.954")

# rupture-methods.md section 1.9, client; session 9 is missing.
WORKED = "5.4 5.6 5.7 5.5 4.2 5.3 5.8 5.9 - 5.7 4.6 4.4 4.5 5.6 5.9 6.0"

DEFAULTS = {
    "baseline": None,  # or the number of observed sessions
    "sigma": "median",  # mean, screened, median
    "gaps": "break",  # break, bridge
    "trend": "none",  # none, ols, theil-sen
    "autocorrelation": False,
    "min_sessions": 8,
    "orientation": "higher",
    "cusum": ["0.5", "4"],
    "ewma": ["0.2", "2.7"],
    "exponent": "observed",  # observed, elapsed
    "run_gaps": "bridge",
}


def series(text):
    return [None if word == "-" else Fraction(word) for word in text.split()]


def seen(values):
    return [(t, y) for t, y in enumerate(values) if y is not None]


def average(values):
    return sum(values, Fraction(0)) / len(values)


def centre_line(pairs, trend):
    """Intercept and slope on the position counted from 0."""
    if trend == "none":
        return average([y for _, y in pairs]), Fraction(0)
    if trend == "ols":
        n = len(pairs)
        st, sy = sum(t for t, _ in pairs), sum(y for _, y in pairs)
        stt, sty = sum(t * t for t, _ in pairs), sum(t * y for t, y in pairs)
        slope = Fraction(n * sty - st * sy) / (n * stt - st * st)
        return (sy - slope * st) / n, slope
    slopes = [(y2 - y1) / (t2 - t1) for t1, y1 in pairs for t2, y2 in pairs if t1 < t2]
    slope = median(slopes)
    return median([y - slope * t for t, y in pairs]), slope


def previous(values, t, gaps):
    """The session a moving range at t looks back to."""
    before = [s for s in range(t) if values[s] is not None]
    if not before or values[t] is None:
        return None
    if gaps == "break" and before[-1] != t - 1:
        return None
    return before[-1]


def ranges_of(values, gaps):
    result = []
    for t in range(len(values)):
        s = previous(values, t, gaps)
        result.append(None if s is None else abs(values[t] - values[s]))
    return result


def chart(values, options):
    pairs = seen(values)
    k = options["baseline"]
    base = pairs if k is None else pairs[:k]
    trend = options["trend"]
    needed = max(options["min_sessions"], k or 0)
    if options["autocorrelation"]:
        needed = max(needed, 5 if trend == "none" else 6)
    if len(base) < needed:
        return {"not_assessable": "too-few-sessions"}
    last = len(values) if k is None else base[-1][0] + 1
    intercept, slope = centre_line(base, trend)
    centre = [intercept + slope * t for t in range(len(values))]
    off = [None if y is None else y - c for y, c in zip(values, centre, strict=True)]
    ranges = ranges_of(off, options["gaps"])
    used = [r for r in ranges[:last] if r is not None]
    if len(used) < math.ceil(options["min_sessions"] / 2):
        return {"not_assessable": "too-few-moving-ranges"}
    if len({y for _, y in base}) == 1:
        return {"not_assessable": "constant"}
    plain = average(used)
    if options["sigma"] == "mean":
        estimate, unit = plain, D2
    elif options["sigma"] == "screened":
        kept = [r for r in used if r < D4 * plain]
        estimate, unit = (average(kept) if kept else plain), D2
    else:
        estimate, unit = median(used), MEDIAN_RANGE
    if estimate == 0:
        return {"not_assessable": "no-moving-range"}
    sigma, rho = estimate / unit, Fraction(0)
    if options["autocorrelation"]:
        n = len(base)
        products = []
        for t in range(last):
            s = previous(off, t, options["gaps"])
            if s is not None:
                products.append(off[t] * off[s])
        raw = average(products) / average([off[t] ** 2 for t, _ in base])
        rho = (n * raw + 1) / (n - 3) if trend == "none" else (n * raw + 2) / (n - 4)
        rho = min(max(rho, Fraction(0)), Fraction(9, 10))
        sigma = Fraction(float(sigma) / math.sqrt(1 - rho))
    return {
        "centre": centre,
        "off": off,
        "slope": slope,
        "baseline_sessions": len(base),
        "moving_ranges": ranges,
        "moving_range_count": len(used),
        "moving_range_estimate": estimate,
        "moving_range_limit": D4 * plain,
        "autocorrelation": rho,
        "sigma": sigma,
    }


# Run rules, by their wording. x: distances off the centre line in sigma, positive
# where worse, of consecutive sessions; i: the session asked about.
def beyond(x, i, multiple):
    return x[i] > multiple


def several(x, i, some, of, multiple):
    if i + 1 < of or not beyond(x, i, multiple):
        return False
    return sum(1 for j in range(i - of + 1, i + 1) if beyond(x, j, multiple)) >= some


def all_of(x, i, length, condition):
    return i + 1 >= length and all(condition(v) for v in x[i - length + 1 : i + 1])


def worsening(x, i):
    return i >= 5 and all(x[j] > x[j - 1] for j in range(i - 4, i + 1))


def alternating(x, i):
    return i >= 13 and all((x[j] - x[j - 1]) * (x[j - 1] - x[j - 2]) < 0 for j in range(i - 11, i + 1))


def both_sides(x, i):
    if not all_of(x, i, 8, lambda v: abs(v) > 1):
        return False
    return {v > 0 for v in x[i - 7 : i + 1]} == {True, False}


RULES = {
    "western-electric-1": lambda x, i: beyond(x, i, 3),
    "western-electric-2": lambda x, i: several(x, i, 2, 3, 2),
    "western-electric-3": lambda x, i: several(x, i, 4, 5, 1),
    "western-electric-4": lambda x, i: all_of(x, i, 8, lambda v: v > 0),
    "nelson-1": lambda x, i: beyond(x, i, 3),
    "nelson-2": lambda x, i: all_of(x, i, 9, lambda v: v > 0),
    "nelson-3": worsening,
    "nelson-4": alternating,
    "nelson-5": lambda x, i: several(x, i, 2, 3, 2),
    "nelson-6": lambda x, i: several(x, i, 4, 5, 1),
    "nelson-7": lambda x, i: all_of(x, i, 15, lambda v: abs(v) <= 1),
    "nelson-8": both_sides,
}


def run_rules(worse, gaps):
    stretches, now = [], []
    for t, x in enumerate(worse):
        if x is not None:
            now.append((t, x))
        elif gaps == "break":
            stretches, now = [*stretches, now], []
    stretches.append(now)
    signals = {}
    for name, rule in RULES.items():
        found = []
        for stretch in stretches:
            x = [value for _, value in stretch]
            found += [stretch[i][0] for i in range(len(x)) if rule(x, i)]
        if found:
            signals[name] = found
    return signals


def cusum(worse, k, h):
    total, path, signals = Fraction(0), [], []
    for t, x in enumerate(worse):
        if x is None:
            path.append(None)
            continue
        total = max(Fraction(0), total + x - k)
        path.append(total)
        if total > h:
            zeros = [s for s in range(t) if path[s] == 0]
            after = zeros[-1] + 1 if zeros else 0
            signals.append([t, min(s for s in range(after, t + 1) if path[s] is not None)])
    return path, signals


def ewma(values, found, lam, width, exponent, higher):
    path, lower, upper, signals = [], [], [], []
    kept, sigma = [], found["sigma"]
    for t, y in enumerate(values):
        if y is not None:
            kept.append(found["off"][t])
        # The weighted mean in one sum, not step by step.
        mean = sum((lam * (1 - lam) ** (len(kept) - 1 - j) * e for j, e in enumerate(kept)), Fraction(0))
        count = len(kept) if exponent == "observed" else t + 1
        half = width * sigma * Fraction(math.sqrt(lam / (2 - lam) * (1 - (1 - lam) ** (2 * count))))
        lower.append(found["centre"][t] - half)
        upper.append(found["centre"][t] + half)
        path.append(None if y is None else found["centre"][t] + mean)
        if y is not None and (mean < -half if higher else mean > half):
            signals.append(t)
    return path, lower, upper, signals


def fifth_percentile(trials):
    """Smallest q with P(X <= q) >= 1/20, X binomial(trials, 1/2), in whole numbers."""
    term, total, q = 1, 1, 0
    while 20 * total < 2**trials:
        term = term * (trials - q) // (q + 1)
        q += 1
        total += term
    return q


def anhoj(values, higher):
    pairs = seen(values)
    if not pairs:
        return {"not_assessable": "too-few-off-median"}
    middle = median([y for _, y in pairs])
    useful = [(t, y > middle) for t, y in pairs if y != middle]
    if not useful:
        return {"not_assessable": "constant"}
    if len(useful) < 10:
        return {"not_assessable": "too-few-off-median"}
    runs = [[useful[0]]]
    for point in useful[1:]:
        if point[1] == runs[-1][-1][1]:
            runs[-1].append(point)
        else:
            runs.append([point])
    worse = [run for run in runs if run[0][1] != higher]
    limit = round(math.log2(len(useful))) + 3
    return {
        "median": middle,
        "useful": len(useful),
        "longest_run": max(map(len, runs)),
        "longest_worse_run": max([len(run) for run in worse] or [0]),
        "longest_run_limit": limit,
        "crossings": len(runs) - 1,
        "crossings_limit": fifth_percentile(len(useful) - 1),
        "signals": [t for run in worse for t, _ in run[limit:]],
    }


def plain(value):
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Fraction) else value


def case(name, values, **changed):
    options = dict(DEFAULTS, **changed)
    higher = options["orientation"] == "higher"
    result = {"id": name, "scores": values, "options": options, "anhoj": anhoj(values, higher)}
    found = chart(values, options)
    if "not_assessable" in found:
        return dict(result, **found)
    worse = [None if e is None else (-e if higher else e) / found["sigma"] for e in found["off"]]
    limit = found["moving_range_limit"]
    k, h = map(Fraction, options["cusum"])
    lam, width = map(Fraction, options["ewma"])
    path, signals = cusum(worse, k, h)
    average_path, lower, upper, average_signals = ewma(values, found, lam, width, options["exponent"], higher)
    result.update({name: item for name, item in found.items() if name != "off"})
    result["moving_range_signals"] = [t for t, r in enumerate(found["moving_ranges"]) if r is not None and r > limit]
    result["beyond"] = {
        str(multiple): [t for t, x in enumerate(worse) if x is not None and x > multiple] for multiple in (0, 1, 2, 3)
    }
    result["runs"] = run_rules(worse, options["run_gaps"])
    result["cusum"] = {"path": path, "signals": signals}
    result["ewma"] = {"path": average_path, "lower": lower, "upper": upper, "signals": average_signals}
    return result


def agrees(value, printed):
    decimals = len(printed.partition(".")[2])
    assert abs(value - Fraction(printed)) <= Fraction(1, 2 * 10**decimals), (float(value), printed)


def lower_limit(found, multiple):
    return found["centre"][0] - multiple * found["sigma"]


def numbered(sessions):
    return [t + 1 for t in sessions]


worked = series(WORKED)
by_break = case("worked-break", worked, sigma="mean")
by_bridge = case("worked-bridge", worked, sigma="mean", gaps="bridge", cusum=["0.5", "5"], exponent="elapsed")
by_median = case("worked-median", worked)

# The numbers of sections 3.1 and 3.3, as printed.
agrees(by_break["moving_range_estimate"], ".4923")
agrees(by_break["sigma"], ".4364")
agrees(by_break["centre"][0], "5.34")
agrees(lower_limit(by_break, 2), "4.467")
agrees(lower_limit(by_break, 3), "4.031")
assert numbered(by_break["beyond"]["2"]) == [5, 12]
agrees(by_bridge["moving_range_estimate"], ".4714")
agrees(by_bridge["sigma"], ".4179")
agrees(lower_limit(by_bridge, 2), "4.504")
assert numbered(by_bridge["beyond"]["2"]) == [5, 12, 13]
agrees(by_median["moving_range_estimate"], ".20")
agrees(by_median["sigma"], ".2096")
agrees(lower_limit(by_median, 3), "4.711")
assert numbered(by_median["beyond"]["3"]) == [5, 11, 12, 13]
for start, printed in ((5, "2.11 1.70 .15 0"), (11, "1.20 2.85 4.27 3.18 1.40 0")):
    for t, text in enumerate(printed.split(), start=start - 1):
        agrees(by_break["cusum"]["path"][t], text)
assert by_break["cusum"]["signals"] == [[12, 10]]
assert case("", worked, sigma="mean", cusum=["0.5", "5"])["cusum"]["signals"] == []
lowest = min((w, t) for t, w in enumerate(by_break["ewma"]["path"]) if w is not None)
agrees(lowest[0], "5.012")
assert lowest[1] + 1 == 13
agrees(by_break["ewma"]["lower"][12], "4.948")
assert by_break["ewma"]["signals"] == []

cases = [by_break, by_bridge, by_median]

# Two of three, four of five, and rules that need long runs, each with a series of its own.
SHAPED = {
    "trend": "6.0 6.1 5.9 6.2 6.0 6.1 5.9 5.8 5.6 5.4 5.1 4.9 5.0 5.9 6.0 6.1",
    "alternating": "5.2 5.6 5.1 5.7 5.3 5.8 5.2 5.5 5.1 5.6 5.0 5.7 5.2 5.6 5.3 5.8 5.4 5.4 5.6",
    "shift": "6.0 6.2 6.1 5.9 6.1 6.0 6.2 6.1 5.9 6.0 5.5 5.4 5.6 5.5 5.3 5.4 5.5 5.4 5.6 5.5 5.4",
    "quiet": "5.0 6.5 5.5 5.6 5.4 5.5 5.6 5.5 5.4 5.5 5.6 5.5 5.4 5.6 5.5 5.4 5.5 5.6 5.5 6.5 4.4 5.5",
    "mixture": "4.5 6.5 4.6 6.4 6.5 4.4 6.6 4.5 6.4 4.6 6.5 6.4 4.5 6.6",
    "on-the-line": "5.0 5.5 5.0 4.5 5.0 5.5 5.0 4.5 5.0 5.0 5.0 5.0",
    "straight": "7.0 6.9 6.8 6.7 6.6 6.5 6.4 6.3 6.2 6.1",
    "constant": "0.1 0.1 0.1 - 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1",
    "ceiling": "7.0 7.0 7.0 7.0 6.0 7.0 7.0 7.0 7.0 7.0 7.0 6.5",
    "gappy": "5.0 - 5.5 - 5.1 - 5.2 - 5.4 - 5.1 - 5.5 - 5.3",
}
for name, text in SHAPED.items():
    for sigma in ("mean", "screened", "median"):
        cases += [
            case(f"{name}-{sigma}-{trend}", series(text), sigma=sigma, trend=trend)
            for trend in ("none", "ols", "theil-sen")
        ]
    cases.append(case(f"{name}-frozen", series(text), baseline=8, sigma="mean", orientation="lower"))
    cases.append(case(f"{name}-rho", series(text), sigma="mean", gaps="bridge", autocorrelation=True))
cases.append(case("two-sigma-at-start", series("4.0 4.0 5.5 5.6 5.4 5.5 5.7 5.5 5.6 5.4 5.5"), baseline=None))

# Series as they come: autocorrelated, on a lattice of tenths or quarters, with gaps.
draw = random.Random(20261123)
for number in range(60):
    level, out = 0.0, []
    carry, step = draw.choice([0.0, 0.3, 0.7]), draw.choice([10, 10, 4])
    drop = draw.choice([0, 0, 1, 2])
    for t in range(draw.choice([6, 8, 9, 12, 16, 25, 40])):
        level = carry * level + draw.gauss(0, 0.5)
        score = 5.5 + level - (drop if t % 13 in (8, 9, 10, 11) else 0)
        out.append("-" if draw.random() < 0.12 else str(Fraction(round(min(max(score, 1), 7) * step), step)))
    cases.append(
        case(
            f"drawn-{number}",
            series(" ".join(out)),
            baseline=draw.choice([None, None, 8, 12]),
            sigma=draw.choice(["mean", "screened", "median"]),
            gaps=draw.choice(["break", "bridge"]),
            trend=draw.choice(["none", "none", "ols", "theil-sen"]),
            autocorrelation=draw.choice([False, True]),
            orientation=draw.choice(["higher", "lower"]),
            exponent=draw.choice(["observed", "elapsed"]),
            run_gaps=draw.choice(["bridge", "break"]),
        )
    )

header = {
    "topic": "control-charts",
    "script": SCRIPT,
    "tool": {
        "name": "second implementation of rupture-methods.md section 3 in Python fractions",
        "version": "Python " + platform.python_version(),
    },
    "made": MADE,
    "note": "Sessions are positions from 0; a missing score is null. centre, lower, upper: one number per session. "
    "beyond: sessions more than so many sigma off on the worse side. runs: sessions at which a rule signals; a rule "
    "that does not is left out. cusum signals: session and onset. anhoj: at least 10 sessions off the median. "
    "crossings_limits: 5 % quantile of the binomial of so many trials with probability 1/2, from 0 trials on. "
    "The worked cases agree with the numbers printed in sections 3.1 and 3.3.",
    "crossings_limits": [fifth_percentile(trials) for trials in range(501)],
}
text = json.dumps(header, indent=1)
head, _, tail = text.partition('"crossings_limits": [')
text = head + '"crossings_limits": [' + ",".join(tail.partition("]")[0].split()).replace(",,", ",") + "]"
text += ',\n "cases": [\n  '
text += ",\n  ".join(json.dumps(plain(entry), separators=(",", ":")) for entry in cases)
text += "\n ]\n}\n"
json.loads(text)
with open(OUT, "w", encoding="utf-8", newline="\n") as file:
    file.write(text)
fired = {name: sum(name in entry.get("runs", {}) for entry in cases) for name in RULES}
assert all(fired.values()), fired  # each rule fires somewhere
print("wrote", OUT, "with", len(cases), "cases;", fired)
