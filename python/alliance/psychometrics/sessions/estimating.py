"""Working out reliability across sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from alliance import _native
from alliance.arguments import choice, number, whole
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.item_answers import read_items
from alliance.psychometrics.sessions.session_reliability import SessionReliability
from alliance.request import Columns

__all__ = ["session_reliability"]

ItemMeans = Literal["in-error", "removed"]


def session_reliability(
    data: Any,
    instrument: Instrument | str | None = None,
    *,
    columns: Columns | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    session_order: Sequence[Any] | None = None,
    item_means: ItemMeans = "in-error",
    confidence: float = 0.95,
    resamples: int | None = None,
    seed: int = 1,
) -> SessionReliability:
    """Say how far scores of repeated sessions can be trusted: between clients, and for changes within one.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Forms, one per client and session. Scores and studies know their form and columns.
    instrument : Instrument or str, optional
        The form of a frame, or its id: its key turns reversed items. Without one, columns are taken as they are.
    columns : str, sequence or mapping, optional
        Item columns of a frame, as in :func:`score`; without an instrument a list. One column of scores gives the
        intraclass correlations and sessions needed; what speaks of items is then not defined.
    scale : str
        Scale.
    client, session, therapist : str, optional
        Id columns of a frame. With therapists each pair of client and therapist is a dyad of its own, and the share of
        variance between therapists is given.
    rater : str, optional
        Of a study, whose forms; of a frame, the column with the rater.
    session_order : sequence, optional
        Session labels in their order, where they are neither whole numbers nor dates.
    item_means : {"in-error", "removed"}
        Whether differences between items' means count as error of the nested design, as in R's psych and in three-level
        models of items in sessions, or are taken out first, since everybody answers the same items.
    confidence : float
        Confidence of the intervals, above 0 and below 1.
    resamples : int, optional
        For intervals of the alphas from so many draws of clients, 100 or more. Without it only alpha within clients has
        one (Feldt's).
    seed : int
        Seed of the draws.

    Returns
    -------
    SessionReliability
        Coefficients with intervals and statuses, variance components, a decision study.

    Raises
    ------
    AllianceError
        As :func:`score` does; ``repeated-session`` if a client has two forms of a session, as when ids start anew with
        each therapist and no therapist is named; ``missing-column``; ``invalid-option``. Data on which a coefficient is
        not defined raise nothing: the estimate has a status.

    Notes
    -----
    Variance components come from mean squares where all clients have equally many sessions with every item, else from
    restricted maximum likelihood of items in sessions in clients. Coefficients are those of Cranford et al. (2006) with
    intervals by the delta method, exact F intervals where the coefficient is one less a ratio of mean squares. Alphas
    follow Geldhof et al. (2014), by moments.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=60, sessions=6, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> found = al.session_reliability(scores)
    >>> found.r_krn.level, found.r_cn.level
    ('between-clients', 'within-client')
    >>> found.sessions_needed(0.80) >= 1
    True
    """
    choice("item_means", item_means, ("in-error", "removed"))
    answers = read_items(
        data,
        instrument,
        purpose="session_reliability",
        columns=columns,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
    )
    answers.ids.require("client", "session", purpose="session_reliability")
    found = _native.session_reliability(
        answers.given,
        {
            "client": answers.ids.dyads(),
            "session": answers.ids.session_numbers(session_order),
            "therapist": answers.ids.codes("therapist") if "therapist" in answers.ids else None,
        },
        {
            "item_means": item_means,
            "confidence": number("confidence", confidence),
            "resamples": None if resamples is None else whole("resamples", resamples, least=1),
            "seed": whole("seed", seed),
        },
    )
    clients, sessions, items = found["sizes"]
    coefficients = _estimates(found["coefficients"])
    # The crate speaks of the mean of the items.
    error = coefficients.pop("standard_error_of_measurement")._scaled(answers.points)
    therapists = found["therapist_icc"]
    icc = map(Estimate._of, found["item_icc"])
    return SessionReliability(
        scale=answers.scale,
        instrument=answers.instrument,
        clients=clients,
        sessions=sessions,
        items=items,
        **coefficients,
        standard_error_of_measurement=error,
        therapist_icc=None if therapists is None else Estimate._of(therapists),
        nested_components=_estimates(found["nested"]),
        crossed_components=_estimates(found["crossed"]),
        score_components=_estimates(found["scores"]),
        item_icc=dict(zip(answers.items, icc, strict=True)),
        metric=answers.metric,
        item_means=item_means,
        confidence=confidence,
        resamples=resamples,
        _described=answers.described,
        _kind=answers.kind,
    )


def _estimates(facts: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate._of(each) for name, each in facts.items()}
