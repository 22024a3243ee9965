"""Draw the first numbers of some streams with a second implementation and write them as vectors.

Run from the repository root:  python3 tests/oracles/random_numbers.py
Writes:                        tests/vectors/random-numbers.json
Needs:                         Python 3.9 or newer, nothing else

Integers follow the reference C programs of Blackman and Vigna (splitmix64.c,
xoshiro256plusplus.c) and are exact; normal numbers come from Python's own
statistics.NormalDist. `bits` are in hexadecimal because JSON numbers are doubles.
"""

import json
import math
import platform
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

MADE = "2026-11-23"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/random_numbers.py"
OUT = "tests/vectors/random-numbers.json"

MASK = (1 << 64) - 1


def splitmix(seed):
    """Outputs of splitmix64.c, one after the other."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def nth_splitmix(seed, index):
    """Output number `index`: the counter moved on, then one step."""
    return next(splitmix((seed + index * 0x9E3779B97F4A7C15) & MASK))


def rotate(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


def xoshiro(state):
    """Outputs of xoshiro256plusplus.c."""
    s = list(state)
    while True:
        yield (rotate((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)


def stream(seed, index):
    keys = splitmix(seed)
    return xoshiro([nth_splitmix(next(keys), index) for _ in range(4)])


def below(bits, count):
    """Lemire 2019, as printed."""
    m = next(bits) * count
    if (m & MASK) < count:
        threshold = ((1 << 64) - count) % count
        while (m & MASK) < threshold:
            m = next(bits) * count
    return m >> 64


def open_uniform(x):
    return float((Fraction(x >> 12) + Fraction(1, 2)) / (1 << 52))


def permutation(bits, count):
    positions = list(range(count))
    for last in range(count - 1, 0, -1):
        other = below(bits, last + 1)
        positions[last], positions[other] = positions[other], positions[last]
    return positions


def first(seed, index, count):
    bits = stream(seed, index)
    return [next(bits) for _ in range(count)]


def main():
    # The test value in the reference implementation's ports: state 1, 2, 3, 4.
    reference = xoshiro([1, 2, 3, 4])
    assert [next(reference) for _ in range(3)] == [41943041, 58720359, 3588806011781223]
    # The test value of splitmix64 with seed 1234567.
    assert next(splitmix(1234567)) == 6457827717110365317

    cases = []
    streams = [(0, 0), (1, 0), (0, 1), (20260101, 7), (MASK, MASK), (12345, 1 << 63)]
    for seed, index in streams:
        draws = first(seed, index, 6)
        counts = [1, 2, 3, 10, 1000, 6 * 10**18]
        bits = stream(seed, index)
        cases.append(
            {
                "seed": f"{seed:016x}",
                "index": f"{index:016x}",
                "bits": [f"{draw:016x}" for draw in draws],
                "uniform": [float(Fraction(draw >> 11, 1 << 53)) for draw in draws],
                "normal": [NormalDist().inv_cdf(open_uniform(draw)) for draw in draws],
                "exponential": [-math.log(open_uniform(draw)) for draw in draws],
                "counts": [str(count) for count in counts],
                "below": [str(below(bits, count)) for count in counts],
                "permutation": permutation(stream(seed, index), 12),
            }
        )
    probabilities = [1e-300, 1e-20, 1e-9, 0.001, 0.05, 0.0749, 0.0751, 0.3, 0.5, 0.6, 0.9, 0.975, 0.9999, 1 - 1e-12]
    vector = {
        "topic": "random-numbers",
        "script": SCRIPT,
        "tool": {
            "name": "plain Python after splitmix64.c and xoshiro256plusplus.c; statistics.NormalDist",
            "version": f"Python {platform.python_version()}",
        },
        "made": MADE,
        "note": "First numbers of streams (bits, seed and index hexadecimal). below: one call per count, in order, "
        "from the start of the stream; permutation of 12, from the start. Integers and uniform numbers are exact.",
        "cases": cases,
        "quantiles": [{"p": p, "z": NormalDist().inv_cdf(p)} for p in probabilities],
    }
    Path(OUT).write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
