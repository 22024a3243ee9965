"""Shapes of the values that pass between Python and the native module."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

# Column name, values (Arrow stream, buffer or list of cells) and mask.
Given: TypeAlias = tuple[str, Any, Any]

# Onset, nadir, recovery and last session, resolution, magnitude, length, shape.
EpisodeFacts: TypeAlias = tuple[int, int, int | None, int, str, float, int, str]


class Options(TypedDict):
    """What the native scorer is told."""

    scales: list[str] | None
    min_share: float | None
    min_answered: int | None
    entry: str
    already_reversed: list[int] | None
    all_reversed: bool
    missing_codes: list[float]
    accept_unverified: bool


class Groups(TypedDict):
    """Rows grouped by ids: group of each row as bytes of uint32, repeats, rows without an id."""

    groups: bytes
    repeated: tuple[list[int], int]
    missing: tuple[list[int], int]


class Batch(TypedDict):
    """Per scale: forms complete, prorated and not scored; variance and forms of the item spread."""

    counts: list[tuple[int, int, int]]
    spread: list[tuple[float, int]]


class FormOptions(TypedDict):
    """What reliability of a form is told."""

    rows: str
    missing: str
    interval: str
    omega_interval: str
    resamples: int
    confidence: float
    extraction: str
    groups: list[list[int]] | None
    factors: int | None
    most_splits: int
    seed: int


class ChangeOptions(TypedDict):
    """What reliable change is told; None where the sample is to say it."""

    method: str
    reliability: float
    reliability_after: float | None
    mean: float | None
    standard_deviation: float | None
    mean_after: float | None
    standard_deviation_after: float | None
    correlation: float | None
    higher_is_better: bool
    confidence: float
    range: tuple[float, float] | None
    groups: tuple[float, float, float, float] | None
    cutoff: str


class DropOptions(TypedDict):
    """What session drops are told."""

    threshold: str
    number: float | None
    reliability: float | None
    reference: str
    least_sessions: int
    higher_is_better: bool
    confidence: float
    pooled_standard_deviation: float | None


class AgreementOptions(TypedDict):
    """What agreement of coders is told; resamples, seed and threads of a bootstrap."""

    metric: str
    categories: list[float] | None
    weights: str
    matrix: list[float]
    bootstrap: tuple[int, int, int | None] | None
    confidence: float


class SynthesisOptions(TypedDict):
    """What a synthesis is told."""

    estimator: str
    standard_errors: str
    prediction: str
    confidence: float


class SessionIds(TypedDict):
    """Of each form the numbers of its client, its session and, where known, its therapist."""

    client: Any
    session: Any
    therapist: Any


class SessionOptions(TypedDict):
    """What reliability across sessions is told."""

    item_means: str
    confidence: float
    resamples: int | None
    seed: int


class ModelOptions(TypedDict):
    """What the model of outcome within and between clients is told."""

    lag: tuple[str, str, int] | None
    reliability: float | None
    confidence: float


class PeriodOptions(TypedDict):
    """What the table of sessions at risk is told."""

    lag: int
    planned_compete: bool
    fewer_than: int | None


class HazardOptions(TypedDict):
    """What the hazard of dropout is told."""

    link: str
    time: str
    confidence: float


class AttendanceOptions(TypedDict):
    """What rates of attendance are told."""

    client_cancellations_count: bool
    confidence: float
    resamples: int | None
    seed: int
    threads: int | None
