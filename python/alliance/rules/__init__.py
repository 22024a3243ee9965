"""Rules: what flags a session, and what counts as the repair of what it flagged.

Every criterion rule of the literature is one point in the space of :class:`BelowReference`; published ones are
presets. Control charts, change points and sudden shifts are rules of their own. All of them can be given to
:func:`alliance.find_ruptures`, :func:`alliance.find_shifts` and :func:`alliance.chance_rate`, and those with a
threshold to :func:`alliance.calibrate`.
"""

from alliance.rules.below_reference import BelowReference, default
from alliance.rules.change_points import LocalLevel, OnlineChangePoint, Partition, ProductPartition
from alliance.rules.charts import AnhojRuns, ControlChart, Cusum, Ewma, RunRules
from alliance.rules.presets import Preset, all_presets, preset
from alliance.rules.rule import Rule
from alliance.rules.rule import require_criterion as require_criterion
from alliance.rules.rule import require_rule as require_rule
from alliance.rules.sudden import SuddenGain, SuddenLoss, SuddenShift, reliable_change_cutoff

__all__ = [
    "AnhojRuns",
    "BelowReference",
    "ControlChart",
    "Cusum",
    "Ewma",
    "LocalLevel",
    "OnlineChangePoint",
    "Partition",
    "Preset",
    "ProductPartition",
    "Rule",
    "RunRules",
    "SuddenGain",
    "SuddenLoss",
    "SuddenShift",
    "all_presets",
    "default",
    "preset",
    "reliable_change_cutoff",
]
