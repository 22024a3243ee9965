"""What a synthesis of correlations says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.errors import from_code
from alliance.psychometrics.estimate import Estimate, told
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MetaAnalysis", "MetaCoefficient", "ModeratorTest", "SmallStudies"]


_ESTIMATORS = {
    "REML": ("restricted maximum likelihood", "viechtbauer-2005"),
    "ML": ("maximum likelihood", "viechtbauer-2005"),
    "DL": ("DerSimonian and Laird's moment estimator", "dersimonian-laird-1986"),
    "PM": ("Paule and Mandel's estimator", "viechtbauer-2010"),
    "HS": ("Hunter and Schmidt's estimator", "viechtbauer-2010"),
    "SJ": ("Sidik and Jonkman's estimator", "viechtbauer-2010"),
    "HE": ("Hedges's estimator", "viechtbauer-2010"),
    "CE": ("one true effect for all studies", "viechtbauer-2010"),
}
FEW = 10


class MetaCoefficient(NamedTuple):
    """A coefficient of a meta-analysis, in Fisher's z.

    Parameters
    ----------
    name : str
        ``intercept``, or the moderator; of words, the moderator and its level.
    estimate : Estimate
        The coefficient.
    statistic, p_value : float
        Its test against 0: t where the estimate has degrees of freedom, else z.
    """

    name: str
    estimate: Estimate
    statistic: float
    p_value: float


class ModeratorTest(NamedTuple):
    """Test that no moderator matters: F, or chi square where ``denominator_degrees`` is infinite."""

    statistic: float
    numerator_degrees: float
    denominator_degrees: float
    p_value: float


class SmallStudies(NamedTuple):
    """Whether small studies report more. A look, not a correction.

    Parameters
    ----------
    egger : Estimate
        Slope of Fisher's z on its standard error, weighted (Egger 1997); positive where small studies report more.
    egger_p : float
        Its two-sided p value.
    filled : int
        Studies that trim-and-fill holds to be missing.
    correlation_filled : Estimate
        The correlation with their mirror images put in.
    few : bool
        Whether there are fewer than ten studies: then neither can tell anything.
    """

    egger: Estimate
    egger_p: float
    filled: int
    correlation_filled: Estimate
    few: bool


@dataclass(frozen=True, eq=False, repr=False)
class MetaAnalysis(Result):
    """Correlations of several studies together. Made by :func:`meta_correlations`.

    Parameters
    ----------
    correlation : Estimate or None
        Mean effect back as a correlation (tanh): the median true correlation. None with moderators.
    mean_correlation : float
        Mean of the true correlations, which lies nearer 0; NaN with moderators.
    prediction : tuple of float or None
        Where the true correlation of a further study would lie; None with moderators, too few studies, or one true
        effect for all.
    prediction_degrees : float
        Degrees of freedom of its quantile, which publications rarely state; infinite for the normal one.
    coefficients : tuple of MetaCoefficient
        In Fisher's z: the intercept, which is the mean effect without moderators, then one per moderator.
    moderator_test : ModeratorTest or None
        Test of all moderators together.
    tau_squared : Estimate or None
        Variance of the true effects (Fisher's z), what moderators leave of it; None with clusters.
    i_squared : Estimate or None
        Percent of the variance of the observed effects that is not sampling error. It is not variance explained, and
        not how large the variance is. None with clusters.
    between_clusters, within_clusters : Estimate or None
        With clusters: variance between them, and between effects of one; intervals by the profile of the likelihood.
    i_squared_levels : tuple of float
        With clusters: percent between them, and between effects of one; NaN without.
    h_squared, r_squared : float
        Total over sampling variance; percent of the variance between studies that moderators take away.
    q, q_degrees, q_p : float
        Cochran's Q of what is left.
    studies, clusters : int
        Effects used; clusters, 0 where none were named.
    estimator, standard_errors : str
        What was asked for.
    confidence : float
        Confidence of all intervals.
    """

    correlation: Estimate | None
    mean_correlation: float
    prediction: tuple[float, float] | None
    prediction_degrees: float
    coefficients: tuple[MetaCoefficient, ...]
    moderator_test: ModeratorTest | None
    tau_squared: Estimate | None
    i_squared: Estimate | None
    between_clusters: Estimate | None
    within_clusters: Estimate | None
    i_squared_levels: tuple[float, float]
    h_squared: float
    r_squared: float
    q: float
    q_degrees: float
    q_p: float
    studies: int
    clusters: int
    estimator: str
    standard_errors: str
    confidence: float
    _asked: Asked

    @property
    def _kind(self) -> Any:
        return self._asked.kind

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The correlation, the coefficients in Fisher's z, and the variances."""
        found: dict[str, Estimate] = {}
        if self.correlation is not None:
            found["correlation"] = self.correlation
            found["fisher_z"] = self.coefficients[0].estimate
        else:
            found |= {each.name: each.estimate for each in self.coefficients}
        for name in ("tau_squared", "i_squared", "between_clusters", "within_clusters"):
            own = getattr(self, name)
            if own is not None:
                found[name] = own
        return found

    @property
    def _title(self) -> str:
        return "Correlations of several studies"

    @property
    def _line(self) -> str:
        of = f"{self.studies} effects of {self.clusters} clusters" if self.clusters else f"{self.studies} studies"
        return f"{of}, {self.estimator}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        words = {"tau_squared": "tau² (Fisher's z)", "i_squared": "I² (%)", "fisher_z": "Fisher's z"}
        return [(words.get(name, name.replace("_", " ")), each) for name, each in self.estimates.items()]

    @property
    def _quantile(self) -> str:
        return "normal" if self.prediction_degrees == float("inf") else f"t({self.prediction_degrees:g})"

    def _sentences(self) -> Sequence[str]:
        words, _ = _ESTIMATORS[self.estimator]
        of = f"Correlations of {self.studies} studies"
        if self.clusters:
            of = f"{self.studies} correlations of {self.clusters} clusters"
        model = f"a {'three-level ' if self.clusters else ''}random-effects model ({words})"
        model = "a model with one true effect for all studies" if self.estimator == "CE" else model
        sentences = [f"{of} were put together as Fisher's z in {model}."]
        degrees = self.coefficients[0].estimate.degrees_of_freedom
        if degrees == degrees:
            how = "t of clusters less coefficients" if self.clusters else "Knapp and Hartung"
            sentences.append(f"Intervals and tests are by {how} ({degrees:g} degrees of freedom).")
        percent = f"{100 * self.confidence:g} %"
        if self.correlation is not None:
            sentences.append(f"The correlation was {told(self.correlation, f'{percent} interval')}.")
        if self.prediction is not None:
            low, high = self.prediction
            sentences.append(
                f"The true correlation of a further study would lie between {low:.2f} and {high:.2f} ({percent} "
                f"prediction interval, quantile {self._quantile})."
            )
        if self.moderator_test is not None and self.q == self.q:
            test = self.moderator_test
            name = "chi square" if test.denominator_degrees == float("inf") else "F"
            sentences.append(f"Moderators together: {name} = {test.statistic:.2f}, {_p(test.p_value)}.")
        return [*sentences, *self._spread()]

    def _spread(self) -> Sequence[str]:
        """Say how much effects vary."""
        if self.q != self.q:
            return ()
        q = f"Q = {self.q:.2f} (df {self.q_degrees:g}, {_p(self.q_p)})"
        if self.tau_squared is not None and self.i_squared is not None:
            if self.studies < 2:
                return ()
            share = f"I² was {self.i_squared} %, {q}."
            if self.estimator == "CE":
                return (share,)
            return (f"tau² was {told(self.tau_squared, 'interval by the profile of Q')}; {share}",)
        between, within = self.between_clusters, self.within_clusters
        return (f"The variance was {between} between clusters and {within} within (profile likelihood); {q}.",)

    @property
    def _references(self) -> tuple[str, ...]:
        keys = ["viechtbauer-2010", _ESTIMATORS[self.estimator][1]]
        keys += ["konstantopoulos-2011"] if self.clusters else []
        if self.standard_errors == "knapp-hartung" and self._asked.clusters is None:
            keys.append("knapp-hartung-2003")
        if self.prediction is not None:
            keys.append("higgins-2009")
        profile = self.tau_squared is not None and self.tau_squared.low == self.tau_squared.low
        keys += ["viechtbauer-2007"] if profile else []
        return tuple(dict.fromkeys(keys))

    def study_frame(self) -> Any:
        """Give one row per effect: study, r, n, the interval of its own r, Fisher's z and percent of weight.

        Returns
        -------
        frame
            Of the kind that went in; weights are null for an effect that was left out.
        """
        from alliance import _frames

        asked = self._asked
        kind = asked.kind
        frame = _frames.frame_of(kind, {"study": list(asked.labels)})
        low, high, weight, z = asked.numbers
        columns = {"r": asked.r, "n": asked.n, "low": low, "high": high, "fisher_z": z, "weight": weight}
        return _frames.beside(kind, frame, columns)

    def leave_one_out(self) -> Any:
        """Give the analysis without each study in turn, or without each cluster where those were named.

        Returns
        -------
        frame
            One row per study (or cluster) left out: its label, and without moderators ``correlation``, ``low``,
            ``high`` and the variances of the others' analysis; with moderators the coefficients in Fisher's z.
        """
        import numpy as np

        from alliance import _frames

        asked = self._asked
        found = _native.meta_without(asked.columns, asked.options)
        labels = asked.labels if asked.clusters is None else asked.cluster_labels
        rows = [
            {
                "correlation": facts["correlation"]["value"],
                "low": facts["correlation"]["low"],
                "high": facts["correlation"]["high"],
                **{name: own["value"] for name, own in facts["variances"].items()},
            }
            if self.correlation is not None
            else {name: own["value"] for name, (own, _, _) in zip(asked.names, facts["coefficients"], strict=True)}
            for _, facts in found
        ]
        frame = _frames.frame_of(asked.kind, {"left_out": [labels[place] for place, _ in found]})
        names = list(rows[0]) if rows else []
        columns = {name: np.array([row[name] for row in rows], dtype=float) for name in names}
        return _frames.beside(asked.kind, frame, columns)

    def small_studies(self, side: Literal["left", "right"] = "left") -> SmallStudies:
        """Look whether small studies report more: Egger's test, and trim-and-fill.

        Parameters
        ----------
        side : {"left", "right"}
            Where studies are suspected to be missing: small correlations, with signs such that large ones are
            expected, or large ones.

        Returns
        -------
        SmallStudies
            With fewer than ten studies ``few`` is True and the notes say that next to nothing can be concluded.

        Raises
        ------
        AllianceError
            ``invalid-option`` with clusters or moderators, for which neither method is made.
        """
        if self._asked.clusters is not None or len(self.coefficients) > 1:
            problem = "Egger's test and trim-and-fill are for independent studies without moderators"
            raise from_code("invalid-option", f"small_studies: {problem}")
        found = _native.small_studies(self._asked.columns, self._asked.options, side)
        egger, filled = Estimate._of(found["egger"]), Estimate._of(found["filled"])
        return SmallStudies(egger, found["egger_p"], found["count"], filled, self.studies < FEW)

    def plot(self) -> Any:
        """Draw a forest: each study's correlation with its interval, and the mean with its two intervals below.

        Returns
        -------
        matplotlib.figure.Figure
            Squares have the area of the weight; the diamond is the mean with its interval, the bar below it the
            prediction interval.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.synthesis.meta_figures import forest

        return forest(self)

    def _more_html(self) -> str:
        parts = []
        if self.prediction is not None:
            low, high = self.prediction
            text = f"{low:.2f} to {high:.2f} (quantile {self._quantile})"
            parts.append(_html.table(("prediction", ""), [("true correlation of a further study", text)]))
        if len(self.coefficients) > 1:
            rows = [(each.name, str(each.estimate), _p(each.p_value)) for each in self.coefficients]
            parts.append(_html.table(("in Fisher's z", "estimate", ""), rows))
        return "".join(parts)


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


@dataclass(frozen=True, eq=False)
class Asked:
    """What went in, for the analyses of parts."""

    r: NDArray[np.float64]
    n: NDArray[np.float64]
    labels: tuple[Any, ...]
    clusters: NDArray[np.uint32] | None
    cluster_labels: tuple[Any, ...]
    moderators: NDArray[np.float64]
    names: tuple[str, ...]
    numbers: NDArray[np.float64]
    options: Any
    kind: Any

    @property
    def columns(self) -> Any:
        return {
            "correlations": self.r,
            "sizes": self.n,
            "clusters": self.clusters,
            "moderators": self.moderators,
            "count": len(self.names) - 1,
        }

    def __eq__(self, other: object) -> bool:
        from alliance.psychometrics.result import same

        return isinstance(other, Asked) and same(vars(self), vars(other))

    __hash__ = None  # type: ignore[assignment]
