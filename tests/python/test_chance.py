"""Chance rates and thresholds set to a wanted rate."""

import itertools

import numpy as np
import polars as pl
import pytest

import alliance as al

FORM = al.instrument("wai-36-client").with_range(1, 7)
FEW = {"clients": 2_000}


def quiet_clinic(dyads=60, sessions=16, seed=7):
    """Simulate clients to whom nothing happens, unequally volatile."""
    generator = np.random.Generator(np.random.PCG64(seed))
    level = generator.normal(5.2, 0.5, (dyads, 1))
    volatility = np.exp(generator.normal(np.log(0.3), 0.5, (dyads, 1)))
    values = np.clip(level + volatility * generator.normal(size=(dyads, sessions)), 1, 7)
    frame = pl.DataFrame(
        {
            "who": np.repeat(np.arange(dyads), sessions),
            "when": np.tile(np.arange(1, sessions + 1), dyads),
            "t": values.ravel(),
        }
    )
    return al.Scores.from_totals(frame, FORM, totals={"total": "t"}, metric="mean", client="who", session="when")


def ruptured_clinic(dyads=200, sessions=16, seed=7):
    """Lower two sessions in a row of every second quiet client by two points."""
    scores = quiet_clinic(dyads, sessions, seed).to_frame()
    falls = (pl.col("who") % 2 == 0) & pl.col("when").is_in([8, 9])
    frame = scores.with_columns(t=pl.when(falls).then(pl.max_horizontal(pl.col("total") - 2, 1.0)).otherwise("total"))
    return al.Scores.from_totals(frame, FORM, totals={"total": "t"}, metric="mean", client="who", session="when")


@pytest.fixture(scope="module")
def clinic():
    return quiet_clinic()


def rule(reference="running-mean", unit="shrunken-sd", threshold=2.0, **fields):
    return al.rules.BelowReference(reference=reference, unit=unit, threshold=threshold, **fields)


class TestChanceRate:
    def test_the_rule_fires_as_often_on_fresh_quiet_data(self):
        large = quiet_clinic(dyads=1_000)
        for own in (rule("previous", "own-sd"), rule("previous", "points", 1.0), rule()):
            expected = al.chance_rate(own, like=large, bootstrap=0, **FEW).per_client.rate
            found = al.find_ruptures(quiet_clinic(dyads=2_000, seed=8), rule=own).clients
            seen = (found["flagged"] > 0).mean()
            assert abs(expected - seen) < 0.04, own.describe()

    def test_a_rule_on_own_sds_fires_for_most_quiet_clients(self, clinic):
        chance = al.chance_rate(rule("previous", "own-sd"), like=clinic, **FEW)
        assert chance.per_client.rate > 0.7
        low, high = chance.per_client.fit_interval
        assert low < chance.per_client.rate < high
        assert 0 < chance.per_client.monte_carlo_error < 0.02

    def test_shares_of_classes_sum_to_one(self, clinic):
        chance = al.chance_rate(rule(), like=clinic, bootstrap=0, **FEW)
        assert sum(rate.rate for rate in chance.classes.values()) == pytest.approx(1)

    def test_volatile_clients_are_flagged_by_rules_in_points(self, clinic):
        fifths = al.chance_rate(rule("previous", "points", 1.0), like=clinic, bootstrap=0, **FEW).by_volatility
        assert fifths[-1].rate > 5 * fifths[0].rate

    def test_threads_and_runs_give_the_same_numbers(self, clinic):
        one, two, again = (
            al.chance_rate(rule(), like=clinic, bootstrap=10, threads=threads, **FEW) for threads in (1, 2, 2)
        )
        assert one == two == again
        assert one != al.chance_rate(rule(), like=clinic, bootstrap=10, seed=2, **FEW)

    def test_says_what_the_rate_is_and_is_not(self, clinic):
        chance = al.chance_rate(rule(), like=clinic, bootstrap=0, **FEW)
        assert "if nothing had happened" in chance.methods()
        assert "cannot know" in chance.methods()
        page = chance._repr_html_()
        assert "most volatile fifth" in page
        assert "nan" not in page

    def test_ruptures_in_the_scores_do_not_raise_the_rate(self):
        own = rule("previous", "points", 1.0)
        quiet = al.chance_rate(own, like=quiet_clinic(dyads=200), bootstrap=0, **FEW)
        ruptured = {
            fit: al.chance_rate(own, like=ruptured_clinic(), fit=fit, bootstrap=0, **FEW)
            for fit in ("resistant-to-falls", "as-observed")
        }
        resistant, as_observed = ruptured.values()
        assert abs(resistant.per_client.rate - quiet.per_client.rate) < 0.06
        assert as_observed.per_client.rate > quiet.per_client.rate + 0.2
        assert quiet.falls is None
        assert as_observed.falls is None
        assert 1.5 < resistant.falls["depth"] < 2.5
        assert 1.5 < resistant.falls["sessions"] < 3
        assert "deep falls set apart" in resistant.methods()
        assert "taken as it is" in as_observed.methods()

    @pytest.mark.parametrize("fit", ["robust", None, 3, []])
    def test_an_unknown_fit_is_refused(self, clinic, fit):
        for call in (al.chance_rate, al.calibrate):
            with pytest.raises(al.AllianceError, match="resistant-to-falls") as caught:
                call(rule(), like=clinic, fit=fit)
            assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("option", ["clients", "seed", "bootstrap", "sessions", "threads"])
    @pytest.mark.parametrize("value", [-1, 1.5, "x", True, 2**70])
    def test_counts_are_whole_numbers(self, clinic, option, value):
        with pytest.raises(al.AllianceError, match=option) as caught:
            al.chance_rate(rule(), like=clinic, **{option: value})
        assert caught.value.code == "invalid-option"

    def test_few_dyads_cannot_be_fitted(self):
        with pytest.raises(al.errors.CannotEstimate) as caught:
            al.chance_rate(rule(), like=quiet_clinic(dyads=9))
        assert caught.value.code == "cannot-be-fitted"


class TestCalibrate:
    @pytest.mark.parametrize("own", [rule(), rule("previous", "points"), rule("person-mean", "own-sd")])
    def test_the_rule_fires_as_often_as_wanted_on_fresh_quiet_data(self, clinic, own):
        found = al.calibrate(own, like=clinic, rate=0.05, clients=10_000)
        assert found.attained.rate <= 0.05
        fresh = al.find_ruptures(quiet_clinic(dyads=4_000, seed=9), rule=found.rule).clients
        assert 0.005 < (fresh["flagged"] > 0).mean() < 0.12

    def test_ruptures_in_the_scores_do_not_make_the_threshold_strict(self):
        own = rule("previous", "points")
        quiet = al.calibrate(own, like=quiet_clinic(dyads=200), **FEW).rule.threshold
        resistant = al.calibrate(own, like=ruptured_clinic(), **FEW)
        as_observed = al.calibrate(own, like=ruptured_clinic(), fit="as-observed", **FEW)
        assert abs(resistant.rule.threshold - quiet) < 0.15 * quiet
        assert as_observed.rule.threshold > 1.3 * quiet
        assert "deep falls set apart" in resistant.methods()

    def test_keeps_all_but_the_threshold(self, clinic):
        found = al.calibrate(rule(history=2, gaps="break"), like=clinic, **FEW)
        assert (found.rule.history, found.rule.gaps) == (2, "break")
        assert found.rule.threshold != 2.0
        assert type(found.rule) is al.rules.BelowReference

    def test_deeper_falls_are_found_more_often(self, clinic):
        recall = al.calibrate(rule(), like=clinic, depths=(1, 2, 4), **FEW).recall
        assert [row.pooled_sds for row in recall] == [0, 1, 2, 4]
        assert all(a.one_session <= b.one_session for a, b in itertools.pairwise(recall))
        assert recall[-1].three_sessions > 0.5

    def test_per_session(self, clinic):
        found = al.calibrate(rule(), like=clinic, rate=0.01, per="session", **FEW)
        assert found.attained.rate <= 0.01
        assert "of sessions" in found.methods()
        assert "found, one session" in found._repr_html_()

    def test_a_fixed_score_has_no_threshold_to_move(self, clinic):
        with pytest.raises(al.errors.CannotEstimate) as caught:
            al.calibrate(rule(("fixed", 4.0), "points", 1.0), like=clinic, **FEW)
        assert caught.value.code == "not-calibratable"

    @pytest.mark.parametrize(
        "options",
        [
            {"rate": 0.0},
            {"rate": 1.0},
            {"per": "dyad"},
            {"depths": (-1.0,)},
            {"rate": "x"},
            {"per": 3},
            {"depths": "ab"},
            {"depths": None},
        ],
    )
    def test_nonsense_is_refused(self, clinic, options):
        with pytest.raises(al.AllianceError) as caught:
            al.calibrate(rule(), like=clinic, **FEW, **options)
        assert caught.value.code == "invalid-option"


class TestNonsense:
    @pytest.mark.parametrize("no_rule", ["stiles-2004-as-read", 0, object()])
    @pytest.mark.parametrize(
        "call",
        [
            lambda no_rule, scores: al.find_ruptures(scores, rule=no_rule),
            lambda no_rule, scores: al.chance_rate(no_rule, like=scores),
            lambda no_rule, scores: al.calibrate(no_rule, like=scores),
        ],
    )
    def test_what_is_no_rule_is_refused(self, clinic, call, no_rule):
        with pytest.raises(al.AllianceError, match="BelowReference") as caught:
            call(no_rule, clinic)
        assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("call", [al.chance_rate, al.calibrate])
    def test_only_reports_have_a_default(self, clinic, call):
        with pytest.raises(al.AllianceError, match="BelowReference") as caught:
            call(None, like=clinic)
        assert caught.value.code == "invalid-option"


class TestReport:
    def test_shows_expected_beside_observed(self, clinic):
        report = al.find_ruptures(clinic, rule=rule())
        assert report.chance == al.chance_rate(rule(), like=clinic)
        assert "if nothing had happened" in report.methods()
        page = report._repr_html_()
        assert "expected by chance" in page
        assert "observed" in page

    def test_says_why_there_is_no_expectation(self):
        report = al.find_ruptures(quiet_clinic(dyads=3), rule=rule())
        with pytest.raises(al.errors.CannotEstimate):
            _ = report.chance
        assert "No chance rate" in report.methods()
        assert "No chance rate" in report._repr_html_()
