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
from alliance.chance import Calibration, ChanceRate, calibrate, chance_rate
from alliance.checking import Finding, Findings, check
from alliance.citing import cite
from alliance.codes import CodedSessions
from alliance.errors import AllianceError, AllianceWarning, EvidenceWarning
from alliance.indicators import Indicators
from alliance.instruments import Catalog, Evidence, Instrument, Source, catalog, instrument
from alliance.lagged import LaggedRule
from alliance.live import LiveRule
from alliance.missing import ItemSpread, Prorate
from alliance.multiverse import Multiverse, multiverse
from alliance.psychometrics.bootstrap import Bootstrap
from alliance.psychometrics.change.false_alarms import FalseAlarmRate, FalseAlarms, jacobson_truax_false_alarms
from alliance.psychometrics.change.growth_change import GrowthChange, GrowthCounts, growth_change
from alliance.psychometrics.change.judging import reliable_change
from alliance.psychometrics.change.reliable_change import ChangeCounts, Cutoffs, ReliableChange
from alliance.psychometrics.change.session_drops import SessionDrops, session_drops
from alliance.psychometrics.coders.coder_agreement import CoderAgreement, CoderPair, coder_agreement
from alliance.psychometrics.coders.marker_agreement import CodedMarker, MarkerAgreement, marker_agreement
from alliance.psychometrics.coders.model_agreement import ModelAgreement, RaterPair, model_agreement
from alliance.psychometrics.dyads.actor_partner import ActorPartner, Influence, actor_partner
from alliance.psychometrics.dyads.agreement import Agreement, agreement
from alliance.psychometrics.dyads.association import Association, association
from alliance.psychometrics.dyads.congruence import Congruence, CongruenceChecklist, congruence
from alliance.psychometrics.dyads.elevation import ConcordanceParts, Elevation, elevation
from alliance.psychometrics.dyads.intraclass import IntraclassCorrelations, intraclass_correlations
from alliance.psychometrics.dyads.one_with_many import OneWithMany, one_with_many
from alliance.psychometrics.dyads.profiles import ProfileAgreement, profile_agreement
from alliance.psychometrics.dyads.teams import TeamAgreement, team_agreement
from alliance.psychometrics.dyads.tracking import Tracking, tracking
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.form.estimating import reliability
from alliance.psychometrics.form.ordinal_reliability import OrdinalReliability, ordinal_reliability
from alliance.psychometrics.form.reliability import ItemStatistics, Reliability, SubscaleReliability
from alliance.psychometrics.outcome.attendance import Attendance, attendance
from alliance.psychometrics.outcome.disaggregation import Disaggregation, disaggregate
from alliance.psychometrics.outcome.dropout_hazard import DropoutHazard, dropout_hazard
from alliance.psychometrics.outcome.effects import Effects
from alliance.psychometrics.outcome.lagged_scores import LaggedScores, lag
from alliance.psychometrics.outcome.person_periods import PersonPeriods, person_period
from alliance.psychometrics.outcome.retention import LogRank, Retention, retention
from alliance.psychometrics.outcome.trajectories import Trajectories, trajectories
from alliance.psychometrics.outcome.within_between import WithinBetween, within_between
from alliance.psychometrics.sessions.estimating import session_reliability
from alliance.psychometrics.sessions.rater_contrast import RaterContrast, RaterDifference, rater_contrast
from alliance.psychometrics.sessions.session_reliability import SessionReliability
from alliance.psychometrics.sessions.stability import RaterStability, Stability, stability
from alliance.psychometrics.synthesis.correlations import CorrelationComparison, DifferenceTest, compare_correlations
from alliance.psychometrics.synthesis.effect_sizes import EffectSize, effect_size
from alliance.psychometrics.synthesis.meta_analysis import MetaAnalysis, MetaCoefficient, ModeratorTest, SmallStudies
from alliance.psychometrics.synthesis.synthesis import meta_correlations
from alliance.rule_agreement import RuleAgreement
from alliance.ruptures import RuptureReport, find_ruptures
from alliance.scores import Scale, Scores
from alliance.scoring import score
from alliance.shapes import Shapes, shapes
from alliance.shifts import ShiftReport, SuddenShiftReport, find_shifts
from alliance.simulating import simulate
from alliance.simulation import Simulation, Truth
from alliance.spread import Spread
from alliance.study import Study, StudyScores

__version__ = _version()

__all__ = [
    "Accuracy",
    "ActorPartner",
    "Agreement",
    "AllianceError",
    "AllianceWarning",
    "Association",
    "Attendance",
    "Bootstrap",
    "Calibration",
    "Catalog",
    "ChanceRate",
    "ChangeCounts",
    "CodedMarker",
    "CodedSessions",
    "CoderAgreement",
    "CoderPair",
    "ConcordanceParts",
    "Congruence",
    "CongruenceChecklist",
    "CorrelationComparison",
    "Cutoffs",
    "DifferenceTest",
    "Disaggregation",
    "DropoutHazard",
    "EffectSize",
    "Effects",
    "Elevation",
    "Estimate",
    "Evidence",
    "EvidenceWarning",
    "FalseAlarmRate",
    "FalseAlarms",
    "Finding",
    "Findings",
    "GrowthChange",
    "GrowthCounts",
    "Indicators",
    "Influence",
    "Instrument",
    "IntraclassCorrelations",
    "ItemSpread",
    "ItemStatistics",
    "LaggedRule",
    "LaggedScores",
    "LiveRule",
    "LogRank",
    "MarkerAgreement",
    "MetaAnalysis",
    "MetaCoefficient",
    "ModelAgreement",
    "ModeratorTest",
    "Multiverse",
    "OneWithMany",
    "OrdinalReliability",
    "PersonPeriods",
    "ProfileAgreement",
    "Prorate",
    "RaterContrast",
    "RaterDifference",
    "RaterPair",
    "RaterStability",
    "Reliability",
    "ReliableChange",
    "Retention",
    "RuleAgreement",
    "RuptureReport",
    "Scale",
    "Scores",
    "SessionDrops",
    "SessionReliability",
    "Shapes",
    "ShiftReport",
    "Simulation",
    "SmallStudies",
    "Source",
    "Spread",
    "Stability",
    "Study",
    "StudyScores",
    "SubscaleReliability",
    "SuddenShiftReport",
    "TeamAgreement",
    "Tracking",
    "Trajectories",
    "Truth",
    "WithinBetween",
    "__version__",
    "actor_partner",
    "agreement",
    "association",
    "attendance",
    "calibrate",
    "catalog",
    "chance_rate",
    "check",
    "cite",
    "clinic",
    "coder_agreement",
    "compare_correlations",
    "congruence",
    "detection_accuracy",
    "disaggregate",
    "dropout_hazard",
    "effect_size",
    "elevation",
    "errors",
    "export",
    "find_ruptures",
    "find_shifts",
    "growth_change",
    "instrument",
    "intraclass_correlations",
    "jacobson_truax_false_alarms",
    "lag",
    "marker_agreement",
    "meta_correlations",
    "model_agreement",
    "multiverse",
    "one_with_many",
    "ordinal_reliability",
    "person_period",
    "profile_agreement",
    "rater_contrast",
    "reliability",
    "reliable_change",
    "retention",
    "rules",
    "score",
    "session_drops",
    "session_reliability",
    "shapes",
    "simulate",
    "stability",
    "team_agreement",
    "tracking",
    "trajectories",
    "within_between",
]
