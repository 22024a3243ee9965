//! The native half of the Python package `alliance`.
//!
//! Converts, lets go of the interpreter, calls the crates, converts back. No
//! logic and no documentation for users lives here; both are in `alliance/*.py`.

mod accuracy;
mod agreement;
mod appointments;
mod chance;
mod checking;
mod columns;
mod detectors;
mod error;
mod instrument;
mod keys;
mod lend;
mod live;
mod psychometrics;
mod ruptures;
mod scoring;
mod series;
mod shapes;
mod shifts;
mod simulate;
mod sources;
mod tables;
mod text;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::accuracy::{detection_accuracy, read_yes_no};
    #[pymodule_export]
    use crate::agreement::{agreement, counts};
    #[pymodule_export]
    use crate::appointments::appointment_words;
    #[pymodule_export]
    use crate::chance::NullModel;
    #[pymodule_export]
    use crate::checking::check;
    #[pymodule_export]
    use crate::columns::input_hash;
    #[pymodule_export]
    use crate::detectors::rule_facts;
    #[pymodule_export]
    use crate::instrument::{Instrument, catalog, instrument};
    #[pymodule_export]
    use crate::keys::group_keys;
    #[pymodule_export]
    use crate::lend::Lent;
    #[pymodule_export]
    use crate::live::{Lagged, Live};
    #[pymodule_export]
    use crate::psychometrics::change::drops::{jacobson_truax_false_alarms, session_drops};
    #[pymodule_export]
    use crate::psychometrics::change::growth::growth_change;
    #[pymodule_export]
    use crate::psychometrics::change::reliable::{change_pairs, reliable_change};
    #[pymodule_export]
    use crate::psychometrics::coders::{coder_agreement, marker_agreement, model_agreement};
    #[pymodule_export]
    use crate::psychometrics::dyads::{
        actor_partner, actor_partner_over_sessions, association, dyad_means, intraclass_correlations,
        level_agreement, limits_of_agreement, mean_and_difference, observed_region, one_with_many,
        profile_agreement, repeated_concordance, response_surface, team_agreement, truth_and_bias,
    };
    #[pymodule_export]
    use crate::psychometrics::form::{form_reliability, ordinal_reliability};
    #[pymodule_export]
    use crate::psychometrics::outcome::attendance::{attendance, attendance_words};
    #[pymodule_export]
    use crate::psychometrics::outcome::courses::{trajectories, trajectory_numbers};
    #[pymodule_export]
    use crate::psychometrics::outcome::dropout::{ending_words, held_sessions, incidence, person_periods};
    #[pymodule_export]
    use crate::psychometrics::outcome::hazard::dropout_hazard;
    #[pymodule_export]
    use crate::psychometrics::outcome::levels::{disaggregate, lagged};
    #[pymodule_export]
    use crate::psychometrics::outcome::model::within_between;
    #[pymodule_export]
    use crate::psychometrics::sessions::{
        decision_rows, rater_contrast, session_reliability, session_stability, times_needed,
    };
    #[pymodule_export]
    use crate::psychometrics::synthesis::{
        compare_correlations, correlations, effect_size, meta_correlations, meta_without, small_studies,
    };
    #[pymodule_export]
    use crate::ruptures::{Detected, preset, preset_ids, recommended_rule, scale_misfit, session_states};
    #[pymodule_export]
    use crate::scoring::{Scorer, item_spread_error, read_numbers, statuses, totals_to_means, view};
    #[pymodule_export]
    use crate::series::DyadSeries;
    #[pymodule_export]
    use crate::shapes::CourseShapes;
    #[pymodule_export]
    use crate::shifts::{reliable_change_cutoff, sudden_shifts};
    #[pymodule_export]
    use crate::simulate::simulate;
    #[pymodule_export]
    use crate::sources::{combine_codes, discrepancy, occurrence, recognition, span_types};
    #[pymodule_export]
    use crate::{build_profile, error_registry, version};
}

/// Version of the workspace.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// `release` or `debug`.
#[pyfunction]
fn build_profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

/// All error codes, as TOML.
#[pyfunction]
fn error_registry() -> &'static str {
    include_str!("../../crates/errors.toml")
}
