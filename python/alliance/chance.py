"""How often a rule fires when nothing happened, and thresholds for a wanted rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.errors import from_code
from alliance.rules import Rule, require_rule
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    from alliance.ruptures import RuptureReport
    from alliance.shifts import ShiftReport

__all__ = ["Calibration", "ChanceRate", "Estimate", "Recall", "calibrate", "chance_rate"]

Fit = Literal["resistant-to-falls", "as-observed"]

FIFTHS = ("calmest fifth", "second fifth", "third fifth", "fourth fifth", "most volatile fifth")


@dataclass(frozen=True)
class Estimate:
    """A simulated rate.

    Parameters
    ----------
    rate : float
        The rate; NaN where there is nothing to take a rate of.
    monte_carlo_error : float
        Its standard error from the number of simulated clients.
    fit_interval : tuple of float, optional
        2.5 and 97.5 % points over refits to dyads drawn with replacement: how well the sample determines the model.
    """

    rate: float
    monte_carlo_error: float
    fit_interval: tuple[float, float] | None = None

    def __str__(self) -> str:
        if self.rate != self.rate:
            return "unknown"
        text = f"{100 * self.rate:.1f} %"
        if self.fit_interval:
            text += f" ({100 * self.fit_interval[0]:.1f} to {100 * self.fit_interval[1]:.1f})"
        return text


@dataclass(frozen=True)
class Recall:
    """Share of planted falls of one depth that a rule finds.

    Parameters
    ----------
    points : float
        Depth in points of the item mean.
    pooled_sds : float
        Depth in SDs within clients, pooled over the sample.
    one_session, three_sessions : float
        Share found of falls of one session and of three.
    """

    points: float
    pooled_sds: float
    one_session: float
    three_sessions: float


@dataclass(frozen=True)
class ChanceRate:
    """How often a rule fires if nothing happened, under a stated model. Made by :func:`chance_rate`.

    Parameters
    ----------
    rule : Rule
        The rule.
    per_client : Estimate
        Clients with at least one flagged session over clients assessed.
    per_session : Estimate
        Flagged sessions over sessions that could be flagged.
    repaired : Estimate
        Repaired episodes over those that could end. Regression to the mean repairs most chance flags.
    episodes_per_100_sessions : float
        Episodes that begin in 100 scored sessions.
    classes : mapping
        Share of each class of clients.
    by_volatility : tuple of Estimate
        Clients flagged, by fifths of clients' true SD within the model, calmest first.
    parameters : mapping
        Fitted parameters of the model.
    falls : mapping or None
        What the fit set apart as falls: ``onsets`` per session, mean ``depth`` and its ``depth_sd`` in points, mean
        number of ``sessions``. No estimate of ruptures. None if nothing was set apart.
    dyads, clients : int
        Dyads the model was fitted to, and simulated clients.
    sentence : str
        The rates, the model and what it cannot know, in words.
    model_sentence : str
        The model and what it cannot know alone.
    per : {"client", "session"}
        Which rate is the one that ``float`` gives and that stands first.
    """

    rule: Rule
    per_client: Estimate
    per_session: Estimate
    repaired: Estimate
    episodes_per_100_sessions: float
    classes: Mapping[str, Estimate]
    by_volatility: tuple[Estimate, ...]
    parameters: Mapping[str, float]
    falls: Mapping[str, float] | None
    dyads: int
    clients: int
    sentence: str
    model_sentence: str
    per: Literal["client", "session"] = "client"

    def __float__(self) -> float:
        return self.per_client.rate if self.per == "client" else self.per_session.rate

    def methods(self) -> str:
        """Give a paragraph for a methods section: rule, rates, model and what the model cannot know.

        Returns
        -------
        str
            Plain text.
        """
        return f"{self.rule.describe()} {self.sentence}"

    def _rows(self) -> list[tuple[str, str]]:
        headline = [
            ("clients with at least one flag", str(self.per_client)),
            ("sessions flagged", str(self.per_session)),
        ]
        return [
            *(headline if self.per == "client" else headline[::-1]),
            ("episodes per 100 sessions", f"{self.episodes_per_100_sessions:.1f}"),
            ("episodes repaired", str(self.repaired)),
            *((f"clients flagged, {name}", str(rate)) for name, rate in zip(FIFTHS, self.by_volatility, strict=True)),
        ]

    def __repr__(self) -> str:
        rates = [f"clients {self.per_client}", f"sessions {self.per_session}"]
        return f"<ChanceRate {', '.join(rates if self.per == 'client' else rates[::-1])}>"

    def _repr_html_(self) -> str:
        line = f"fitted to {self.dyads} dyads, {self.clients} simulated clients; 95 % intervals of the fit"
        return (
            _html.heading("If nothing had happened", line)
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table(("", "rate"), self._rows())
            + _html.notes([self.sentence])
        )


@dataclass(frozen=True)
class Calibration:
    """A rule set to a chance rate. Made by :func:`calibrate`.

    Parameters
    ----------
    rule : Rule
        The rule with its threshold, for :func:`find_ruptures` or :func:`find_shifts`.
    wanted : float
        The rate asked for.
    per : {"client", "session"}
        Of what.
    attained : Estimate
        The rate the rule has: the largest attainable one that is not above the wanted.
    next_rate : float
        The smallest rate above the wanted one that was met.
    recall : tuple of Recall
        Planted falls found by depth; the first has depth 0, what chance alone finds.
    sentence : str
        Rate and recall in words.
    """

    rule: Rule
    wanted: float
    per: Literal["client", "session"]
    attained: Estimate
    next_rate: float
    recall: tuple[Recall, ...]
    sentence: str

    @property
    def threshold(self) -> float:
        """The threshold of the rule, in its own units."""
        return float(getattr(self.rule, self.rule._threshold))

    def methods(self) -> str:
        """Give a paragraph for a methods section.

        Returns
        -------
        str
            Plain text.
        """
        return f"{self.rule.describe()} {self.sentence}"

    def __repr__(self) -> str:
        return f"<Calibration threshold {self.threshold:.4g}: {self.attained} of {self.per}s>"

    def _repr_html_(self) -> str:
        rows = [
            (f"{row.points:.2f}", f"{row.pooled_sds:g}", f"{row.one_session:.0%}", f"{row.three_sessions:.0%}")
            for row in self.recall
        ]
        line = f"threshold {self.threshold:.4g}: {self.attained} of {self.per}s if nothing happened"
        return (
            _html.heading("A rule set to a chance rate", line)
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table(("depth in points", "in pooled SD", "found, one session", "found, three sessions"), rows)
        )


def chance_rate(
    rule: Rule,
    *,
    like: Scores | StudyScores | Study | RuptureReport | ShiftReport,
    per: Literal["client", "session"] = "client",
    rater: str | None = None,
    scale: str = "total",
    session_order: Sequence[Any] | None = None,
    fit: Fit = "resistant-to-falls",
    clients: int = 20_000,
    seed: int = 1,
    bootstrap: int = 100,
    sessions: int | None = None,
    threads: int | None = None,
) -> ChanceRate:
    """Say how often a rule fires on data like these if nothing happened.

    Parameters
    ----------
    rule : Rule
        One of ``al.rules``.
    like : Scores, StudyScores, Study, RuptureReport or ShiftReport
        Scores as for :func:`find_ruptures`, or a report, whose series are taken: the way to a measure that is no
        form. At least 10 dyads with 4 scored sessions.
    per : {"client", "session"}
        Which rate ``float`` of the result gives and shows first; the result holds all of them.
    rater, scale, session_order
        As for :func:`find_ruptures`; of no use with a report.
    fit : {"resistant-to-falls", "as-observed"}
        What the fit makes of ruptures in the scores. By default, deep falls are set apart where there are more of them
        than chance explains. ``"as-observed"`` takes all scores as chance: for samples in which nothing happened.
    clients : int
        Simulated clients, 100 or more.
    seed : int
        Seed; the same seed gives the same numbers on every machine.
    bootstrap : int
        Refits to dyads drawn with replacement, for the interval of the fit; 0 for none.
    sessions : int, optional
        Sessions of each simulated client; without it, length and gaps of a real client.
    threads : int, optional
        Threads; the result is the same for any number.

    Returns
    -------
    ChanceRate
        Rates per client, per session, of repair, by class and by volatility.

    Raises
    ------
    AllianceError
        ``cannot-be-fitted`` with too few dyads or no variation; ``invalid-option``.

    Notes
    -----
    This is the flag rate if nothing had happened, under this model: not the share of flags that are false. The model
    has normal levels, log-normal volatility, first-order autocorrelation, the sample's own innovations, a common
    trend, lattice and range of the scale, and the sample's missing sessions. It is fitted by simulated moments
    (Gourieroux, Monfort & Renault 1993). Fitted as observed, ruptures in the sample count as volatility, which raises
    these rates. Setting falls apart rests on chance being symmetric: if it is skewed towards low scores, rates come out
    too low.

    Examples
    --------
    >>> import alliance as al
    >>> forms = al.simulate(seed=20).client_forms
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> rule = al.rules.BelowReference(reference="previous", unit="own-sd", threshold=2.0)
    >>> chance = al.chance_rate(rule, like=scores, clients=2000, bootstrap=0)
    >>> 0 < chance.per_session.rate < float(chance) < 1
    True
    """
    require_rule(rule)
    _require_per(per)
    run, scale = _series_like(like, rater, scale, session_order)
    return rate_of(rule, run, scale, chance_options(clients, seed, bootstrap, sessions, threads, ()), per, fit)


def calibrate(
    rule: Rule,
    rate: float = 0.05,
    *,
    like: Scores | StudyScores | Study | RuptureReport | ShiftReport,
    per: Literal["client", "session"] = "client",
    rater: str | None = None,
    scale: str = "total",
    session_order: Sequence[Any] | None = None,
    fit: Fit = "resistant-to-falls",
    depths: Sequence[float] = (1.0, 2.0, 3.0, 4.0),
    clients: int = 20_000,
    seed: int = 1,
    sessions: int | None = None,
    threads: int | None = None,
) -> Calibration:
    """Set the threshold of a rule so that it fires this often if nothing happens.

    Parameters
    ----------
    rule : Rule
        One of ``al.rules`` with a threshold, or cut-off, which is replaced.
    rate : float
        The rate wanted, above 0 and below 1.
    like : Scores, StudyScores, Study, RuptureReport or ShiftReport
        As for :func:`chance_rate`.
    per : {"client", "session"}
        Rate of clients with a flag, or of sessions flagged.
    rater, scale, session_order
        As for :func:`find_ruptures`.
    fit : {"resistant-to-falls", "as-observed"}
        As for :func:`chance_rate`.
    depths : sequence of float
        Depths of planted falls in pooled SDs within clients, for the expected recall.
    clients, seed, sessions, threads
        As for :func:`chance_rate`.

    Returns
    -------
    Calibration
        The rule, the rate it attains, and its recall by depth.

    Raises
    ------
    AllianceError
        ``not-calibratable`` for a rule without a threshold (a fixed reference, run rules) or series it cannot assess;
        ``cannot-be-fitted``; ``invalid-option``.

    Notes
    -----
    The threshold is the smallest whose rate is not above the wanted one. One sample of 60 dyads leaves it uncertain.
    Fitted as observed, ruptures in the sample make it far too strict.

    Examples
    --------
    >>> import alliance as al
    >>> forms = al.simulate(seed=20).client_forms
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> rule = al.rules.BelowReference(reference="running-mean", unit="shrunken-sd", threshold=1.0)
    >>> found = al.calibrate(rule, like=scores, clients=2000)
    >>> found.attained.rate <= 0.05 and found.rule.threshold > 1.0
    True
    """
    require_rule(rule)
    _require_per(per)
    run, scale = _series_like(like, rater, scale, session_order)
    (wanted,) = _numbers("rate", (rate,))
    options = chance_options(clients, seed, 0, sessions, threads, depths)
    found = fit_null_model(run, scale, rule, fit).calibrate(rule._fields(), wanted, per, options)
    return Calibration(
        rule._with_threshold(found["threshold"]),
        wanted,
        per,
        Estimate(*found["attained"]),
        found["next_rate"],
        tuple(Recall(*row) for row in found["recall"]),
        found["sentence"],
    )


def rate_of(
    rule: Rule,
    run: Sessions,
    scale: str,
    options: Mapping[str, Any] | None = None,
    per: Literal["client", "session"] = "client",
    fit: Fit = "resistant-to-falls",
) -> ChanceRate:
    """Give the chance rate of a rule on series like these."""
    options = chance_options(20_000, 1, 100, None, None, ()) if options is None else options
    (found,) = rates_under(fit_null_model(run, scale, rule, fit), [rule], options, per, run.said)
    return found


def rates_under(
    model: _native.NullModel,
    rules: Sequence[Rule],
    options: Mapping[str, Any],
    per: Literal["client", "session"] = "client",
    said: Callable[[str], str] = str,
) -> list[ChanceRate]:
    """Give the chance rates of rules under a model that was fitted before."""
    found = model.chance_rates([rule._fields() for rule in rules], dict(options))
    fitted = model.parameters(), model.falls()
    return [_rate(rule, fitted, rates, per, said) for rule, rates in zip(rules, found, strict=True)]


def _rate(
    rule: Rule,
    fitted: tuple[Mapping[str, float], Mapping[str, float] | None],
    found: Mapping[str, Any],
    per: Literal["client", "session"],
    said: Callable[[str], str],
) -> ChanceRate:
    return ChanceRate(
        rule,
        Estimate(*found["clients flagged"]),
        Estimate(*found["sessions flagged"]),
        Estimate(*found["episodes repaired"]),
        found["episodes per 100 sessions"][0],
        {said(name): Estimate(*rate) for name, rate in found["classes"].items()},
        tuple(Estimate(*rate) for rate in found["by_volatility"]),
        *fitted,
        found["dyads"],
        found["clients"],
        found["sentence"],
        found["model_sentence"],
        per,
    )


def _require_per(per: str) -> None:
    if per not in ("client", "session"):
        raise from_code("invalid-option", "per: choose client or session")


def _series_like(like: Any, rater: str | None, scale: str, session_order: Sequence[Any] | None) -> tuple[Sessions, str]:
    """Give the series of scores or of a report, and the name of their scale."""
    from alliance.session_report import SessionReport

    if isinstance(like, SessionReport):
        return like._run, like.scale
    return read_sessions(like, rater=rater, scale=scale, session_order=session_order), scale


def chance_options(
    clients: int, seed: int, bootstrap: int, sessions: int | None, threads: int | None, depths: Sequence[float]
) -> dict[str, Any]:
    """Check how much is to be simulated."""
    counts = {"clients": clients, "seed": seed, "bootstrap": bootstrap, "sessions": sessions, "threads": threads}
    for name, count in counts.items():
        may_be_left_out = name in ("sessions", "threads")
        if count is None and may_be_left_out:
            continue
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**63:
            raise from_code("invalid-option", f"{name}: give a whole number, 0 or more")
    return {**counts, "depths": _numbers("depths", depths)}


def _numbers(option: str, given: Iterable[Any]) -> list[float]:
    try:
        return [float(number) for number in given]
    except (TypeError, ValueError):
        raise from_code("invalid-option", f"{option}: give numbers") from None


def fit_null_model(
    run: Sessions, scale: str, rule: Rule | None = None, fit: Fit = "resistant-to-falls"
) -> _native.NullModel:
    """Fit the model without ruptures to series, for rules that look where this one does: else for the worse."""
    if fit not in ("resistant-to-falls", "as-observed"):
        raise from_code("invalid-option", "fit: choose resistant-to-falls or as-observed")
    if run.limits is None:
        raise from_code(
            "cannot-be-fitted",
            "the model needs the lowest and the highest possible score; give `range=(lowest, highest)`",
        )
    ends = (run.limits, _step(run, scale), run.worse_is_lower(rule))
    return _native.NullModel(run.dyads, run.numbers, run.scores, *ends, fit, run.appointments)


def _step(run: Sessions, scale: str) -> float | None:
    """Give the distance of neighbouring scores, where there is one and all scores keep to it."""
    import numpy as np

    if run.chosen is None:
        lowest, step = run.limits[0] if run.limits else 0.0, run.step
    else:
        form = run.chosen.instrument
        items = form.scales.get(scale, ())
        lowest = form.range[0] if form.range else 0.0
        step = form.step / len(items) if form.step and form.range and items else None
    if step is None:
        return None
    known = run.scores[~np.isnan(run.scores)]
    steps = (known - lowest) / step
    return step if np.allclose(steps, np.round(steps), rtol=0, atol=1e-6) else None
