"""Correlations of several studies together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import number
from alliance.errors import AllianceError, from_code
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.synthesis.meta_analysis import FEW, Asked, MetaAnalysis, MetaCoefficient, ModeratorTest
from alliance.request import _rows
from alliance.sources import distinct_cells, first_rows, grouped, read_measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame

__all__ = ["meta_correlations"]

Estimator = Literal["REML", "ML", "DL", "PM", "HS", "SJ", "HE", "CE"]
Prediction = Literal["t(k-2)", "t(k-1)", "normal"]


def meta_correlations(
    data: Any,
    *,
    r: str = "r",
    n: str = "n",
    study: str | None = None,
    cluster: str | None = None,
    moderators: str | Sequence[str] = (),
    estimator: Estimator = "REML",
    standard_errors: Literal["knapp-hartung", "normal"] = "knapp-hartung",
    prediction: Prediction = "t(k-2)",
    confidence: float = 0.95,
) -> MetaAnalysis:
    """Put correlations of several studies together.

    Parameters
    ----------
    data : frame
        One correlation per row. Code signs so that a better alliance with a better outcome is positive.
    r, n : str
        Columns with the correlation and its number of pairs.
    study : str, optional
        Column with the study's name, for tables and the figure.
    cluster : str, optional
        Column that says which correlations come from one sample (several measures, raters or times): a three-level
        model. Without it they are taken as independent.
    moderators : str or sequence of str
        Columns on which correlations are regressed, in Fisher's z. Words become one column per level but the first.
    estimator : {"REML", "ML", "DL", "PM", "HS", "SJ", "HE", "CE"}
        Variance between studies; with clusters REML or ML. CE takes one true effect for all.
    standard_errors : {"knapp-hartung", "normal"}
        With few studies the normal interval is too narrow. With clusters ``knapp-hartung`` is t of clusters less
        coefficients.
    prediction : {"t(k-2)", "t(k-1)", "normal"}
        Quantile of the prediction interval, k being studies, or clusters. Programs differ: metafor takes the normal
        one, or t(k-1) with Knapp-Hartung.
    confidence : float
        Confidence of all intervals.

    Returns
    -------
    MetaAnalysis
        Correlation with confidence and prediction interval, heterogeneity, coefficients; studies one by one.

    Raises
    ------
    AllianceError
        ``missing-column``; ``invalid-option``, also for correlations beyond -1 and 1; ``missing-id`` for a row without
        a cluster. A correlation of -1 or 1, or of three pairs or fewer, has no Fisher's z: all is then undefined and a
        note says how many there are.

    Notes
    -----
    z = atanh(r) with variance 1 / (n - 3). Weights are 1 / (v + tau^2); three levels have the model
    z_ij = mu + u_i + w_ij + e_ij. Studies with a missing value are left out and counted.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> studies = pl.DataFrame({"r": [0.32, 0.21, 0.25, 0.30, 0.18], "n": [60, 110, 45, 82, 150]})
    >>> found = al.meta_correlations(studies)
    >>> print(found.correlation)
    0.24 (0.16 to 0.31)
    """
    import numpy as np

    from alliance._frames import Frame, cells

    frame = Frame(data)
    listed = [moderators] if isinstance(moderators, str) else list(moderators)
    named = {r: "r", n: "n"} | dict.fromkeys(listed, "moderators")
    if len(named) < 2 + len(listed):
        raise from_code("invalid-option", "moderators: name each column once, and neither `r` nor `n`")
    frame.require([*named, *(name for name in (study, cluster) if name is not None)], "meta_correlations")
    sizes, correlations = read_measure(frame, n), read_measure(frame, r)
    _refuse(r, np.abs(correlations) > 1, "is no correlation: from -1 to 1")
    _refuse(n, sizes < 1, "is no number of people: 1 or more")
    known = ~(np.isnan(correlations) | np.isnan(sizes))
    columns = [pair for name in listed for pair in _moderator(frame, name, known)]
    labels = cells(frame, study) if study is not None else range(1, len(frame) + 1)
    codes, cluster_labels = None, ()
    if cluster is not None:
        codes = np.ascontiguousarray(grouped(frame, [cluster], "clusters"))
        cluster_labels = tuple(cells(frame.take(first_rows(codes)), cluster))
    asked = Asked(
        r=correlations,
        n=sizes,
        labels=tuple(labels),
        clusters=codes,
        cluster_labels=cluster_labels,
        moderators=np.array([values for _, values in columns], dtype=float).reshape(len(columns), len(frame)),
        names=("intercept", *(name for name, _ in columns)),
        numbers=np.empty((4, len(frame))),
        options={
            "estimator": estimator,
            "standard_errors": standard_errors,
            "prediction": prediction,
            "confidence": number("confidence", confidence),
        },
        kind=frame.kind,
    )
    found = _native.meta_correlations(asked.columns, asked.options, asked.numbers)
    variances = {name: Estimate._of(facts) for name, facts in found["variances"].items()}
    test = found["moderators"]
    coefficients = tuple(
        MetaCoefficient(name, Estimate._of(facts), statistic, p)
        for name, (facts, statistic, p) in zip(asked.names, found["coefficients"], strict=True)
    )
    return MetaAnalysis(
        correlation=Estimate._of(found["correlation"]) if "correlation" in found else None,
        mean_correlation=found.get("mean_correlation", float("nan")),
        prediction=found["prediction"],
        prediction_degrees=found["prediction_degrees"],
        coefficients=coefficients,
        moderator_test=None if test is None else ModeratorTest(*test),
        tau_squared=variances.get("tau_squared"),
        i_squared=variances.get("i_squared"),
        between_clusters=variances.get("between_clusters"),
        within_clusters=variances.get("within_clusters"),
        i_squared_levels=found["i_squared_levels"],
        h_squared=found["h_squared"],
        r_squared=found["r_squared"],
        q=found["q"][0],
        q_degrees=found["q"][1],
        q_p=found["q"][2],
        studies=coefficients[0].estimate.rows_used,
        clusters=found["clusters"],
        estimator=estimator,
        standard_errors=standard_errors,
        confidence=float(confidence),
        _asked=asked,
    )


def _refuse(column: str, is_wrong: NDArray[np.bool_], what: str) -> None:
    """Refuse rows, by column and place."""
    import numpy as np

    wrong = np.flatnonzero(is_wrong)
    if len(wrong):
        rows, count = wrong[:5].tolist(), len(wrong)
        cells = "the cell" if count == 1 else f"each of {count} cells"
        problem = f"meta_correlations: column `{column}`, {_rows(rows, count)}: {cells} {what}"
        raise from_code("out-of-range", problem, column=column, rows=rows, count=count)


def _moderator(frame: Frame, name: str, is_used: NDArray[np.bool_]) -> list[tuple[str, NDArray[np.float64]]]:
    """Give a moderator as numbers; words as one column per level but the first, in the order of the levels.

    A level of none but studies that are left out has no column: it would be 0 throughout.
    """
    import numpy as np

    try:
        return [(name, read_measure(frame, name))]
    except AllianceError as error:
        if error.code == "not-finite":
            raise
    groups, levels = distinct_cells(frame, name)
    used = set(groups[is_used].tolist())
    known = sorted((level for group, level in enumerate(levels) if level is not None and group in used), key=str)
    if len(known) > FEW:
        raise from_code("invalid-option", f"moderators: `{name}` has more than {FEW} levels", column=name)
    is_missing = np.array([level is None for level in levels], dtype=bool)[groups]
    return [
        (
            f"{name}: {level}",
            np.where(is_missing, np.nan, np.array([other == level for other in levels], dtype=float)[groups]),
        )
        for level in known[1:]
    ]
