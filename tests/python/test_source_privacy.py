"""Sources besides forms tell nothing either: no cell, id or date in a message, a repr, a note or a log."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import SR
from test_privacy import CELLS, KINDS, ROWS, assert_silent, columns_with, frame_of, listen, make_cells

import alliance as al

STUDY = al.Study(client="who", session="when")
OWN = {"withdrawal": ["away"], "confrontation": ["against"], "other": [4]}
RULE = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)


def calls_on(frame, at, labels):
    """Everything that can be asked of a frame with a strange cell in one column."""

    def codes(**options):
        return STUDY.with_codes(frame, **({"combine": "mean", "marker": at, "system": OWN} | options))

    def reports(**options):
        return STUDY.with_self_reports(frame, **({"rater": "client", "rupture": at, "labels": labels} | options))

    def outcome():
        return STUDY.with_outcome(frame, score=at, measured="before")

    def with_forms(study):
        return study.with_forms(frame_of("polars", columns_with(3)), SR, columns="q{item}")

    return [
        codes,
        lambda: codes().codes,
        lambda: codes(system="3rs-2022-observer"),
        lambda: codes(marker="q1", system={"withdrawal": [1, 2, 3, 4, 5]}, coder=at, segment=at).codes,
        lambda: codes(marker="q1", system={"withdrawal": [1, 2, 3, 4, 5]}, coder=at, combine="consensus"),
        lambda: codes(marker="q1", system={"withdrawal": [1, 2, 3, 4, 5]}, significance=at, resolution=at).codes,
        lambda: with_forms(codes()).check(),
        lambda: al.find_ruptures(with_forms(codes()), rule=RULE),
        reports,
        lambda: reports(rupture="q1", labels={1: "yes", 2: "no", 3: "no", 4: "no", 5: "no"}, intensity=at, kind=at),
        lambda: reports(rupture="q1", labels={1: "yes", 2: "no", 3: "no", 4: "no", 5: "no"}, intensity="extra").check(),
        lambda: with_forms(reports()).indicators(RULE),
        outcome,
        lambda: al.find_shifts(outcome(), score=at, rule=al.rules.SuddenGain(cutoff=1.0)),
        lambda: STUDY.with_adherence(frame, score=at, below=3.0).indicators(),
        lambda: with_forms(STUDY.with_adherence(frame, score="extra")).indicators(RULE),
        lambda: with_forms(STUDY.with_adherence(frame, score="extra")).check(),
    ]


@settings(max_examples=200)
@given(
    kind=st.sampled_from(KINDS),
    name=CELLS,
    at=st.sampled_from(["q3", "extra", "who", "when"]),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True),
    whole=st.booleans(),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
    labelled=st.booleans(),
)
@example(kind="pandas", name="odd", at="q3", rows=[0], whole=True, tail="x" * 12, labelled=True)
@example(kind="pandas", name="odd hash", at="q3", rows=[0], whole=False, tail="x" * 12, labelled=False)
def test_nothing_is_told(kind, name, at, rows, whole, tail, labelled):
    secret = f"SENTINEL-{tail}"
    frame = frame_of(kind, columns_with(make_cells(secret)[name], at=at, rows=rows, fill=None if whole else 4))
    if frame is None:
        return
    labels = {f"{secret}-other": "yes", 4: "no"} if labelled else None
    assert_silent(listen(calls_on(frame, at, labels)), secret)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(make_cells("x")))
def test_every_cell_in_every_kind(kind, name):
    """Nothing but our own exceptions comes out."""
    secret = "SENTINEL-0123456789abcdef"
    for at in ("q3", "who", "when"):
        frame = frame_of(kind, columns_with(make_cells(secret)[name], at=at))
        if frame is not None:
            assert_silent(listen(calls_on(frame, at, None)), secret)


def test_declared_markers_and_labels_are_not_echoed():
    secret = "SENTINEL-abcdefgh1234"
    frame = frame_of("polars", columns_with() | {"q3": ["x"] * ROWS})
    calls = [
        lambda: STUDY.with_codes(frame, combine="mean", marker="q3", system={"withdrawal": [secret]}),
        lambda: STUDY.with_self_reports(frame, rater="client", rupture="q3", labels={secret: "yes"}),
        lambda: STUDY.with_self_reports(frame, rater="client", rupture="q3", labels={"x": secret}),
        lambda: STUDY.with_codes(frame, combine="mean", marker="q3", system={"withdrawal": [secret, "x"]}).codes,
    ]
    assert_silent(listen(calls), secret)
