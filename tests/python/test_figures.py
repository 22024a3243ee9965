"""Figures: what is drawn where, and that nothing lies over anything else."""

from __future__ import annotations

import datetime
import itertools
import math
import warnings

import polars as pl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from support import SR, own

import alliance as al

POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0, repair=("return-to-reference", 0.0))
# Two forms that are parallel, and one that is not.
OURS = own(4, rater="client", family="twin")
THEIRS = own(4, rater="therapist", family="twin")
OTHER = own(5, rater="therapist", family="other")


def rows(scores, items=4, *, who="a", sessions=None, **more):
    """Make forms whose items all have the score of the session; None is no form."""
    sessions = range(1, len(scores) + 1) if sessions is None else sessions
    kept = [(session, score) for session, score in zip(sessions, scores, strict=True) if score is not None]
    ids = {"who": [who] * len(kept), "when": [session for session, _ in kept]}
    ids |= {name: [value] * len(kept) for name, value in more.items()}
    return ids | {f"x{item}": [score for _, score in kept] for item in range(1, items + 1)}


def joined(*parts):
    return {name: list(itertools.chain.from_iterable(part[name] for part in parts)) for name in parts[0]}


def visits(words, *, sessions=None, **more):
    sessions = range(1, len(words) + 1) if sessions is None else sessions
    kept = [(session, word) for session, word in zip(sessions, words, strict=True) if word is not None]
    ids = {"who": ["a"] * len(kept), "when": [session for session, _ in kept]}
    return ids | {name: [value] * len(kept) for name, value in more.items()} | {"status": [word for _, word in kept]}


def report(client, therapist=None, calendar=None, form=THEIRS, *, ids=None, rule=POINT):
    made = al.Study(client="who", session="when", **(ids or {}))
    made = made.with_forms(pl.DataFrame(client), OURS, columns="x{item}")
    if therapist is not None:
        made = made.with_forms(pl.DataFrame(therapist), form, columns="x{item}")
    if calendar is not None:
        made = made.with_appointments(pl.DataFrame(calendar))
    return al.find_ruptures(made, rule=rule, rater="client")


def line(panel, label):
    """Give the points of a line; None for a break."""
    (found,) = [one for one in panel.get_lines() if one.get_label() == label]
    values = [None if math.isnan(value) else float(value) for value in found.get_ydata()]
    return list(zip([float(place) for place in found.get_xdata()], values, strict=True))


def labels(panel):
    return {one.get_label() for one in panel.get_lines()}


def key(figure):
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def shades(panel):
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in panel.patches]


def panels(figure):
    """Give the panels that are shown, with what stands above them."""
    return [(panel, panel.get_title(loc="left")) for panel in figure.axes if panel.get_visible()]


def assert_nothing_overlaps(figure):
    """Draw the figure and compare the boxes of all texts, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    # Ticks outside the limits are kept and not drawn.
    undrawn = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not axes.get_visible()
        or not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    }
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in undrawn
    ]
    whole = figure.bbox
    seen = set()
    for name, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= whole.width + 1 and box.y1 <= whole.height + 1, name
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        if (tuple(first.bounds), one) == (tuple(second.bounds), other):
            continue
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 1 or down <= 1, (one, other)
        seen |= {one, other}
    return seen


class TestOneCourse:
    def test_gaps_break_the_line_and_sessions_not_held_do_not(self):
        words = ["attended", "attended", "no-show", "attended", "attended", "cancelled-by-therapist", "attended"]
        figure = report(rows([4, 4, None, 2, None, None, 4]), calendar=visits(words)).plot("a")
        ((panel, title),) = panels(figure)
        assert line(panel, "score") == [(1, 4), (2, 4), (4, 2), (5, None), (7, 4)]
        assert line(panel, "reference") == [(1, None), (2, 4), (4, 4), (5, None), (7, 2)]
        assert line(panel, "limit")[2] == (4, 3)
        assert line(panel, "flagged") == [(4, 2)]
        assert shades(panel) == [(3.5, 6.5)]
        marks = [
            (float(one.get_xdata()[0]), one.get_marker()) for one in panel.get_lines() if one.get_label() == "_mark"
        ]
        assert marks == [(3, "x"), (5, "o"), (6, "^")]
        assert key(figure) == {"flagged", "episode", "no-show", "cancelled by therapist", "held, no score"}
        assert title == "a, ongoing"

    def test_without_appointments_a_gap_is_a_gap(self):
        figure = report(rows([4, 4, None, 4])).plot("a")
        ((panel, title),) = panels(figure)
        assert line(panel, "score") == [(1, 4), (2, 4), (3, None), (4, 4)]
        assert (title, key(figure), shades(panel)) == ("a", set(), [])

    @pytest.mark.parametrize(
        ("words", "at", "title"),
        [
            (["attended"] * 3 + ["dropout"], 4.0, "a, drop-out"),
            (["attended"] * 2 + ["planned-end"], 3.5, "a, planned end"),
            (["attended"] * 3, None, "a, ongoing"),
        ],
    )
    def test_the_end_is_drawn(self, words, at, title):
        ((panel, found),) = panels(report(rows([4, 4, 4]), calendar=visits(words)).plot("a"))
        across = [one for one in panel.get_lines() if list(one.get_ydata()) == [0, 1]]
        assert [float(one.get_xdata()[0]) for one in across] == ([] if at is None else [at])
        assert found == title

    def test_a_single_reference_is_seen(self):
        ((panel, _),) = panels(report(rows([4, 4])).plot("a"))
        assert len([one for one in panel.get_lines() if one.get_label() == "_alone"]) == 2

    def test_all_possible_scores_are_on_the_axis(self):
        ((panel, _),) = panels(report(rows([4, 4, 4])).plot("a"))
        low, high = panel.get_ylim()
        assert low < 1 < 5 < high
        assert list(panel.get_yticks()) == [1, 2, 3, 4, 5]

    def test_nobody_is_refused(self):
        for options in ({"client": "nobody"}, {"client": "a", "therapist": "x"}, {"client": object()}):
            with pytest.raises(al.errors.InvalidOption, match="client"):
                report(rows([4, 4, 4])).plot(**options)

    def test_a_client_who_never_came(self):
        calendar = joined(
            visits(["attended"] * 3), {"who": ["b"] * 2, "when": [1, 2], "status": ["no-show", "dropout"]}
        )
        ((panel, title),) = panels(report(rows([4, 4, 4]), calendar=calendar).plot("b"))
        assert line(panel, "score") == []
        assert title == "b, drop-out"


class TestRaters:
    def test_a_parallel_form_is_a_thinner_line(self):
        figure = report(rows([4, 4, 2, 4]), rows([3, None, 2, 3, 3])).plot("a")
        ((panel, _),) = panels(figure)
        assert line(panel, "therapist") == [(1, 3), (2, None), (3, 2), (4, 3), (5, 3)]
        widths = {one.get_label(): one.get_linewidth() for one in panel.get_lines()}
        assert widths["therapist"] < widths["score"]
        texts = [text.get_text() for text in panel.texts]
        assert sorted(texts) == ["client", "limit", "reference", "therapist"]
        assert panel.get_xlim()[1] > 5

    def test_another_form_has_a_panel_of_its_own(self):
        figure = report(rows([4, 4, 2, 4]), rows([3, 3, 2, 3], items=5), form=OTHER).plot("a")
        (panel, _), (below, _) = panels(figure)
        assert "therapist" not in labels(panel)
        assert labels(below) == {"therapist"}
        assert below.get_ylabel() == "therapist"
        assert panel.get_position().y0 > below.get_position().y1, "no second axis on the same panel"
        assert panel.get_xlim() == below.get_xlim()

    def test_a_rater_of_somebody_else_is_not_drawn(self):
        figure = report(joined(rows([4, 4, 4]), rows([4, 4, 4], who="b")), rows([3, 3, 3], who="b")).plot("a")
        assert "therapist" not in labels(figure.axes[0])
        assert "therapist" in labels(report(rows([4, 4, 4]), rows([3, 3, 3])).plot("a").axes[0])

    def test_dates_are_matched(self):
        days = [datetime.date(2026, 1, 5) + datetime.timedelta(days=7 * week) for week in range(4)]
        figure = report(rows([4, None, 4, 4], sessions=days), rows([3, 3, None, 3], sessions=days)).plot("a")
        assert line(figure.axes[0], "therapist") == [(1, 3), (2, None), (3, 3)]


class TestSeveralCourses:
    def test_two_therapists_have_two_panels(self):
        client = joined(rows([4, 4, 2, 4], by="y", sessions=range(5, 9)), rows([4, 4, 4], by="x"))
        theirs = joined(rows([3, 3, 3], by="x"), rows([2, 2], by="y", sessions=(5, 6)))
        found = report(client, theirs, ids={"therapist": "by"})
        figure = found.plot("a")
        (first, one), (second, other) = panels(figure)
        assert (one, other) == ("a, with x", "with y")
        assert first.get_ylim() == second.get_ylim()
        assert line(first, "therapist") == [(1, 3), (2, 3), (3, 3)]
        assert line(second, "therapist") == [(5, 2), (6, 2), (7, None), (8, None)]
        assert key(figure) == {"client", "episode", "flagged", "limit", "reference", "therapist"}
        ((only, title),) = panels(found.plot("a", therapist="y"))
        assert (title, line(only, "score")[0]) == ("a, with y", (5, 4))

    def test_a_return_after_a_dropout_has_a_panel(self):
        words = [*["attended"] * 3, "dropout", None, *["attended"] * 3]
        figure = report(rows([4, 4, 2, None, None, 4, 4, 4]), rows([3] * 3 + [None] * 2 + [2] * 3), visits(words)).plot(
            "a"
        )
        (first, one), (second, other) = panels(figure)
        assert (one, other) == ("a, drop-out", "course 2, ongoing")
        assert line(first, "therapist") == [(1, 3), (2, 3), (3, 3)]
        assert line(second, "therapist") == [(6, 2), (7, 2), (8, 2)]

    def test_many_courses_fill_several_rows(self):
        client = joined(*(rows([4, 4, 4], by=f"t{number}") for number in range(12)))
        figure = report(client, ids={"therapist": "by"}).plot("a")
        assert len(panels(figure)) == 12
        assert figure.get_figwidth() < 11
        assert_nothing_overlaps(figure)


class TestGrid:
    @staticmethod
    def clinic(depths):
        return report(joined(*(rows([5, 5, 5 - depth, 5], who=who) for who, depth in depths.items())))

    def test_the_deepest_come_first(self):
        found = self.clinic({"a": 0, "b": 2, "c": 1, "d": 3, "e": 0})
        assert [title for _, title in panels(found.plot_clients())] == ["d", "b", "c"]
        assert [title for _, title in panels(found.plot_clients(most=2))] == ["d", "b"]

    def test_without_episodes_the_first_are_shown(self):
        found = self.clinic({"a": 0, "b": 0, "c": 0})
        assert [title for _, title in panels(found.plot_clients(most=2))] == ["a", "b"]

    def test_clients_can_be_named(self):
        figure = self.clinic({"a": 0, "b": 2, "c": 1, "d": 3, "e": 0}).plot_clients(["e", "a", "d", "b", "c"])
        assert [title for _, title in panels(figure)] == ["e", "a", "d", "b", "c"]
        # Below the second to fourth panels there is none, so they have session numbers.
        bottom = [panel.xaxis.get_major_ticks()[0].label1.get_visible() for panel, _ in panels(figure)]
        assert bottom == [False, True, True, True, True]

    @pytest.mark.parametrize("options", [{"clients": []}, {"clients": ["a", "z"]}, {"most": 0}, {"most": 2.5}])
    def test_what_cannot_be_drawn_is_refused(self, options):
        with pytest.raises(al.errors.InvalidOption):
            self.clinic({"a": 0}).plot_clients(**options)

    def test_the_key_says_only_what_occurs(self):
        assert key(self.clinic({"a": 0}).plot_clients()) == {"client", "limit"}
        assert key(self.clinic({"a": 2}).plot_clients()) == {"client", "limit", "flagged", "episode"}


def wavy(count):
    return [4 + (session * session) % 3 % 2 - 2 * (session % 11 == 9) for session in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 16, 30, 60])
@pytest.mark.parametrize("therapist", ["none", "parallel", "other"])
@pytest.mark.parametrize("calendar", [False, True])
def test_nothing_overlaps(count, therapist, calendar):
    words = [
        ("attended", "no-show", "attended", "late", "cancelled-by-client")[session % 5] for session in range(count)
    ]
    words[-1] = "planned-end"
    scores = [
        None if calendar and word in ("no-show", "cancelled-by-client") else score
        for score, word in zip(wavy(count), words, strict=True)
    ]
    theirs = {"none": None, "parallel": rows(wavy(count)), "other": rows(wavy(count), items=5)}[therapist]
    found = report(rows(scores), theirs, visits(words) if calendar else None, OTHER if therapist == "other" else THEIRS)
    seen = assert_nothing_overlaps(found.plot("a"))
    assert {"session", "client"} <= {text.split("\n")[0] for text in seen}
    assert_nothing_overlaps(found.plot_clients())


def test_long_labels_are_thinned_out():
    days = [datetime.date(2026, 1, 5) + datetime.timedelta(days=7 * week) for week in range(40)]
    figure = report(rows(wavy(40), sessions=days)).plot("a")
    shown = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert 3 <= len(shown) < 20
    assert shown[0] == "2026-01-05"
    assert_nothing_overlaps(figure)


def test_figures_need_matplotlib(monkeypatch):
    import sys

    from alliance import figures

    figures._notebook_figure.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    try:
        with pytest.raises(al.errors.MissingExtra):
            report(rows([4, 4, 4])).plot("a")
    finally:
        figures._notebook_figure.cache_clear()


def test_trajectories_of_a_study():
    made = al.Study(client="who", session="when").with_forms(pl.DataFrame(rows([4, None, 3])), OURS, columns="x{item}")
    made = made.with_forms(pl.DataFrame(rows([3, 3, 3])), THEIRS, columns="x{item}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", al.EvidenceWarning)
        figure = made.scores().plot()
    lines = figure.axes[0].get_lines()
    assert [len(one.get_xdata()) for one in lines[:2]] == [3, 3]
    assert math.isnan(lines[0].get_ydata()[1])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_scores_of_an_instrument_from_the_catalog():
    data = {"who": ["a"] * 4, "when": [1, 2, 3, 4], **{f"q{item}": [4, 4, 2, 4] for item in range(1, 13)}}
    scores = al.score(pl.DataFrame(data), SR, columns="q{item}", client="who", session="when")
    ((panel, _),) = panels(al.find_ruptures(scores, rule=POINT).plot("a"))
    assert panel.get_ylabel() == "total, item mean"
