"""Measure the therapeutic alliance: instruments with a source for every key, and scores that say how they came about.

>>> import alliance as al
>>> al.instrument("wai-sr-client").scales["bond"]
(3, 5, 7, 9)

The names below are the public face. Frames of pandas, polars or pyarrow go in; ``to_frame()`` gives the same kind
back.
"""

from alliance import clinic, errors, export, rules
from alliance._native import version as _version
from alliance.accuracy import Accuracy, detection_accuracy
from alliance.attendance import Attendance, attendance
from alliance.chance import Calibration, ChanceRate, calibrate, chance_rate
from alliance.checking import Finding, Findings, check
from alliance.citing import cite
from alliance.codes import CodedSessions
from alliance.disaggregation import Disaggregation, disaggregate
from alliance.dropout_hazard import DropoutHazard, dropout_hazard
from alliance.effects import Effects
from alliance.errors import AllianceError, AllianceWarning, EvidenceWarning
from alliance.estimate import Estimate
from alliance.indicators import Indicators
from alliance.instruments import Catalog, Evidence, Instrument, Source, catalog, instrument
from alliance.lagged import LaggedRule
from alliance.lagged_scores import LaggedScores, lag
from alliance.live import LiveRule
from alliance.missing import ItemSpread, Prorate
from alliance.multiverse import Multiverse, multiverse
from alliance.ordinal_reliability import OrdinalReliability, ordinal_reliability
from alliance.person_periods import PersonPeriods, person_period
from alliance.rater_contrast import RaterContrast, RaterDifference, rater_contrast
from alliance.reliability import ItemStatistics, Reliability, SubscaleReliability, reliability
from alliance.retention import LogRank, Retention, retention
from alliance.rule_agreement import RuleAgreement
from alliance.ruptures import RuptureReport, find_ruptures
from alliance.scores import Scale, Scores
from alliance.scoring import score
from alliance.session_reliability import SessionReliability, session_reliability
from alliance.shapes import Shapes, shapes
from alliance.shifts import ShiftReport, SuddenShiftReport, find_shifts
from alliance.simulating import simulate
from alliance.simulation import Simulation, Truth
from alliance.spread import Spread
from alliance.stability import RaterStability, Stability, stability
from alliance.study import Study, StudyScores
from alliance.trajectories import Trajectories, trajectories
from alliance.within_between import WithinBetween, within_between

__version__ = _version()

__all__ = [
    "Accuracy",
    "AllianceError",
    "AllianceWarning",
    "Attendance",
    "Calibration",
    "Catalog",
    "ChanceRate",
    "CodedSessions",
    "Disaggregation",
    "DropoutHazard",
    "Effects",
    "Estimate",
    "Evidence",
    "EvidenceWarning",
    "Finding",
    "Findings",
    "Indicators",
    "Instrument",
    "ItemSpread",
    "ItemStatistics",
    "LaggedRule",
    "LaggedScores",
    "LiveRule",
    "LogRank",
    "Multiverse",
    "OrdinalReliability",
    "PersonPeriods",
    "Prorate",
    "RaterContrast",
    "RaterDifference",
    "RaterStability",
    "Reliability",
    "Retention",
    "RuleAgreement",
    "RuptureReport",
    "Scale",
    "Scores",
    "SessionReliability",
    "Shapes",
    "ShiftReport",
    "Simulation",
    "Source",
    "Spread",
    "Stability",
    "Study",
    "StudyScores",
    "SubscaleReliability",
    "SuddenShiftReport",
    "Trajectories",
    "Truth",
    "WithinBetween",
    "__version__",
    "attendance",
    "calibrate",
    "catalog",
    "chance_rate",
    "check",
    "cite",
    "clinic",
    "detection_accuracy",
    "disaggregate",
    "dropout_hazard",
    "errors",
    "export",
    "find_ruptures",
    "find_shifts",
    "instrument",
    "lag",
    "multiverse",
    "ordinal_reliability",
    "person_period",
    "rater_contrast",
    "reliability",
    "retention",
    "rules",
    "score",
    "session_reliability",
    "shapes",
    "simulate",
    "stability",
    "trajectories",
    "within_between",
]
