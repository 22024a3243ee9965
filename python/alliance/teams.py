"""Agreement within teams and families: whether ratings may be put together, and who stands apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alliance import _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.estimate import Estimate
from alliance.instruments import Instrument
from alliance.item_answers import ItemAnswers, read_items
from alliance.request import Columns
from alliance.result import Result

__all__ = ["TeamAgreement", "team_agreement"]

Null = Literal["uniform", "slight-skew", "moderate-skew", "heavy-skew"] | float


@dataclass(frozen=True, eq=False, repr=False)
class TeamAgreement(Result):
    """Agreement within teams. Made by :func:`team_agreement`.

    Parameters
    ----------
    scale : str
        The scale.
    instrument : Instrument or None
        The form, where it is known.
    icc_1 : Estimate
        ICC(1): the share of the scores' variance that is between teams.
    icc_2 : Estimate
        ICC(2): the reliability of a team's mean.
    median_r_wg : float
        Median over teams of r_wg, or r_wg(j) of several items; those below 0 were set to 0. NaN without a team of two.
    set_to_zero : int
        Teams whose members differ more than under the null distribution: their r_wg was set to 0.
    expected_variance : float
        Variance of an item without agreement.
    null : str or float
        The null distribution.
    options : int
        Response options.
    items : tuple of str
        The items.
    confidence : float
        Confidence of the intervals.
    """

    scale: str
    instrument: Instrument | None
    icc_1: Estimate
    icc_2: Estimate
    median_r_wg: float
    set_to_zero: int
    expected_variance: float
    null: str | float
    options: int
    items: tuple[str, ...]
    confidence: float
    _described: str
    _kind: Any
    _teams: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Both intraclass correlations, by name; r_wg is of single teams, see :meth:`team_frame`."""
        return {"icc_1": self.icc_1, "icc_2": self.icc_2}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        own = []
        if self.null == "uniform":
            own.append(
                "Under the uniform null distribution a ceiling looks like agreement: report a skewed one beside it."
            )
        if self.set_to_zero:
            own.append(f"r_wg of {self.set_to_zero} teams was below 0 and set to 0 (James, Demaree and Wolf 1984).")
        return (*own, *super().notes)

    @property
    def _title(self) -> str:
        return "Agreement within teams"

    @property
    def _line(self) -> str:
        each = self.icc_1
        items = "1 item" if len(self.items) == 1 else f"{len(self.items)} items"
        form = "r_wg" if len(self.items) == 1 else "r_wg(j)"
        median = f"median {form} {_two(self.median_r_wg)}"
        return f"{each.units} teams, {each.rows_used} forms ({each.rows_dropped} left out), {items}, {median}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [("ICC(1), one member", self.icc_1), ("ICC(2), mean of a team", self.icc_2)]

    def _sentences(self) -> Sequence[str]:
        each = self.icc_1
        form = "r_wg" if len(self.items) == 1 else "r_wg(j)"
        null = f"variance {self.expected_variance:.3g}" if isinstance(self.null, float) else self.null
        return (
            f"Agreement within {each.units} teams on {self._described} was worked out from {each.rows_used} forms "
            f"({each.rows_dropped} left out).",
            f"The median {form} was {_two(self.median_r_wg)} against a null distribution over {self.options} options "
            f"({null.replace('-', ' ')}).",
            f"ICC(1) was {self.icc_1}, ICC(2) {self.icc_2} ({100 * self.confidence:g} % intervals).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        skewed = isinstance(self.null, str) and self.null != "uniform"
        return ("james-1984", *(("lebreton-2008",) if skewed else ()), "bliese-2000")

    def team_frame(self) -> Any:
        """Give one row per team (per meeting, where sessions are named).

        Returns
        -------
        frame
            The ids, ``members``, ``r_wg`` (of several items r_wg(j)), ``average_deviation`` from the mean, and of the
            members' scores ``mean``, ``lowest``, ``range`` and ``sd``: a split alliance hides in the mean. ``status``
            says ``out-of-range`` where r_wg was set to 0. Of the kind that went in.
        """
        return self._teams


def _two(number: float) -> str:
    return "not defined" if number != number else f"{number:.2f}"


def team_agreement(
    data: Any,
    instrument: Instrument | str | None = None,
    *,
    columns: Columns | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    options: int | None = None,
    null: Null = "uniform",
    confidence: float = 0.95,
) -> TeamAgreement:
    """Say how far members of a team or family agree: r_wg, average deviation, ICC(1), ICC(2), and who stands apart.

    Parameters
    ----------
    data : frame or Scores
        One form per member: whatever has the same client (and session) is one team. Scores know their form and
        columns; score with ``rater=`` the member.
    instrument : Instrument or str, optional
        The form of a frame, or its id: its key turns reversed items. Without one, columns are taken as they are.
    columns : str, sequence or mapping, optional
        Item columns of a frame, as in :func:`score`; without an instrument a list. One column of scores will do.
    scale : str
        Scale.
    client, session, therapist, rater : str, optional
        Id columns of a frame: the client or family, the session, the therapist, and the member who filled in the form.
    options : int, optional
        Response options of an item; by default those of the form.
    null : {"uniform", "slight-skew", "moderate-skew", "heavy-skew"} or float
        What answers would look like without agreement; a number is their variance. Skewed ones are tabled for 5 to 11
        options. Alliance ratings are high, so that the uniform one flatters.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    TeamAgreement
        Both intraclass correlations; :meth:`TeamAgreement.team_frame` has each team.

    Raises
    ------
    AllianceError
        As :func:`score` does; ``duplicate-form`` if a member rated a meeting twice; ``invalid-option``.

    Notes
    -----
    r_wg(j) = J (1 - s²/v) / (J (1 - s²/v) + s²/v) for J items, their mean variance s² within the team and the variance
    v of the null distribution, (A² - 1) / 12 if uniform over A options (James, Demaree and Wolf 1984). ICC(1) and
    ICC(2) are of the members' scores by one-way analysis of variance (Bliese 2000), not clipped.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> rows = pl.DataFrame({"family": [1] * 4 + [2] * 4, "answer": [5, 6, 5, 4, 3, 5, 2, 6]})
    >>> found = al.team_agreement(rows, columns=["answer"], client="family", options=7)
    >>> [round(r_wg, 3) for r_wg in found.team_frame()["r_wg"]]
    [0.833, 0.167]
    """
    answers = read_items(
        data,
        instrument,
        purpose="team_agreement",
        columns=columns,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
    )
    answers.ids.require("client", purpose="team_agreement")
    whose = [role for role in ("client", "session") if role in answers.ids]
    if "rater" in answers.ids:
        answers.ids.require_once(*whose, "rater", purpose="team_agreement")
    teams = answers.ids.codes(*whose)
    known = _options(answers, options)
    word = ("variance", number("null", null)) if not isinstance(null, str) else (null, float("nan"))
    if word[0] == "variance" and isinstance(null, str):
        raise from_code("invalid-option", "null: give the variance as a number")
    found = _native.team_agreement(
        answers.answers, len(answers.items), teams, known, word, number("confidence", confidence)
    )
    return TeamAgreement(
        scale=answers.scale,
        instrument=answers.instrument,
        icc_1=Estimate._of(found["one_member"]),
        icc_2=Estimate._of(found["team_mean"]),
        median_r_wg=found["median_within_agreement"],
        set_to_zero=found["set_to_zero"],
        expected_variance=found["expected_variance"],
        null=null if isinstance(null, str) else float(null),
        options=known,
        items=answers.items,
        confidence=confidence,
        _described=answers.described,
        _kind=answers.kind,
        _teams=answers.ids.table(teams, whose, found["teams"], of="team"),
    )


def _options(answers: ItemAnswers, options: int | None) -> int:
    if options is not None:
        known = whole("options", options, least=2)
        if known >= 2**31:
            raise from_code("invalid-option", "options: give the number of response options of an item")
        return known
    form = answers.instrument
    if form is None or form.range is None:
        raise from_code("invalid-option", "options: say how many response options an item has")
    return int(form.range[1] - form.range[0]) + 1
