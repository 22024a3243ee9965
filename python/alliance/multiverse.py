"""What many rules say about one data set, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from alliance import _html, _native
from alliance.chance import ChanceRate, chance_options, fit_null_model, rates_under
from alliance.citing import cite
from alliance.errors import AllianceError, CannotEstimate
from alliance.instruments import Instrument
from alliance.rule_agreement import RuleAgreement
from alliance.rule_names import name_rules
from alliance.rules import Preset, Rule, SuddenGain, all_presets
from alliance.ruptures import RuptureReport, report_on
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.study import Study, StudyScores

__all__ = ["Multiverse", "multiverse"]

# How a number came into a preset, the most certain first; a preset is as certain as its least certain number.
PROVENANCE = ("read", "secondary", "contested", "inferred", "recalled")


def multiverse(
    scores: Scores | StudyScores | Study,
    *,
    rules: Iterable[Rule] | Mapping[str, Rule] | None = None,
    rater: str | None = None,
    scale: str = "total",
    session_order: Sequence[Any] | None = None,
    chance: bool = True,
    clients: int = 20_000,
    bootstrap: int = 100,
    seed: int = 1,
    threads: int | None = None,
) -> Multiverse:
    """Apply many rules to the same scores, each beside the rate chance would give.

    Parameters
    ----------
    scores : Scores, StudyScores or Study
        As for :func:`find_ruptures`.
    rules : iterable or mapping of rules, optional
        The rules, with names of your own if it is a mapping; by default all published ones.
    rater, scale, session_order
        As for :func:`find_ruptures`.
    chance : bool
        Whether to simulate how often each rule fires if nothing happens.
    clients, bootstrap, seed
        As for :func:`chance_rate`.
    threads : int, optional
        Threads; the result is the same for any number.

    Returns
    -------
    Multiverse
        One row per rule, the agreement of every two, and the single reports.

    Raises
    ------
    AllianceError
        What :func:`find_ruptures` raises about the scores; ``invalid-option`` for what is no rule. A rule that does not
        fit the form is no error: it is listed with the reason.

    Notes
    -----
    The sessions are put in order once and the model without ruptures is fitted once; all rules share both, and the same
    random numbers. A published base rate is no evidence for a rule: look at the column of chance first.

    Examples
    --------
    >>> import alliance as al
    >>> forms = al.simulate(seed=20).client_forms
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> rules = {"a point": al.rules.BelowReference(reference="previous", unit="points", threshold=1.0),
    ...          "stiles": al.rules.preset("stiles-2004-as-read"), "srs": al.rules.preset("srs-36-below")}
    >>> found = al.multiverse(scores, rules=rules, clients=1000, bootstrap=0)
    >>> found
    <Multiverse wai-sr-client total: 2 rules, 60 dyads; 1 rule not used>
    >>> shares = found.to_frame()["with_episode_share"]
    >>> 0 < shares[0] < shares[1] < 1
    True
    """
    named = name_rules(all_presets() if rules is None else rules)
    options = chance_options(clients, seed, bootstrap, None, threads, ())
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
    series = run.in_order()
    detected: dict[str, _native.Detected] = {}
    not_used: dict[str, str] = {}
    for name, rule in named.items():
        if isinstance(rule, SuddenGain):
            not_used[name] = "a gain is no rupture"
            continue
        # The scores are sound by now: what is refused here does not suit the rule.
        try:
            detected[name] = series.detect(rule._fields(), threads)
        except AllianceError as error:
            not_used[name] = str(error)
    expected: dict[str, ChanceRate | CannotEstimate] = {}
    if chance and detected:
        expected = _rates(run, scale, {name: named[name] for name in detected}, options)
    reports = {
        name: report_on(scores, run, scale, named[name], found, session_order, expected.get(name))
        for name, found in detected.items()
    }
    return Multiverse._of(run, scale, named, reports, not_used, expected)


def _rates(
    run: Sessions, scale: str, rules: Mapping[str, Rule], options: Mapping[str, Any]
) -> dict[str, ChanceRate | CannotEstimate]:
    """Give the chance rate of each rule, or why there is none, under one model."""
    try:
        rates = rates_under(fit_null_model(run, scale), list(rules.values()), options)
    except CannotEstimate as error:
        return dict.fromkeys(rules, error.with_traceback(None))
    return dict(zip(rules, rates, strict=True))


class Row(NamedTuple):
    """What one rule found, in counts, and what chance would give."""

    name: str
    provenance: str
    counts: Mapping[str, Any]
    expected: ChanceRate | None

    def share(self, part: str, whole: str) -> float:
        """Give one count over another, NaN over none."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share of dyads with an episode (Wilson 1927)."""
        count, share = self.counts["assessed"], self.share("with_episode", "assessed")
        if not count:
            return (share, share)
        squared = 1.959963984540054**2 / count
        middle = (share + squared / 2) / (1 + squared)
        half = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
        return (max(middle - half, 0.0), min(middle + half, 1.0))

    @property
    def repaired(self) -> float:
        """Repaired episodes over those that could end."""
        could_end = self.counts["repaired"] + self.counts["unrepaired"]
        return self.counts["repaired"] / could_end if could_end else float("nan")


class Multiverse:
    """What many rules say about one data set. Made by :func:`multiverse`.

    In a notebook it shows counts, never a row.
    """

    __slots__ = ("_expected", "_named", "_not_used", "_reports", "_run", "agreement", "scale")

    scale: str
    agreement: RuleAgreement
    _run: Sessions
    _named: dict[str, Rule]
    _reports: dict[str, RuptureReport]
    _not_used: dict[str, str]
    _expected: dict[str, ChanceRate | CannotEstimate]

    def __init__(self) -> None:
        raise TypeError("a multiverse is made by `al.multiverse`")

    @classmethod
    def _of(
        cls,
        run: Sessions,
        scale: str,
        named: dict[str, Rule],
        reports: dict[str, RuptureReport],
        not_used: dict[str, str],
        expected: dict[str, ChanceRate | CannotEstimate],
    ) -> Multiverse:
        new = object.__new__(cls)
        values = {
            "scale": scale,
            "agreement": RuleAgreement._of({name: report._detected for name, report in reports.items()}),
            "_run": run,
            "_named": named,
            "_reports": reports,
            "_not_used": not_used,
            "_expected": expected,
        }
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a multiverse cannot be changed")

    @property
    def instrument(self) -> Instrument:
        """The form the scores are of."""
        return self._run.of_form.instrument

    @property
    def reports(self) -> Mapping[str, RuptureReport]:
        """The report of each rule that was used, by its name."""
        return MappingProxyType(self._reports)

    @property
    def not_used(self) -> Mapping[str, str]:
        """Rules that do not fit these scores, and why."""
        return MappingProxyType(self._not_used)

    @property
    def chance(self) -> Mapping[str, ChanceRate]:
        """The chance rate of each rule that has one."""
        return MappingProxyType({name: rate for name, rate in self._expected.items() if isinstance(rate, ChanceRate)})

    def _rows(self) -> list[Row]:
        rates = self.chance
        return [
            Row(name, _provenance(report.rule), _native.counts(report._detected), rates.get(name))
            for name, report in self._reports.items()
        ]

    def _dyads(self) -> int:
        return int(self._run.dyads.max()) + 1 if len(self._run.dyads) else 0

    def to_frame(self) -> Any:
        """Give one row per rule, used or not.

        ``provenance`` is that of the rule's least certain number (read, secondary, contested, inferred, recalled; own
        for a rule of your own); ``not_used`` says why a rule was not used. ``with_episode`` counts dyads, of those
        ``assessed``, with the 95 % interval of their share (Wilson 1927); ``flagged`` sessions, of those that
        ``could_be_flagged``; ``repaired_share`` is of the episodes that could end. ``*_by_chance`` is the rate if
        nothing had happened, with the 95 % interval of the fit.

        Returns
        -------
        frame
            Of the kind the scores came in; missing values where a rule was not used or there is nothing to take a
            share of.
        """
        import numpy as np

        from alliance import _frames

        rows = {row.name: row for row in self._rows()}
        texts = {
            "rule": list(self._named),
            "provenance": [_provenance(rule) for rule in self._named.values()],
            "not_used": [self._not_used.get(name) for name in self._named],
        }
        cells = [_cells(rows[name]) if name in rows else {} for name in self._named]
        names = list(dict.fromkeys(name for row in cells for name in row))
        columns: dict[str, Any] = {}
        for name in names:
            column = [row.get(name) for row in cells]
            if any(isinstance(cell, float) for cell in column):
                columns[name] = np.array([np.nan if cell is None else cell for cell in column])
            else:
                columns[name] = column
        kind = self._run.of_form._kind
        return _frames.beside(kind, _frames.frame_of(kind, texts), columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these results should know."""
        said_by: dict[str, list[str]] = {}
        for name, report in self._reports.items():
            for note in report.notes:
                said_by.setdefault(note, []).append(name)
        notes = (
            note if len(names) == len(self._reports) or note.startswith(names[0]) else f"{', '.join(names)}: {note}"
            for note, names in said_by.items()
        )
        unknown = {str(rate) for rate in self._expected.values() if isinstance(rate, CannotEstimate)}
        return (*notes, *(f"No chance rate: {why}." for why in sorted(unknown)))

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts these results hold.

        Returns
        -------
        str
            Plain text.
        """
        rows = self._rows()
        form, used = self.instrument, _counted(len(rows), "rule")
        sample = f"{form.id}, {_counted(self._dyads(), 'dyad')}"
        sentences = [f"Ruptures in the {self.scale} score of the {form.rater} ({sample}) were sought with {used}."]
        sentences += [f"Not used: {name} ({why})." for name, why in self._not_used.items()]
        for row in rows:
            assessed = row.counts["assessed"]
            found = f"{row.name}: an episode in {row.counts['with_episode']} of {_counted(assessed, 'dyad')} assessed"
            by_chance = f", by chance {row.expected.per_client}" if row.expected else ""
            share = f" ({_percent(row.share('with_episode', 'assessed'))}{by_chance})" if assessed else ""
            sentences.append(f"{found}{share}.")
        kappas = [self.agreement.kappa[one][other] for one, other in self.agreement._pairs()]
        defined = [kappa for kappa in kappas if kappa == kappa]
        if defined:
            sentences.append(
                f"Flags of two rules agree with a Cohen's kappa between {min(defined):.2f} and {max(defined):.2f}."
            )
        rates = list(self.chance.values())
        if rates:
            sentences.append(
                "By chance: the rate if nothing had happened, with the 95 % interval of the fit, over "
                f"{rates[0].clients} simulated clients. {rates[0].model_sentence}"
            )
        return " ".join((*sentences, *self.notes))

    def cite(self) -> str:
        """Give BibTeX entries of the instrument, the published rules that were used and this software.

        Returns
        -------
        str
            BibTeX.
        """
        used = (report.rule for report in self._reports.values())
        return cite(self._run.of_form, *(rule for rule in used if isinstance(rule, Preset)))

    def plot(self) -> Any:
        """Draw the share of dyads with an episode beside what chance gives, and the agreement of the rules.

        Returns
        -------
        matplotlib.figure.Figure
            Rules in the order of their share. Whiskers are the 95 % interval of the share among so many dyads, bars
            that of the rate of chance. The agreement is left out beyond twelve rules.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib; ``invalid-option`` if no rule could be used.
        """
        from alliance.multiverse_figure import shares_beside_chance

        return shares_beside_chance(self)

    def __repr__(self) -> str:
        refused = f"; {_counted(len(self._not_used), 'rule')} not used" if self._not_used else ""
        counted = _counted(len(self._reports), "rule")
        return f"<Multiverse {self.instrument.id} {self.scale}: {counted}, {_counted(self._dyads(), 'dyad')}{refused}>"

    def _repr_html_(self) -> str:
        rows = self._rows()
        columns = ["rule", "provenance", "dyads with an episode", "sessions flagged", "episodes repaired"]
        has_chance = bool(self.chance)
        if has_chance:
            columns = [*columns[:3], "by chance", columns[3], "by chance", columns[4], "by chance"]
        listed = []
        for row in rows:
            assessed = row.counts["assessed"]
            share = f"{_percent(row.share('with_episode', 'assessed'))} of {assessed}" if assessed else "none assessed"
            observed = (
                share,
                _percent(row.share("flagged", "evaluable")),
                _percent(row.repaired),
            )
            if has_chance:
                rate = row.expected
                by_chance = (rate.per_client, rate.per_session, rate.repaired) if rate else ("", "", "")
                beside = [str(cell) for pair in zip(observed, by_chance, strict=True) for cell in pair]
            else:
                beside = list(observed)
            listed.append((row.name, row.provenance, *beside))
        line = f"{self.instrument.id}, {self.scale}, {_counted(self._dyads(), 'dyad')}"
        page = _html.heading("Rules side by side", line) + _html.table(columns, listed)
        if has_chance:
            page += _html.notes(["By chance: the rate if nothing had happened, with the 95 % interval of the fit."])
        if self._not_used:
            page += _html.table(("rule not used", "why"), list(self._not_used.items()))
        return page + f"<details><summary>Notes</summary>{_html.notes(self.notes)}</details>"


def _provenance(rule: Rule) -> str:
    """Give the provenance of a rule's least certain number."""
    known = set((rule.provenance or {}).values()) if isinstance(rule, Preset) else set()
    return max(known, key=PROVENANCE.index) if known else "own"


def _cells(row: Row) -> dict[str, Any]:
    """Give one row of the table."""
    counts, rate = row.counts, row.expected
    cells: dict[str, Any] = {"assessed": counts["assessed"], "with_episode": counts["with_episode"]}
    cells["with_episode_share"] = row.share("with_episode", "assessed")
    cells["with_episode_low"], cells["with_episode_high"] = row.interval
    if rate:
        cells |= _rate("with_episode", rate.per_client)
    cells |= {"could_be_flagged": counts["evaluable"], "flagged": counts["flagged"]}
    cells["flagged_share"] = row.share("flagged", "evaluable")
    if rate:
        cells |= _rate("flagged", rate.per_session)
    cells["episodes"] = counts["episodes"]
    cells["episodes_per_100_sessions"] = 100 * row.share("episodes", "observed")
    if rate:
        cells["episodes_per_100_sessions_by_chance"] = rate.episodes_per_100_sessions
    cells["repaired_share"] = row.repaired
    if rate:
        cells["repaired_by_chance"] = rate.repaired.rate
    for name, count in counts["classes"].items():
        cells[f"class_{name.replace('-', '_')}"] = count
        if rate and name in rate.classes:
            cells[f"class_{name.replace('-', '_')}_by_chance"] = rate.classes[name].rate
    return cells


def _rate(name: str, rate: Any) -> dict[str, float]:
    low, high = rate.fit_interval or (float("nan"), float("nan"))
    return {f"{name}_by_chance": rate.rate, f"{name}_by_chance_low": low, f"{name}_by_chance_high": high}


def _percent(share: float) -> str:
    return "" if share != share else f"{100 * share:.1f} %"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
