"""What each option of `score` does, and what scores are."""

from __future__ import annotations

import contextlib
import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from support import SR, SRT, WAI, as_columns, assert_close, cells, close, names_of, own, own_form, plain, sr_columns

import alliance as al

ARM = al.instrument("arm-5-client")
CALPAS = al.instrument("calpas-client")
VPPS = al.instrument("vpps-observer")


def frame_of(*rows, **more):
    return pl.DataFrame(as_columns(rows) | {name: list(values) for name, values in more.items()}, strict=False)


def means(scores):
    return {name: plain(scores.in_metric("mean")[name]) for name in scores}


def refused(code, call, *args, **options):
    with pytest.raises(al.AllianceError) as caught:
        call(*args, **options)
    assert caught.value.code == code
    return caught.value


class TestEntry:
    def test_position_turns_what_is_printed_backwards(self):
        printed = [2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3]
        position = [6 - answer if item in SR.printed_backwards else answer for item, answer in enumerate(printed, 1)]
        by_number = al.score(frame_of(printed), SR, columns="q{item}")
        by_position = al.score(frame_of(position), SR, columns="q{item}", entry="position")
        assert means(by_position) == means(by_number)
        assert means(al.score(frame_of(position), SR, columns="q{item}")) != means(by_number)

    def test_position_and_reversal_together(self):
        form = own(3, reverse=[1, 2], backwards=[2, 3])
        scores = al.score(frame_of([1, 1, 1]), form, columns="q{item}", entry="position")
        # 1 is reversed to 5; 2 is turned twice and stays 1; 3 is turned once to 5.
        assert means(scores) == {"total": [11 / 3]}

    def test_forms_without_backward_items_are_unaffected(self):
        columns = {f"q{item}": [1 + item % 7] for item in range(1, 6)}
        printed = al.score(pl.DataFrame(columns), ARM, columns="q{item}")
        position = al.score(pl.DataFrame(columns), ARM, columns="q{item}", entry="position")
        assert means(printed) == means(position)


class TestAlreadyReversed:
    ROW = (7, 6, 2, 5, 1)

    def total(self, row, **options):
        return al.score(frame_of(row), ARM, columns="q{item}", **options)["total"][0]

    def test_all(self):
        keyed = [*self.ROW[:2], 8 - self.ROW[2], *self.ROW[3:]]
        assert self.total(self.ROW) == sum(keyed) / 5
        assert self.total(keyed, already_reversed=True) == self.total(self.ROW)

    @pytest.mark.parametrize("items", [[3], (3,), np.array([3])])
    def test_some(self, items):
        assert self.total(self.ROW, already_reversed=items) == sum(self.ROW) / 5

    def test_one_of_several(self):
        form = own(4, reverse=[1, 2])
        scores = al.score(frame_of([1, 1, 1, 1]), form, columns="q{item}", already_reversed=[2])
        assert scores["total"][0] == (5 + 1 + 1 + 1) / 4

    def test_none(self):
        assert self.total(self.ROW, already_reversed=[]) == self.total(self.ROW)
        assert self.total(self.ROW, already_reversed=False) == self.total(self.ROW)

    @pytest.mark.parametrize("items", [[2], [0], [6], [-1], [70_000], ["3"], [3.5]])
    def test_items_that_are_not_reversed(self, items):
        error = refused("invalid-option", self.total, self.ROW, already_reversed=items)
        assert "already_reversed" in str(error)


class TestLabels:
    LABELS = {"seldom": 1, "sometimes": 2, "fairly often": 3, "very often": 4, "always": 5}  # noqa: RUF012

    def test_every_label(self):
        rows = [[*reversed(self.LABELS), *self.LABELS, "always", "seldom"]]
        scores = al.score(frame_of(*rows), SR, columns="q{item}", labels=self.LABELS)
        numbers = al.score(frame_of([self.LABELS[text] for text in rows[0]]), SR, columns="q{item}")
        assert means(scores) == means(numbers)

    def test_numbers_of_numpy(self):
        labels = {text: np.int64(number) for text, number in self.LABELS.items()}
        scores = al.score(frame_of(["always"] * 12), SR, columns="q{item}", labels=labels)
        assert scores["total"][0] == 5.0

    def test_a_label_outside_the_range(self):
        error = refused(
            "out-of-range", al.score, frame_of(["never"] * 12), SR, columns="q{item}", labels={"never": -2.0}
        )
        assert error.rows == (0,)

    def test_labels_do_not_touch_numbers(self):
        scores = al.score(frame_of([4] * 12), SR, columns="q{item}", labels=self.LABELS)
        assert scores["total"][0] == 4.0

    @pytest.mark.parametrize("labels", [{"a": "1"}, {"a": True}, {1: 1}, {"a": None}])
    def test_labels_that_make_no_sense(self, labels):
        refused("invalid-option", al.score, frame_of([4] * 12), SR, columns="q{item}", labels=labels)


class TestMissingCodes:
    def test_numbers(self):
        row = [4, -99, 3, 999, 5, 4, 2, 1, 5, 4, 3, 2]
        scores = al.score(frame_of(row), SR, columns="q{item}", missing_codes=[-99, 999])
        blank = al.score(frame_of([None if abs(a) > 5 else a for a in row]), SR, columns="q{item}")
        assert means(scores) == means(blank)
        assert scores.answered("total").tolist() == [10]

    def test_floats_and_arrays(self):
        frame = frame_of([4.0] * 11 + [-9.5])
        for codes in ([-9.5], (-9.5,), np.array([-9.5, -1.0]), {-9.5}, iter([-9.5])):
            scores = al.score(frame, SR, columns="q{item}", missing_codes=codes)
            assert scores.answered("total").tolist() == [11]

    def test_text(self, make_frame):
        frame = make_frame(as_columns([["4"] * 11 + ["NA"], ["."] * 12, ["4"] * 12]))
        scores = al.score(frame, SR, columns="q{item}", labels={"4": 4}, missing_codes=["NA", "."])
        assert scores.answered("total").tolist() == [11, 0, 12]
        assert plain(scores["total"]) == [None, None, 4.0]

    def test_text_and_numbers_in_one_list(self):
        frame = pd.DataFrame(as_columns([["4", -99, "NA", *["4"] * 9]]))
        scores = al.score(frame, SR, columns="q{item}", labels={"4": 4}, missing_codes=["NA", -99])
        assert scores.answered("total").tolist() == [10]

    def test_missing_text_wins_over_a_label(self):
        frame = frame_of(["NA"] * 12)
        scores = al.score(frame, SR, columns="q{item}", labels={"NA": 3}, missing_codes=["NA"])
        assert plain(scores["total"]) == [None]

    def test_not_a_number(self):
        scores = al.score(frame_of([4] * 12), SR, columns="q{item}", missing_codes=[float("nan")])
        assert scores["total"][0] == 4.0

    @pytest.mark.parametrize("code", [1, 3, 5, 2.5])
    def test_a_legal_answer_is_no_missing_code(self, code):
        error = refused(
            "legal-missing-code", al.score, frame_of([4] * 12), SR, columns="q{item}", missing_codes=[-99, code]
        )
        assert isinstance(error, al.errors.InvalidOption)

    def test_a_single_text_is_refused(self):
        refused("invalid-option", al.score, frame_of([4] * 12), SR, columns="q{item}", missing_codes="NA")


class TestMissing:
    @pytest.mark.parametrize(
        ("share", "items", "needed"),
        [
            (0.7, 10, 7),
            (0.75, 5, 4),
            (0.75, 4, 3),
            (0.1, 10, 1),
            (0.3, 10, 3),
            (0.29, 10, 3),
            (1.0, 10, 10),
            (1e-9, 3, 1),
        ],
    )
    def test_share_is_exact(self, share, items, needed):
        rows = [[3] * answered + [None] * (items - answered) for answered in range(items + 1)]
        frame = pl.DataFrame(as_columns(rows), schema={f"q{item}": pl.Int8 for item in range(1, items + 1)})
        scores = al.score(frame, own(items), columns="q{item}", missing=al.Prorate(min_share=share))
        assert scores.scales[0].required == needed
        assert plain(scores["total"]) == [3.0 if answered >= needed else None for answered in range(items + 1)]

    @pytest.mark.parametrize(("count", "items", "needed"), [(1, 4, 1), (4, 4, 4), (9, 4, 4), (3, 10, 3)])
    def test_count(self, count, items, needed):
        scores = al.score(frame_of([3] * items), own(items), columns="q{item}", missing=al.Prorate(min_answered=count))
        assert scores.scales[0].required == needed

    def test_complete_is_the_default(self):
        scores = al.score(frame_of([4] * 11 + [None]), SR, columns="q{item}")
        assert means(scores) == {"goal": [4.0], "task": [None], "bond": [4.0], "total": [None]}
        assert scores.missing == "complete"

    def test_a_prorated_total_needs_every_scale_of_the_partition(self):
        row = [None if item in SR.scales["bond"] else 4 for item in range(1, 13)]
        scores = al.score(frame_of(row), SR, columns="q{item}", missing=al.Prorate(min_answered=1))
        assert means(scores) == {"goal": [4.0], "task": [4.0], "bond": [None], "total": [None]}

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"min_share": 0.5, "min_answered": 3},
            {"min_share": 0},
            {"min_share": 1.01},
            {"min_share": float("nan")},
            {"min_answered": 0},
            {"min_answered": 256},
            {"min_answered": 2.5},
        ],
    )
    def test_rules_that_make_no_sense(self, arguments):
        refused("invalid-option", al.Prorate, **arguments)

    @pytest.mark.parametrize("rule", ["prorate", None, 0.8, al.Prorate])
    def test_words_that_are_no_rule(self, rule):
        refused("invalid-option", al.score, frame_of([4] * 12), SR, columns="q{item}", missing=rule)


class TestMetric:
    FRAME = frame_of([4, 2, 5, 1, 3, 3, 4, 5, 2, 1, 4, 4], [None] + [5] * 11)

    def test_views_of_the_mean(self):
        scores = al.score(self.FRAME, SR, columns="q{item}", missing=al.Prorate(min_answered=1))
        for scale in scores.scales:
            mean = scores[scale.name]
            assert_close(scores.in_metric("sum")[scale.name], mean * scale.items)
            assert_close(scores.in_metric("pomp")[scale.name], 100 * (mean - 1) / 4)

    @pytest.mark.parametrize("metric", ["mean", "sum", "pomp"])
    def test_option_and_view_agree(self, metric):
        asked = al.score(self.FRAME, SR, columns="q{item}", metric=metric)
        assert asked == al.score(self.FRAME, SR, columns="q{item}").in_metric(metric)
        assert asked.metric == metric

    def test_default_is_the_forms_own(self):
        assert al.score(self.FRAME, SR, columns="q{item}").metric == "mean"
        assert al.score(frame_of([4] * 36), WAI, columns="q{item}").metric == "sum"
        assert al.score(frame_of([4.5] * 4), al.instrument("srs-client"), columns="q{item}").metric == "sum"

    def test_whole_sums_are_whole(self):
        rows = [[1 + (row * item) % 7 for item in range(1, 20)] for row in range(300)]
        form = own(19, low=1, high=7)
        sums = al.score(frame_of(*rows), form, columns="q{item}", metric="sum")["total"]
        assert sums.tolist() == [float(sum(row)) for row in rows]

    def test_views_share_memory(self):
        scores = al.score(self.FRAME, SR, columns="q{item}")
        assert np.shares_memory(scores.in_metric("sum").in_metric("mean")["bond"], scores["bond"])

    def test_unknown(self):
        refused("invalid-option", al.score, self.FRAME, SR, columns="q{item}", metric="average")
        refused("invalid-option", al.score(self.FRAME, SR, columns="q{item}").in_metric, "average")


class TestScales:
    FRAME = frame_of([4] * 12)

    def test_by_name_and_in_order(self):
        scores = al.score(self.FRAME, SR, columns="q{item}", scales=["total", "bond", "total"])
        assert list(scores) == ["total", "bond"]
        assert names_of(scores.to_frame()) == ["total", "bond"]

    def test_unknown(self):
        error = refused("unknown-scale", al.score, self.FRAME, SR, columns="q{item}", scales=["trust"])
        assert "`bond`" in str(error)
        scores = al.score(self.FRAME, SR, columns="q{item}", scales=["total"])
        refused("unknown-scale", scores.__getitem__, "bond")
        refused("unknown-scale", scores.answered, "bond")
        refused("unknown-scale", scores.status, "bond")
        refused("unknown-scale", scores.standard_error, "bond")

    @pytest.mark.parametrize("scales", [[], "bond"])
    def test_lists_that_make_no_sense(self, scales):
        refused("invalid-option", al.score, self.FRAME, SR, columns="q{item}", scales=scales)


class TestEvidence:
    FRAME = frame_of([4] * 10)

    def test_unverified_scales_are_left_out_and_named(self):
        with pytest.warns(al.EvidenceWarning) as caught:
            scores = al.score(self.FRAME, SRT, columns="q{item}")
        (warning,) = caught
        assert str(warning.message).startswith("wai-srt-therapist: goal, task, bond left out")
        assert warning.filename == __file__
        assert list(scores) == ["total"]
        assert [scale.name for scale in scores.left_out] == ["goal", "task", "bond"]
        assert {scale.level for scale in scores.left_out} == {"unverified"}
        assert any("left out" in note for note in scores.notes)

    @pytest.mark.parametrize("scales", [["goal"], ["total", "bond"]])
    def test_asking_by_name_is_refused(self, scales):
        error = refused("unverified-key", al.score, self.FRAME, SRT, columns="q{item}", scales=scales)
        assert isinstance(error, al.errors.UnverifiedKey)

    def test_accepting(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scores = al.score(self.FRAME, SRT, columns="q{item}", accept_unverified=True)
            total = al.score(self.FRAME, SRT, columns="q{item}", scales=["total"])
        assert set(scores) == {"goal", "task", "bond", "total"}
        assert scores.level == "unverified"
        assert any("unverified" in note for note in scores.notes)
        assert total.notes == ()
        assert total.level == "attested"

    def test_calpas(self):
        frame = frame_of([4] * 24)
        refused("unverified-key", al.score, frame, CALPAS, columns="q{item}")
        scores = al.score(frame, CALPAS, columns="q{item}", accept_unverified=True)
        (note,) = scores.notes
        assert "unverified and was accepted" in note
        assert CALPAS.gap in note
        assert "unverified" in scores.methods()

    def test_vpps(self):
        frame = frame_of([4] * 80)
        error = refused("key-needed", al.score, frame, VPPS, columns="q{item}")
        assert isinstance(error, al.errors.KeyNeeded)
        assert VPPS.key_in_print.rstrip(".") in str(error)
        form = VPPS.with_key(scales={"participation": [1, 2, 3]}, reversed=[2], source="manual p. 12")
        scores = al.score(frame, form, columns="q{item}")
        assert means(scores) == {"participation": [(4 + 2 + 4) / 3]}
        assert scores.level == "single-source"
        assert any("manual p. 12" in note for note in scores.notes)
        assert form.hash != VPPS.hash

    def test_a_form_of_which_nothing_is_known(self):
        bare = al.instrument("casf-client")
        refused("key-needed", al.score, self.FRAME, bare, columns="q{item}")
        refused("key-needed", al.score, self.FRAME, bare, columns=["q1", "q2"])
        keyed = bare.with_key(scales={"total": [1, 2]}, source="p. 1")
        refused("range-needed", al.score, self.FRAME, keyed, columns=["q1", "q2"])
        whole = keyed.with_range(1, 7)
        assert al.score(self.FRAME, whole, columns=["q1", "q2"])["total"][0] == 4.0

    def test_with_range(self):
        wide = SR.with_range(1, 7)
        assert wide.range == (1, 7)
        assert wide.hash != SR.hash
        frame = frame_of([7] * 12, [1] * 12)
        refused("out-of-range", al.score, frame, SR, columns="q{item}")
        scores = al.score(frame, wide, columns="q{item}", metric="pomp")
        assert scores["total"].tolist() == [100.0, 0.0]
        assert SR.range == (1, 5)
        refused("invalid-instrument", SR.with_range, 7, 1)
        refused("invalid-instrument", SR.with_range, 1, 1)
        refused("invalid-instrument", SR.with_range, 1, float("inf"))

    def test_with_range_moves_reversal(self):
        wide = ARM.with_range(0, 10)
        scores = al.score(frame_of([5, 5, 2, 5, 5]), wide, columns="q{item}")
        assert scores["total"][0] == (5 + 5 + 8 + 5 + 5) / 5


class TestColumns:
    ROW = tuple(1 + item % 5 for item in range(12))

    def expected(self):
        return means(al.score(frame_of(self.ROW), SR, columns="q{item}"))

    @pytest.mark.parametrize(
        ("pattern", "name"), [("wai_{item:02}", "wai_{:02}"), ("{item}", "{}"), ("Q{item}.a", "Q{}.a")]
    )
    def test_patterns(self, pattern, name):
        frame = pl.DataFrame({name.format(item): [answer] for item, answer in enumerate(self.ROW, 1)})
        assert means(al.score(frame, SR, columns=pattern)) == self.expected()

    def test_lists_and_mappings(self):
        frame = frame_of(self.ROW)
        assert means(al.score(frame, SR, columns=[f"q{item}" for item in range(1, 13)])) == self.expected()
        mapping = {item: f"q{item}" for item in range(12, 0, -1)}
        assert means(al.score(frame, SR, columns=mapping)) == self.expected()

    @pytest.mark.parametrize(
        "pattern", ["q", "q{item}{other}", "q{item", "q{item.name}", "q{item[0]}", "q{item:x>q}", ""]
    )
    def test_patterns_that_make_no_sense(self, pattern):
        refused("invalid-option", al.score, frame_of(self.ROW), SR, columns=pattern)

    @pytest.mark.parametrize(
        "mapping",
        [{}, {1: "q1"}, {str(item): f"q{item}" for item in range(1, 13)}, {item: f"q{item}" for item in range(12)}],
    )
    def test_mappings_that_do_not_fit(self, mapping):
        refused("wrong-column-count", al.score, frame_of(self.ROW), SR, columns=mapping)

    def test_lists_that_do_not_fit(self):
        for columns in ([], ["q1"], [f"q{item}" for item in range(1, 12)]):
            refused("wrong-column-count", al.score, frame_of(self.ROW), SR, columns=columns)

    def test_missing_columns(self):
        error = refused("missing-column", al.score, frame_of(self.ROW).rename({"q3": "q_3"}), SR, columns="q{item}")
        assert error.column == "q3"
        assert "`q_3`" in str(error)


class TestDuplicatesAndIds:
    FRAME = frame_of(
        *[[answer] * 12 for answer in (1, 2, 3, 4, 5)], who=["b", "a", "b", "a", "b"], when=[1, 1, 2, 1, 1]
    )

    def totals(self, **options):
        return al.score(self.FRAME, SR, columns="q{item}", client="who", session="when", **options)

    def test_error(self):
        error = refused("duplicate-form", self.totals)
        assert isinstance(error, al.errors.DuplicateForm)
        assert (error.rows, error.count) == ((3, 4), 2)

    @pytest.mark.parametrize(
        ("policy", "expected"), [("first", [1, 2, 3]), ("last", [3, 4, 5]), ("keep", [1, 2, 3, 4, 5])]
    )
    def test_policies_keep_row_order(self, policy, expected):
        scores = self.totals(duplicates=policy)
        assert scores["total"].tolist() == expected
        assert len(scores.to_frame()) == len(expected)
        assert scores.provenance()["input"]["rows_read"] == 5
        assert scores.provenance()["input"]["forms"] == len(expected)

    def test_every_kind_of_frame(self, make_frame):
        frame = make_frame(self.FRAME.to_dict(as_series=False))
        for policy, expected in (("first", [1, 2, 3]), ("last", [3, 4, 5])):
            scores = al.score(frame, SR, columns="q{item}", client="who", session="when", duplicates=policy)
            assert scores["total"].tolist() == expected
            assert cells(scores.to_frame(), "who") == [["b", "a", "b"], ["b", "a", "b"]][policy == "last"]

    def test_a_further_id_tells_forms_apart(self):
        frame = self.FRAME.with_columns(by=pl.int_range(pl.len()))
        for role in ("therapist", "rater"):
            scores = al.score(frame, SR, columns="q{item}", client="who", session="when", **{role: "by"})
            assert len(scores) == 5

    def test_one_id_alone_says_nothing(self):
        for role in ("client", "session", "therapist", "rater"):
            assert len(al.score(self.FRAME, SR, columns="q{item}", **{role: "who"})) == 5

    def test_dropped_forms_are_not_judged(self):
        frame = frame_of([4] * 12, [77] * 12, who=["a", "a"], when=[1, 1])
        scores = al.score(frame, SR, columns="q{item}", client="who", session="when", duplicates="first")
        assert scores["total"].tolist() == [4.0]

    @pytest.mark.parametrize("ids", [["a", None, "b"], [1, None, 2], [1.5, float("nan"), 2.0]])
    @pytest.mark.parametrize("policy", ["error", "first", "last", "keep"])
    def test_missing_ids(self, ids, policy, make_frame):
        frame = make_frame(sr_columns(3) | {"who": ids, "when": [1, 1, 1]})
        error = refused(
            "missing-id", al.score, frame, SR, columns="q{item}", client="who", session="when", duplicates=policy
        )
        assert isinstance(error, al.errors.MissingId)
        assert (error.rows, error.count) == ((1,), 1)

    def test_missing_dates(self, make_simple):
        days = pl.Series([0, None, 2]).cast(pl.Date).to_list()
        frame = make_simple(sr_columns(3) | {"day": days})
        assert refused("missing-id", al.score, frame, SR, columns="q{item}", session="day").rows == (1,)

    def test_unknown_policy(self):
        refused("invalid-option", self.totals, duplicates="drop")

    def test_one_column_for_two_roles(self):
        refused("repeated-column", al.score, self.FRAME, SR, columns="q{item}", client="who", session="who")

    def test_a_missing_id_column(self):
        refused("missing-column", al.score, self.FRAME, SR, columns="q{item}", client="name")

    def test_ids_called_like_scores(self):
        frame = self.FRAME.rename({"who": "total"})
        scores = al.score(frame, SR, columns="q{item}", client="total")
        assert refused("repeated-column", scores.to_frame).column == "total"
        for name in ("scale", "form", "score", "status"):
            frame = self.FRAME.rename({"who": name})
            scores = al.score(frame, SR, columns="q{item}", client=name)
            assert refused("repeated-column", scores.to_frame, "long").column == name


class TestFromTotals:
    FRAME = pl.DataFrame({"who": ["a", "b", "c"], "sum": [18, None, 20], "mean": [4.5, None, 5.0]})

    @pytest.mark.parametrize(("metric", "values"), [("sum", [18, 4]), ("mean", [4.5, 1]), ("pomp", [87.5, 0])])
    def test_units(self, metric, values, make_frame):
        frame = make_frame({"who": ["a", "b", "c"], "given": [values[0], None, values[1]]})
        scores = al.Scores.from_totals(frame, SR, totals={"bond": "given"}, metric=metric, client="who")
        assert scores.metric == metric
        assert plain(scores.in_metric("mean")["bond"]) == [4.5, None, 1.0]
        assert_close(scores["bond"], [values[0], None, values[1]])
        assert scores.status("bond").tolist() == ["complete", "not-scored", "complete"]
        assert names_of(scores.to_frame()) == ["who", "bond"]
        assert scores.scales[0].complete == 2

    def test_what_cannot_be_a_total(self):
        def given(metric, value):
            frame = pl.DataFrame({"t": [4.0, value]}, strict=False)
            return al.Scores.from_totals(frame, SR, totals={"bond": "t"}, metric=metric)

        for metric, value in (("mean", 5.5), ("sum", 21), ("pomp", 101), ("mean", 0.5), ("mean", float("inf"))):
            assert refused("out-of-range", given, metric, value).rows[-1] == 1

    def test_options(self):
        call = al.Scores.from_totals
        refused("unknown-scale", call, self.FRAME, SR, totals={"trust": "sum"}, metric="sum")
        refused("invalid-option", call, self.FRAME, SR, totals={}, metric="sum")
        refused("invalid-option", call, self.FRAME, SR, totals={"bond": "sum"}, metric="total")
        refused("missing-column", call, self.FRAME, SR, totals={"bond": "absent"}, metric="sum")
        refused("unverified-key", call, self.FRAME, CALPAS, totals={"total": "mean"}, metric="mean")
        refused("range-needed", call, self.FRAME, al.instrument("casf-client"), totals={"total": "sum"}, metric="sum")
        accepted = call(self.FRAME, CALPAS, totals={"total": "mean"}, metric="mean", accept_unverified=True)
        assert accepted.level == "unverified"

    def test_the_methods_paragraph_says_so(self):
        scores = al.Scores.from_totals(self.FRAME, SR, totals={"bond": "sum"}, metric="sum")
        assert "computed elsewhere" in scores.methods()
        assert scores.provenance()["mapping"]["entry"] == "totals"


class TestShapes:
    FRAME = frame_of([4] * 12, [3] * 11 + [None], [None] * 12, who=["a", "b", "c"])

    def test_long(self):
        scores = al.score(
            self.FRAME,
            SR,
            columns="q{item}",
            client="who",
            scales=["task", "total"],
            missing=al.Prorate(min_answered=1),
        )
        long = scores.to_frame("long")
        assert set(long.columns) == {
            "who", "rater", "form", "scale", "score", "metric", "answered", "items", "status", "standard_error",
        }  # fmt: skip
        assert long["scale"].to_list() == ["task"] * 3 + ["total"] * 3
        assert long["answered"].to_list() == [4, 3, 0, 12, 11, 0]
        assert long["items"].to_list() == [4, 4, 4, 12, 12, 12]
        assert long["status"].to_list() == ["complete", "prorated", "not-scored"] * 2
        assert set(long["rater"]) == {"client"}
        assert set(long["form"]) == {"wai-sr-client"}
        assert long["score"].to_list() == [4.0, 3.0, None] * 2

    def test_a_rater_column_of_the_callers(self):
        scores = al.score(self.FRAME, SR, columns="q{item}", rater="who", scales=["total"])
        assert "rater" not in scores.to_frame("long").columns

    def test_unknown_shape(self):
        refused("invalid-option", al.score(self.FRAME, SR, columns="q{item}").to_frame, "tall")

    def test_status_and_answered(self):
        scores = al.score(self.FRAME, SR, columns="q{item}")
        assert scores.status("task").tolist() == ["complete", "not-scored", "not-scored"]
        assert scores.answered("task").tolist() == [4, 3, 0]
        assert scores.answered("task").dtype == np.uint8
        task = next(scale for scale in scores.scales if scale.name == "task")
        assert (task.complete, task.prorated, task.not_scored) == (1, 0, 2)

    def test_standard_error(self):
        reference = al.ItemSpread.exchangeable(1.2, 0.5)
        scores = al.score(self.FRAME, SR, columns="q{item}", missing=al.Prorate(min_answered=1))
        own = plain(scores.standard_error("total"))
        assert own == [0.0, None, None]  # fewer than thirty complete forms
        stated = plain(scores.standard_error("total", reference=reference))
        assert stated[0] == 0.0
        assert stated[2] is None
        assert close(stated[1], reference.standard_error(11, 12))
        pomp = scores.in_metric("pomp").standard_error("total", reference=reference)
        assert close(pomp[1], 25 * stated[1])


class TestObjects:
    FRAME = frame_of([4, None, 3, 2, 5, 4, 3, 2, 1, 4, 4, 3], [5] * 12, who=["SECRET-1", "SECRET-2"])

    def scores(self, **options):
        return al.score(self.FRAME, SR, columns="q{item}", client="who", **options)

    def test_equality(self):
        assert self.scores() == self.scores()
        assert np.isnan(self.scores()["total"]).any()
        assert self.scores() != self.scores(metric="sum")
        assert self.scores() != self.scores(missing=al.Prorate(min_answered=1))
        assert self.scores() != self.scores(scales=["total"])
        assert self.scores() != 3
        other = al.score(self.FRAME[::-1], SR, columns="q{item}", client="who")
        assert self.scores() != other

    def test_unhashable(self):
        with pytest.raises(TypeError):
            hash(self.scores())

    @pytest.mark.parametrize("client", [None, "who"])
    def test_pickle_and_copy(self, client, make_frame):
        frame = make_frame(self.FRAME.to_dict(as_series=False))
        scores = al.score(frame, SR, columns="q{item}", client=client, missing=al.Prorate(min_share=0.5))
        for again in (pickle.loads(pickle.dumps(scores)), copy.copy(scores), copy.deepcopy(scores)):
            assert again == scores
            assert again.provenance() == scores.provenance()
            assert type(again.to_frame()) is type(scores.to_frame())

    def test_a_pickle_holds_no_answers(self):
        rows = 5000
        scores = al.score(pl.DataFrame(sr_columns(rows)), SR, columns="q{item}", scales=["total"])
        assert len(pickle.dumps(scores)) < rows * 12 * 8 / 2

    def test_pickle_of_the_rest(self):
        objects = [
            SR,
            SR.with_range(1, 7),
            VPPS.with_key(scales={"total": [1]}, source="p. 1"),
            al.Prorate(min_share=0.5),
        ]
        objects += [al.ItemSpread(0.5), al.check(self.FRAME, SR, columns="q{item}"), self.scores().scales]
        for each in objects:
            assert pickle.loads(pickle.dumps(each)) == each
        error = refused("unknown-scale", self.scores().answered, "trust")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.code) == (type(error), str(error), error.code)

    def test_frozen(self):
        scores = self.scores()
        for each in (scores, SR):
            for name in ("metric", "instrument", "anything", "_native"):
                with pytest.raises(AttributeError):
                    setattr(each, name, 1)
                with pytest.raises(AttributeError):
                    delattr(each, name)
        with pytest.raises(ValueError, match="read-only"):
            scores["total"][0] = 1.0
        with pytest.raises(AttributeError):
            scores.scales[0].items = 3
        with contextlib.suppress(TypeError):
            SR.scales["new"] = (1,)
        assert "new" not in SR.scales
        with pytest.raises(TypeError):
            al.Scores()

    def test_representations_hold_no_data(self):
        scores = self.scores()
        assert repr(scores) == "<Scores wai-sr-client: 2 forms, goal, task, bond, total (mean)>"
        for text in (repr(scores), scores._repr_html_(), scores.methods(), scores.cite(), str(scores.provenance())):
            assert "SECRET" not in text
        assert "SECRET" not in repr(al.check(self.FRAME, SR, columns="q{item}", client="who"))

    def test_methods_and_citation(self):
        text = self.scores(missing=al.Prorate(min_share=0.75)).methods()
        for fact in ("wai-sr-client", "item means", "75 %", "analyst's", SR.hash[:12], al.__version__):
            assert fact in text
        assert "@article{wai-sr-client," in self.scores().cite() or "@misc{wai-sr-client," in self.scores().cite()
        assert "@software{alliance," in al.cite(self.scores(), SR)
        assert al.cite(SR, SR, self.scores()) == al.cite(SR)
        with pytest.raises(TypeError):
            al.cite("wai-sr-client")


class TestInstruments:
    def test_names(self):
        assert al.instrument("WAI_SR client") == SR
        assert al.instrument("wai-srt").id == "wai-srt-therapist"
        refused("unknown-instrument", al.instrument, "wai-xyz-client")
        refused("ambiguous-instrument", al.instrument, "wai")

    def test_catalog(self, make_simple):
        forms = al.catalog()
        assert len(forms) == len({form.id for form in forms})
        assert [form.id for form in forms] == sorted(form.id for form in forms)
        assert forms[:3][0] == forms[0]
        frame = forms.to_frame(make_simple.out)
        assert cells(frame, "id") == [form.id for form in forms]
        for form in forms:
            assert form.id.endswith(f"-{form.rater}")
            assert form.id in form._repr_markdown_() or form.name in form._repr_markdown_()
            assert al.Instrument.from_toml(form.to_toml() + "\n").hash == form.hash
        refused("invalid-option", forms.to_frame, "numpy")

    def test_from_a_file(self, tmp_path):
        file = tmp_path / "mine.toml"
        file.write_text(own_form(), encoding="utf-8")
        assert al.Instrument.from_toml(file) == al.Instrument.from_toml(str(file)) == own()
        with pytest.raises(OSError, match="absent"):
            al.Instrument.from_toml(tmp_path / "absent.toml")
