from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from alliance._typing import (
    AgreementOptions,
    AttendanceOptions,
    Batch,
    ChangeOptions,
    DropOptions,
    EpisodeFacts,
    FormOptions,
    Given,
    Groups,
    HazardOptions,
    ModelOptions,
    Options,
    PeriodOptions,
    SessionIds,
    SessionOptions,
    SynthesisOptions,
)

__all__ = [
    "CourseShapes",
    "Detected",
    "DyadSeries",
    "Instrument",
    "Lagged",
    "Lent",
    "Live",
    "NullModel",
    "Scorer",
    "actor_partner",
    "actor_partner_over_sessions",
    "agreement",
    "appointment_words",
    "association",
    "attendance",
    "attendance_words",
    "build_profile",
    "catalog",
    "change_pairs",
    "check",
    "coder_agreement",
    "combine_codes",
    "compare_correlations",
    "correlations",
    "counts",
    "decision_rows",
    "detection_accuracy",
    "disaggregate",
    "discrepancy",
    "dropout_hazard",
    "dyad_means",
    "effect_size",
    "ending_words",
    "error_registry",
    "form_reliability",
    "group_keys",
    "growth_change",
    "held_sessions",
    "incidence",
    "input_hash",
    "instrument",
    "intraclass_correlations",
    "item_spread_error",
    "jacobson_truax_false_alarms",
    "lagged",
    "level_agreement",
    "limits_of_agreement",
    "marker_agreement",
    "mean_and_difference",
    "meta_correlations",
    "meta_without",
    "model_agreement",
    "observed_region",
    "occurrence",
    "one_with_many",
    "ordinal_reliability",
    "person_periods",
    "preset",
    "preset_ids",
    "profile_agreement",
    "rater_contrast",
    "read_numbers",
    "read_yes_no",
    "recognition",
    "recommended_rule",
    "reliable_change",
    "reliable_change_cutoff",
    "repeated_concordance",
    "response_surface",
    "rule_facts",
    "scale_misfit",
    "session_drops",
    "session_reliability",
    "session_stability",
    "session_states",
    "simulate",
    "small_studies",
    "span_types",
    "statuses",
    "sudden_shifts",
    "team_agreement",
    "times_needed",
    "totals_to_means",
    "trajectories",
    "trajectory_numbers",
    "truth_and_bias",
    "version",
    "view",
    "within_between",
]

@final
class Instrument:
    @staticmethod
    def from_toml(text: str) -> Instrument: ...
    def to_toml(self) -> str: ...
    def with_key(
        self, scales: Sequence[tuple[str, Sequence[int]]], reversed: Sequence[int], source: str
    ) -> Instrument: ...
    def with_range(self, min: float, max: float) -> Instrument: ...
    def guide(self) -> str: ...
    def key_hash(self) -> str: ...
    def level(self) -> str: ...
    def score_level(self, scale: str) -> str: ...
    def facts(self) -> dict[str, Any]: ...

@final
class Scorer:
    def __new__(cls, instrument: Instrument, options: Options) -> Scorer: ...
    def scales(self) -> list[tuple[str, int, int, str, str]]: ...
    def left_out(self) -> list[tuple[str, str, str]]: ...
    def score(
        self,
        columns: Sequence[Given],
        labels: Sequence[tuple[str, float]],
        missing: Sequence[str],
        means: NDArray[np.float64],
        answered: NDArray[np.uint8],
        defined: NDArray[np.uint8],
        threads: int | None,
    ) -> Batch: ...

@final
class Lent:
    def __new__(cls, values: NDArray[np.float64], defined: NDArray[np.uint8] | None = None) -> Lent: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

@final
class DyadSeries:
    def __new__(
        cls,
        dyads: NDArray[np.uint32],
        sessions: NDArray[np.int64],
        scores: NDArray[np.float64],
        range: tuple[float, float] | None,
        worse_is_lower: bool,
        appointments: NDArray[np.uint8] | None = None,
    ) -> DyadSeries: ...
    def detect(self, rule: dict[str, Any], threads: int | None) -> Detected: ...
    def spread(self) -> tuple[float, float, float]: ...

@final
class Detected:
    def session_count(self) -> int: ...
    def fill_sessions(
        self,
        rows: NDArray[np.int64],
        courses: NDArray[np.int64],
        numbers: NDArray[np.int64],
        states: NDArray[np.uint8],
        appointments: NDArray[np.uint8],
        scores: NDArray[np.float64],
        references: NDArray[np.float64],
        limits: NDArray[np.float64],
        flags: NDArray[np.uint8],
    ) -> None: ...
    def judge_rows(self, states: NDArray[np.uint8]) -> None: ...
    def offsets(self) -> list[int]: ...
    def courses(self) -> list[tuple[int, int, str]]: ...
    def episodes(self) -> list[tuple[int, int, int, int | None, int, str, float, int, str]]: ...
    def dyads(self) -> list[tuple[int, int, int, int, str, float, str | None]]: ...

@final
class NullModel:
    def __new__(
        cls,
        dyads: NDArray[np.uint32],
        sessions: NDArray[np.int64],
        scores: NDArray[np.float64],
        range: tuple[float, float],
        step: float | None,
        worse_is_lower: bool,
        fit: str,
        appointments: NDArray[np.uint8] | None = None,
    ) -> NullModel: ...
    def parameters(self) -> dict[str, float]: ...
    def falls(self) -> dict[str, float] | None: ...
    def chance_rates(self, rules: list[dict[str, Any]], options: dict[str, Any]) -> list[dict[str, Any]]: ...
    def calibrate(self, rule: dict[str, Any], rate: float, per: str, options: dict[str, Any]) -> dict[str, Any]: ...

@final
class Live:
    def __new__(
        cls,
        rule: dict[str, Any],
        range: tuple[float, float],
        higher_is_better: bool,
        spread: tuple[float, float, float] | None,
    ) -> Live: ...
    def update(
        self, session: int, score: float | None
    ) -> tuple[bool, float | None, float | None, bool, list[tuple[str, EpisodeFacts | None]]]: ...
    def so_far(self) -> tuple[int, int, int, str, float]: ...
    def open_episode(self) -> EpisodeFacts | None: ...
    def ending(self, how: str) -> tuple[str, EpisodeFacts | None] | None: ...
    def last_session(self) -> int | None: ...
    def unit(self) -> float: ...
    def rule(self) -> dict[str, Any]: ...
    def fresh(self) -> Live: ...
    def copy(self) -> Live: ...
    def equals(self, other: Live) -> bool: ...
    def to_json(self, preset: str | None) -> str: ...
    @staticmethod
    def from_json(text: str) -> tuple[str | None, Live]: ...

@final
class Lagged:
    def __new__(
        cls,
        rule: dict[str, Any],
        lag: int,
        range: tuple[float, float],
        higher_is_better: bool,
        spread: tuple[float, float, float] | None,
    ) -> Lagged: ...
    def update(self, session: int, score: float | None) -> list[tuple[int, float | None, bool]]: ...
    def finish(self) -> list[tuple[int, float | None, bool]]: ...
    def last_session(self) -> int | None: ...
    def lag(self) -> int: ...
    def rule(self) -> dict[str, Any]: ...
    def fresh(self) -> Lagged: ...
    def copy(self) -> Lagged: ...
    def equals(self, other: Lagged) -> bool: ...
    def to_json(self, preset: str | None) -> str: ...
    @staticmethod
    def from_json(text: str) -> tuple[str | None, Lagged]: ...

@final
class CourseShapes:
    def __new__(
        cls,
        dyads: NDArray[np.uint32],
        sessions: NDArray[np.int64],
        scores: NDArray[np.float64],
        range: tuple[float, float],
        first_sessions: int | None,
        clusters: int,
    ) -> CourseShapes: ...
    def clients(self) -> list[tuple[int, float, float, float, float, str, int | None]]: ...
    def clusters(self) -> list[tuple[int, float, float, float]]: ...
    def between(self) -> float: ...
    def courses(self) -> list[tuple[list[float], list[int]]]: ...
    def offsets(self) -> list[int]: ...
    def fill_scores(self, scores: NDArray[np.float64]) -> None: ...

def recommended_rule() -> dict[str, Any]: ...
def scale_misfit(rule: dict[str, Any], scale: tuple[float, float], form: tuple[float, float]) -> str | None: ...
def appointment_words() -> list[str]: ...
def session_states() -> list[str]: ...
def counts(detected: Detected) -> dict[str, Any]: ...
def agreement(detected: Sequence[Detected]) -> tuple[list[float], list[int], list[float], list[int]]: ...
def read_yes_no(given: Given, out: NDArray[np.uint8]) -> None: ...
def detection_accuracy(
    detected: Detected,
    places: NDArray[np.int64],
    codes: NDArray[np.uint8],
    onsets: NDArray[np.uint8] | None,
    weights: NDArray[np.float64] | None,
    options: dict[str, Any],
) -> dict[str, Any]: ...
def rule_facts(rule: dict[str, Any], worse_is_lower: bool) -> tuple[bool, bool, float | None]: ...
def read_numbers(given: Given, out: NDArray[np.float64]) -> None: ...
def sudden_shifts(
    dyads: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    scores: NDArray[np.float64],
    rule: dict[str, Any],
    worse_is_lower: bool,
) -> tuple[list[tuple[int, int, int, float, float, str, float, str]], list[tuple[int, int, int]]]: ...
def combine_codes(
    columns: dict[str, Any],
    combine: tuple[str, float],
    numbers: NDArray[np.float64],
    found: NDArray[np.uint8],
) -> None: ...
def span_types(
    clients: NDArray[np.uint32],
    numbers: NDArray[np.int64],
    found: NDArray[np.uint8],
    spans: Sequence[tuple[int, int, int]],
) -> list[str | None]: ...
def discrepancy(
    client: NDArray[np.float64],
    therapist: NDArray[np.float64],
    sessions: NDArray[np.int64],
    offsets: NDArray[np.int64],
    window: int,
    out: NDArray[np.float64],
) -> list[tuple[str, int]]: ...
def recognition(
    client: NDArray[np.uint8],
    therapist: NDArray[np.uint8],
    sessions: NDArray[np.int64],
    offsets: NDArray[np.int64],
    tolerance: int,
    out: NDArray[np.uint8],
) -> list[tuple[str, int, int]]: ...
def occurrence(states: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[int, int, float, int, int, float]: ...
def reliable_change_cutoff(standard_deviation: float, reliability: float) -> tuple[float, float, float]: ...
def simulate(
    options: dict[str, Any], seed: int
) -> dict[str, dict[str, tuple[str, bytes, bytes | None, list[str] | None]]]: ...
def preset_ids() -> list[str]: ...
def preset(id: str) -> dict[str, Any]: ...
def catalog() -> list[Instrument]: ...
def instrument(name: str) -> Instrument: ...
def version() -> str: ...
def build_profile() -> str: ...
def error_registry() -> str: ...
def input_hash(columns: Sequence[Given], labels: Sequence[tuple[str, float]], missing: Sequence[str]) -> str: ...
def group_keys(keys: Sequence[tuple[str, Any]]) -> Groups: ...
def view(
    means: NDArray[np.float64], out: NDArray[np.float64], metric: str, items: int, range: tuple[float, float]
) -> None: ...
def statuses(means: NDArray[np.float64], answered: NDArray[np.uint8], out: NDArray[np.uint8], items: int) -> None: ...
def item_spread_error(
    means: NDArray[np.float64],
    answered: NDArray[np.uint8],
    out: NDArray[np.float64],
    items: int,
    variance: float,
) -> None: ...
def totals_to_means(
    totals: Given,
    means: NDArray[np.float64],
    answered: NDArray[np.uint8],
    defined: NDArray[np.uint8],
    metric: str,
    items: int,
    range: tuple[float, float],
) -> int: ...
def check(
    columns: Sequence[Given],
    instrument: Instrument,
    options: Options,
    labels: Sequence[tuple[str, float]],
    missing: Sequence[str],
    totals: Sequence[tuple[str, Given]],
) -> list[dict[str, Any]]: ...
def coder_agreement(table: NDArray[np.float64], coders: int, options: AgreementOptions) -> dict[str, Any]: ...
def marker_agreement(
    rows: dict[str, NDArray[np.uint32]],
    markers: int,
    groups: Sequence[Sequence[int]],
    least_sessions: int,
    bootstrap: tuple[int, int, int | None] | None,
    confidence: float,
) -> dict[str, Any]: ...
def model_agreement(
    table: NDArray[np.float64], humans: int, coefficient: str, options: AgreementOptions
) -> dict[str, Any]: ...
def meta_correlations(
    studies: dict[str, Any], options: SynthesisOptions, numbers: NDArray[np.float64]
) -> dict[str, Any]: ...
def meta_without(studies: dict[str, Any], options: SynthesisOptions) -> list[tuple[int, dict[str, Any]]]: ...
def small_studies(studies: dict[str, Any], options: SynthesisOptions, side: str) -> dict[str, Any]: ...
def correlations(block: NDArray[np.float64]) -> tuple[tuple[float, float, float], int]: ...
def compare_correlations(correlations: tuple[float, float, float], n: float, confidence: float) -> dict[str, Any]: ...
def effect_size(
    given: tuple[str, float],
    n: float,
    groups: tuple[float, float] | None,
    reliabilities: tuple[float, float] | None,
    confidence: float,
) -> dict[str, Any]: ...
def form_reliability(items: Sequence[Given], options: FormOptions) -> dict[str, Any]: ...
def ordinal_reliability(items: Sequence[Given], rows: str, sparse: str) -> dict[str, Any]: ...
def change_pairs(
    values: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    chosen: tuple[int, int] | None,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> None: ...
def reliable_change(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    options: ChangeOptions,
    numbers: NDArray[np.float64],
    classes: NDArray[np.uint8],
    limited: NDArray[np.uint8],
) -> dict[str, Any]: ...
def growth_change(
    scores: NDArray[np.float64],
    time: NDArray[np.float64],
    origin: float,
    clients: NDArray[np.uint32],
    higher_is_better: bool,
    confidence: float,
    columns: NDArray[np.float64],
    own: NDArray[np.uint8],
    deviation: NDArray[np.uint8],
) -> dict[str, Any]: ...
def session_drops(
    scores: NDArray[np.float64],
    codes: NDArray[np.uint32],
    numbers: NDArray[np.int64],
    options: DropOptions,
    rows: NDArray[np.float64],
    is_drop: NDArray[np.uint8],
    clients: NDArray[np.float64],
) -> dict[str, Any]: ...
def jacobson_truax_false_alarms(
    reliability: float, icc: float, autocorrelation: float, sessions: int, confidence: float
) -> tuple[float, float, float]: ...
def level_agreement(first: NDArray[np.float64], second: NDArray[np.float64], confidence: float) -> dict[str, Any]: ...
def repeated_concordance(
    first: NDArray[np.float64], second: NDArray[np.float64], dyads: NDArray[np.uint32], confidence: float
) -> dict[str, Any]: ...
def limits_of_agreement(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    dyads: NDArray[np.uint32],
    multiplier: float,
    confidence: float,
) -> dict[str, Any]: ...
def mean_and_difference(first: NDArray[np.float64], second: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
def association(
    first: NDArray[np.float64], second: NDArray[np.float64], dyads: NDArray[np.uint32], confidence: float
) -> dict[str, Any]: ...
def profile_agreement(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    dyads: NDArray[np.uint32],
    points: NDArray[np.uint32] | None,
    confidence: float,
) -> dict[str, Any]: ...
def truth_and_bias(
    judgment: NDArray[np.float64],
    truth: NDArray[np.float64],
    dyads: NDArray[np.uint32],
    therapists: NDArray[np.uint32] | None,
    accuracy: str,
    confidence: float,
) -> dict[str, Any]: ...
def response_surface(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    outcome: NDArray[np.float64],
    centre: float | None,
    confidence: float,
) -> dict[str, Any]: ...
def observed_region(
    first: NDArray[np.float64], second: NDArray[np.float64], outcome: NDArray[np.float64]
) -> list[list[float]]: ...
def actor_partner(
    before: tuple[NDArray[np.float64], NDArray[np.float64]],
    after: tuple[NDArray[np.float64], NDArray[np.float64]],
    confidence: float,
) -> dict[str, Any]: ...
def actor_partner_over_sessions(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    dyads: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    confidence: float,
) -> dict[str, Any]: ...
def one_with_many(
    by_the_one: NDArray[np.float64], by_the_many: NDArray[np.float64], ones: NDArray[np.uint32]
) -> dict[str, Any]: ...
def team_agreement(
    answers: NDArray[np.float64],
    items: int,
    teams: NDArray[np.uint32],
    options: int,
    null: tuple[str, float],
    confidence: float,
) -> dict[str, Any]: ...
def dyad_means(
    ratings: NDArray[np.float64],
    columns: int,
    dyads: NDArray[np.uint32],
    means: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> None: ...
def intraclass_correlations(
    ratings: NDArray[np.float64], raters: int, missing: str, confidence: float
) -> dict[str, Any]: ...
def session_reliability(items: Sequence[Given], ids: SessionIds, options: SessionOptions) -> dict[str, Any]: ...
def decision_rows(
    variances: Sequence[float], sessions: Sequence[int], items: Sequence[int]
) -> list[tuple[int, int, float, float]]: ...
def times_needed(single: float, target: float) -> int | None: ...
def session_stability(
    values: NDArray[np.float64], raters: int, ids: SessionIds, sessions: tuple[int, int], confidence: float
) -> list[tuple[int, dict[str, Any]]]: ...
def rater_contrast(
    values: NDArray[np.float64], ids: SessionIds, confidence: float, resamples: int, seed: int
) -> tuple[int, int, dict[str, Any]]: ...
def attendance(
    codes: NDArray[np.uint8], clients: NDArray[np.uint32], order: NDArray[np.int64], options: AttendanceOptions
) -> dict[str, Any]: ...
def attendance_words() -> list[str]: ...
def disaggregate(
    scores: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    therapists: NDArray[np.uint32] | None,
    time: NDArray[np.float64] | None,
    so_far: bool,
    within: NDArray[np.float64],
    between: NDArray[np.float64],
    therapist: NDArray[np.float64] | None,
) -> dict[str, Any]: ...
def dropout_hazard(
    events: NDArray[np.float64],
    predictors: list[NDArray[np.float64]],
    sessions: NDArray[np.int64],
    clusters: NDArray[np.uint32] | None,
    options: HazardOptions,
) -> dict[str, Any]: ...
def ending_words() -> list[str]: ...
def held_sessions(
    dyads: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    scores: NDArray[np.float64],
    appointments: NDArray[np.uint8],
) -> dict[str, bytes]: ...
def incidence(
    time: NDArray[np.float64], end: NDArray[np.uint8], groups: NDArray[np.uint32], confidence: float
) -> dict[str, Any]: ...
def lagged(
    scores: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    time: NDArray[np.float64] | None,
    lag: tuple[str, str, int],
    out: NDArray[np.float64],
    passed: NDArray[np.float64] | None,
) -> int: ...
def person_periods(
    scores: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    endings: NDArray[np.uint8],
    options: PeriodOptions,
) -> dict[str, Any]: ...
def trajectories(
    scores: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    time: NDArray[np.float64],
    window: int,
    threshold: float | None,
    block: NDArray[np.float64],
) -> None: ...
def trajectory_numbers() -> list[str]: ...
def within_between(
    outcome: NDArray[np.float64],
    scores: NDArray[np.float64],
    clients: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    therapists: NDArray[np.uint32] | None,
    time: NDArray[np.float64],
    covariates: list[NDArray[np.float64]],
    options: ModelOptions,
) -> dict[str, Any]: ...
