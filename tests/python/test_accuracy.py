"""Flags of a rule against coded ruptures."""

from __future__ import annotations

import copy
import datetime
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support import cells, kind_of, vector
from test_ruptures import FORM, POINT, scores

import alliance as al

# Two clients, a session without a form each; a fall of a point in sessions 2 and 6 of the one, 4 of the other.
VALUES = [6.0, 4.5, 6.0, 6.0, 6.0, 4.0, 6.0, 5.0, 5.0, None, 3.0, 5.0, 5.0]
WHO = ["a"] * 7 + ["b"] * 6
WHEN = [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6]


def report(make=pl.DataFrame, when=WHEN, who=WHO, rule=POINT, **options):
    return al.find_ruptures(scores(make, VALUES, when, who), rule=rule, **options)


def coded(codes, make=pl.DataFrame, when=WHEN, who=WHO, **columns):
    return make({"who": who, "when": when, "rupture": codes} | columns)


def accuracy(codes, found=None, **options):
    columns = {name: options.pop(name) for name in ("make", "when", "who", "onset_codes", "weight") if name in options}
    if "onset_codes" in columns:
        columns["onset"] = columns.pop("onset_codes")
    return al.detection_accuracy(found or report(), coded(codes, **columns), **({"resamples": 50} | options))


# Ruptures in sessions 1 (seen in 2), 4 (not seen) and 6 (seen at once) of the one client, 3 (seen in 4) of the other.
CODES = [1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0]


class TestCounts:
    def test_by_hand(self):
        found = accuracy(CODES)
        counts = found.counts
        assert (counts.dyads, counts.coded, counts.ruptures, counts.found) == (2, 13, 4, 3)
        assert (counts.flags, counts.undecided, counts.true_flags, counts.false_flags) == (3, 0, 3, 0)
        assert (counts.rows, counts.unknown_clients, counts.unknown_sessions) == (13, 0, 0)
        # Neither flag nor rupture: sessions 3, 5 and 7 of the one, 1, 2, 5 and 6 of the other.
        assert counts.quiet == 7
        assert (found.sensitivity.value, found.precision.value, found.specificity.value) == (0.75, 1.0, 1.0)
        assert found.kappa.value == pytest.approx(2 * 3 * 7 / (3 * 7 + 4 * 8))

    def test_tolerance_may_be_asymmetric(self):
        both = [(before, after) for before in (0, 1) for after in (0, 1)]
        found = [accuracy(CODES, tolerance=tolerance).counts.found for tolerance in both]
        assert found == [1, 3, 1, 3]
        late = [0, 0, 1, 0, 0, 0, 1] + [0] * 6
        assert accuracy(late, tolerance=(1, 0)).counts.found == 2
        assert accuracy(late, tolerance=[0, 1]).counts.found == 0

    def test_a_session_without_a_form_can_be_missed(self):
        only = [0] * 9 + [1] + [0] * 3
        assert accuracy(only, tolerance=(0, 0)).sensitivity.value == 0.0

    def test_rows_may_be_in_any_order(self):
        order = np.random.default_rng(3).permutation(len(CODES))
        shuffled = coded(CODES)[order]
        assert al.detection_accuracy(report(), shuffled) == al.detection_accuracy(report(), coded(CODES))

    def test_not_coded_is_not_none(self):
        some = [1, 0, 0, None, None, None, None] + [None] * 6
        found = accuracy(some)
        assert (found.counts.dyads, found.counts.coded, found.counts.ruptures) == (1, 3, 1)
        # The flag in session 6 and that of the other client cannot be judged.
        assert (found.counts.undecided, found.counts.true_flags) == (2, 1)
        left_out = al.detection_accuracy(report(), coded(some).drop_nulls(), resamples=50)
        assert left_out == found
        assert any("could not be judged" in note for note in found.notes)
        assert not any("could not be judged" in note for note in accuracy(CODES).notes)

    def test_where_nothing_defines_it(self):
        found = accuracy([0] * 13)
        assert np.isnan(found.sensitivity.value)
        assert str(found.sensitivity) == "not defined"
        assert "not defined" in found.methods()
        assert not re.search(r"\bnan\b", found.methods() + found._repr_html_() + repr(found))
        assert found == accuracy([0] * 13)


class TestReference:
    """Numbers of scikit-learn and scipy."""

    REFERENCE = vector("comparing-rules")

    @staticmethod
    def held(case, **options):
        """Flag what is to be flagged by a fixed score, and hold it against the codes."""
        rows = [
            (who, when, 2.0 if flag == "F" else 6.0, {"R": 1, ".": 0}.get(code))
            for who, (flags, codes) in enumerate(zip(case["flagged"], case["coded"], strict=True))
            for when, (flag, code) in enumerate(zip(flags, codes, strict=True))
        ]
        who, when, values, codes = (list(column) for column in zip(*rows, strict=True))
        below = al.rules.BelowReference(reference=("fixed", 4.0), unit="points", threshold=0.0, least_sessions=0)
        found = al.find_ruptures(scores(pl.DataFrame, values, when, who), rule=below)
        return accuracy(codes, found=found, when=when, who=who, tolerance=case["tolerance"], **options)

    @pytest.mark.parametrize("case", REFERENCE["plain"])
    def test_measures(self, case):
        heavy = [weight for dyad in case["weights"] or [] for weight in dyad]
        found = self.held(case, **({"weights": "weight", "weight": heavy} if heavy else {}))
        for name in ("sensitivity", "precision", "specificity", "kappa"):
            assert getattr(found, name).value == pytest.approx(case[name], rel=1e-12)

    @pytest.mark.parametrize("case", REFERENCE["tolerant"])
    def test_matchings(self, case):
        assert self.held(case).counts.found == case["found"]


class TestIntervals:
    def test_are_over_dyads(self):
        # All found in the one, none in the other: samples of two dyads find none, half or all.
        found = accuracy(UNEVEN, tolerance=(0, 0), resamples=2000)
        sensitivity = found.sensitivity
        assert (sensitivity.value, sensitivity.low, sensitivity.high) == (0.5, 0.0, 1.0)
        narrow = accuracy(UNEVEN, tolerance=(0, 0), resamples=2000, level=0.4)
        assert (narrow.sensitivity.low, narrow.sensitivity.high) == (0.5, 0.5)

    def test_are_the_same_for_the_same_seed(self):
        assert accuracy(CODES) == accuracy(CODES)
        assert accuracy(CODES, seed=2).kappa.value == accuracy(CODES).kappa.value

    def test_none_without_resamples(self):
        found = accuracy(CODES, resamples=0)
        assert np.isnan(found.kappa.low)
        assert "interval" not in found.methods()
        assert str(found.sensitivity) == "0.75"

    def test_none_where_all_dyads_give_the_same(self):
        found = accuracy(CODES)
        assert (found.precision.low, found.precision.high) == (1.0, 1.0)
        assert (str(found.precision), found.precision.percent) == ("1.00", "100 %")
        assert any("does not make it exact" in note for note in found.notes)

    def test_few_dyads_are_said(self):
        assert any("too short" in note for note in accuracy(CODES).notes)


# The rule finds both ruptures of the one and none of the other's.
UNEVEN = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1]


class TestWeights:
    def test_of_sessions_need_to_be_without_tolerance(self):
        """Sessions with a rupture were all coded, of the others one in four."""
        codes = [1, 0, 0, None, None, 1, None, None, 0, None, 1, None, 0]
        weight = [1.0 if code else 4.0 for code in codes]
        found = accuracy(codes, weights="weight", weight=weight, tolerance=(0, 0))
        # The flag in session 2 of the one client is false and stands for four; those in 6 and in 4 are right.
        assert found.precision.value == pytest.approx(2 / (2 + 4))
        assert found.sensitivity.value == pytest.approx(2 / 3)
        with pytest.raises(al.AllianceError, match="tolerance") as caught:
            accuracy(codes, weights="weight", weight=weight)
        assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("weights", [{"a": 1.0, "b": 3}, "weight"])
    def test_count_dyads_as_often(self, weights):
        found = accuracy(UNEVEN, tolerance=(0, 0), weights=weights, weight=[1.0] * 7 + [3.0] * 6)
        assert found.sensitivity.value == pytest.approx(2 / 8)
        assert found.counts.found == 2
        assert "weighted" in found.methods()
        assert "before weighting" in found._repr_html_()

    def test_of_0_leave_a_dyad_out(self):
        found = accuracy(UNEVEN, tolerance=(0, 0), weights={"a": 1, "b": 0})
        assert (found.counts.dyads, found.sensitivity.value) == (1, 1.0)

    def test_rows_that_were_not_coded_need_none(self):
        codes = [*UNEVEN[:7], *[None] * 6]
        assert accuracy(codes, weights={"a": 2.0}).counts.dyads == 1
        assert accuracy(codes, weights="weight", weight=[2.0] * 7 + [None] * 6).counts.dyads == 1

    @pytest.mark.parametrize(
        ("weights", "column"),
        [
            ({"a": 1.0}, [1.0] * 13),
            ({"a": 1.0, "b": -1.0}, [1.0] * 13),
            ({"a": 1.0, "b": float("inf")}, [1.0] * 13),
            ({"a": 1.0, "b": "x"}, [1.0] * 13),
            (3, [1.0] * 13),
            ("weight", [1.0] * 12 + [None]),
            ("weight", [1.0] * 12 + [-2.0]),
        ],
    )
    def test_that_make_no_sense_are_refused(self, weights, column):
        with pytest.raises(al.AllianceError, match="weights") as caught:
            accuracy(UNEVEN, weights=weights, weight=column)
        assert caught.value.code == "invalid-option"


class TestCriterion:
    """The ways a criterion can be written."""

    YES_NO = (
        [bool(code) for code in CODES],
        [float(code) for code in CODES],
        [None if at == 4 else bool(code) for at, code in enumerate(CODES)],
        [None if at == 4 else code for at, code in enumerate(CODES)],
    )

    @pytest.mark.parametrize("codes", YES_NO)
    def test_yes_and_no_in_every_kind_of_frame(self, make_frame, codes):
        found = accuracy(codes, found=report(make_frame), make=make_frame)
        expected = accuracy(codes)
        assert found == expected
        assert expected.counts.found == 3
        assert kind_of(found.to_frame()) == make_frame.out

    def test_yes_and_no_as_objects(self):
        for codes in (
            [True, False, None] * 4 + [False],
            [np.bool_(code) for code in CODES],
            [1, False, None] * 4 + [0],
        ):
            frame = pd.DataFrame({"who": WHO, "when": WHEN, "rupture": pd.Series(codes, dtype=object)})
            plain = [None if code is None else int(code) for code in codes]
            assert al.detection_accuracy(report(), frame, resamples=50) == accuracy(plain)

    def test_strided_and_chunked(self):
        twice = np.repeat(np.array(CODES, dtype=bool), 2)[::2]
        frame = pd.DataFrame({"who": WHO, "when": WHEN}).assign(rupture=twice)
        assert al.detection_accuracy(report(), frame, resamples=50) == accuracy(CODES)
        chunks = pa.chunked_array([[bool(code) for code in CODES[:5]], [], [bool(code) for code in CODES[5:]]])
        table = pa.table({"who": WHO, "when": WHEN, "rupture": chunks})
        assert al.detection_accuracy(report(), table, resamples=50) == accuracy(CODES)

    @pytest.mark.parametrize("codes", [[2, *CODES[1:]], [-1, *CODES[1:]], ["yes"] + ["no"] * 12, [0.5, *CODES[1:]]])
    def test_anything_else_is_refused(self, make_simple, codes):
        with pytest.raises(al.errors.AnswerError) as caught:
            accuracy(codes, found=report(make_simple), make=make_simple)
        assert caught.value.code == "out-of-range"
        assert caught.value.column == "rupture"
        assert caught.value.rows[0] == 0
        assert "neither yes nor no" in str(caught.value)

    def test_columns_have_the_names_of_the_report(self):
        with pytest.raises(al.errors.ColumnError, match="`when`"):
            al.detection_accuracy(report(), coded(CODES).rename({"when": "session"}))
        with pytest.raises(al.errors.ColumnError, match="`coded`"):
            al.detection_accuracy(report(), coded(CODES), column="coded")
        named = coded(CODES).rename({"rupture": "coded"})
        assert al.detection_accuracy(report(), named, column="coded", resamples=50) == accuracy(CODES)

    def test_what_the_report_does_not_have_is_counted_and_left_out(self):
        more = pl.concat(
            [
                coded(CODES),
                pl.DataFrame(
                    {"who": ["z", "z", "a", "b", "b"], "when": [1, 2, 8, 7, 0], "rupture": [1, None, 1, 1, None]}
                ),
            ]
        )
        found = al.detection_accuracy(report(), more, resamples=50)
        counts = found.counts
        assert (counts.rows, counts.unknown_clients, counts.unknown_sessions) == (16, 1, 2)
        assert (counts.ruptures, counts.found) == (4, 3)
        assert found.kappa == accuracy(CODES).kappa
        (note,) = [note for note in found.notes if "left out" in note]
        assert note in found.methods()
        assert "16 coded rows, 1 are of dyads and 2 of sessions" in note

    @pytest.mark.parametrize(
        "frame",
        [
            coded([None] * 13),
            coded(CODES, who=["x"] * 7 + ["y"] * 6),
            coded(CODES, when=[str(number) for number in WHEN]),
            coded([], when=[], who=[]),
        ],
    )
    def test_nothing_in_common_is_refused(self, frame):
        with pytest.raises(al.AllianceError, match="none of its") as caught:
            al.detection_accuracy(report(), frame)
        assert caught.value.code == "invalid-option"

    def test_ids_are_there_and_once(self):
        with pytest.raises(al.errors.MissingId) as caught:
            accuracy(CODES, who=[None, *WHO[1:]])
        assert (caught.value.rows, caught.value.count) == ((0,), 1)
        with pytest.raises(al.errors.DuplicateForm) as caught:
            accuracy(CODES, when=[1, 1, *WHEN[2:]])
        assert (caught.value.code, caught.value.rows) == ("repeated-session", (1,))

    def test_another_library_than_the_scores(self):
        frames = [pd.DataFrame(coded(CODES).to_dict(as_series=False)), coded(CODES).to_arrow()]
        for frame in frames:
            assert al.detection_accuracy(report(), frame, resamples=50) == accuracy(CODES)

    def test_sessions_with_dates(self):
        days = [datetime.date(2026, 1, 1) + datetime.timedelta(7 * number) for number in WHEN]
        found = report(when=days)
        # A session without a form has no date, so nothing can be said about it.
        counts = accuracy(CODES, found=found, when=days).counts
        assert (counts.rows, counts.unknown_sessions, counts.found) == (13, 1, 2)
        pandas = pd.DataFrame(coded(CODES, when=days).to_dict(as_series=False))
        assert al.detection_accuracy(found, pandas, resamples=50).counts == counts

    def test_sessions_in_a_given_order(self):
        labels = ["intake", "s1", "s2", "s3", "s4", "s5", "s10"]
        when = [labels[number - 1] for number in WHEN]
        found = report(when=when, session_order=labels)
        assert accuracy(CODES, found=found, when=when).counts == accuracy(CODES).counts

    def test_a_change_of_therapist(self):
        frame = pl.DataFrame(
            {"who": ["a"] * 6, "by": list("xxxyyy"), "when": [1, 2, 3, 4, 5, 6], "t": [6.0, 4.0, 6.0, 6.0, 6.0, 4.0]}
        )
        ids = {"client": "who", "session": "when", "therapist": "by"}
        found = al.find_ruptures(
            al.Scores.from_totals(frame, FORM, totals={"total": "t"}, metric="mean", **ids), rule=POINT
        )
        criterion = frame.select("who", "by", "when").with_columns(rupture=pl.Series([0, 1, 0, 0, 0, 1]))
        assert al.detection_accuracy(found, criterion).counts.dyads == 2
        # No session is with both of them, so client and session say enough.
        assert al.detection_accuracy(found, criterion.drop("by")) == al.detection_accuracy(found, criterion)


# The rupture of session 1 begins there; the one seen in session 6 began in session 5.
ONSETS = [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]


class TestOnsets:
    def test_by_hand(self):
        onsets = accuracy(CODES, onset_codes=ONSETS).onsets
        assert (onsets.ruptures, onsets.episodes, onsets.matched, onsets.undecided) == (3, 3, 3, 0)
        assert (onsets.sensitivity.value, onsets.precision.value) == (1.0, 1.0)
        assert (onsets.error.value, onsets.absolute_error.value, onsets.delay.value) == (1.0, 1.0, 1.0)

    def test_are_used_where_they_are(self):
        assert accuracy(CODES).onsets is None
        assert accuracy(CODES, onset_codes=ONSETS, onset=None).onsets is None
        named = coded(CODES, began=ONSETS)
        assert al.detection_accuracy(report(), named, onset="began").onsets.matched == 3

    def test_stand_in_table_and_text(self):
        found = accuracy(CODES, onset_codes=ONSETS)
        measures = found.to_frame()["measure"].to_list()
        assert measures[:4] == ["sensitivity", "precision", "specificity", "kappa"]
        assert measures[4:] == [
            f"onset_{name}" for name in ("sensitivity", "precision", "error", "absolute_error", "delay")
        ]
        assert "Of 3 onsets, 100 %" in found.methods()
        assert "error of the onset" in found._repr_html_()

    def test_that_are_not_coded_leave_episodes_undecided(self):
        onsets = accuracy(CODES, onset_codes=ONSETS[:7] + [None] * 6).onsets
        assert (onsets.ruptures, onsets.episodes, onsets.undecided) == (2, 3, 1)
        assert onsets.precision.value == 1.0

    def test_that_are_no_yes_and_no_are_refused(self):
        with pytest.raises(al.errors.AnswerError) as caught:
            accuracy(CODES, onset_codes=[3] + [0] * 12)
        assert caught.value.column == "onset"


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            {"tolerance": (0, -1)},
            {"tolerance": (0,)},
            {"tolerance": 1},
            {"tolerance": (0, 0.5)},
            {"tolerance": (True, 1)},
            {"resamples": -1},
            {"resamples": 10**9},
            {"resamples": 1.5},
            {"level": 1.0},
            {"level": "x"},
            {"level": float("nan")},
            {"seed": -1},
            {"seed": None},
        ],
    )
    def test_nonsense_is_refused(self, options):
        with pytest.raises(al.AllianceError, match=next(iter(options))) as caught:
            accuracy(CODES, **options)
        assert caught.value.code == "invalid-option"

    def test_a_report_is_needed(self):
        with pytest.raises(al.AllianceError, match="find_ruptures"):
            al.detection_accuracy(coded(CODES), coded(CODES))

    def test_an_endless_tolerance_is_one(self):
        assert accuracy(CODES, tolerance=(2**62, 2**62)).counts.found == 3


class TestResult:
    def test_is_frozen_and_can_be_copied_and_pickled(self):
        found = accuracy(CODES, onset_codes=ONSETS)
        with pytest.raises(AttributeError):
            found.level = 0.9
        for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
            assert again == found
            assert again.to_frame().equals(found.to_frame())
        assert hash(found.kappa) == hash(pickle.loads(pickle.dumps(found)).kappa)

    def test_says_what_it_is(self):
        found = accuracy(CODES)
        text = found.methods()
        for fact in ("4 ruptures in 13 coded sessions of 2 dyads", POINT.describe(), "up to 1 session before", "75 %"):
            assert fact in text
        assert repr(found).startswith("<Accuracy sensitivity 75 %")
        preset = report(rule=al.rules.preset("larsson-2018-as-read"))
        assert "larsson-2018-as-read" in al.detection_accuracy(preset, coded(CODES)).methods()

    def test_shows_no_client_or_date(self):
        who = ["SENTINEL-1"] * 7 + ["SENTINEL-2"] * 6
        days = [datetime.date(2961, 3, 7) + datetime.timedelta(7 * number) for number in WHEN]
        found = accuracy(
            CODES, found=report(who=who, when=days), who=who, when=days, weights={"SENTINEL-1": 1, who[-1]: 2}
        )
        text = repr(found) + found.methods() + found._repr_html_() + repr(found.counts)
        assert "SENTINEL" not in text
        assert "2961" not in text

    def test_the_frame_has_missing_values_where_nothing_is_defined(self, make_simple):
        found = accuracy([0] * 13, found=report(make_simple), make=make_simple)
        assert cells(found.to_frame(), "value")[0] is None


def test_the_truth_of_a_simulation():
    """A clinic with planted falls: the frame of the truth is a criterion like any other."""
    generator = np.random.Generator(np.random.PCG64(4))
    dyads, sessions = 40, 16
    values = 5.5 + 0.25 * generator.normal(size=(dyads, sessions))
    onset = np.zeros((dyads, sessions), dtype=bool)
    onset[np.arange(dyads), generator.integers(4, sessions - 2, dyads)] = True
    rupture = onset | np.roll(onset, 1, axis=1)
    values = np.clip(values - 1.5 * rupture, 1, 7)
    ids = {"who": np.repeat(np.arange(dyads), sessions), "when": np.tile(np.arange(1, sessions + 1), dyads)}
    given = al.Scores.from_totals(
        pl.DataFrame(ids | {"t": values.ravel()}),
        FORM,
        totals={"total": "t"},
        metric="mean",
        client="who",
        session="when",
    )
    rule = al.rules.BelowReference(reference="running-mean", unit="shrunken-sd", threshold=2.0)
    truth = pl.DataFrame(ids | {"rupture": rupture.ravel(), "onset": onset.ravel()})
    found = al.detection_accuracy(al.find_ruptures(given, rule=rule), truth, tolerance=(0, 0))
    assert found.sensitivity.value > 0.8
    assert found.specificity.value > 0.97
    assert found.onsets.sensitivity.value > 0.8
    assert abs(found.onsets.error.value) < 0.2
    assert found.counts.rows == dyads * sessions
