"""Reference values of exported recipes: each is written to a folder and run there.

Run from the repository root:  python tests/oracles/exports.py [python with statsmodels]
Writes:                        tests/vectors/exports.json
Needs:                         the alliance package, R with lavaan, survival, nlme, mice, pan, lme4;
                               a Python with statsmodels (this one by default)

The vector holds the hashes of script and data that gave the numbers: the tests hold what is exported today against
them. Numbers are those of the recipe's own run; printed values of other runs, which the tests hold them against, are
not made here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

sys.path.insert(0, "tests/python")
from export_cases import CASES

MADE = "2026-11-26"  # day on which the numbers were made; change it with them
NOTE = (
    "The recipes of tests/python/export_cases.py on PANEL-A and DROP-A, run as they were written. sha256 of script and "
    "data as bytes. estimates: columns of the table that the script leaves; facts: of the fitted model."
)
READ_STATSMODELS = """
import contextlib, io, json, runpy, sys, pandas, statsmodels
with contextlib.redirect_stdout(io.StringIO()):
    left = runpy.run_path("cox.py")
fit = left["fit"]
used, model = left["used"], left["model"]
facts = {"logl": float(fit.llf), "rows": int(len(used)), "events": int((used["event"] == 1).sum())}
# Why the script moves the entry.
as_is = left["PHReg"](used["stop"], model.exog, status=model.status, entry=used["start"], ties=model.ties).fit()
facts["coef_with_entry_at_start"] = float(as_is.params[0])
estimates = {"label": left["predictors"], "coef": fit.params.tolist(), "se": (fit.cov_params().diagonal() ** 0.5).tolist()}
versions = {"Python": "%d.%d" % sys.version_info[:2], "pandas": pandas.__version__, "statsmodels": statsmodels.__version__}
print(json.dumps({"versions": versions, "estimates": estimates, "facts": facts}))
"""


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def main():
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    recipes = {name: make(pl.DataFrame) for name, make in CASES.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, recipe in recipes.items():
            recipe.write(Path(folder) / name)
        subprocess.run(["Rscript", "tests/oracles/exports.R", folder], check=True, stdout=subprocess.DEVNULL)
        found = json.loads((Path(folder) / "numbers.json").read_text(encoding="utf-8"))
        numbers = {case.pop("case"): case for case in found["cases"]}
        for name, recipe in recipes.items():
            if recipe.language == "Python":
                run = [python, "-c", READ_STATSMODELS]
                told = subprocess.run(run, check=True, capture_output=True, text=True, cwd=Path(folder) / name)
                numbers[name] = json.loads(told.stdout)
                found["versions"] |= numbers[name].pop("versions")
    cases = [
        {
            "id": name,
            "recipe": recipe.id,
            "language": recipe.language,
            "script_sha256": sha256(recipe.script),
            "data_sha256": sha256(recipe.csv),
            **numbers[name],
        }
        for name, recipe in recipes.items()
    ]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    head = {
        "topic": "exports",
        "script": "tests/oracles/exports.py",
        "tool": {"name": "R and Python", "version": versions},
    }
    head |= {"made": MADE, "note": NOTE, "versions": found["versions"]}
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    text = json.dumps(head)[:-1] + f', "cases": [\n{lines}\n]}}\n'
    Path("tests/vectors/exports.json").write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote tests/vectors/exports.json with {len(cases)} cases")


main()
