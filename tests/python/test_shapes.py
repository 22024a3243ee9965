"""Shapes of courses from scores to clusters."""

import math

import polars as pl
import pytest
from support import cells, vector

import alliance as al

FORM = al.instrument("wai-36-client").with_range(1, 7)
CASES = [case for case in vector("course-shapes")["cases"] if case["id"] != "three-sessions"]


def scores_of(courses, make_frame=pl.DataFrame, who="c{}"):
    """Make scores of courses: a row per session that has a score, ids as the pattern says."""
    rows = [
        (who.format(client), session, score)
        for client, course in enumerate(courses)
        for session, score in enumerate(course, 1)
        if score is not None
    ]
    columns = dict(zip(("who", "when", "t"), map(list, zip(*rows, strict=True)), strict=True))
    return al.Scores.from_totals(
        make_frame(columns), FORM, totals={"total": "t"}, metric="mean", client="who", session="when"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_shapes_are_those_of_r(case, make_frame):
    found = al.shapes(scores_of(case["courses"], make_frame), first_sessions=case["first_sessions"]).clients
    for name, place in (("level", 0), ("linear", 1), ("quadratic", 2), ("residual_sd", 3)):
        values = [math.nan if value is None else value for value in cells(found, name)]
        wanted = [math.nan if row[place] is None else row[place] for row in case["shapes"]]
        assert values == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_clusters_are_those_of_r(case):
    for cut in case["cuts"]:
        found = al.shapes(scores_of(case["courses"]), clusters=cut["clusters"], first_sessions=case["first_sessions"])
        assert found.between == pytest.approx(cut["between"], rel=1e-9)
        pairs = set(zip(found.clients["cluster"].to_list(), cut["of"], strict=True)) - {(None, None)}
        assert len(pairs) == cut["clusters"]
        assert found.clusters["clients"].to_list() == sorted(found.clusters["clients"].to_list(), reverse=True)


def test_tables_come_back_as_they_went_in(make_frame):
    found = al.shapes(scores_of(CASES[1]["courses"], make_frame), clusters=3)
    expected = type(scores_of(CASES[1]["courses"], make_frame).to_frame())
    assert type(found.to_frame()) is type(found.to_frame("clusters")) is expected
    assert sum(cells(found.clusters, "clients")) == 60
    with pytest.raises(al.AllianceError):
        found.to_frame("courses")


def test_statuses():
    flat, short, sagging = [5.0] * 6, [5.0, 4.0], [6.0, 5.0, 4.0, 5.0, 6.0]
    found = al.shapes(scores_of([flat, short, sagging]))
    assert found.clients["status"].to_list() == ["constant", "too-few-sessions", "fitted"]
    assert found.clients["level"].to_list() == [5.0, None, 5.2]
    assert "cluster" not in found.clients.columns
    assert found.clusters.select("clients", "linear").rows() == [(2, 0.0)]
    assert "1 fitted, 1 constant, 1 too-few-sessions" in found.methods()


def test_nobody_has_enough_sessions():
    scores = scores_of([[5.0, 4.0], [4.0]])
    found = al.shapes(scores)
    assert found.clusters["clients"].to_list() == [0]
    assert found.plot() is not None
    with pytest.raises(al.AllianceError, match="no client") as caught:
        al.shapes(scores, clusters=2)
    assert caught.value.code == "invalid-option"


@pytest.mark.parametrize(
    "options",
    [
        {"clusters": 0},
        {"clusters": 61},
        {"clusters": 2.0},
        {"clusters": True},
        {"clusters": "two"},
        {"first_sessions": 2},
        {"first_sessions": -4},
        {"first_sessions": 10**9},
    ],
)
def test_nonsense_is_refused_by_name(options):
    with pytest.raises(al.AllianceError, match=next(iter(options))) as caught:
        al.shapes(scores_of(CASES[1]["courses"]), **options)
    assert caught.value.code == "invalid-option"


def test_words_and_reprs_hold_no_row():
    found = al.shapes(scores_of(CASES[1]["courses"], who="SENTINEL-{}"), clusters=3)
    assert "SENTINEL" not in repr(found) + found._repr_html_() + found.methods()
    assert "3 clusters" in found.methods()
    assert any("describe" in note for note in found.notes)
    assert "wai-36-client" in found.cite()
    with pytest.raises(AttributeError):
        found.scale = "bond"
    with pytest.raises(TypeError):
        al.Shapes()


def test_the_figure_has_a_panel_per_cluster_and_a_line_per_client():
    case = CASES[1]
    found = al.shapes(scores_of(case["courses"]), clusters=3)
    panels = [panel for panel in found.plot().axes if panel.get_visible()]
    assert len(panels) == 3
    assert sorted(len(panel.get_lines()) - 1 for panel in panels) == sorted(found.clusters["clients"].to_list())
    mean = panels[0].get_lines()[-1].get_ydata()
    members = [
        course
        for course, cluster in zip(case["courses"], found.clients["cluster"].to_list(), strict=True)
        if cluster == 1
    ]
    # A course whose first form is missing starts with its second.
    first = [next(score for score in course if score is not None) for course in members]
    assert mean[0] == pytest.approx(sum(first) / len(first))
