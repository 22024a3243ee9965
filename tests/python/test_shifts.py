"""Sudden gains and losses from frame to report."""

import polars as pl
import pytest
from support import vector

import alliance as al

SGDATA = vector("sudden-gains")["data"]["bdi"]


def long(make=pl.DataFrame, rows=None):
    """Give sgdata's sessions 1 to 12 in the long layout, a row per session, null where nothing was filled in."""
    rows = [row[1:] for row in SGDATA] if rows is None else rows
    return make(
        {
            "id": [who for who, row in enumerate(rows, 1) for _ in row],
            "session": [session for row in rows for session in range(1, len(row) + 1)],
            "score": [None if value is None else float(value) for row in rows for value in row],
        }
    )


def find(rule, data=None, higher_is_better=False):
    data = long() if data is None else data
    ids = {"client": "id", "session": "session", "score": "score"}
    return al.find_shifts(data, rule=rule, higher_is_better=higher_is_better, **ids)


def test_the_published_figures_of_sgdata():
    report = find(al.rules.SuddenGain(cutoff=7))
    events = report.events
    assert events.height == 24
    assert events["id"].n_unique() == 15
    assert (events.group_by("id").len()["len"] > 1).sum() == 8
    assert (events["reversed"] == "yes").sum() == 4
    assert events["magnitude"].mean() == pytest.approx(11.0, abs=1e-12)
    assert events["magnitude"].std() == pytest.approx(3.43, abs=5e-3)
    assert report.clients["intervals"].sum() == 43 * 11
    assert report.clients["testable"].sum() == 387


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (al.rules.SuddenGain(cutoff=7, stability="off"), 30),
        (al.rules.SuddenGain(cutoff=None), 30),
        (al.rules.SuddenGain(cutoff=7, proportion=None), 26),
        (al.rules.SuddenGain(cutoff=7, critical=2.776), 26),
        (al.rules.SuddenGain(cutoff=5), 29),
        (al.rules.SuddenGain(cutoff=7, alpha=0.01), 17),
        (al.rules.SuddenGain(cutoff=7, stability="t-test"), 27),
        (al.rules.SuddenLoss(cutoff=7), 3),
    ],
)
def test_the_printed_variants(rule, count):
    assert len(find(rule)) == count


def test_either_orientation_without_negating_scores():
    reflected = [[None if value is None else 63 - value for value in row[1:]] for row in SGDATA]
    gains = find(al.rules.SuddenGain(cutoff=7, proportion=None)).events
    mirrored = find(al.rules.SuddenGain(cutoff=7, proportion=None), long(rows=reflected), True).events
    assert gains["session"].to_list() == mirrored["session"].to_list()
    with pytest.raises(al.AllianceError) as caught:
        find(al.rules.SuddenGain(cutoff=7), long(rows=reflected), True)
    assert caught.value.code == "invalid-option"


def test_tables_come_back_as_they_went_in(make_frame):
    report = find(al.rules.SuddenGain(cutoff=7), long(make_frame))
    assert len(report.clients) == 43
    assert len(report.events) == 24


def test_unsound_rules_and_frames_are_refused():
    with pytest.raises(al.AllianceError) as caught:
        find("sudden")
    assert caught.value.code == "invalid-option"
    with pytest.raises(al.AllianceError) as caught:
        find(al.rules.SuddenGain(cutoff=7), long().rename({"score": "bdi"}))
    assert caught.value.code == "missing-column"
    with pytest.raises(al.AllianceError) as caught:
        find(al.rules.SuddenGain(cutoff=7), long().with_columns(score=pl.lit("SENTINEL")))
    assert caught.value.code == "text-answer"
    assert "SENTINEL" not in str(caught.value)


def test_short_and_empty_series_have_no_shifts():
    for rows in ([], [[None] * 5], [[20.0]], [[20.0, 10.0]], [[20.0, None, 3.0]]):
        assert len(find(al.rules.SuddenGain(cutoff=7), long(rows=rows))) == 0
