//! The same clinic on the scale of another form.

use super::options::Depth;
use super::{ItemForm, Simulation};
use crate::{RuptureError, ScoreScale};

impl Simulation {
    /// The same clinic on another scale: everything in points keeps its share of the range.
    ///
    /// The therapist's scale becomes that of the client.
    ///
    /// # Errors
    ///
    /// `invalid-option` without a scale to begin with, or for a scale that makes no sense.
    pub fn on_scale(mut self, scale: ScoreScale) -> Result<Self, RuptureError> {
        let Some(from) = self.scale else {
            return Err(RuptureError::InvalidOption {
                option: "scale",
                problem: "continuous scores without bounds have no range to keep shares of".to_owned(),
            });
        };
        super::check::scale("scale", &from)?;
        super::check::scale("scale", &scale)?;
        let ratio = (scale.highest - scale.lowest) / (from.highest - from.lowest);
        let Self { clients, growth, ruptures, nuisance, therapist, .. } = &mut self;
        for points in [
            &mut clients.between_sd,
            &mut clients.between_therapists_sd,
            &mut clients.within_sd,
            &mut growth.mean,
            &mut growth.sd,
            &mut growth.early_rise,
            &mut growth.walk_sd,
            &mut therapist.offset,
            &mut therapist.noise_sd,
        ] {
            *points *= ratio;
        }
        for Depth { shallowest, scale, .. } in
            [&mut ruptures.depth, &mut nuisance.depth, &mut therapist.false_depth]
        {
            *shallowest *= ratio;
            *scale *= ratio;
        }
        clients.mean = scale.lowest + (clients.mean - from.lowest) * ratio;
        therapist.scale = None;
        self.scale = Some(scale);
        Ok(self)
    }

    /// The same clinic with these forms, so that [`ItemForm::draw`] finds answers with the simulated means.
    ///
    /// Scores of both raters are in points of the client's form: the therapist's keep their share of the range of the
    /// therapist's form, and its lattice.
    ///
    /// # Errors
    ///
    /// As for [`on_scale`](Self::on_scale) and [`ItemForm::check`].
    pub fn for_forms(self, client: &ItemForm, therapist: &ItemForm) -> Result<Self, RuptureError> {
        therapist.check()?;
        let scale = client.score_scale()?;
        let mut clinic = self.on_scale(scale)?;
        let step = (scale.highest - scale.lowest) / therapist.total_steps();
        clinic.therapist.scale = Some(ScoreScale { step: Some(step), ..scale });
        Ok(clinic)
    }
}
