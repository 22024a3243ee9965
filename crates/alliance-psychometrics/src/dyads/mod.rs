//! Client and therapist (or other raters of one relation): four questions, and no single index for them.
//!
//! | question | function |
//! |---|---|
//! | Do the two ratings order dyads alike, and do they agree on the level? | [`level_agreement`]; with several sessions per dyad [`repeated_concordance`] |
//! | Who rates higher, and how far apart are two ratings of one session? | [`limits_of_agreement`] |
//! | Do the two move together from session to session? | [`repeated_measures_correlation`]; for each dyad [`profile_agreement`]; with bias and accuracy of each dyad [`truth_and_bias`]; who follows whom [`actor_partner`], [`actor_partner_over_sessions`] |
//! | Do dyads in agreement do better? | [`response_surface`] |
//!
//! Teams, families and therapists with several clients: [`team_agreement`] (may ratings be put together? who stands apart?) and
//! [`one_with_many`] (whose doing is a rating?). How stable two informants' series are is [`sessions::rater_contrast`](crate::sessions::rater_contrast).
//!
//! A correlation near 1 beside a large mean difference is no contradiction: the answers belong to different questions.

mod actor_partner;
mod congruence;
mod level;
mod limits;
mod means;
mod null_distribution;
mod one_with_many;
mod pairs;
mod profile;
mod region;
mod repeated_concordance;
mod response_surface;
mod rmcorr;
mod teams;
mod truth_bias;

pub use actor_partner::{ActorPartner, Influence, actor_partner, actor_partner_over_sessions};
pub use congruence::{Condition, CongruenceChecklist, Discrepancies};
pub use level::{LevelAgreement, level_agreement};
pub use limits::{LimitsOfAgreement, limits_of_agreement};
pub use means::{DyadMeans, dyad_means};
pub use null_distribution::NullDistribution;
pub use one_with_many::{OneWithMany, Partition, Reciprocity, one_with_many};
pub use profile::{DyadProfile, ProfileAgreement, profile_agreement};
pub use region::observed_region;
pub use repeated_concordance::{ConcordanceComponents, RepeatedConcordance, repeated_concordance};
pub use response_surface::{Axis, Centre, ResponseSurface, response_surface};
pub use rmcorr::{RepeatedMeasuresCorrelation, repeated_measures_correlation};
pub use teams::{Team, TeamAgreement, team_agreement};
pub use truth_bias::{Accuracy, DyadEffect, Tracking, TruthAndBias, TruthBiasModel, truth_and_bias};
