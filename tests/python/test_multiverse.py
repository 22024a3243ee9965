"""Many rules on one data set, side by side."""

from __future__ import annotations

import datetime
import re
import sys

import numpy as np
import polars as pl
import pytest
from matplotlib.collections import LineCollection
from support import cells, close, kind_of, names_of, vector
from test_chance import quiet_clinic
from test_ruptures import POINT, scores

import alliance as al
from alliance.multiverse import PROVENANCE, Row

FEW = {"clients": 500, "bootstrap": 5}


def rule(reference="previous", unit="points", threshold=1.0, **fields):
    return al.rules.BelowReference(reference=reference, unit=unit, threshold=threshold, **fields)


@pytest.fixture(scope="module")
def clinic():
    return quiet_clinic()


@pytest.fixture(scope="module")
def found(clinic):
    return al.multiverse(clinic, **FEW)


def row_of(frame, name):
    return dict(zip(frame.columns, next(row for row in frame.rows() if row[0] == name), strict=True))


class TestRows:
    def test_each_rule_says_what_its_report_says(self, clinic, found):
        frame = found.to_frame()
        assert frame["rule"].to_list() == [preset.id for preset in al.rules.all_presets()]
        for preset in al.rules.all_presets():
            row = row_of(frame, preset.id)
            if preset.id in found.not_used:
                continue
            report = al.find_ruptures(clinic, rule=preset)
            clients, episodes = report.clients, report.episodes
            assessed = clients.filter(pl.col("class") != "not-assessed")
            resolutions = episodes["resolution"].value_counts().rows()
            could_end = sum(count for word, count in resolutions if word in ("repaired", "unrepaired"))
            assert row["assessed"] == assessed.height
            # A client with a flag has an episode, and the other way round.
            assert row["with_episode"] == (assessed["flagged"] > 0).sum() == (assessed["episodes"] > 0).sum()
            assert row["with_episode_share"] == row["with_episode"] / assessed.height
            assert row["flagged"] == assessed["flagged"].sum()
            assert row["flagged_share"] == row["flagged"] / assessed["evaluable"].sum()
            assert row["episodes"] == episodes.height
            assert row["episodes_per_100_sessions"] == pytest.approx(100 * episodes.height / assessed["observed"].sum())
            if could_end:
                assert row["repaired_share"] == dict(resolutions).get("repaired", 0) / could_end
            for word in ("no-rupture", "repaired", "unrepaired", "mixed", "undecided", "not-assessed"):
                assert row[f"class_{word.replace('-', '_')}"] == (clients["class"] == word).sum()

    def test_the_interval_of_the_share_is_wilsons(self, clinic):
        for case in vector("comparing-rules")["shares"]:
            row = Row("a", "own", {"with_episode": case["found"], "assessed": case["of"]}, None)
            assert row.interval == pytest.approx((case["low"], case["high"]), rel=1e-7, abs=1e-12)
        frame = al.multiverse(clinic, rules=[POINT], chance=False).to_frame()
        assert frame["with_episode_low"][0] < frame["with_episode_share"][0] < frame["with_episode_high"][0]

    def test_the_rate_of_chance_stands_beside_it(self, clinic, found):
        for name, chance in found.chance.items():
            alone = al.chance_rate(al.rules.preset(name), like=clinic, **FEW)
            # As text: a rate of nothing is NaN.
            assert repr(vars(chance)) == repr(vars(alone)) == repr(vars(found.reports[name].chance))
            row = row_of(found.to_frame(), name)
            assert row["with_episode_by_chance"] == alone.per_client.rate
            assert (row["with_episode_by_chance_low"], row["with_episode_by_chance_high"]) == pytest.approx(
                alone.per_client.fit_interval
            )
            assert row["flagged_by_chance"] == alone.per_session.rate
            assert close(row["repaired_by_chance"], alone.repaired.rate)
            assert row["class_mixed_by_chance"] == alone.classes["mixed"].rate

    def test_one_model_serves_all_rules(self, clinic, monkeypatch):
        # The function of this name hides the module.
        module = sys.modules["alliance.multiverse"]
        fits, reads = [], []
        fit, read = module.fit_null_model, module.read_sessions
        monkeypatch.setattr(module, "fit_null_model", lambda *given: fits.append(1) or fit(*given))
        monkeypatch.setattr(module, "read_sessions", lambda *given, **named: reads.append(1) or read(*given, **named))
        al.multiverse(clinic, **FEW)
        assert (len(fits), len(reads)) == (1, 1)

    def test_on_quiet_data_rules_find_what_chance_gives(self):
        """Nothing happened to these clients, yet most published rules find most of them ruptured."""
        frame = al.multiverse(quiet_clinic(dyads=400), clients=4000, bootstrap=0).to_frame().drop_nulls("assessed")
        observed, expected = frame["with_episode_share"], frame["with_episode_by_chance"]
        assert (observed - expected).abs().max() < 0.07
        assert observed.median() > 0.5

    def test_without_chance(self, clinic):
        found = al.multiverse(clinic, rules={"a": POINT}, chance=False)
        assert not any("chance" in name for name in found.to_frame().columns)
        assert not found.chance
        assert "by chance" not in found._repr_html_()
        assert found.reports["a"].chance == al.chance_rate(POINT, like=clinic)

    def test_threads_and_runs_give_the_same(self, clinic):
        one, two = (al.multiverse(clinic, threads=threads, **FEW) for threads in (1, 2))
        assert one.to_frame().equals(two.to_frame())
        assert one.agreement == two.agreement

    def test_frames_come_back_as_they_went_in(self, make_simple):
        given = scores(make_simple, [5.0, 3.5, 5.0, 5.0])
        frame = al.multiverse(given, rules=[POINT, rule(("fixed", 9.0))]).to_frame()
        assert kind_of(frame) == make_simple.out
        assert cells(frame, "with_episode") == [1, None]
        assert cells(frame, "not_used")[0] is None
        assert "1 to 7" in cells(frame, "not_used")[1]


class TestRulesThatDoNotFit:
    def test_are_listed_with_the_reason(self, found):
        assert set(found.not_used) == {preset.id for preset in al.rules.all_presets() if "srs-36" in preset.id}
        assert all("1 to 7" in why for why in found.not_used.values())
        row = row_of(found.to_frame(), "srs-36-below")
        assert row["not_used"] == found.not_used["srs-36-below"]
        assert row["assessed"] is None
        assert row["provenance"] == "contested"
        for text in (found.methods(), found._repr_html_()):
            assert "srs-36-below" in text
        assert "srs-36-below" not in found.cite()

    def test_all_of_them(self, clinic):
        found = al.multiverse(clinic, rules=[rule(("fixed", 9.0), threshold=0.0)])
        assert len(found.reports) == 0
        assert found.agreement.rules == ()
        assert found.to_frame().height == 1
        assert "not used" in repr(found)
        with pytest.raises(al.AllianceError, match="nothing to draw"):
            found.plot()

    def test_too_few_dyads_for_a_model_is_no_error(self):
        found = al.multiverse(quiet_clinic(dyads=5), **FEW)
        assert found.to_frame()["with_episode"].drop_nulls().len() == len(found.reports) > 0
        assert not found.chance
        assert any("No chance rate" in note for note in found.notes)
        with pytest.raises(al.errors.CannotEstimate):
            _ = found.reports["stiles-2004-as-read"].chance

    def test_short_series_have_nothing_to_take_a_share_of(self):
        found = al.multiverse(scores(pl.DataFrame, [5.0, 3.0]), rules=[POINT])
        row = found.to_frame().row(0, named=True)
        assert (row["assessed"], row["with_episode"], row["with_episode_share"]) == (0, 0, None)
        assert row["class_not_assessed"] == 1
        assert not re.search(r"\bnan\b", found._repr_html_() + found.methods())
        found.plot()

    @pytest.mark.parametrize(
        "rules",
        [
            [],
            {},
            [None],
            "all",
            POINT,
            3,
            {"a": "stiles-2004-as-read"},
            {"": POINT},
            {3: POINT},
            ["stiles-2004-as-read"],
        ],
    )
    def test_what_is_no_rule_is_refused(self, clinic, rules):
        with pytest.raises(al.AllianceError) as caught:
            al.multiverse(clinic, rules=rules)
        assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("option", ["clients", "bootstrap", "seed"])
    def test_so_are_counts_that_are_none(self, clinic, option):
        with pytest.raises(al.AllianceError, match=option):
            al.multiverse(clinic, **{option: -1})

    def test_faults_of_the_scores_are_errors(self):
        twice = scores(pl.DataFrame, [5.0, 4.0], ["s2", "s10"])
        with pytest.raises(al.AllianceError) as caught:
            al.multiverse(twice)
        assert caught.value.code == "invalid-option"


class TestNames:
    def test_are_the_ids_of_presets_and_say_what_other_rules_are(self, clinic):
        rules = [
            al.rules.preset("stiles-2004-as-read"),
            rule(),
            rule(("baseline", 3), "own-sd", 1.5),
            rule("running-mean", ("difference-error", 0.9), 1.96),
        ]
        assert list(al.multiverse(clinic, rules=rules, chance=False).reports) == [
            "stiles-2004-as-read",
            "previous - 1 points",
            "baseline 3 - 1.5 own-sd",
            "running-mean - 1.96 difference-error 0.9",
        ]

    def test_of_rules_that_look_the_same_say_where_they_differ(self, clinic):
        rules = [rule(), rule(repair_window=5), rule(), rule(repair=("regain-share", 0.5))]
        names = list(al.multiverse(clinic, rules=rules, chance=False).reports)
        assert names == [
            "previous - 1 points, repair return-to-previous 0, repair_window 3",
            "previous - 1 points, repair return-to-previous 0, repair_window 5",
            "previous - 1 points, repair return-to-previous 0, repair_window 3 (2)",
            "previous - 1 points, repair regain-share 0.5, repair_window 3",
        ]

    def test_of_the_same_preset_twice(self, clinic):
        both = al.multiverse(clinic, rules=[al.rules.preset("stiles-2004-as-read")] * 2, chance=False)
        assert list(both.reports) == ["stiles-2004-as-read", "stiles-2004-as-read (2)"]
        assert both.agreement.kappa[0][1] == 1.0
        assert both.cite().count("stiles-2004-as-read") == 1

    def test_are_the_callers_own(self, clinic):
        found = al.multiverse(clinic, rules={"mild": rule(), "strict": rule(threshold=2.0)}, chance=False)
        assert list(found.reports) == found.to_frame()["rule"].to_list() == ["mild", "strict"]
        assert found.to_frame()["provenance"].to_list() == ["own", "own"]

    def test_an_iterator_of_rules_will_do(self, clinic):
        assert len(al.multiverse(clinic, rules=(rule(threshold=1 + at) for at in range(3)), chance=False).reports) == 3

    def test_provenance_is_that_of_the_least_certain_number(self, found):
        for preset in al.rules.all_presets():
            words = preset.provenance.values()
            assert set(words) <= set(PROVENANCE)
            level = row_of(found.to_frame(), preset.id)["provenance"]
            assert level in words
            assert all(PROVENANCE.index(word) <= PROVENANCE.index(level) for word in words)


class TestAgreement:
    def test_equals_kappa_by_hand(self, clinic):
        found = al.multiverse(clinic, rules={"a": rule(), "b": rule("running-mean", "own-sd", 1.5)}, chance=False)
        sessions = [report.sessions for report in found.reports.values()]
        judged = sessions[0]["reference"].is_not_null() & sessions[1]["reference"].is_not_null()
        scored = sessions[0]["score"].is_not_null()
        first, second = (each.filter(judged & scored)["flagged"].to_numpy() for each in sessions)
        observed = (first == second).mean()
        expected = first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean())
        agreement = found.agreement
        assert agreement.kappa[0][1] == pytest.approx((observed - expected) / (1 - expected))
        assert agreement.sessions[0][1] == len(first)
        classes = [report.clients["class"] for report in found.reports.values()]
        both = (classes[0] != "not-assessed") & (classes[1] != "not-assessed")
        assert agreement.alike[0][1] == (classes[0] == classes[1]).filter(both).mean()
        assert agreement.dyads[0][1] == both.sum()

    def test_is_symmetric_and_one_with_itself(self, found):
        kappa = np.array(found.agreement.kappa)
        assert np.array_equal(kappa, kappa.T)
        assert np.all(np.diag(kappa) == 1)

    def test_has_a_row_per_two_rules(self, found):
        count = len(found.agreement.rules)
        frame = found.agreement.to_frame("polars")
        assert frame.height == count * (count - 1) // 2
        assert names_of(frame) == ["rule", "other", "kappa", "sessions", "alike", "dyads"]
        assert found.agreement == al.multiverse(quiet_clinic(), chance=False).agreement

    def test_of_rules_that_never_flag_is_not_defined(self, clinic):
        never = {"a": rule(threshold=6.0), "b": rule(threshold=5.0)}
        found = al.multiverse(clinic, rules=never, chance=False)
        assert found.agreement.to_frame("polars")["kappa"].to_list() == [None]
        assert found.agreement == al.multiverse(clinic, rules=never, chance=False).agreement
        assert not re.search(r"\bnan\b", found.agreement._repr_html_() + found.methods())
        found.plot()


class TestSaid:
    def test_methods_hold_the_facts(self, found):
        text = found.methods()
        for name, report in found.reports.items():
            assert name in text
            assert report.rule.note in text
        assert "if nothing had happened" in text
        assert "The model is the" in text
        assert "60 dyads" in text

    def test_citations_are_of_form_and_rules(self, found):
        text = found.cite()
        assert all(f"{{{name}," in text for name in found.reports)
        assert "wai-36-client" in text
        assert "@software{alliance" in text

    def test_nothing_shows_a_client_or_a_date(self):
        days = [datetime.date(2961, 3, 7) + datetime.timedelta(week) for week in range(6)]
        found = al.multiverse(scores(pl.DataFrame, [5.0, 3.0, 5.0, 5.0, 4.0, 5.0], days, ["SENTINEL"] * 6))
        text = (
            repr(found) + found._repr_html_() + found.methods() + found.agreement._repr_html_() + repr(found.agreement)
        )
        assert "SENTINEL" not in text
        assert "2961" not in text

    def test_cannot_be_changed_or_made(self, found):
        with pytest.raises(AttributeError):
            found.scale = "bond"
        with pytest.raises(TypeError):
            found.reports["a"] = 1
        with pytest.raises(TypeError):
            al.Multiverse()


class TestFigure:
    def test_draws_observed_beside_expected(self, found):
        figure = found.plot()
        shares, kappas = figure.axes
        lines = {line.get_label(): line for line in shares.get_lines()}
        frame = found.to_frame().drop_nulls("with_episode_share").sort("with_episode_share", descending=True)
        assert list(lines["observed, 95 % interval"].get_xdata()) == pytest.approx(
            [100 * x for x in frame["with_episode_share"]]
        )
        expected = sorted(100 * x for x in frame["with_episode_by_chance"])
        assert sorted(lines["if nothing had happened"].get_xdata()) == pytest.approx(expected)
        (whiskers,) = [drawn for drawn in shares.collections if isinstance(drawn, LineCollection)]
        low, high = zip(*(line[:, 0] for line in whiskers.get_segments()), strict=True)
        assert list(low) == pytest.approx([100 * x for x in frame["with_episode_low"]])
        assert list(high) == pytest.approx([100 * x for x in frame["with_episode_high"]])
        widths = sorted(bar.get_width() for bar in shares.patches)
        low, high = frame["with_episode_by_chance_low"], frame["with_episode_by_chance_high"]
        assert widths == pytest.approx(sorted(100 * (high - low)))
        assert {label.get_text() for label in shares.get_yticklabels()} == set(found.reports)
        assert len(kappas.patches) == len(found.reports) * (len(found.reports) - 1) / 2

    def test_leaves_the_agreement_out_where_it_is_not_legible(self, clinic):
        many = al.multiverse(clinic, rules=[rule(threshold=0.1 * (1 + at)) for at in range(13)], chance=False)
        assert len(many.plot().axes) == 1
        one = al.multiverse(clinic, rules=[rule()], chance=False)
        assert len(one.plot().axes) == 1


def test_a_study_and_its_raters():
    frame = pl.DataFrame(
        {"who": ["a"] * 4, "when": [1, 2, 3, 4], **{f"q{item}": [4, 2, 4, 4] for item in range(1, 37)}}
    )
    study = al.Study(client="who", session="when").with_forms(frame, "wai-sr-client", columns="q{item}")
    found = al.multiverse(study, rules=[POINT], rater="client", chance=False)
    assert found.to_frame()["with_episode"].to_list() == [1]
