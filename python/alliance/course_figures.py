"""Figures of courses: scores with the rule's reference and limit, episodes, gaps and appointments."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance.courses import Course, people, read_courses, same
from alliance.errors import from_code
from alliance.figures import _STYLES, _limits, _notebook_figure, _with_room
from alliance.instruments import all_parallel

if TYPE_CHECKING:
    from alliance.scores import Scores
    from alliance.session_report import SessionReport

_GREY, _DARK, _EPISODE = "0.45", "0.15", "#E69F00"

# Inches.
_WIDEST_ROW, _MAIN_HEIGHT, _OTHER_HEIGHT, _SPARE = 9.0, 2.1, 0.75, 0.5
_ACROSS = 4

# Least distance of two labels of lines, in points.
_LABEL_HEIGHT = 10.0

# Whole scores between lowest and highest that are all marked.
_MOST_TICKS = 7

_Style = Mapping[str, Any]

_ENDINGS = {"dropout": "drop-out", "planned-end": "planned end", "ongoing": "ongoing"}


# Widths of the lines that end a course.
_LINES = {"dropout": 1.4, "planned-end": 0.8}


class _Mark(NamedTuple):
    """A sign at the foot of a panel, and what it says."""

    text: str
    style: _Style


class _Raters(NamedTuple):
    """The raters of parallel forms with their style, and the others with their scores too."""

    beside: dict[str, _Style]
    below: dict[str, tuple[Scores, _Style]]


_MARKS = {
    "no-show": _Mark("no-show", {"marker": "x", "markeredgewidth": 1.2}),
    "cancelled-by-client": _Mark("cancelled by client", {"marker": "v", "markeredgewidth": 0}),
    "cancelled-by-therapist": _Mark("cancelled by therapist", {"marker": "^", "markeredgewidth": 0}),
    "no score": _Mark("held, no score", {"marker": "o", "markerfacecolor": "none", "markeredgewidth": 0.9}),
}


def course_of_client(report: SessionReport, client: Any, therapist: Any) -> Any:
    """Draw the courses of a client, one panel each, side by side; a form that is not parallel has a panel below."""
    chosen = [
        course
        for course, (who, with_whom) in enumerate(people(report))
        if same(who, client) and (therapist is None or same(with_whom, therapist))
    ]
    if not chosen:
        whom = "client" if therapist is None else "client with this therapist"
        raise from_code("invalid-option", f"client: there is no such {whom} in this report")
    courses = sorted(read_courses(report, chosen), key=lambda course: course.span)
    beside, below = _raters(report, courses)
    is_single = len(courses) == 1
    rows = _rows(courses)
    figure = _notebook_figure()(
        figsize=(
            max(max(sum(map(_width, row)) for row in rows) + (1.4 if is_single else 0.7), 4.4),
            len(rows) * (_MAIN_HEIGHT + _OTHER_HEIGHT * len(below)) + 0.9,
        ),
        layout="constrained",
    )
    heights = [_MAIN_HEIGHT, *[_OTHER_HEIGHT] * len(below)]
    for part, row in zip(figure.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        widths = [_width(course) for course in row]
        # The last of several rows keeps the scale of the others.
        spare = max(sum(map(_width, one)) for one in rows) - sum(widths)
        widths += [spare] if spare > _SPARE else []
        panels = part.subplots(
            len(heights),
            len(widths),
            sharex="col",
            sharey="row",
            squeeze=False,
            gridspec_kw={"width_ratios": widths, "height_ratios": heights},
        )
        for panel in panels[:, len(row) :].flat:
            panel.set_visible(False)
        for place, (column, course) in enumerate(zip(panels.T, row, strict=False)):
            _draw(column[0], course, beside)
            column[0].set_title(_title(course, with_client=place == 0), fontsize=8.5, loc="left", color=_DARK)
            for panel, (name, (_, style)) in zip(column[1:], below.items(), strict=True):
                _draw_other(panel, course, name, style)
            _put_sessions(column[-1], course, _width(course))
        _put_scores(panels[0, 0], report, report._voice if below else "")
        for panel, (name, (scores, style)) in zip(panels[1:, 0], below.items(), strict=True):
            panel.set_ylim(*_limits(scores, report.scale))
            panel.set_yticks(scores.instrument.range or (0, 1))
            panel.set_ylabel(name, fontsize=8, color=style["color"])
        if is_single:
            _label_lines(panels[0, 0], report._voice, beside)
    figure.supxlabel("session", fontsize=8)
    _put_key(figure, courses, {} if is_single else {report._voice: _STYLES[0], **beside}, small=False)
    return figure


def grid_of_clients(report: SessionReport, clients: Sequence[Any] | None, most: int) -> Any:
    """Draw small panels: of the courses with the deepest episodes, or of these clients."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise from_code("invalid-option", "most: give a whole number from 1")
    persons = people(report)
    if clients is None:
        depth: dict[int, float] = {}
        for episode in report._detected.episodes():
            depth[episode[0]] = max(depth.get(episode[0], 0.0), episode[6])
        # The order of the report decides between equals, and is all there is without episodes.
        chosen = sorted(depth, key=lambda course: (-depth[course], course)) or list(range(len(persons)))
    else:
        found = [[course for course, (who, _) in enumerate(persons) if same(who, client)] for client in clients]
        if not found or not all(found):
            raise from_code("invalid-option", "clients: name clients of this report, at least one")
        chosen = [course for of_client in found for course in of_client]
    if not chosen:
        raise from_code("invalid-option", "this report has no clients to draw")
    courses = read_courses(report, chosen[:most])
    beside, _ = _raters(report, courses)
    across = min(len(courses), _ACROSS)
    down = -(-len(courses) // across)
    figure = _notebook_figure()(figsize=(max(2.2 * across + 0.6, 4.4), 1.5 * down + 1.0), layout="constrained")
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for panel, course in zip(panels.flat, courses, strict=False):
        _draw(panel, course, beside, small=True)
        panel.set_title(_title(course, with_client=True), fontsize=8, loc="left", color=_DARK)
    for panel in panels.flat[len(courses) :]:
        panel.set_visible(False)
    for panel in panels.flat[len(courses) - across : len(courses)]:
        panel.tick_params(labelbottom=True)
    first, last = panels.flat[0], max(course.span[1] for course in courses)
    first.set_xlim(min(course.span[0] for course in courses) - 0.7, last + 0.9)
    first.xaxis.get_major_locator().set_params(integer=True, nbins=5)
    _put_scores(first, report, "")
    first.set_ylabel("")
    figure.supxlabel("session" if report._run.labels is None else "session, in order", fontsize=8)
    figure.supylabel(report._axis, fontsize=8)
    _put_key(figure, courses, {report._voice: _STYLES[0], **beside}, small=True)
    return figure


def _raters(report: SessionReport, courses: Iterable[Course]) -> _Raters:
    drawn = {name for course in courses for name in course.others}
    styles = dict(zip(report._run.others, cycle(_STYLES[1:]), strict=False))
    beside: dict[str, _Style] = {}
    below: dict[str, tuple[Scores, _Style]] = {}
    for name, scores in report._run.others.items():
        own = report._run.chosen
        if name in drawn and own is not None and all_parallel((own.instrument, scores.instrument), report.scale):
            beside[name] = styles[name]
        elif name in drawn:
            below[name] = (scores.in_metric("mean"), styles[name])
    return _Raters(beside, below)


def _width(course: Course) -> float:
    """Give the width of a panel in inches."""
    first, last = course.span
    return min(max(1.0 + 0.2 * (last - first), 1.6), 7.0)


def _rows(courses: Sequence[Course]) -> list[list[Course]]:
    """Put courses into rows that fit a page."""
    rows: list[list[Course]] = [[]]
    for course in courses:
        if rows[-1] and sum(map(_width, [*rows[-1], course])) > _WIDEST_ROW:
            rows.append([])
        rows[-1].append(course)
    return rows


def _title(course: Course, *, with_client: bool) -> str:
    """Say whose course it is and how it ended."""
    parts = [str(course.client)] if with_client else []
    if course.therapist is not None:
        parts.append(f"with {course.therapist}")
    if course.number > 1:
        parts.append(f"course {course.number}")
    if course.ending in _ENDINGS:
        parts.append(_ENDINGS[course.ending])
    return ", ".join(parts)


def _draw(panel: Any, course: Course, beside: Mapping[str, _Style], *, small: bool = False) -> None:
    """Draw one course: episodes, limit, reference, raters, marks and the end."""
    size = 2.4 if small else 4.0
    for first, last in course.episodes:
        panel.axvspan(first - 0.5, last + 0.5, color=_EPISODE, alpha=0.28, linewidth=0, zorder=0)
    held = course.is_held
    places = course.places[held]
    if not small:
        _draw_level(panel, places, course.references[held], "reference", "-")
    _draw_level(panel, places, course.limits[held], "limit", (0, (4, 3)))
    for name, style in beside.items():
        if name in course.others:
            line = {"linewidth": 0.8, "markersize": 0.65 * size, "markeredgewidth": 0, "zorder": 3}
            panel.plot(*course.others[name], label=name, **line, **style)
    panel.plot(
        places,
        course.scores[held],
        linewidth=1.1 if small else 1.5,
        markersize=size,
        markeredgewidth=0,
        label="score",
        zorder=4,
        **_STYLES[0],
    )
    flagged = held & course.is_flagged
    panel.plot(
        course.places[flagged],
        course.scores[flagged],
        linestyle="none",
        marker="o",
        markersize=size + (2.6 if small else 4.0),
        markerfacecolor="none",
        markeredgecolor=_DARK,
        markeredgewidth=0.7 if small else 0.9,
        label="flagged",
        zorder=5,
    )
    _mark(panel, course, 3.2 if small else size)
    _finish(panel, course)


def _draw_level(panel: Any, places: Any, values: Any, name: str, dashes: Any) -> None:
    """Draw reference or limit; one that stands between two that are unknown is a dash."""
    import numpy as np

    known = ~np.isnan(values)
    if not known.any():
        return
    panel.plot(places, values, color=_GREY, linewidth=0.9, linestyle=dashes, label=name, zorder=2)
    beside = np.concatenate([[False], known, [False]])
    alone = known & ~beside[:-2] & ~beside[2:]
    if alone.any():
        panel.plot(
            places[alone], values[alone], linestyle="none", color=_GREY, marker="_", markersize=8, label="_alone"
        )


def _finish(panel: Any, course: Course) -> None:
    """Draw the end of a course, and the frame."""
    if course.ending in _LINES:
        panel.axvline(course.end, color=_DARK, linewidth=_LINES[course.ending], zorder=1)
    panel.set_xlim(course.span[0] - 0.7, course.span[1] + 0.7)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=7, length=2.5, color=_GREY)


def _mark(panel: Any, course: Course, size: float) -> None:
    """Put signs at the foot of the panel: sessions not held, and held without a score."""
    for place, name in zip(course.places.tolist(), map(_mark_of, course.states, course.appointments), strict=True):
        if name is not None:
            panel.plot(
                [place],
                [0.035],
                transform=panel.get_xaxis_transform(),
                linestyle="none",
                color=_GREY,
                markersize=size,
                clip_on=False,
                label="_mark",
                zorder=6,
                **_MARKS[name].style,
            )


def _mark_of(state: str, appointment: str | None) -> str | None:
    if state in ("form-missing", "not-scored"):
        return "no score"
    # A drop-out is drawn as the end that it is.
    return appointment if state == "not-held" and appointment != "dropout" else None


def _draw_other(panel: Any, course: Course, name: str, style: _Style) -> None:
    """Draw another rater's form that is not parallel, quietly, with its own axis."""
    for first, last in course.episodes:
        panel.axvspan(first - 0.5, last + 0.5, color=_EPISODE, alpha=0.28, linewidth=0, zorder=0)
    if name in course.others:
        line = {"linewidth": 0.9, "markersize": 2.8, "markeredgewidth": 0}
        panel.plot(*course.others[name], label=name, **line, **style)
    _finish(panel, course)


def _put_sessions(panel: Any, course: Course, width: float) -> None:
    """Label the session axis, as densely as the labels allow."""
    if course.labels is None:
        first, last = course.span
        steps = (step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (last - first) / step <= 2.6 * width)
        step = next(steps, 1000)
        panel.set_xticks(range(math.ceil(first / step) * step, math.floor(last) + 1, step))
        return
    longest = max((len(label) for label in course.labels), default=1)
    every = max(-(-len(course.labels) * (0.065 * longest + 0.12) // width), 1)
    shown = slice(None, None, int(every))
    panel.set_xticks(course.places[shown], course.labels[shown])


def _put_scores(panel: Any, report: SessionReport, rater: str) -> None:
    """Label the score axis with all possible scores, where they are known."""
    if report._run.limits is not None:
        low, high = report._run.limits
        panel.set_ylim(*_with_room(low, high))
        if high - low <= _MOST_TICKS:
            panel.set_yticks(range(math.ceil(low), math.floor(high) + 1))
    panel.set_ylabel(f"{rater}\n{report._axis}" if rater else report._axis, fontsize=8)


def _label_lines(panel: Any, rater: str, beside: Mapping[str, _Style]) -> None:
    """Write the names of the lines at their right ends, none over another."""
    ends = []
    for line in panel.get_lines():
        name = {"score": rater}.get(line.get_label(), line.get_label())
        known = [value for value in line.get_ydata() if value == value]
        if known and name in (rater, "reference", "limit", *beside):
            ends.append((float(known[-1]), name, line.get_color()))
    low, high = panel.get_ylim()
    least = _LABEL_HEIGHT / (72.0 * (_MAIN_HEIGHT - 0.4)) * (high - low)
    heights = _apart(sorted(height for height, *_ in ends), least, low, high)
    for height, (_, name, color) in zip(heights, sorted(ends), strict=True):
        panel.annotate(
            name,
            (1.0, height),
            xycoords=panel.get_yaxis_transform(),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=color,
            annotation_clip=False,
        )


def _apart(heights: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Move sorted heights as little as it takes to keep them this far apart."""
    groups = [([height], height) for height in heights]
    while True:
        for position, ((below, middle), (above, center)) in enumerate(pairwise(groups)):
            if center - middle < least * (len(below) + len(above)) / 2 - 1e-12:
                members = below + above
                groups[position : position + 2] = [(members, sum(members) / len(members))]
                break
        else:
            break
    placed = []
    for members, middle in groups:
        half = least * (len(members) - 1) / 2
        middle = min(max(middle, low + half), high - half)
        placed += [middle - half + least * place for place in range(len(members))]
    return placed


def _put_key(figure: Any, courses: Sequence[Course], lines: Mapping[str, _Style], *, small: bool) -> None:
    """Explain, above the panels, what is drawn and not labelled: only what occurs."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    size = 3.2 if small else 4.0
    handles: list[Any] = [
        Line2D([], [], linewidth=1.4 if place == 0 else 0.8, markersize=size, markeredgewidth=0, label=name, **style)
        for place, (name, style) in enumerate(lines.items())
    ]
    if lines and not small:
        handles.append(Line2D([], [], color=_GREY, linewidth=0.9, label="reference"))
    if lines and any((course.limits == course.limits).any() for course in courses):
        handles.append(Line2D([], [], color=_GREY, linewidth=0.9, linestyle=(0, (4, 3)), label="limit"))
    if any(course.is_flagged.any() for course in courses):
        ring: _Style = {"markerfacecolor": "none", "markeredgecolor": _DARK, "markeredgewidth": 0.9}
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=size + 3, label="flagged", **ring))
    if any(course.episodes for course in courses):
        handles.append(Patch(color=_EPISODE, alpha=0.28, linewidth=0, label="episode"))
    occurring = {_mark_of(*both) for course in courses for both in zip(course.states, course.appointments, strict=True)}
    handles += [
        Line2D([], [], linestyle="none", color=_GREY, markersize=size, label=mark.text, **mark.style)
        for name, mark in _MARKS.items()
        if name in occurring
    ]
    if handles:
        _put_legend(figure, handles)


def _put_legend(figure: Any, handles: list[Any]) -> None:
    """Put a legend above all panels, read line by line."""
    needed = sum(0.5 + 0.065 * len(handle.get_label()) for handle in handles)
    rows = math.ceil(needed / figure.get_figwidth())
    across = math.ceil(len(handles) / rows)
    # A legend is filled column by column.
    columns = [handle for column in range(across) for handle in handles[column::across]]
    figure.legend(
        handles=columns,
        loc="outside upper left",
        ncols=across,
        frameon=False,
        fontsize=7.5,
        handletextpad=0.4,
        columnspacing=1.2,
        handlelength=1.6,
        borderpad=0.1,
    )
