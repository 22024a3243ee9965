"""Control charts, change points and sudden shifts as rules: made, found, held against chance."""

import dataclasses
import pickle

import numpy as np
import polars as pl
import pytest

import alliance as al

FORM = al.instrument("wai-36-client").with_range(1, 7)
# Section 1.9 of the rupture dossier; sessions count from 1.
WORKED = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, None, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0]
FEW = {"clients": 400, "bootstrap": 0}
LOSS = al.rules.SuddenLoss(cutoff=0.55, proportion=None)

MEAN = {"sigma": "mean-moving-range"}
RULES = [
    al.rules.ControlChart(threshold=2.5),
    al.rules.ControlChart(baseline=8, trend="least-squares", gaps="bridge"),
    al.rules.RunRules(),
    al.rules.RunRules(rules="nelson", run_gaps="break"),
    al.rules.Cusum(threshold=4.0),
    al.rules.Ewma(),
    al.rules.AnhojRuns(),
    al.rules.Partition(),
    al.rules.Partition(method="binary", cost="censored-normal", penalty=("value", 3.0), noise="pooled"),
    al.rules.OnlineChangePoint(),
    al.rules.ProductPartition(),
    al.rules.LocalLevel(),
    al.rules.LocalLevel(test="innovation", noise="pooled"),
    LOSS,
]
SET = [rule for rule in RULES if not isinstance(rule, al.rules.RunRules | al.rules.AnhojRuns)]


def name(rule):
    return type(rule).__name__


def scores(values, who="a", make=pl.DataFrame):
    """Give one client's totals as scores."""
    rows = [(who, session, value) for session, value in enumerate(values, 1) if value is not None]
    frame = make({"who": [row[0] for row in rows], "when": [row[1] for row in rows], "t": [row[2] for row in rows]})
    return al.Scores.from_totals(frame, FORM, totals={"total": "t"}, metric="mean", client="who", session="when")


def clinic(dyads=60, sessions=14, seed=7, make=pl.DataFrame, lowest=1, highest=7):
    """Give a frame of clients to whom nothing happens, in twelfths of a point."""
    generator = np.random.Generator(np.random.PCG64(seed))
    level = generator.normal(5.2, 0.5, (dyads, 1))
    volatility = np.exp(generator.normal(np.log(0.3), 0.4, (dyads, 1)))
    values = np.clip(level + volatility * generator.normal(size=(dyads, sessions)), lowest, highest)
    when = np.tile(np.arange(1, sessions + 1), dyads)
    return make({"who": np.repeat(np.arange(dyads), sessions), "when": when, "t": np.round(12 * values).ravel() / 12})


def quiet(**options):
    ids = {"client": "who", "session": "when"}
    return al.Scores.from_totals(clinic(**options), FORM, totals={"total": "t"}, metric="mean", **ids)


def shifts(data, rule, **options):
    ids = {"client": "who", "session": "when", "score": "t"}
    return al.find_shifts(data, rule=rule, **({"higher_is_better": True} | ids | options))


class TestTheRules:
    @pytest.mark.parametrize("rule", RULES, ids=name)
    def test_are_values(self, rule):
        assert pickle.loads(pickle.dumps(rule)) == rule == dataclasses.replace(rule)
        assert len({rule, dataclasses.replace(rule)}) == 1
        with pytest.raises(dataclasses.FrozenInstanceError):
            rule.repair = "not-asked"
        assert rule.describe().endswith(".")
        assert isinstance(rule.is_retrospective, bool)
        assert all(isinstance(note, str) for note in rule.notes)

    def test_know_whether_they_look_back_and_pool(self):
        assert al.rules.ControlChart().is_retrospective
        assert not al.rules.ControlChart(baseline=8).is_retrospective
        assert not al.rules.OnlineChangePoint().is_retrospective
        assert al.rules.OnlineChangePoint(noise="shrunken").is_retrospective
        assert al.rules.OnlineChangePoint().pools
        assert not al.rules.OnlineChangePoint(noise=("known", 0.3)).pools
        assert LOSS.is_retrospective
        assert any("pooled" in note for note in al.rules.Partition().notes)
        assert any("one session" in note for note in al.rules.Cusum().notes)

    @pytest.mark.parametrize(
        ("kind", "field", "value"),
        [
            ("ControlChart", "threshold", 0),
            ("ControlChart", "threshold", "3"),
            ("ControlChart", "threshold", float("nan")),
            ("ControlChart", "threshold", 10**400),
            ("ControlChart", "sigma", "standard-deviation"),
            ("ControlChart", "sigma", 3),
            ("ControlChart", "baseline", 2),
            ("ControlChart", "baseline", 2.5),
            ("ControlChart", "trend", None),
            ("ControlChart", "autocorrelation", True),
            ("ControlChart", "gaps", "interpolate"),
            ("ControlChart", "least_sessions", 1),
            ("ControlChart", "least_sessions", -1),
            ("ControlChart", "repair", ("rise",)),
            ("ControlChart", "repair", ("return-to-reference", -1.0)),
            ("ControlChart", "tolerance_in", "inches"),
            ("ControlChart", "repair_window", 0),
            ("ControlChart", "repair_window", 10**9),
            ("ControlChart", "overlap", "last"),
            ("RunRules", "rules", "shewhart"),
            ("RunRules", "rules", ()),
            ("RunRules", "rules", ("nelson-7",)),
            ("RunRules", "rules", 5),
            ("RunRules", "rules", (5,)),
            ("RunRules", "run_gaps", "ignore"),
            ("Cusum", "threshold", -1),
            ("Cusum", "reference_value", -0.5),
            ("Ewma", "threshold", 0),
            ("Ewma", "weight", 1.5),
            ("Ewma", "exponent", "all"),
            ("AnhojRuns", "least_off_median", 0),
            ("Partition", "threshold", 0),
            ("Partition", "unit", "inches"),
            ("Partition", "tolerance", -1),
            ("Partition", "method", "pelt"),
            ("Partition", "cost", "rbf"),
            ("Partition", "penalty", 3.0),
            ("Partition", "penalty", ("value", -3.0)),
            ("Partition", "noise", "own-sd"),
            ("Partition", "noise", ("known", 0.0)),
            ("Partition", "noise", ("shrunken", -1.0)),
            ("Partition", "shortest_segment", 0),
            ("OnlineChangePoint", "threshold", 1.0),
            ("OnlineChangePoint", "hazard", 0.0),
            ("OnlineChangePoint", "shift", 0.0),
            ("OnlineChangePoint", "worth", 0.0),
            ("OnlineChangePoint", "baseline", 0),
            ("OnlineChangePoint", "baseline", None),
            ("ProductPartition", "threshold", 0.0),
            ("ProductPartition", "change_probability", 1.0),
            ("ProductPartition", "shift", None),
            ("LocalLevel", "test", "level"),
            ("LocalLevel", "threshold", 0.0),
            ("LocalLevel", "drift", 2.0),
            ("LocalLevel", "drift", "much"),
            ("SuddenGain", "cutoff", -1),
            ("SuddenGain", "cutoff", "7"),
            ("SuddenGain", "proportion", 25),
            ("SuddenGain", "best_score", "0"),
            ("SuddenGain", "stability", "strong"),
            ("SuddenGain", "stability", None),
            ("SuddenGain", "alpha", 2.0),
            ("SuddenGain", "critical", True),
            ("SuddenGain", "baseline_first", "yes"),
            ("SuddenGain", "compat", "other-1.0"),
            ("SuddenLoss", "cutoff", 0),
        ],
    )
    def test_nonsense_names_the_field(self, kind, field, value):
        with pytest.raises(al.AllianceError, match=rf"^{field}: ") as caught:
            getattr(al.rules, kind)(**{field: value})
        assert caught.value.code == "invalid-option"
        assert caught.value.__cause__ is None

    def test_a_sudden_shift_needs_a_criterion(self):
        with pytest.raises(al.AllianceError, match="at least one"):
            al.rules.SuddenGain(cutoff=None, proportion=None, stability="off")

    def test_numbers_of_numpy_are_numbers(self):
        assert al.rules.ControlChart(threshold=np.float64(3), baseline=np.int64(8)).describe()

    def test_words_say_what_is_allowed(self):
        with pytest.raises(al.AllianceError, match="mean-moving-range, screened-moving-range or median-moving-range"):
            al.rules.ControlChart(sigma=7)


class TestOnTheWorkedSeries:
    """Numbers computed by hand in sections 2 to 4 of the rupture dossier."""

    @pytest.mark.parametrize(
        ("rule", "flagged"),
        [
            (al.rules.ControlChart(threshold=2.0, **MEAN), [5, 12]),
            (al.rules.ControlChart(threshold=2.0, gaps="bridge", **MEAN), [5, 12, 13]),
            (al.rules.ControlChart(threshold=3.0), [5, 11, 12, 13]),
            (al.rules.Cusum(threshold=4.0, **MEAN), [13]),
            (al.rules.Cusum(threshold=5.0, **MEAN), []),
            (al.rules.Ewma(**MEAN), []),
            (al.rules.Partition(threshold=1.0, unit="points", penalty=("value", 0.516)), [5, 11, 12, 13]),
            (al.rules.Partition(threshold=0.9, unit="points", penalty=("value", 1.032)), [11, 12, 13]),
            (al.rules.LocalLevel(test="innovation", noise=("known", 0.045**0.5), drift=1 / 9), [5, 11, 12]),
            (LOSS, [11]),
        ],
    )
    def test_flags(self, rule, flagged):
        sessions = al.find_ruptures(scores(WORKED), rule=rule).sessions
        assert sessions.filter(pl.col("flagged"))["session"].to_list() == flagged

    def test_a_v_is_no_sudden_loss_and_two_sessions_at_least_smear_it(self):
        two = al.rules.Partition(threshold=0.5, unit="points", penalty=("value", 0.516), shortest_segment=2)
        sessions = al.find_ruptures(scores(WORKED), rule=two).sessions
        assert sessions.filter(pl.col("flagged"))["session"].to_list() == [5, 6, 11, 12, 13]

    def test_references_and_limits(self):
        chart = al.find_ruptures(scores(WORKED), rule=al.rules.ControlChart(threshold=2.0, **MEAN))
        first = chart.sessions.row(0, named=True)
        assert first["reference"] == pytest.approx(5.34)
        assert first["limit"] == pytest.approx(4.467, abs=5e-4)
        assert chart.clients["unit"][0] == pytest.approx(0.4364, abs=5e-5)
        segments = al.rules.Partition(threshold=1.0, unit="points", penalty=("value", 0.516))
        steps = al.find_ruptures(scores(WORKED), rule=segments).sessions["reference"].to_list()
        assert steps[4] == pytest.approx(5.55)
        assert steps[10] == pytest.approx(5.675)

    def test_episodes(self):
        chart = al.rules.ControlChart(threshold=2.0, repair=("return-to-reference", 0.1), tolerance_in="units", **MEAN)
        episodes = al.find_ruptures(scores(WORKED), rule=chart).episodes
        assert episodes.select("onset", "recovery", "resolution").rows() == [(5, 6, "repaired"), (12, 14, "repaired")]

    @pytest.mark.parametrize("rule", RULES, ids=name)
    def test_reports_speak_and_are_drawn(self, rule):
        report = al.find_ruptures(scores(WORKED, who="SENTINEL"), rule=rule)
        spoken = repr(report) + report._repr_html_() + report.methods()
        assert "SENTINEL" not in spoken
        assert rule.describe() in report.methods()
        assert report.plot("SENTINEL").axes
        assert report.cite()

    def test_why_a_client_was_not_assessed(self):
        short = al.find_ruptures(scores(WORKED[:4]), rule=al.rules.ControlChart()).clients
        assert short.select("class", "reason").rows() == [("not-assessed", "too-few-sessions")]
        flat = al.find_ruptures(scores([5.0] * 9), rule=al.rules.ControlChart()).clients
        assert flat.select("class", "reason").rows() == [("not-assessed", "no-unit")]
        assert al.find_ruptures(scores(WORKED), rule=al.rules.ControlChart()).clients["reason"].to_list() == [None]

    def test_a_gain_is_no_rupture(self):
        with pytest.raises(al.AllianceError, match="BelowReference"):
            al.find_ruptures(scores(WORKED), rule=al.rules.SuddenGain(cutoff=1.0, proportion=None))


class TestShifts:
    @pytest.mark.parametrize("rule", RULES, ids=name)
    def test_the_mirror_image_has_the_same_shifts(self, rule):
        data = clinic(dyads=12)
        mirrored = data.with_columns(t=8 - pl.col("t"))
        here = shifts(data, rule, range=(1, 7))
        there = shifts(mirrored, rule, higher_is_better=False, range=(1, 7))
        assert here.sessions["flagged"].to_list() == there.sessions["flagged"].to_list()
        if not isinstance(rule, al.rules.SuddenLoss):
            turned = shifts(mirrored, rule, side="better", range=(1, 7))
            assert here.sessions["flagged"].to_list() == turned.sessions["flagged"].to_list()

    def test_the_alliance_gives_the_same_as_a_measure_without_a_form(self):
        for rule in RULES:
            data = clinic(dyads=10)
            of_measure = shifts(data, rule, range=(1, 7)).sessions
            of_form = al.find_ruptures(quiet(dyads=10), rule=rule).sessions
            assert of_measure["flagged"].to_list() == of_form["flagged"].to_list(), name(rule)

    @pytest.mark.parametrize("rule", RULES, ids=name)
    def test_no_word_of_ruptures(self, rule):
        report = shifts(clinic(dyads=12), rule, range=(1, 7))
        tables = [report.sessions, report.episodes, report.clients]
        words = {value for table in tables for row in table.rows() for value in row if isinstance(value, str)}
        spoken = " ".join([repr(report), report._repr_html_(), report.methods(), *report.notes, *words])
        # The model has a name of its own.
        assert "rupture" not in spoken.replace("no-rupture AR(1) model", "")
        assert not words & {"no-rupture", "repaired", "unrepaired"}
        assert all("rupture" not in word for word in report.chance.classes)

    def test_tables_come_back_as_they_went_in(self, make_frame):
        report = shifts(clinic(dyads=12, make=make_frame), al.rules.ControlChart())
        kind = type(quiet(dyads=2, make=make_frame).to_frame())
        assert {type(report.to_frame(table)) for table in ("sessions", "episodes", "clients")} == {kind}
        sudden = shifts(clinic(dyads=12, make=make_frame), LOSS)
        assert {type(sudden.events), type(sudden.clients), type(sudden.sessions)} == {kind}

    def test_sudden_shifts_have_events_beside(self):
        data = pl.DataFrame({"who": ["a"] * 9, "when": range(1, 10), "t": [30, 31, 30, 18, 26, 17, 18, 17, 16]})
        report = shifts(data, al.rules.SuddenGain(cutoff=7), higher_is_better=False)
        assert isinstance(report, al.SuddenShiftReport)
        assert report.events.select("session", "magnitude", "reversed").rows() == [(3, 12.0, "yes")]
        assert report.episodes.select("onset", "recovery", "resolution").rows() == [(4, 5, "returned")]
        assert report.clients.select("shifts", "class").rows() == [(1, "returned")]
        assert report.sessions.filter(pl.col("flagged"))["session"].to_list() == [4]
        assert type(shifts(data, al.rules.ControlChart(), higher_is_better=False)) is al.ShiftReport

    def test_a_report_does_not_follow_the_frame(self):
        import pandas as pd

        data = clinic(dyads=12, make=pd.DataFrame)
        report = shifts(data, al.rules.ControlChart(threshold=1.0), range=(1, 7))
        before = report.sessions
        data["who"], data["t"] = "other", 1.0
        pd.testing.assert_frame_equal(report.sessions, before)

    def test_dates_and_orders_are_kept(self):
        data = pl.DataFrame({"who": ["a"] * 5, "when": ["e", "d", "c", "b", "a"], "t": [1.0, 5.0, 5.0, 5.0, 5.0]})
        point = al.rules.BelowReference(reference="previous", unit="points", threshold=2.0)
        report = shifts(data, point, session_order=list("abcde"))
        assert report.episodes["onset"].to_list() == ["e"]

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({"side": "left"}, "side"),
            ({"range": (7, 1)}, "range"),
            ({"range": 7}, "range"),
            ({"range": ("1", "7")}, "range"),
            ({"range": (1, float("inf"))}, "range"),
            ({"step": 0}, "step"),
            ({"step": "1"}, "step"),
            ({"higher_is_better": "yes"}, "higher_is_better"),
            ({"rule": None}, "rule"),
        ],
    )
    def test_nonsense_is_refused(self, options, field):
        with pytest.raises(al.AllianceError, match=rf"^{field}: ") as caught:
            shifts(clinic(dyads=3), **({"rule": al.rules.ControlChart()} | options))
        assert caught.value.code == "invalid-option"

    def test_the_side_of_a_sudden_shift_is_its_own(self):
        gain = al.rules.SuddenGain(cutoff=1.0, proportion=None)
        assert shifts(clinic(dyads=3), gain, side="better")._run.side == "better"
        for rule, side in ((gain, "worse"), (LOSS, "better")):
            with pytest.raises(al.AllianceError, match="side"):
                shifts(clinic(dyads=3), rule, side=side)

    def test_rules_that_need_the_ends_of_the_scale_say_so(self):
        censored = al.rules.Partition(cost="censored-normal")
        pomp = al.rules.BelowReference(reference="previous", unit="pomp", threshold=10.0)
        for rule in (censored, pomp):
            with pytest.raises(al.AllianceError, match="range"):
                shifts(clinic(dyads=3), rule)
            assert shifts(clinic(dyads=3), rule, range=(1, 7)).sessions.height

    def test_scores_off_the_range_are_refused(self):
        with pytest.raises(al.AllianceError) as caught:
            shifts(clinic(dyads=3), al.rules.ControlChart(), range=(5, 6))
        assert caught.value.code == "out-of-range"

    def test_figures(self):
        ranged = shifts(clinic(dyads=12), al.rules.ControlChart(threshold=1.5), range=(1, 7))
        panel = ranged.plot(3).axes[0]
        assert {"score", "reference", "limit"} <= {line.get_label() for line in panel.get_lines()}
        assert panel.get_ylabel() == "t"
        assert panel.get_ylim()[0] < 1 < 7 < panel.get_ylim()[1]
        # Segments have no limit for a score.
        segments = shifts(clinic(dyads=12), al.rules.Partition()).plot(3).axes[0]
        assert "limit" not in {line.get_label() for line in segments.get_lines()}


class TestChance:
    @pytest.mark.parametrize("rule", RULES, ids=name)
    def test_every_rule_has_a_chance_rate(self, rule):
        like = quiet()
        chance = al.chance_rate(rule, like=like, **FEW)
        assert 0 <= chance.per_session.rate <= chance.per_client.rate < 1
        assert float(chance) == chance.per_client.rate
        assert sum(rate.rate for rate in chance.classes.values()) == pytest.approx(1)
        of_sessions = al.chance_rate(rule, like=like, per="session", **FEW)
        assert float(of_sessions) == chance.per_session.rate
        assert repr(of_sessions).startswith("<ChanceRate sessions")

    @pytest.mark.parametrize("rule", SET, ids=name)
    def test_every_rule_with_a_threshold_can_be_calibrated(self, rule):
        found = al.calibrate(rule, 0.05, like=quiet(), clients=2_000)
        assert type(found.rule) is type(rule)
        assert found.attained.rate <= 0.05
        field = rule._threshold
        assert dataclasses.replace(found.rule, **{field: 0.5}) == dataclasses.replace(rule, **{field: 0.5})
        assert found.threshold == getattr(found.rule, field)
        assert "if nothing had happened" in found.methods()
        fresh = al.find_ruptures(quiet(dyads=1_500, seed=9), rule=found.rule).clients
        assessed = fresh.filter(pl.col("class") != "not-assessed")
        assert (assessed["flagged"] > 0).mean() < 0.13

    @pytest.mark.parametrize(
        "rule",
        [al.rules.RunRules(), al.rules.AnhojRuns(), al.rules.SuddenLoss(cutoff=None, proportion=None)],
        ids=name,
    )
    def test_what_has_no_threshold_is_not_calibratable(self, rule):
        with pytest.raises(al.errors.CannotEstimate) as caught:
            al.calibrate(rule, like=quiet(), **{"clients": 400})
        assert caught.value.code == "not-calibratable"

    def test_the_rates_are_those_of_fresh_quiet_clients(self):
        like, fresh = quiet(dyads=1_000), quiet(dyads=2_000, seed=8)
        for rule in (al.rules.ControlChart(threshold=2.0), al.rules.Partition(threshold=1.5), LOSS):
            expected = float(al.chance_rate(rule, like=like, clients=4_000, bootstrap=0))
            clients = al.find_ruptures(fresh, rule=rule).clients.filter(pl.col("class") != "not-assessed")
            assert abs(expected - (clients["flagged"] > 0).mean()) < 0.04, rule.describe()

    def test_like_a_report(self):
        report = al.find_ruptures(quiet(), rule=LOSS)
        chart = al.rules.ControlChart()
        assert al.chance_rate(chart, like=report, **FEW) == al.chance_rate(chart, like=quiet(), **FEW)
        assert al.calibrate(chart, like=report, clients=400) == al.calibrate(chart, like=quiet(), clients=400)
        assert report.chance == al.chance_rate(LOSS, like=quiet())

    def test_shifts_have_a_chance_rate_where_the_scale_is_known(self):
        data = clinic().with_columns(t=12 * pl.col("t"))
        gain = al.rules.SuddenGain(cutoff=6.0, proportion=None)
        report = shifts(data, gain, range=(12, 84), step=1)
        expected = report.chance.per_client
        assert 0 < expected.rate < 0.5
        assert "expected by chance" in report._repr_html_()
        # Without growth or a ceiling near, a gain is about as likely as a loss.
        loss = shifts(data, al.rules.SuddenLoss(cutoff=6.0, proportion=None), range=(12, 84), step=1).chance.per_client
        assert abs(loss.rate - expected.rate) < 0.05
        found = al.calibrate(gain, 0.02, like=report, clients=2_000)
        assert found.rule.cutoff == int(found.rule.cutoff), "a whole number of steps"
        assert isinstance(found.rule, al.rules.SuddenGain)

    def test_shifts_without_a_scale_say_why_there_is_none(self):
        report = shifts(clinic(), al.rules.ControlChart())
        with pytest.raises(al.errors.CannotEstimate, match="range="):
            _ = report.chance
        assert "No chance rate" in report.methods()
        assert "No chance rate" in report._repr_html_()
        with pytest.raises(al.errors.CannotEstimate, match="range="):
            al.calibrate(al.rules.ControlChart(), like=report)

    @pytest.mark.parametrize("per", ["dyad", 3, None])
    def test_per_is_client_or_session(self, per):
        for call in (al.chance_rate, al.calibrate):
            with pytest.raises(al.AllianceError, match=r"^per: "):
                call(al.rules.ControlChart(), like=quiet(dyads=12), per=per)

    def test_threads_do_not_matter(self):
        for rule in RULES:
            one, two = (al.chance_rate(rule, like=quiet(), threads=threads, **FEW) for threads in (1, 2))
            assert repr(dataclasses.astuple(one)) == repr(dataclasses.astuple(two))
            single, several = (al.find_ruptures(quiet(), rule=rule, threads=threads) for threads in (1, 2))
            assert single.sessions.equals(several.sessions)
