"""Measure the therapeutic alliance: instruments with a source for every key, and scores that say how they came about.

>>> import alliance as al
>>> al.instrument("wai-sr-client").scales["bond"]
(3, 5, 7, 9)

The names below are the public face. Frames of pandas, polars or pyarrow go in; ``to_frame()`` gives the same kind
back.
"""

from alliance import errors, rules
from alliance._native import version as _version
from alliance.chance import Calibration, ChanceRate, calibrate, chance_rate
from alliance.checking import Finding, Findings, check
from alliance.citing import cite
from alliance.errors import AllianceError, AllianceWarning, EvidenceWarning
from alliance.instruments import Catalog, Evidence, Instrument, Source, catalog, instrument
from alliance.missing import ItemSpread, Prorate
from alliance.ruptures import RuptureReport, find_ruptures
from alliance.scores import Scale, Scores
from alliance.scoring import score
from alliance.shifts import ShiftReport, SuddenShiftReport, find_shifts
from alliance.study import Study, StudyScores

__version__ = _version()

__all__ = [
    "AllianceError",
    "AllianceWarning",
    "Calibration",
    "Catalog",
    "ChanceRate",
    "Evidence",
    "EvidenceWarning",
    "Finding",
    "Findings",
    "Instrument",
    "ItemSpread",
    "Prorate",
    "RuptureReport",
    "Scale",
    "Scores",
    "ShiftReport",
    "Source",
    "Study",
    "StudyScores",
    "SuddenShiftReport",
    "__version__",
    "calibrate",
    "catalog",
    "chance_rate",
    "check",
    "cite",
    "errors",
    "find_ruptures",
    "find_shifts",
    "instrument",
    "rules",
    "score",
]
