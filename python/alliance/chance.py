"""How often a rule fires when nothing happened, and thresholds for a wanted rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from alliance import _html, _native
from alliance.errors import from_code
from alliance.rules import BelowReference, require_criterion
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.study import Study, StudyScores

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
    rule : BelowReference
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
    """

    rule: BelowReference
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

    def methods(self) -> str:
        """Give a paragraph for a methods section: rule, rates, model and what the model cannot know.

        Returns
        -------
        str
            Plain text.
        """
        return f"{self.rule.describe()} {self.sentence}"

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("clients with at least one flag", str(self.per_client)),
            ("sessions flagged", str(self.per_session)),
            ("episodes per 100 sessions", f"{self.episodes_per_100_sessions:.1f}"),
            ("episodes repaired", str(self.repaired)),
            *((f"clients flagged, {name}", str(rate)) for name, rate in zip(FIFTHS, self.by_volatility, strict=True)),
        ]

    def __repr__(self) -> str:
        return f"<ChanceRate clients {self.per_client}, sessions {self.per_session}>"

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
    rule : BelowReference
        The rule with its threshold, for :func:`find_ruptures`.
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

    rule: BelowReference
    wanted: float
    per: Literal["client", "session"]
    attained: Estimate
    next_rate: float
    recall: tuple[Recall, ...]
    sentence: str

    def methods(self) -> str:
        """Give a paragraph for a methods section.

        Returns
        -------
        str
            Plain text.
        """
        return f"{self.rule.describe()} {self.sentence}"

    def __repr__(self) -> str:
        return f"<Calibration threshold {self.rule.threshold:.4g}: {self.attained} of {self.per}s>"

    def _repr_html_(self) -> str:
        rows = [
            (f"{row.points:.2f}", f"{row.pooled_sds:g}", f"{row.one_session:.0%}", f"{row.three_sessions:.0%}")
            for row in self.recall
        ]
        line = f"threshold {self.rule.threshold:.4g}: {self.attained} of {self.per}s if nothing happened"
        return (
            _html.heading("A rule set to a chance rate", line)
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table(("depth in points", "in pooled SD", "found, one session", "found, three sessions"), rows)
        )


def chance_rate(
    rule: BelowReference,
    *,
    like: Scores | StudyScores | Study,
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
    rule : BelowReference
        The rule.
    like : Scores, StudyScores or Study
        Scores as for :func:`find_ruptures`; at least 10 dyads with 4 scored sessions.
    rater, scale, session_order
        As for :func:`find_ruptures`.
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
    >>> from alliance.demo import simulate
    >>> forms, _ = simulate()
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> rule = al.rules.BelowReference(reference="previous", unit="own-sd", threshold=2.0)
    >>> chance = al.chance_rate(rule, like=scores, clients=2000, bootstrap=0)
    >>> 0 < chance.per_session.rate < chance.per_client.rate < 1
    True
    """
    require_criterion(rule)
    run = read_sessions(like, rater=rater, scale=scale, session_order=session_order)
    return rate_of(rule, run, scale, _options(clients, seed, bootstrap, sessions, threads, ()), fit)


def calibrate(
    rule: BelowReference,
    rate: float = 0.05,
    *,
    like: Scores | StudyScores | Study,
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
    rule : BelowReference
        The rule; its threshold is replaced.
    rate : float
        The rate wanted, above 0 and below 1.
    like : Scores, StudyScores or Study
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
        ``not-calibratable`` for a fixed reference or series the rule cannot assess; ``cannot-be-fitted``;
        ``invalid-option``.

    Notes
    -----
    The threshold is the smallest whose rate is not above the wanted one. One sample of 60 dyads leaves it uncertain.
    Fitted as observed, ruptures in the sample make it far too strict.

    Examples
    --------
    >>> import alliance as al
    >>> from alliance.demo import simulate
    >>> forms, _ = simulate()
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> rule = al.rules.BelowReference(reference="running-mean", unit="shrunken-sd", threshold=1.0)
    >>> found = al.calibrate(rule, like=scores, clients=2000)
    >>> found.attained.rate <= 0.05 and found.rule.threshold > 1.0
    True
    """
    require_criterion(rule)
    run = read_sessions(like, rater=rater, scale=scale, session_order=session_order)
    if per not in ("client", "session"):
        raise from_code("invalid-option", "per: choose client or session")
    (wanted,) = _numbers("rate", (rate,))
    options = _options(clients, seed, 0, sessions, threads, depths)
    found = _fit(run, scale, fit).calibrate(rule._fields(), wanted, per, options)
    kept = {field.name: getattr(rule, field.name) for field in fields(BelowReference)}
    return Calibration(
        BelowReference(**{**kept, "threshold": found["threshold"]}),
        wanted,
        per,
        Estimate(*found["attained"]),
        found["next_rate"],
        tuple(Recall(*row) for row in found["recall"]),
        found["sentence"],
    )


def rate_of(
    rule: BelowReference,
    run: Sessions,
    scale: str,
    options: Mapping[str, Any] | None = None,
    fit: Fit = "resistant-to-falls",
) -> ChanceRate:
    """Give the chance rate of a rule on series like these."""
    options = _options(20_000, 1, 100, None, None, ()) if options is None else options
    model = _fit(run, scale, fit)
    found = model.chance_rate(rule._fields(), dict(options))
    return ChanceRate(
        rule,
        Estimate(*found["clients flagged"]),
        Estimate(*found["sessions flagged"]),
        Estimate(*found["episodes repaired"]),
        found["episodes per 100 sessions"][0],
        {name: Estimate(*rate) for name, rate in found["classes"].items()},
        tuple(Estimate(*rate) for rate in found["by_volatility"]),
        model.parameters(),
        model.falls(),
        found["dyads"],
        found["clients"],
        found["sentence"],
    )


def _options(
    clients: int, seed: int, bootstrap: int, sessions: int | None, threads: int | None, depths: Sequence[float]
) -> dict[str, Any]:
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


def _fit(run: Sessions, scale: str, fit: Fit) -> _native.NullModel:
    if fit not in ("resistant-to-falls", "as-observed"):
        raise from_code("invalid-option", "fit: choose resistant-to-falls or as-observed")
    return _native.NullModel(run.dyads, run.numbers, run.scores, run.limits, _step(run, scale), fit)


def _step(run: Sessions, scale: str) -> float | None:
    """Give the distance of neighbouring scores, where the form has one and all scores keep to it."""
    import numpy as np

    form = run.chosen.instrument
    items = form.scales.get(scale, ())
    if form.step is None or form.range is None or not items:
        return None
    step = form.step / len(items)
    known = run.scores[~np.isnan(run.scores)]
    steps = (known - form.range[0]) / step
    return step if np.allclose(steps, np.round(steps), rtol=0, atol=1e-6) else None
