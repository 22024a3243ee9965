//! Correlations of several studies, effect sizes, and comparisons of correlations.
//!
//! | question | piece |
//! |---|---|
//! | What is the correlation over studies, and how much does it vary? | [`meta_correlations`], [`meta_analysis`] |
//! | Does it depend on the study's design? | [`meta_regression`] |
//! | What if samples give several correlations? | [`three_level_analysis`] |
//! | Does one study carry the result? | [`leave_one_out`], [`leave_one_cluster_out`] |
//! | Do small studies report more? | [`egger_test`], [`trim_and_fill`] |
//! | What is r as d, as an odds ratio, as a share of variance? | the conversions, such as [`d_from_r`] and [`variance_explained`] |
//! | Is one of two correlations with the same third variable larger? | [`compare_overlapping_correlations`] |
//! | What would r be without error of measurement? | [`disattenuate`] |
//!
//! Code the signs so that a better alliance with a better outcome is positive. Correlations are averaged as Fisher's z
//! with weights, never as they are; partial correlations belong into an analysis of their own.

mod bias;
mod convert;
mod correlations;
mod dependent;
mod design;
mod heterogeneity;
mod meta;
mod profile;
mod regression;
mod three_level;

pub use bias::{
    ClusterLeftOut, LeftOut, MissingSide, TrimAndFill, egger_test, leave_one_cluster_out, leave_one_out,
    trim_and_fill,
};
pub use convert::{
    BinomialEffectSize, binomial_effect_size, common_language_effect_size, d_from_odds_ratio, d_from_r,
    disattenuate, fisher_z, fisher_z_interval, mean_correlation, odds_ratio_from_d, r_from_d,
    r_from_d_of_groups, r_from_fisher_z, variance_explained,
};
pub use correlations::{
    CorrelationEffects, MetaCorrelations, as_correlation, correlation_effects, meta_correlations,
};
pub use dependent::{DependentComparison, compare_overlapping_correlations};
pub use heterogeneity::{HunterSchmidt, hunter_schmidt};
pub use meta::{
    MetaAnalysis, MetaOptions, PredictionDegrees, StandardErrors, TauEstimator, meta_analysis, study_weights,
};
pub use regression::{Coefficient, MetaRegression, ModeratorTest, meta_regression};
pub use three_level::{ThreeLevelAnalysis, three_level_analysis};
