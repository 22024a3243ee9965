"""Exported recipes: the bytes that the oracle ran, its numbers against printed ones, and what must never be in them."""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from export_cases import CASES, IDS, held
from hypothesis import given
from hypothesis import strategies as st
from panels import ITEMS, dropout_of_panel_a, panel_a
from support import SR, cells, kind_of, names_of, vector

import alliance as al

EXPORTS = vector("exports")
RAN = {case["id"]: case for case in EXPORTS["cases"]}
SECRET = "SENTINEL-0123456789abcdef"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def estimate(case, label, column):
    """Give a number of the table that a script leaves."""
    table = RAN[case]["estimates"]
    return table[column][table["label"].index(label)]


def fits(found, printed, decimals):
    """Whether a number is the one that was printed with so many decimals."""
    return abs(found - printed) <= 0.5000001 * 10**-decimals


def rows(**columns):
    """Give six sessions of two clients."""
    known = {"who": ["a"] * 3 + ["b"] * 3, "when": [1, 2, 3] * 2, "score": [4.0, 4.5, 5.0, 3.0, 3.5, 3.0]}
    known["other"] = [15.0, 14.0, 11.0, 19.0, 18.0, 18.5]
    known["third"] = [2.0, 1.0, 4.0, 3.0, 3.0, 1.0]
    return known | columns


WHO = {"client": "who", "session": "when"}
CALLS = {
    "two_level_omega": lambda data, **options: al.export.two_level_omega(
        data, **({"columns": ["score", "other", "third"]} | WHO | options)
    ),
    "cross_lagged": lambda data, **options: al.export.cross_lagged(
        data, **({"score": "score", "outcome": "other"} | WHO | options)
    ),
    "growth": lambda data, **options: al.export.growth(data, **({"score": "score"} | WHO | options)),
    "cox": lambda data, **options: al.export.cox(data, **({"score": "score", "ending": "end"} | WHO | options)),
    "imputation": lambda data, **options: al.export.imputation(
        data, **({"columns": ["score", "other"]} | WHO | options)
    ),
    "mediation": lambda data, **options: al.export.mediation(
        data,
        **(
            {"score": "score", "mediator": "third", "outcome": "other"}
            | {"alliance_sessions": [1], "mediator_session": 2, "outcome_session": 3}
            | WHO
            | options
        ),
    ),
}


def sessions(**columns):
    return rows(end=["dropout", None, None, None, None, None], **columns)


@pytest.fixture(params=CALLS)
def export(request):
    return CALLS[request.param]


class TestOracle:
    @pytest.mark.parametrize("name", CASES)
    def test_what_is_exported_is_what_was_run(self, name):
        recipe, ran = CASES[name](pl.DataFrame), RAN[name]
        assert (recipe.id, recipe.language) == (ran["recipe"], ran["language"])
        assert sha256(recipe.csv) == ran["data_sha256"]
        assert sha256(recipe.script) == ran["script_sha256"], "the script changed: raise its version, run the oracle"

    def test_every_case_was_run(self):
        assert list(RAN) == list(CASES)

    @pytest.mark.parametrize("name", ["two-level-omega-gaps", "cross-lagged-gaps", "cox-robust", "mediation"])
    def test_every_kind_of_frame_gives_the_same_bytes(self, name, make_frame):
        recipe = CASES[name](make_frame)
        assert sha256(recipe.csv) == RAN[name]["data_sha256"]
        assert sha256(recipe.script) == RAN[name]["script_sha256"]
        assert kind_of(recipe.data) == make_frame.out

    def test_versions_are_those_of_the_run(self):
        ran = EXPORTS["versions"]
        for make in CASES.values():
            recipe = make(pl.DataFrame)
            assert recipe.needs
            for package, version in recipe.needs.items():
                assert version.replace("-", ".") == ran[package]
                assert f"{package} {version}" in recipe.script.replace("\n#   ", " ")

    def test_two_level_omega(self):
        for label, printed in (("within", 0.552907011), ("between", 0.996618946), ("observed_means", 0.938783299)):
            # Another optimiser stopped elsewhere: six digits of estimates are what iterations give.
            assert math.isclose(estimate("two-level-omega", f"omega_{label}", "est"), printed, rel_tol=1e-5)
        case = RAN["two-level-omega"]
        assert fits(case["facts"]["logl"], -2144.70895, 5)
        parameters = dict(zip(case["parameters"]["label"], case["parameters"]["est"], strict=True))
        for level, loadings, uniquenesses in (
            ("within", [0.3517574, 0.3340282, 0.3142090, 0.4137692], [0.3875224, 0.3997944, 0.4315962, 0.3973031]),
            ("between", [0.6588407, 0.6450348, 0.7270196, 0.6727846], [0.0134631, 0.0106938, 0.0073557, -0.0067137]),
        ):
            for place in range(4):
                assert abs(parameters[f"loading_{level}_{place + 1}"] - loadings[place]) < 1e-5
                assert abs(parameters[f"uniqueness_{level}_{place + 1}"] - uniquenesses[place]) < 1e-5
        assert case["heywood"]["label"] == ["uniqueness_between_4"]
        assert case["sessions_per_client"] == 8

    @pytest.mark.parametrize("name", ["two-level-omega", "growth-fixed"])
    def test_ids_as_given_change_nothing(self, name):
        """Ids that look like numbers, and the id NA, are clients like any other."""
        one, other = RAN[name], RAN[name.removesuffix("-fixed") + "-as-given"]
        assert one["data_sha256"] != other["data_sha256"]
        assert one["facts"].keys() == other["facts"].keys()
        assert math.isclose(one["facts"]["logl"], other["facts"]["logl"], rel_tol=1e-9)
        assert one["estimates"]["label"] == other["estimates"]["label"]

    def test_cross_lagged(self):
        printed = {
            "a_alliance": (-0.001688, 0.123301),
            "c_outcome_alliance": (-0.034310, 0.024471),
            "c_alliance_outcome": (-0.535352, 0.449734),
            "a_outcome": (0.442643, 0.133823),
            "new_covariance": (-0.278254, 0.094723),
            "new_variance_alliance": (0.208417, None),
            "new_variance_outcome": (3.658643, None),
            "first_variance_alliance": (0.169153, None),
            "first_variance_outcome": (7.896939, None),
            "first_covariance": (-0.168256, None),
            "stable_variance_alliance": (0.454667, 0.094687),
            "stable_variance_outcome": (4.689009, 1.842624),
            "stable_covariance": (-1.120847, 0.325751),
        }
        other = RAN["cross-lagged"]["expected_information"]
        expected_errors = dict(zip(other["label"], other["se"], strict=True))
        for label, (value, error) in printed.items():
            assert abs(estimate("cross-lagged", label, "est") - value) < 1e-5 * max(1, abs(value))
            # The printed errors are from expected information; the script names the observed one.
            assert error is None or math.isclose(expected_errors[label], error, rel_tol=1e-4)
        facts = RAN["cross-lagged"]["facts"]
        assert (facts["df"], facts["clients"]) == (23, 60)
        assert fits(facts["chisq"], 25.047445, 6)
        assert fits(facts["logl"], -741.516572, 6)
        assert fits(facts["cfi"], 0.994, 3)
        assert fits(facts["rmsea"], 0.039, 3)
        assert 'information = "observed"' in CASES["cross-lagged"](pl.DataFrame).script

    def test_growth(self):
        assert fits(estimate("growth-fixed", "(Intercept)", "Value"), 5.164516418, 8)
        assert fits(estimate("growth-fixed", "(Intercept)", "Std.Error"), 0.097645188, 8)
        assert fits(estimate("growth-fixed", "time", "Value"), 0.049706926, 8)
        assert fits(estimate("growth-fixed", "time", "Std.Error"), 0.010394211, 8)
        facts = RAN["growth-fixed"]["facts"]
        assert fits(facts["logl"], -397.1072435, 6)
        assert fits(facts["residual"], 0.4732661489, 8)
        assert fits(facts["phi"], 0.1707778116, 7)
        assert fits(facts["deviations"][0], 0.6745900123, 5)  # VarCorr gives as many digits
        assert RAN["growth-random"]["facts"]["sessions"] == 376

    def test_cox(self):
        """Trap 20: few sessions mean many ties, so that Efron and Breslow differ; the script names its choice."""
        for name, tied, value, error in (
            ("cox-efron", "efron", -0.467421, 0.23258433),
            ("cox-breslow", "breslow", -0.43839878, 0.23057227),
        ):
            assert fits(estimate(name, "alliance_before", "coef"), value, 6)
            assert fits(estimate(name, "alliance_before", "se(coef)"), error, 8)
            assert f'ties = "{tied}"' in CASES[name](pl.DataFrame).script
            assert (RAN[name]["facts"]["rows"], RAN[name]["facts"]["events"]) == (309, 31)
        assert estimate("cox-robust", "alliance_before", "robust se") != estimate(
            "cox-robust", "alliance_before", "se(coef)"
        )

    def test_statsmodels_agrees_with_survival(self):
        for name in ("efron", "breslow"):
            python = "cox-python" if name == "efron" else "cox-python-breslow"
            assert math.isclose(
                estimate(python, "alliance_before", "coef"),
                estimate(f"cox-{name}", "alliance_before", "coef"),
                rel_tol=1e-9,
            )
            assert math.isclose(
                estimate(python, "alliance_before", "se"),
                estimate(f"cox-{name}", "alliance_before", "se(coef)"),
                rel_tol=1e-9,
            )
            assert math.isclose(RAN[python]["facts"]["logl"], RAN[f"cox-{name}"]["facts"]["logl"], rel_tol=1e-9)
        # Its robust errors are those after Breslow: with Efron's estimates they would be of nothing.
        robust = [
            estimate("cox-python-robust", "alliance_before", "se"),
            estimate("cox-robust-breslow", "alliance_before", "robust se"),
        ]
        assert math.isclose(*robust, rel_tol=1e-9)
        # Without its half session PHReg counts clients twice.
        assert fits(RAN["cox-python"]["facts"]["coef_with_entry_at_start"], -0.5102, 4)
        assert 'entry=used["start"] + 0.5' in CASES["cox-python"](pl.DataFrame).script

    def test_mediation(self):
        printed = {
            "a": -1.89656344,
            "b": 0.21240982,
            "direct": -1.18391819,
            "total": -1.58676690,
            "indirect": -0.402848708,
        }
        for label, value in printed.items():
            assert math.isclose(estimate("mediation", label, "est"), value, rel_tol=1e-6)
        a, b, direct, total = (estimate("mediation", label, "est") for label in ("a", "b", "direct", "total"))
        assert math.isclose(total, direct + a * b, rel_tol=1e-9)
        low, high = (estimate("mediation", "indirect", f"ci.{end}") for end in ("lower", "upper"))
        assert low < a * b < high

    def test_imputation(self):
        panel = panel_a()
        # What was taken out is known: pooled means lie within half a standard error of those of the complete data.
        for name, label, case in (("outcome", "outcome", "imputation-pan"), ("alliance", "alliance", "imputation-pan")):
            mean, error = estimate(case, label, "mean"), estimate(case, label, "standard_error")
            assert abs(mean - np.mean(panel[name])) < error / 2
            assert 0 < estimate(case, label, "missing_information") < 0.1
        for case in ("imputation-lmer", "imputation-random"):
            assert abs(estimate(case, "i2", "mean") - np.mean(panel["i2"])) < 0.05

    @pytest.mark.parametrize("name", ["growth-fixed", "cox-efron", "two-level-omega", "cross-lagged"])
    def test_runs_where_r_is(self, name, tmp_path):
        recipe = CASES[name](pl.DataFrame)
        packages = [package for package in recipe.needs if package != "R"]
        asked = " && ".join(f'requireNamespace("{package}", quietly = TRUE)' for package in packages)
        if shutil.which("Rscript") is None:
            pytest.skip("no R here")
        if b"TRUE" not in subprocess.run(["Rscript", "-e", f"cat({asked})"], capture_output=True, check=False).stdout:
            pytest.skip("R lacks the packages")
        script = recipe.write(tmp_path)
        numbers = "format(unlist(estimates[sapply(estimates, is.numeric)]), digits = 17)"
        last = f'source("{script.name}"); cat("\\nNUMBERS", {numbers})'
        done = subprocess.run(["Rscript", "-e", last], capture_output=True, text=True, cwd=tmp_path, check=True)
        found = [float(word) for word in done.stdout.rpartition("NUMBERS")[2].split() if word != "NA"]
        table = {name: column for name, column in RAN[name]["estimates"].items() if name != "label"}
        expected = [number for column in table.values() for number in column if number is not None]
        assert np.allclose(found, expected, rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=12, sessions=6, seed=5)


@pytest.fixture(scope="module")
def study(clinic):
    study = al.Study(client="client", session="session")
    study = study.with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
    outcome = clinic.client_forms.select("client", "session").with_columns(
        phq=pl.Series([10.0 + row % 7 for row in range(len(clinic.client_forms))])
    )
    extra = pl.DataFrame({"client": ["new"], "session": [3], "phq": [9.0]}, schema=outcome.schema)
    return study.with_outcome(pl.concat([outcome, extra]), score="phq", measured="before")


class TestInputs:
    def test_scores_a_study_and_a_frame_give_the_same(self, clinic, study):
        ids = {"client": "client", "session": "session"}
        scores = al.score(clinic.client_forms, SR, columns="wai_{item}", **ids)
        by_scores, by_study = al.export.growth(scores), al.export.growth(study)
        by_frame = al.export.growth(scores.to_frame(), score="total", **ids)
        assert by_scores == by_study
        assert by_frame.csv == by_scores.csv
        assert by_scores.instruments == (SR,)
        omega = al.export.two_level_omega(study, scale="bond")
        same = al.export.two_level_omega(clinic.client_forms, SR, columns="wai_{item}", scale="bond", **ids)
        assert omega == same
        assert names_of(omega.data)[2:] == ["item_3", "item_5", "item_7", "item_9"]

    def test_outcomes_of_a_study_stand_beside_its_scores(self, study):
        panel = al.export.cross_lagged(study, outcome="phq", waves=[1, 2, 3])
        assert names_of(panel.data)[4:] == ["outcome_1", "outcome_2", "outcome_3"]
        # A client without a form has an outcome all the same.
        assert (panel.clients, cells(panel.data, "alliance_3")[-1], cells(panel.data, "outcome_3")[-1]) == (
            13,
            None,
            9.0,
        )
        assert "taken before the session" in panel.columns["outcome_1"]
        scales = al.export.cross_lagged(study, scale="bond", outcome="goal")
        assert "bond (wai-sr-client" in scales.columns["alliance_1"]

    def test_reversed_items_are_turned(self):
        frame = pl.DataFrame({"who": ["a", "a"], "when": [1, 2], **{f"q{item}": [2, 5] for item in range(1, 37)}})
        recipe = al.export.two_level_omega(frame, "wai-36-client", columns="q{item}", scale="total", **WHO)
        form = al.instrument("wai-36-client")
        turned = [item for item in range(1, 37) if cells(recipe.data, f"item_{item}") == [6, 3]]
        assert tuple(turned) == form.reversed
        assert f"Items {', '.join(map(str, form.reversed))} are reversed and were turned." in recipe.notes

    def test_appointments_say_who_left(self):
        forms = pl.DataFrame({"who": list("aaabbcc"), "when": [1, 2, 3, 1, 4, 1, 2]})
        forms = forms.with_columns(pl.lit(4).alias(f"q{item}") for item in range(1, 13))
        visits = {
            "who": [*"aaaaa", *"bbbbbb", *"ccc"],
            "when": [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 1, 2, 3],
            "status": ["attended"] * 3
            + ["no-show", "dropout"]
            + ["attended", "dropout", "no-show", "attended", "attended", "dropout"]
            + ["attended", "planned-end", "cancelled-by-client"],
        }
        study = al.Study(client="who", session="when").with_forms(forms, SR, columns="q{item}")
        with pytest.raises(al.errors.InvalidOption, match="appointments"):
            al.export.cox(study)
        recipe = al.export.cox(study.with_appointments(pl.DataFrame(visits)))
        # a left after three sessions; b came back from a first dropout, which is a course of its own; of its second
        # one the second session has no form; c ended as planned. Sessions that were not held do not count.
        assert recipe.data.rows() == [
            (1, 1, 2, 0, 4.0),
            (1, 2, 3, 0, 4.0),
            (1, 3, 4, 1, 4.0),
            (2, 1, 2, 1, 4.0),
            (3, 1, 2, 0, 4.0),
            (3, 2, 3, 1, None),
            (4, 1, 2, 0, 4.0),
            (4, 2, 3, 2, 4.0),
        ]
        assert cells(recipe.key, "who") == ["a", "b", "b", "c"]
        with pytest.raises(al.errors.InvalidOption, match="courses"):
            al.export.cox(study.with_appointments(pl.DataFrame(visits)), keep="as-given")

    def test_therapists_of_a_study(self):
        clinic = al.simulate(dyads=20, sessions=6, seed=11)
        study = al.Study(client="client", session="session", therapist="therapist")
        study = study.with_forms(clinic.client_forms, SR, columns="wai_{item}").with_appointments(clinic.appointments)
        recipe = al.export.cox(study, robust_by="therapist")
        assert names_of(recipe.data)[:2] == ["client", "therapist"]
        assert len(set(cells(recipe.data, "therapist"))) > 1
        assert recipe.rows == al.export.cox(study).rows

    def test_scores_know_their_ids(self, study):
        for call in (
            lambda: al.export.growth(study, client="client"),
            lambda: al.export.growth(study, score="total"),
            lambda: al.export.cross_lagged(study, outcome="trust"),
            lambda: al.export.growth(study.scores(), scale="trust"),
            lambda: al.export.two_level_omega(study, columns="wai_{item}"),
            lambda: al.export.growth(rows(), rater="client"),
        ):
            with pytest.raises(al.AllianceError):
                call()


class TestDropoutTable:
    def test_is_the_generators_own(self):
        recipe, risk = CASES["cox-efron"](pl.DataFrame), dropout_of_panel_a()
        assert cells(recipe.data, "client") == risk["client"]
        assert cells(recipe.data, "stop") == risk["session"]
        assert cells(recipe.data, "event") == [int(left) for left in risk["left"]]
        assert np.allclose([value - 5.3 for value in cells(recipe.data, "alliance_before")], risk["before"])

    def test_the_predictor_is_strictly_earlier(self):
        """Trap 16: the rating of the last session foretells the dropout, and no row holds its own session's."""
        data = held()
        known = dict(zip(zip(data["client"], data["session"], strict=True), data["alliance"], strict=True))
        for lag in (1, 2, 3):
            recipe = al.export.cox(pl.DataFrame(data), score="alliance", ending="ending", lag=lag, **IDS)
            table = recipe.data
            for client, stop, value in zip(
                *(cells(table, name) for name in ("client", "stop", "alliance_before")), strict=True
            ):
                assert value == known.get((client, stop - lag))

    def test_sessions_are_found_by_number(self):
        """Trap 7: with a session missing, the row before is not the session before."""
        frame = pl.DataFrame({"who": ["a"] * 3, "when": [1, 2, 4], "score": [5.0, 4.0, 3.0], "end": [None] * 3})
        recipe = CALLS["cox"](frame)
        assert recipe.data.rows() == [(1, 1, 2, 0, 5.0), (1, 2, 3, 0, 4.0), (1, 3, 4, 0, None)]

    @given(
        clients=st.lists(
            st.tuples(
                st.sets(st.integers(-3, 12), min_size=1, max_size=6),
                st.sampled_from(["ongoing", "dropout", "planned", None]),
            ),
            min_size=1,
            max_size=5,
        ),
        lag=st.integers(1, 4),
        order=st.randoms(use_true_random=False),
    )
    def test_agrees_with_a_slow_reading(self, clients, lag, order):
        sessions = [(f"c{place}", session, end) for place, (held, end) in enumerate(clients) for session in held]
        order.shuffle(sessions)
        who, when, end = (list(column) for column in zip(*sessions, strict=True))
        scores = [float(10 * int(client[1:]) + session) for client, session in zip(who, when, strict=True)]
        frame = pl.DataFrame({"who": who, "when": when, "score": scores, "end": pl.Series(end, dtype=pl.String)})
        found = set(CALLS["cox"](frame, lag=lag).data.rows())
        number = {client: place for place, client in enumerate(dict.fromkeys(who), 1)}
        expected = set()
        for place, (held_sessions, ending) in enumerate(clients):
            first, last, code = min(held_sessions), max(held_sessions), {"dropout": 1, "planned": 2}.get(ending, 0)
            for stop in range(first + 1, last + 1 + (code > 0)):
                before = float(10 * place + stop - lag) if stop - lag in held_sessions else None
                expected.add((number[f"c{place}"], stop - 1, stop, code if stop > last else 0, before))
        assert found == expected

    def test_planned_ends_are_told_from_dropouts(self):
        frame = pl.DataFrame(rows(end=["over"] * 3 + [None, None, "left"]))
        recipe = CALLS["cox"](frame, labels={"over": "planned", "left": "dropout"})
        assert recipe.data["event"].to_list() == [0, 0, 2, 0, 0, 1]
        assert "event == 1" in recipe.script

    @pytest.mark.parametrize("end", [["gone"] * 6, ["dropout", "planned", None, None, None, None]])
    def test_unknown_and_double_endings(self, end):
        with pytest.raises(al.AllianceError) as caught:
            CALLS["cox"](pl.DataFrame(rows(end=end)))
        assert caught.value.code in ("text-answer", "contradicting-endings")
        assert "gone" not in str(caught.value)


class TestPrivacy:
    def test_no_id_comes_out(self, export):
        data = sessions(who=[f"{SECRET}-1"] * 3 + [f"{SECRET}-2"] * 3, therapist=[f"{SECRET}-t"] * 6)
        recipe = export(
            pl.DataFrame(data),
            **({} if export in (CALLS["cross_lagged"], CALLS["mediation"]) else {"therapist": "therapist"}),
        )
        shown = [
            recipe.script,
            recipe.csv,
            repr(recipe),
            str(recipe),
            recipe._repr_html_(),
            recipe.methods(),
            recipe.cite(),
        ]
        assert SECRET not in "".join([*shown, *recipe.notes, *recipe.columns.values()])
        # The key is the caller's own, for whoever asks for it by name.
        assert [f"{SECRET}-1", f"{SECRET}-2"] == cells(recipe.key, "who")

    def test_as_given_is_asked_for(self, export):
        data = sessions(who=["007"] * 3 + ["NA"] * 3)
        if export is CALLS["imputation"]:
            with pytest.raises(al.errors.InvalidOption):
                export(pl.DataFrame(data), keep="as-given")
            return
        recipe = export(pl.DataFrame(data), keep="as-given")
        assert set(cells(recipe.data, "client")) == {"007", "NA"}
        # Text ids stay text in R, whatever they look like, and NA stays an id.
        assert 'na.strings = "", colClasses = c(client = "character"))' in recipe.script
        assert "007" not in recipe.script

    def test_dates_do_not_come_out(self):
        days = pd.to_datetime(["2961-03-07", "2961-03-14", "2961-03-28"] * 2).date.tolist()
        recipe = CALLS["growth"](pd.DataFrame(rows(when=days)))
        assert cells(recipe.data, "session") == [1, 2, 3, 1, 2, 3]
        assert "2961" not in recipe.script + recipe.csv
        with pytest.raises(al.AllianceError) as caught:
            CALLS["growth"](pl.DataFrame(rows(when=[29610307, 29610314, 29610328] * 2)))
        assert "2961" not in str(caught.value)

    @pytest.mark.parametrize("cell", [SECRET, [SECRET], 982451653.25])
    def test_cells_do_not_come_out(self, cell, export):
        data = sessions()
        data["score"] = [4.0, cell, 5.0, 3.0, 3.5, 3.0] if isinstance(cell, str) else [cell] * 6
        frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in data.items()})
        try:
            told = export(frame)
            text = told.script + repr(told) + told._repr_html_() + told.methods()
        except al.AllianceError as error:
            text = str(error)
            assert error.__cause__ is None
            assert error.__context__ is None or error.__suppress_context__
        assert SECRET not in text
        assert "982451653" not in text

    def test_no_path_comes_out(self, export, tmp_path):
        recipe = export(pl.DataFrame(sessions()))
        script = recipe.write(tmp_path / "study")
        text = script.read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert str(Path.home()) not in text
        assert str(Path(al.__file__).parent) not in text

    def test_column_names_stay_one_line(self):
        name = 'score"); system("x")\n# '
        data = rows()
        data[name] = data.pop("score")
        recipe = al.export.imputation(pl.DataFrame(data), columns=[name, "other"], **WHO)
        assert names_of(recipe.data) == ["client", "session", "item_1", "item_2"]
        code = [line for line in recipe.script.splitlines() if not line.startswith("#")]
        assert not any("system" in line for line in code)


class TestWriting:
    def test_both_files(self, export, tmp_path):
        recipe = export(pl.DataFrame(sessions()))
        script = recipe.write(tmp_path / "new" / "folder")
        assert sorted(file.name for file in script.parent.iterdir()) == sorted([f"{recipe.id}.csv", script.name])
        assert script.read_bytes() == recipe.script.encode()
        assert (script.parent / f"{recipe.id}.csv").read_bytes() == recipe.csv.encode()
        assert b"\r" not in script.read_bytes()

    def test_nothing_is_overwritten_unasked(self, tmp_path):
        recipe = CALLS["growth"](pl.DataFrame(rows()))
        (tmp_path / "growth.R").write_text("mine", encoding="utf-8")
        with pytest.raises(FileExistsError):
            recipe.write(tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["growth.R"]
        assert (tmp_path / "growth.R").read_text(encoding="utf-8") == "mine"
        recipe.write(tmp_path, existing="replace")
        assert (tmp_path / "growth.R").read_text(encoding="utf-8") == recipe.script
        with pytest.raises(al.errors.InvalidOption):
            recipe.write(tmp_path, existing="append")

    def test_all_or_nothing(self, tmp_path):
        recipe = CALLS["growth"](pl.DataFrame(rows()))
        (tmp_path / "growth.csv").write_text("mine", encoding="utf-8")
        (tmp_path / "growth.R").mkdir()
        with pytest.raises(IsADirectoryError):
            recipe.write(tmp_path, existing="replace")
        assert sorted(file.name for file in tmp_path.iterdir()) == ["growth.R", "growth.csv"]
        assert (tmp_path / "growth.csv").read_text(encoding="utf-8") == "mine"

    def test_decimals_read_back(self):
        values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 4.0, None]
        recipe = CALLS["growth"](pl.DataFrame(rows(score=values)))
        read = pl.read_csv(recipe.csv.encode())["score"].to_list()
        assert read == values


class TestRecipe:
    def test_what_it_says(self, export):
        recipe = export(pl.DataFrame(sessions()))
        assert repr(recipe).startswith(f"<Recipe {recipe.id} (R): ")
        assert "2 clients" in repr(recipe)
        assert recipe.title in recipe._repr_html_()
        assert "<details>" in recipe._repr_html_()
        for note in recipe.notes:
            assert note in recipe.methods()
        assert f"recipe {recipe.id}, version " in recipe.methods()
        assert recipe.cite().endswith("}\n")
        assert "@software{alliance" in recipe.cite()
        assert recipe.cite().count("\n@") >= 1
        assert list(recipe.columns) == names_of(recipe.data)
        assert recipe.script.startswith(f"# {recipe.title}\n")
        assert f'"{recipe.id}.csv"' in recipe.script
        assert all(len(line) <= 120 for line in recipe.script.splitlines())

    def test_frozen_equal_and_pickled(self, export, make_frame):
        recipe = export(make_frame(sessions()))
        assert recipe == export(make_frame(sessions()))
        assert recipe != export(make_frame(sessions(score=[4.0, 4.5, 5.0, 3.1, 3.5, 3.0])))
        assert pickle.loads(pickle.dumps(recipe)) == recipe
        with pytest.raises(AttributeError):
            recipe.script = ""

    def test_frames_go_round(self, export, make_frame):
        recipe = export(make_frame(sessions(score=[4.0, None, 5.0, 3.0, 3.5, 3.0])))
        assert kind_of(recipe.data) == kind_of(recipe.to_frame()) == kind_of(recipe.key) == make_frame.out
        assert recipe.csv == export(pl.DataFrame(sessions(score=[4.0, None, 5.0, 3.0, 3.5, 3.0]))).csv
        assert len(cells(recipe.data, "client")) == recipe.rows

    def test_the_order_of_rows_decides_only_the_numbers_of_clients(self, export):
        data = pl.DataFrame(sessions())
        turned = export(data[[5, 0, 4, 1, 3, 2]])
        key = dict(zip(cells(turned.key, "who"), cells(turned.key, "client_in_recipe"), strict=True))
        assert key == {"b": 1, "a": 2}
        one, other = export(data).data, turned.data
        again = other.with_columns(pl.col("client").replace({1: 2, 2: 1})).sort("client", maintain_order=True)
        assert one.equals(again)

    def test_every_template_is_used_and_filled(self):
        from importlib import resources

        assert "{{" not in "".join(make(pl.DataFrame).script for make in CASES.values())
        templates = {
            file.name.removesuffix(".template")
            for file in resources.files("alliance.export").joinpath("recipes").iterdir()
        }
        used = {f"{ran['recipe']}.{'R' if ran['language'] == 'R' else 'py'}" for ran in RAN.values()}
        assert templates == used | {"header"}

    def test_references_are_known(self):
        for make in CASES.values():
            recipe = make(pl.DataFrame)
            for key in recipe._references:
                assert f"{{{key}," in recipe.cite()


class TestOptions:
    def test_growth(self):
        data = pl.DataFrame(rows())
        assert (
            "random = ~ time | client, correlation = corAR1(form = ~ session | client)" in CALLS["growth"](data).script
        )
        plain = CALLS["growth"](data, residuals="independent", slope="fixed").script
        assert "corAR1" not in plain
        assert "random = ~ 1 | client" in plain
        assert "log(data$session)" in CALLS["growth"](data, time="log-session").script
        assert "score ~ early + late" in CALLS["growth"](data, time=("piecewise", 2)).script

    def test_cross_lagged(self):
        free = CALLS["cross_lagged"](pl.DataFrame(rows()), lagged="free").script
        assert "a_alliance_3*within_alliance_2" in free
        assert "few" in CALLS["cross_lagged"](pl.DataFrame(rows())).notes[-1]

    def test_cox(self):
        data = pl.DataFrame(sessions(therapist=["t"] * 6))
        robust = CALLS["cox"](data, therapist="therapist", robust_by="therapist")
        assert "alliance_before + cluster(therapist)" in robust.script
        assert names_of(robust.data)[:2] == ["client", "therapist"]
        by = {"therapist": "therapist", "robust_by": "therapist", "language": "Python"}
        python = CALLS["cox"](data, **by, ties="breslow")
        with pytest.raises(al.errors.InvalidOption, match="Breslow"):
            CALLS["cox"](data, **by)
        assert 'fit(groups=used["therapist"])' in python.script
        compile(python.script, "cox.py", "exec")
        assert "statsmodels" in python.cite()

    def test_imputation(self):
        data = pl.DataFrame(rows(score=[4.0, None, 5.0, 3.0, 3.5, 3.0]))
        pan = CALLS["imputation"](data, scales={"mean of two": ["score", "other"]}, further=["third"], trend="random")
        assert "predictors[variables, variables] <- 3" in pan.script
        assert 'predictors[variables, "session"] <- 2' in pan.script
        assert 'one$scale_1 <- rowMeans(one[c("score", "other")])' in pan.script
        assert "1 of 18 values are missing (5.6 %)" in pan.notes[3]
        assert pan.needs["pan"] == "1.6"
        assert "<- 1\n" in CALLS["imputation"](data, method="2l.lmer").script

    def test_mediation(self):
        data = pl.DataFrame(rows())
        adjusted = CALLS["mediation"](data, alliance_sessions=[1], adjust_at=1)
        assert "mediator ~ a * alliance + mediator_before + outcome_before" in adjusted.script
        assert not any("not held constant" in note for note in adjusted.notes)

    def test_a_client_with_two_therapists_is_two(self):
        data = pl.DataFrame(rows(therapist=["t", "t", "u", "t", "t", "t"]))
        recipe = CALLS["growth"](data, therapist="therapist")
        assert cells(recipe.data, "client") == [1, 1, 2, 3, 3, 3]
        assert names_of(recipe.key) == ["client_in_recipe", "who", "therapist"]
        with pytest.raises(al.errors.InvalidOption):
            CALLS["growth"](data, therapist="therapist", keep="as-given")


class TestDegenerate:
    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ({"score": [4.0] * 6}, "is the same"),
            ({"who": ["a"] * 6, "when": [1, 2, 3, 4, 5, 6]}, "one client"),
            ({"score": [None] * 6}, "no value"),
        ],
    )
    def test_is_said_and_exported_all_the_same(self, export, columns, said):
        data = pl.DataFrame(sessions(**columns), schema_overrides={"score": pl.Float64})
        if export is CALLS["imputation"] and said == "no value":
            with pytest.raises(al.errors.InvalidOption, match="no value"):
                export(data)
            return
        recipe = export(data)
        assert any(said in note for note in recipe.notes)
        assert said in recipe.script.replace("\n#   ", " ")

    def test_one_session_each(self):
        data = pl.DataFrame({"who": ["a", "b"], "when": [1, 1], "score": [1.0, 2.0], "end": [None, None]})
        assert any("one session" in note for note in CALLS["growth"](data).notes)
        risk = CALLS["cox"](data)
        assert (risk.rows, risk.clients) == (0, 0)
        assert any("Nobody dropped out" in note for note in risk.notes)
        assert len(risk.data) == 0

    def test_no_rows(self, export, make_frame):
        empty = {name: column[:0] for name, column in sessions().items()}
        with pytest.raises(al.AllianceError):
            export(make_frame(empty))

    def test_nothing_missing(self):
        assert any("nothing to impute" in note for note in CALLS["imputation"](pl.DataFrame(rows())).notes)


class TestNonsense:
    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("two_level_omega", {"columns": ["score", "other"]}),
            ("two_level_omega", {"columns": "q{item}"}),
            ("two_level_omega", {"missing": "pairwise"}),
            ("two_level_omega", {"columns": None}),
            ("cross_lagged", {"lagged": "some"}),
            ("cross_lagged", {"waves": [1, 2]}),
            ("cross_lagged", {"waves": [1, 2, 9]}),
            ("cross_lagged", {"waves": [3, 2, 1]}),
            ("cross_lagged", {"waves": "123"}),
            ("cross_lagged", {"waves": [1, 2, "x"]}),
            ("cross_lagged", {"outcome": "score"}),
            ("growth", {"slope": True}),
            ("growth", {"time": "weeks"}),
            ("growth", {"time": ("piecewise", 1)}),
            ("growth", {"time": ("piecewise", "x")}),
            ("growth", {"residuals": "arma"}),
            ("growth", {"keep": "hashed"}),
            ("growth", {"score": "nothing"}),
            ("growth", {"score": None}),
            ("growth", {"client": None}),
            ("growth", {"session": "who"}),
            ("cox", {"lag": 0}),
            ("cox", {"lag": 1.5}),
            ("cox", {"ties": "exact"}),
            ("cox", {"ending": None}),
            ("cox", {"ending": "nothing"}),
            ("cox", {"labels": {"x": "gone"}}),
            ("cox", {"language": "Julia"}),
            ("cox", {"robust_by": "therapist"}),
            ("cox", {"robust_by": "clinic"}),
            ("cox", {"covariates": "other"}),
            ("cox", {"covariates": ["score"]}),
            ("imputation", {"method": "pmm"}),
            ("imputation", {"trend": "none"}),
            ("imputation", {"imputations": 0}),
            ("imputation", {"seed": 2**31}),
            ("imputation", {"seed": -1}),
            ("imputation", {"further": "third"}),
            ("imputation", {"further": ["score"]}),
            ("imputation", {"scales": {"total": "score"}}),
            ("imputation", {"scales": {"total": ["third"]}}),
            ("imputation", {"scales": {"score": ["score"]}}),
            ("imputation", {"scales": {}}),
            ("mediation", {"alliance_sessions": [2]}),
            ("mediation", {"alliance_sessions": []}),
            ("mediation", {"mediator_session": 3}),
            ("mediation", {"adjust_at": 2}),
            ("mediation", {"resamples": 10}),
            ("mediation", {"seed": True}),
        ],
    )
    def test_is_refused(self, name, options):
        with pytest.raises(al.AllianceError) as caught:
            CALLS[name](pl.DataFrame(sessions()), **options)
        assert caught.value.code in al.errors.error_codes()

    def test_sessions_stand_once(self, export):
        with pytest.raises(al.errors.DuplicateForm):
            export(pl.DataFrame(sessions(when=[1, 2, 2, 1, 2, 3])))

    def test_ids_are_needed(self, export):
        with pytest.raises(al.errors.MissingId):
            export(pl.DataFrame(sessions(who=["a", "a", None, "b", "b", "b"])))

    def test_waves_lie_equally_far_apart(self):
        data = pl.DataFrame(rows(when=[1, 2, 4] * 2))
        with pytest.raises(al.errors.InvalidOption, match="equally"):
            CALLS["cross_lagged"](data)


def test_the_vector_is_finite():
    text = json.dumps(RAN, allow_nan=False)
    assert "Infinity" not in text
    assert len(ITEMS) == 4
