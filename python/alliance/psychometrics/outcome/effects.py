"""Effects of the alliance within and between clients, of one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance.psychometrics.estimate import Estimate

__all__ = ["Effects"]


@dataclass(frozen=True)
class Effects:
    """Effects of one model, with the alliance's own trend kept or taken out.

    Parameters
    ----------
    within : Estimate
        Of a session one point better than usual for the client.
    between : Estimate
        Of a client one point better than others; with therapists, than the therapist's others.
    contextual : Estimate
        Between less within.
    between_at_true_levels : Estimate
        The effect between clients as it would be if their means were their true levels.
    therapist : Estimate or None
        Of a therapist whose clients' mean is one point better.
    time : Estimate
        Of one unit of time.
    covariates : tuple of (str, Estimate)
        Of the covariates, by name.
    intercept : Estimate
        Outcome at a mean alliance, time and covariates 0.
    client_variance, therapist_variance, residual_variance : Estimate or None
        Variances of clients' and therapists' intercepts and of residuals.
    p_values : mapping of str to float
        Two-sided, of each effect's t test against 0.
    deviance : float
        -2 restricted log likelihood.
    status : str
        Of the model: ``defined``, ``boundary`` (a variance of 0), ``not-converged``, or why there is none.
    """

    within: Estimate
    between: Estimate
    contextual: Estimate
    between_at_true_levels: Estimate
    therapist: Estimate | None
    time: Estimate
    covariates: tuple[tuple[str, Estimate], ...]
    intercept: Estimate
    client_variance: Estimate
    therapist_variance: Estimate | None
    residual_variance: Estimate
    p_values: Mapping[str, float]
    deviance: float
    status: str

    @classmethod
    def _of(cls, model: Mapping[str, Any], covariates: Sequence[str]) -> Effects:
        def of(name: str) -> Estimate | None:
            return Estimate._of(model[name]) if name in model else None

        time, *others = (Estimate._of(facts) for facts in model["covariates"])
        p_values = dict(model["p_values"])
        of_covariates = p_values.pop("covariates")
        p_values |= dict(zip(("time", *covariates), of_covariates, strict=True))
        return cls(
            **{name: Estimate._of(model[name]) for name in ("within", "between", "contextual", "intercept")},
            between_at_true_levels=Estimate._of(model["between_at_true_levels"]),
            therapist=of("therapist"),
            time=time,
            covariates=tuple(zip(covariates, others, strict=True)),
            client_variance=Estimate._of(model["client_variance"]),
            therapist_variance=of("therapist_variance"),
            residual_variance=Estimate._of(model["residual_variance"]),
            p_values=p_values,
            deviance=model["deviance"],
            status=model["status"],
        )

    @property
    def _named(self) -> dict[str, Estimate]:
        names = ("within", "between", "contextual", "between_at_true_levels", "therapist", "time")
        found = {name: getattr(self, name) for name in names} | dict(self.covariates)
        found |= {
            name: getattr(self, name)
            for name in ("intercept", "client_variance", "therapist_variance", "residual_variance")
        }
        return {name: each for name, each in found.items() if each is not None}
