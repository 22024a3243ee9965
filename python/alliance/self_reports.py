"""Ruptures that client or therapist report in so many words after a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from alliance.checking import Finding
from alliance.errors import from_code
from alliance.request import _rows
from alliance.sources import (
    NO,
    NO_WORD,
    UNKNOWN,
    YES,
    Source,
    Words,
    read_measure,
    read_words,
    require_columns,
    sessions_once,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.study import Study

__all__ = ["SelfReport"]

KINDS = ("withdrawal", "confrontation", "mixed")
MEANINGS = ("no", "yes", *KINDS)


@dataclass(frozen=True, eq=False)
class SelfReport:
    """What one rater answered after the sessions."""

    rater: str
    source: Source
    findings: tuple[Finding, ...]

    @property
    def kinds(self) -> Words | None:
        """The kind of rupture each row names."""
        return self.source.columns.get(f"kind_{self.rater}")


def read_self_reports(
    study: Study,
    data: Any,
    *,
    rater: Literal["client", "therapist"],
    rupture: str,
    intensity: str | None,
    resolution: str | None,
    kind: str | None,
    labels: Mapping[Any, str] | None,
) -> SelfReport:
    """Read a post-session questionnaire for :meth:`Study.with_self_reports`."""
    import numpy as np

    from alliance._frames import Frame

    if rater not in ("client", "therapist"):
        raise from_code("invalid-option", "rater: choose `client` or `therapist`")
    meanings = _meanings(labels)
    frame = Frame(data)
    what = f"{rater} self-report"
    follow_ups = {"intensity": intensity, "resolution": resolution, "kind": kind}
    named = {name: column for name, column in follow_ups.items() if column is not None}
    require_columns(frame, {"client": study.client, "session": study.session}, {"rupture": rupture, **follow_ups}, what)
    ids = sessions_once(frame, study.client, study.session, what)
    answers = _read(frame, rupture, meanings["rupture"], "yes nor no")
    reported = np.where(answers == NO_WORD, UNKNOWN, answers).astype(np.uint8)
    columns: dict[str, Any] = {f"reported_{rater}": reported}
    given: dict[str, NDArray[np.bool_]] = {}
    for name in ("intensity", "resolution"):
        if name in named:
            values = read_measure(frame, named[name])
            given[name] = ~np.isnan(values)
            columns[f"{name}_{rater}"] = np.where(reported == YES, values, np.nan)
    if "kind" in named:
        places = _read(frame, named["kind"], meanings["kind"], "withdrawal nor confrontation nor mixed")
        given["kind"] = places != NO_WORD
        columns[f"kind_{rater}"] = Words(np.where(reported == YES, places, NO_WORD).astype(np.uint8), KINDS)
    findings = tuple(_violations(what, reported, given, rupture))
    notes: tuple[str, ...] = (f"The {rater} reports of a session without an answer are unknown, not a no.",)
    if findings:
        count = sum(finding.count for finding in findings)
        notes += (
            f"{what}: a follow-up question was answered where a rupture was denied or left open ({count} "
            f"{'row' if count == 1 else 'rows'}, named by `study.check()`); those answers are left out.",
        )
    return SelfReport(rater, Source(what, ids, columns, notes), findings)


def _meanings(labels: Mapping[Any, str] | None) -> dict[str, dict[Any, int]]:
    """Give what cells mean: the caller's words, or, for a question they say nothing of, the plain ones."""
    defaults: dict[str, dict[Any, int]] = {
        "rupture": {False: NO, True: YES, "no": NO, "yes": YES},
        "kind": {word: place for place, word in enumerate(KINDS)},
    }
    if labels is None:
        return defaults
    own: dict[str, dict[Any, int]] = {"rupture": {}, "kind": {}}
    if not isinstance(labels, Mapping):
        raise from_code("invalid-option", "labels: map cells to their meaning, one of " + ", ".join(MEANINGS))
    for cell, meaning in labels.items():
        if not isinstance(meaning, str) or meaning not in MEANINGS:
            raise from_code("invalid-option", "labels: the meanings are " + ", ".join(MEANINGS))
        if meaning in KINDS:
            own["kind"][cell] = KINDS.index(meaning)
        else:
            own["rupture"][cell] = YES if meaning == "yes" else NO
    return {question: own[question] or defaults[question] for question in defaults}


def _read(frame: Frame, column: str, meanings: Mapping[Any, int], neither: str) -> NDArray[np.uint8]:
    found, strange = read_words(frame, column, meanings)
    if len(strange):
        rows, count = strange[:5].tolist(), len(strange)
        problem = (
            f"column `{column}`, {_rows(rows, count)}: {count} cells are neither {neither}; say what cells mean with "
            "`labels`"
        )
        raise from_code("text-answer", problem, column=column, rows=rows, count=count)
    return found


def _violations(
    what: str, reported: NDArray[np.uint8], given: Mapping[str, NDArray[np.bool_]], rupture: str
) -> list[Finding]:
    """Find answers to follow-up questions that should have been skipped."""
    import numpy as np

    findings: list[Finding] = []
    if not given:
        return findings
    any_given = np.logical_or.reduce(list(given.values()))
    for state, said in ((NO, "without a rupture"), (UNKNOWN, "that leave open whether there was a rupture")):
        wrong = np.flatnonzero((reported == state) & any_given)
        if len(wrong):
            rows, count = wrong[:5].tolist(), len(wrong)
            message = (
                f"{what}: answers about {' or '.join(given)} in {count} of the sessions {said} ({_rows(rows, count)}); "
                "the form skips these questions, so one of the answers is wrong"
            )
            findings.append(Finding("skip-logic", "warning", message, rupture, tuple(rows), count))
    return findings


def with_self_reports(study: Study, data: Any, **options: Any) -> Study:
    """Give the study with this questionnaire."""
    report = read_self_reports(study, data, **options)
    if any(known.rater == report.rater for known in study._self_reports):
        raise from_code("invalid-option", f"the study has self-reports of the {report.rater} already; stack them first")
    return replace(study, _self_reports=(*study._self_reports, report))
