"""Congruence: whether dyads in agreement do better, by response surface analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.dyads.pairs import read_pairs
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.measurements import Ids, is_scores
from alliance.psychometrics.rater_table import AcrossForms, RaterTable
from alliance.psychometrics.result import Result
from alliance.sources import grouped, read_measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Axis", "Congruence", "CongruenceChecklist", "Discrepancies", "SurfaceTest", "congruence"]

Centre = Literal["pooled-mean", "midpoint"] | float

_CONDITIONS = {
    "discrepancies_in_both_directions": "at least a tenth of dyads disagrees by half an SD, in each direction",
    "quadratic_terms_add": "the quadratic terms add to the plane",
    "first_axis_has_slope_one": "the interval of the first axis's slope covers 1",
    "first_axis_has_intercept_zero": "the interval of the first axis's intercept covers 0",
    "no_slope_along_incongruence": "the interval of a3 covers 0",
    "falls_with_incongruence": "the interval of a4 lies below 0",
}


class Axis(NamedTuple):
    """A principal axis, second = intercept + slope * first, in centred units; ``out-of-range`` outside the data."""

    slope: Estimate
    intercept: Estimate


class SurfaceTest(NamedTuple):
    """An F test: statistic, degrees of freedom above and below, p value."""

    f: float
    numerator_degrees: float
    denominator_degrees: float
    p_value: float


class Discrepancies(NamedTuple):
    """Shares of dyads by which standardized rating is higher by more than half a unit (Shanock et al. 2010)."""

    first_higher: float
    in_agreement: float
    second_higher: float


class CongruenceChecklist(NamedTuple):
    """What a congruence effect in the strict sense needs, each ``met``, ``not-met`` or ``undetermined``.

    All are needed (Humberg, Nestler and Back 2019). Intervals that cover 0 or 1 because they are wide meet a condition
    without showing much.

    Parameters
    ----------
    discrepancies_in_both_directions : str
        At least a tenth of dyads disagrees by more than half an SD in each direction.
    quadratic_terms_add : str
        The quadratic terms add to the plane.
    first_axis_has_slope_one, first_axis_has_intercept_zero : str
        The first principal axis may be the line of congruence.
    no_slope_along_incongruence : str
        The interval of a3 covers 0: no side of the line of congruence does better.
    falls_with_incongruence : str
        The interval of a4 lies below 0: the outcome falls with disagreement.
    verdict : str
        All together.
    """

    discrepancies_in_both_directions: str
    quadratic_terms_add: str
    first_axis_has_slope_one: str
    first_axis_has_intercept_zero: str
    no_slope_along_incongruence: str
    falls_with_incongruence: str
    verdict: str


@dataclass(frozen=True, eq=False, repr=False)
class Congruence(Result):
    """A response surface of an outcome over two ratings. Made by :func:`congruence`.

    Parameters
    ----------
    first, second, outcome : str
        The ratings and the outcome.
    coefficients : mapping of str to Estimate
        b0 to b5: intercept, first, second, first², first * second, second².
    a1, a2 : Estimate
        Slope and curvature along the line of congruence, b1 + b2 and b3 + b4 + b5.
    a3, a4 : Estimate
        Slope and curvature along the line of incongruence, b1 - b2 and b3 - b4 + b5.
    a5 : Estimate
        b3 - b5.
    p_values : mapping of str to float
        Two-sided p values of 0 of b0 to b5 and a1 to a5.
    stationary_point : tuple of Estimate, or None
        Where the surface is flat, in centred units; None where that lies outside the observed range or nowhere, so
        that it is no finding.
    first_axis, second_axis : Axis
        Principal axes, in centred units.
    r_squared : float
        Share of the outcome's variance that the surface explains.
    quadratic_terms, beyond_squared_difference : SurfaceTest
        Whether the quadratic terms add to the plane, and whether the surface says more than the squared difference.
    discrepancies : Discrepancies
        How many dyads disagree, and which way.
    checklist : CongruenceChecklist
        Whether the data bear the claim that agreement goes with higher outcome.
    centre : float
        What was taken from both ratings.
    unit : str
        Unit of the ratings.
    confidence : float
        Confidence of the intervals.
    """

    first: str
    second: str
    outcome: str
    coefficients: Mapping[str, Estimate]
    a1: Estimate
    a2: Estimate
    a3: Estimate
    a4: Estimate
    a5: Estimate
    p_values: Mapping[str, float]
    stationary_point: tuple[Estimate, Estimate] | None
    first_axis: Axis
    second_axis: Axis
    r_squared: float
    quadratic_terms: SurfaceTest
    beyond_squared_difference: SurfaceTest
    discrepancies: Discrepancies
    checklist: CongruenceChecklist
    centre: float
    unit: str
    confidence: float
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any
    _region: tuple[tuple[float, float], ...]

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name; axes as ``first_axis_slope`` and so on, a stationary point if there is one."""
        found = {**self.coefficients, **{name: getattr(self, name) for name in ("a1", "a2", "a3", "a4", "a5")}}
        for name in ("first_axis", "second_axis"):
            axis = getattr(self, name)
            found |= {f"{name}_slope": axis.slope, f"{name}_intercept": axis.intercept}
        if self.stationary_point is not None:
            first, second = self.stationary_point
            found |= {"stationary_first": first, "stationary_second": second}
        return found

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        notes = ["A significant a4 alone does not show that agreement matters; the checklist says what does."]
        if self.stationary_point is None and self.a1.status == "defined":
            notes.append("The surface is not flat anywhere in the observed range: no stationary point is reported.")
        axes = [name for name, axis in (("first", self.first_axis), ("second", self.second_axis)) if _is_outside(axis)]
        if axes:
            word = "axes lie" if len(axes) > 1 else "axis lies"
            notes.append(f"The {' and '.join(axes)} principal {word} outside the observed range: no finding.")
        shown = (each for name, each in self.estimates.items() if "axis" not in name)
        return tuple(dict.fromkeys((*notes, *(note for each in shown for note in each.notes))))

    @property
    def _title(self) -> str:
        return f"Congruence of {self.first} and {self.second}, and {self.outcome}"

    @property
    def _line(self) -> str:
        return f"{self.a1.units} dyads, {self.a1.rows_dropped} left out, congruence effect {self.checklist.verdict}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        words = {
            "a1": "a1, slope along congruence",
            "a2": "a2, curvature along congruence",
            "a3": "a3, slope along incongruence",
            "a4": "a4, curvature along incongruence",
            "a5": "a5",
        }
        shown = [(word, self.estimates[name]) for name, word in words.items()]
        point = zip((self.first, self.second), self.stationary_point or (), strict=False)
        return [*shown, *((f"stationary point, {name} less {self.centre:.2f}", each) for name, each in point)]

    def _sentences(self) -> Sequence[str]:
        adds = self.quadratic_terms
        if self.a1.value != self.a1.value:
            return (
                f"A response surface of `{self.outcome}` on {self._described} could not be fitted: {self.a1} "
                f"({self.a1.rows_dropped} dyads lack a value).",
            )
        said = ", ".join(f"{name} = {getattr(self, name)}" for name in ("a1", "a2", "a3", "a4", "a5"))
        return (
            f"`{self.outcome}` of {self.a1.units} dyads was regressed on {self._described}, their squares and "
            f"product (response surface; both ratings less {self.centre:g}; {self.a1.rows_dropped} dyads left out).",
            f"The surface explained {100 * self.r_squared:.0f} % of the variance; quadratic terms added "
            f"{'' if adds.p_value < 1 - self.confidence else 'nothing certain '}to the plane "
            f"(F({adds.numerator_degrees:g}, {adds.denominator_degrees:g}) = {adds.f:.2f}, {_p(adds.p_value)}).",
            f"{said} ({100 * self.confidence:g} % intervals).",
            f"By the checklist of Humberg et al. a congruence effect in the strict sense was {_said(self.checklist)}.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("edwards-1993", "shanock-2010", "humberg-2019")

    def surface_at(self, first: float, second: float) -> float:
        """Give the outcome that the surface expects at two ratings.

        Parameters
        ----------
        first, second : float
            The ratings, in their own unit (not centred).

        Returns
        -------
        float
            The expected outcome; outside the ratings that went in it means nothing.
        """
        x, y = first - self.centre, second - self.centre
        b = [each.value for each in self.coefficients.values()]
        return b[0] + b[1] * x + b[2] * y + b[3] * x * x + b[4] * x * y + b[5] * y * y

    def plot(self) -> Any:
        """Draw the surface as contours over both ratings, with the lines of congruence and incongruence.

        Returns
        -------
        matplotlib.figure.Figure
            The region that the ratings span is outlined, and the surface is drawn within it only. No dyad is drawn.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.dyads.dyad_figures import surface

        return surface(self)

    def _more_html(self) -> str:
        rows = [(words, getattr(self.checklist, name)) for name, words in _CONDITIONS.items()]
        rows.append(("all together", self.checklist.verdict))
        return _html.table(("congruence effect in the strict sense", ""), rows)


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}"


def _is_outside(axis: Axis) -> bool:
    return axis.slope.status == "out-of-range"


def _said(checklist: CongruenceChecklist) -> str:
    if checklist.verdict == "met":
        return "met"
    lacking = [words for name, words in _CONDITIONS.items() if getattr(checklist, name) != "met"]
    return f"{checklist.verdict.replace('-', ' ')}; not shown: {'; '.join(lacking)}"


def congruence(
    data: Any,
    *,
    outcome: str,
    outcomes: Any = None,
    first: str = "client",
    second: str = "therapist",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    at: Any = None,
    across_forms: AcrossForms = "refuse",
    centre: Centre = "pooled-mean",
    confidence: float = 0.95,
) -> Congruence:
    """Say whether agreement of two ratings goes with an outcome (response surface analysis).

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
        Where dyads have several sessions their means count, over the sessions that both rated.
    outcome : str
        Column of the outcome: in ``outcomes``, or in ``data`` if that has one row per dyad.
    outcomes : frame, optional
        One row per client (and therapist, where both frames have one), with the id columns of ``data``.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named; without a client every row is
        a dyad.
    rater : str, optional
        Column of a long frame that says who rated.
    at : optional
        One session, by its label, or a list of them.
    across_forms : {"refuse", "pomp", "as-scored"}
        What to do when the forms of a study are not parallel.
    centre : "pooled-mean", "midpoint" or float
        What is taken from both ratings: the mean of all, the middle of the form's scale, or a number in the scores'
        unit. Never each rater's own mean, which would hide who rates higher.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Congruence
        a1 to a5 with intervals, axes, stationary point, and the checklist of a congruence effect.

    Raises
    ------
    AllianceError
        ``incomparable-forms``; ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``,
        ``not-finite``, ``invalid-option``.

    Notes
    -----
    Z = b0 + b1 X + b2 Y + b3 X² + b4 XY + b5 Y² + e by least squares; intervals of a1 to a5 from sqrt(l'Vl), those of
    the axes by the delta method (Edwards and Parry 1993; Shanock et al. 2010). Agreement itself matters only if all
    conditions of the checklist hold (Humberg, Nestler and Back 2019). A higher outcome counts as better: turn a
    symptom score round, or read the checklist for its negative.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> pairs = [(c, t) for c in range(1, 7) for t in range(1, 7)]
    >>> frame = pl.DataFrame({"client": [c for c, _ in pairs], "therapist": [t for _, t in pairs],
    ...                       "change": [c - (c - t) ** 2 + 0.1 * (c * t % 3) for c, t in pairs]})
    >>> found = al.congruence(frame, outcome="change")
    >>> print(f"{found.a4.value:.2f}", found.checklist.falls_with_incongruence)
    -4.00 met
    """
    own_outcome = outcomes is None
    if own_outcome and (is_scores(data) or rater is not None):
        problem = "give the outcome of each client as `outcomes`, a frame with one row per client"
        raise from_code("missing-column", f"congruence: {problem}", column="outcomes")
    pairs = read_pairs(
        data,
        purpose="congruence",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        at=at,
        across_forms=across_forms,
        requires=() if own_outcome else ("client",),
        also=(outcome,) if own_outcome else (),
    )
    table = pairs.table
    if own_outcome:
        values = pairs.also[0]
        if "client" in table.ids and len(values) > len(set(pairs.dyads.tolist())):
            problem = "clients have several rows; give one row per client, a session by `at`, or `outcomes`"
            raise from_code("invalid-option", f"congruence: {problem}")
    else:
        if "client" in table.ids:
            table, _ = table.dyad_means()
        values = _outcome_of(table.ids, outcomes, outcome)
    both = (table.values[0], table.values[1])
    confidence = number("confidence", confidence)
    found = _native.response_surface(*both, values, _centre(table, centre), confidence)
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    surface: dict[str, Any] = {name: each for name, each in estimates.items() if name.startswith("a")}
    point = tuple(Estimate._of(found["stationary_point"][name]) for name in ("first", "second"))
    axes = [Axis(*(Estimate._of(found[name][part]) for part in Axis._fields)) for name in ("first_axis", "second_axis")]
    return Congruence(
        *pairs.names,
        outcome=outcome,
        coefficients={name: each for name, each in estimates.items() if name.startswith("b")},
        **surface,
        p_values=found["p_values"],
        stationary_point=(point[0], point[1]) if all(each.status == "defined" for each in point) else None,
        first_axis=axes[0],
        second_axis=axes[1],
        r_squared=found["r_squared"],
        quadratic_terms=SurfaceTest(*found["quadratic_terms"]),
        beyond_squared_difference=SurfaceTest(*found["beyond_squared_difference"]),
        discrepancies=Discrepancies(*found["discrepancies"]),
        checklist=CongruenceChecklist(**found["congruence"]),
        centre=found["centre"],
        unit=table.unit,
        confidence=confidence,
        _forms=table.instruments,
        _described=table.described,
        _kind=table.kind,
        _region=tuple((first, second) for first, second in _native.observed_region(*both, values)),
    )


def _centre(table: RaterTable, centre: Any) -> float | None:
    """Give what is taken from both ratings; None is the pooled mean."""
    if centre == "pooled-mean":
        return None
    if centre != "midpoint":
        return number("centre", centre)
    form = table.instruments[0] if table.instruments else None
    if form is None or form.range is None:
        raise from_code("invalid-option", "centre: the form's range is not known; give the midpoint as a number")
    if table.unit == "pomp":
        return 50.0
    items = len(form.scales[table.what]) if table.unit == "sum" else 1
    return items * (form.range[0] + form.range[1]) / 2


def _outcome_of(ids: Ids, outcomes: Any, outcome: str) -> NDArray[np.float64]:
    """Give the outcome of each dyad, NaN where there is none."""
    import numpy as np

    from alliance import _frames

    frame = _frames.Frame(outcomes)
    on = {role: name for role, name in ids.roles.items() if role == "client" or name in frame.columns}
    frame.require([*on.values(), outcome], "congruence, outcomes")
    own = Ids.of(frame, on)
    own.require_once(*on, purpose="congruence, outcomes")
    columns = list(on.values())
    stacked = _frames.below(Ids.of(ids.frame, on).frame, own.frame, columns)
    codes = grouped(stacked, columns, "congruence, outcomes")
    count = len(ids.frame)
    known = np.full(int(codes.max()) + 1 if len(codes) else 0, np.nan)
    known[codes[count:]] = read_measure(frame, outcome)
    return known[codes[:count]]
