from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from alliance._typing import Batch, Given, Groups, Options

__all__ = [
    "Detected",
    "Instrument",
    "Lent",
    "NullModel",
    "Scorer",
    "build_profile",
    "catalog",
    "check",
    "check_shift_rule",
    "error_registry",
    "group_keys",
    "input_hash",
    "instrument",
    "item_spread_error",
    "preset",
    "preset_ids",
    "read_numbers",
    "reliable_change_cutoff",
    "rule_is_retrospective",
    "statuses",
    "sudden_shifts",
    "totals_to_means",
    "version",
    "view",
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
class Detected:
    def __new__(
        cls,
        dyads: NDArray[np.uint32],
        sessions: NDArray[np.int64],
        scores: NDArray[np.float64],
        range: tuple[float, float],
        rule: dict[str, Any],
        threads: int | None,
    ) -> Detected: ...
    def session_count(self) -> int: ...
    def fill_sessions(
        self,
        rows: NDArray[np.int64],
        dyads: NDArray[np.int64],
        scores: NDArray[np.float64],
        references: NDArray[np.float64],
        limits: NDArray[np.float64],
        flags: NDArray[np.uint8],
    ) -> None: ...
    def offsets(self) -> list[int]: ...
    def episodes(self) -> list[tuple[int, int, int, int | None, int, str, float, int, str]]: ...
    def dyads(self) -> list[tuple[int, int, int, int, str, float]]: ...

@final
class NullModel:
    def __new__(
        cls,
        dyads: NDArray[np.uint32],
        sessions: NDArray[np.int64],
        scores: NDArray[np.float64],
        range: tuple[float, float],
        step: float | None,
        fit: str,
    ) -> NullModel: ...
    def parameters(self) -> dict[str, float]: ...
    def falls(self) -> dict[str, float] | None: ...
    def chance_rate(self, rule: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]: ...
    def calibrate(self, rule: dict[str, Any], rate: float, per: str, options: dict[str, Any]) -> dict[str, Any]: ...

def rule_is_retrospective(rule: dict[str, Any]) -> bool: ...
def read_numbers(given: Given, out: NDArray[np.float64]) -> None: ...
def check_shift_rule(rule: dict[str, Any], higher_is_better: bool) -> None: ...
def sudden_shifts(
    dyads: NDArray[np.uint32],
    sessions: NDArray[np.int64],
    scores: NDArray[np.float64],
    rule: dict[str, Any],
    higher_is_better: bool,
) -> tuple[list[tuple[int, int, int, float, float, str, float, str]], list[tuple[int, int, int]]]: ...
def reliable_change_cutoff(standard_deviation: float, reliability: float) -> tuple[float, float, float]: ...
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
