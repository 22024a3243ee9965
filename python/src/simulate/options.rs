//! The options of a simulated clinic, as plain values.

use alliance_ruptures::simulate::{
    Attendance, Clients, CodedSample, Coding, Depth, Dropout, Growth, ItemForm, Missing, Noise, Nuisance,
    PostSession, Reporting, ResolutionRating, Ruptures, SessionCount, Simulation, StrengthRating,
    SymptomCourse, TherapistRater,
};
use alliance_ruptures::{RuptureError, ScoreScale};
use pyo3::prelude::*;

/// Plain values: those that go into the fields of the same names, and others.
macro_rules! plain_values {
    ($name:ident into $target:ty { $($field:ident: $kind:ty),* $(,)? } and { $($other:ident: $type:ty),* $(,)? }) => {
        #[derive(FromPyObject)]
        #[pyo3(from_item_all)]
        struct $name {
            $($field: $kind,)*
            $($other: $type,)*
        }

        impl $name {
            fn put(&self, target: &mut $target) {
                $(target.$field.clone_from(&self.$field);)*
            }
        }
    };
}

/// A form, and how its answers spread.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct FormFields {
    pub(super) stem: String,
    items: usize,
    range: (f64, f64),
    step: f64,
    reversed: Vec<usize>,
    item_sd: f64,
    client_item_sd: f64,
    session_item_sd: f64,
}

plain_values!(ClientFields into Clients {
    mean: f64,
    between_sd: f64,
    between_therapists_sd: f64,
    within_sd: f64,
    within_log_sd: f64,
    autocorrelation: f64,
} and {
    noise_df: Option<f64>,
});

plain_values!(GrowthFields into Growth {
    mean: f64,
    sd: f64,
    early_rise: f64,
    early_sessions: f64,
    walk_sd: f64,
} and {});

plain_values!(RuptureFields into Ruptures {
    hazard: f64,
    v: f64,
    u: f64,
    slow_decline: f64,
    unrepaired: f64,
    u_sessions: (usize, usize),
    u_easing: f64,
    slow_sessions: (usize, usize),
    withdrawal: f64,
    confrontation: f64,
    mixed: f64,
} and {
    earliest: usize,
    shallowest: f64,
    depth_shape: f64,
    depth_scale: f64,
});

plain_values!(NuisanceFields into Nuisance {
    hazard: f64,
    sessions: (usize, usize),
} and {
    shallowest: f64,
    depth_shape: f64,
    depth_scale: f64,
});

plain_values!(MissingFields into Missing {
    forms: f64,
    forms_after_rupture: f64,
    therapist_forms: f64,
    answers: f64,
    symptoms: f64,
    sessions: f64,
    sessions_after_rupture: f64,
} and {});

plain_values!(DropoutFields into Dropout {
    hazard: f64,
    after_unrepaired: f64,
} and {});

plain_values!(TherapistFields into TherapistRater {
    offset: f64,
    level_correlation: f64,
    tracking: f64,
    noise_sd: f64,
    noise_correlation: f64,
    seen: f64,
    false_alarms: f64,
} and {
    false_shallowest: f64,
    false_depth_shape: f64,
    false_depth_scale: f64,
});

plain_values!(AttendanceFields into Attendance {
    late: f64,
    no_show: f64,
    cancelled_by_client: f64,
    cancelled_by_therapist: f64,
} and {});

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct PostSessionFields {
    client_sensitivity: f64,
    client_false_yes: f64,
    therapist_sensitivity: f64,
    therapist_false_yes: f64,
    intensity_without: f64,
    intensity_per_tenth: f64,
    intensity_sd: f64,
    resolution_resolved: f64,
    resolution_unresolved: f64,
    resolution_sd: f64,
}

plain_values!(CodingFields into Coding {
    coders: usize,
    segments: usize,
    withdrawal: Vec<String>,
    confrontation: Vec<String>,
    withdrawal_background: f64,
    confrontation_background: f64,
    in_rupture: f64,
    sensitivity: f64,
    confusion: f64,
    false_codes: f64,
} and {
    sample: String,
    share: f64,
    significance_without: f64,
    significance_per_tenth: f64,
    significance_sd: f64,
    resolution_resolved: f64,
    resolution_unresolved: f64,
    resolution_sd: f64,
});

plain_values!(SymptomFields into SymptomCourse {
    lowest: f64,
    highest: f64,
    mean: f64,
    between_sd: f64,
    change: f64,
    change_sd: f64,
    change_correlation: f64,
    per_alliance: f64,
    within_sd: f64,
    autocorrelation: f64,
} and {});

/// Everything about a clinic. Points are hundredths of the range of the form.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ClinicFields {
    dyads: usize,
    dyads_per_therapist: usize,
    sessions: (usize, usize),
    pub(super) client_form: FormFields,
    pub(super) therapist_form: FormFields,
    clients: ClientFields,
    growth: GrowthFields,
    ruptures: RuptureFields,
    nuisance: NuisanceFields,
    missing: MissingFields,
    dropout: DropoutFields,
    therapist: TherapistFields,
    attendance: AttendanceFields,
    post_session: PostSessionFields,
    coding: CodingFields,
    symptoms: SymptomFields,
}

impl FormFields {
    pub(super) fn form(&self) -> ItemForm {
        let mut form =
            ItemForm::new(self.items, self.range.0, self.range.1, self.step).with_reversed(&self.reversed);
        form.item_sd = self.item_sd;
        form.client_item_sd = self.client_item_sd;
        form.session_item_sd = self.session_item_sd;
        form
    }

    /// Whether all answers are whole numbers of eight bits.
    pub(super) fn has_small_answers(&self) -> bool {
        let whole = [self.range.0, self.range.1, self.step].iter().all(|number| number.fract() == 0.0);
        whole && self.range.0 >= f64::from(i8::MIN) && self.range.1 <= f64::from(i8::MAX)
    }
}

impl ClinicFields {
    pub(super) fn simulation(&self) -> Result<Simulation, RuptureError> {
        let mut simulation = Simulation::new(self.dyads, 0);
        simulation.dyads_per_therapist = self.dyads_per_therapist;
        simulation.sessions = match self.sessions {
            (fewest, most) if fewest == most => SessionCount::Fixed(most),
            (fewest, most) => SessionCount::Between(fewest, most),
        };
        simulation.scale = Some(ScoreScale::new(0.0, 100.0)?);

        let (clients, ruptures, nuisance) = (&self.clients, &self.ruptures, &self.nuisance);
        clients.put(&mut simulation.clients);
        simulation.clients.noise = clients.noise_df.map_or(Noise::Normal, Noise::StudentT);
        self.growth.put(&mut simulation.growth);
        ruptures.put(&mut simulation.ruptures);
        // Sessions are counted from 1 in Python.
        simulation.ruptures.earliest = ruptures.earliest.saturating_sub(1);
        simulation.ruptures.depth =
            Depth::new(ruptures.shallowest, ruptures.depth_shape, ruptures.depth_scale);
        nuisance.put(&mut simulation.nuisance);
        simulation.nuisance.depth =
            Depth::new(nuisance.shallowest, nuisance.depth_shape, nuisance.depth_scale);
        self.missing.put(&mut simulation.missing);
        self.dropout.put(&mut simulation.dropout);
        let therapist = &self.therapist;
        therapist.put(&mut simulation.therapist);
        simulation.therapist.false_depth =
            Depth::new(therapist.false_shallowest, therapist.false_depth_shape, therapist.false_depth_scale);
        simulation.for_forms(&self.client_form.form(), &self.therapist_form.form())
    }

    pub(super) fn attendance(&self) -> Attendance {
        let mut attendance = Attendance::default();
        self.attendance.put(&mut attendance);
        attendance
    }

    pub(super) fn post_session(&self) -> PostSession {
        let given = &self.post_session;
        let mut reports = PostSession::default();
        reports.client = reporting(reports.client, given.client_sensitivity, given.client_false_yes);
        reports.therapist =
            reporting(reports.therapist, given.therapist_sensitivity, given.therapist_false_yes);
        reports.intensity = strength(given.intensity_without, given.intensity_per_tenth, given.intensity_sd);
        reports.resolution =
            resolution(given.resolution_resolved, given.resolution_unresolved, given.resolution_sd);
        reports
    }

    pub(super) fn coding(&self) -> Coding {
        let given = &self.coding;
        let mut coding = Coding::default();
        given.put(&mut coding);
        coding.sample = match given.sample.as_str() {
            "dyads" => CodedSample::Dyads(given.share),
            _ => CodedSample::RupturesAndControls(given.share),
        };
        coding.significance =
            strength(given.significance_without, given.significance_per_tenth, given.significance_sd);
        coding.resolution =
            resolution(given.resolution_resolved, given.resolution_unresolved, given.resolution_sd);
        coding
    }

    pub(super) fn symptoms(&self) -> SymptomCourse {
        let mut symptoms = SymptomCourse::default();
        self.symptoms.put(&mut symptoms);
        symptoms
    }
}

fn strength(without: f64, per_tenth: f64, sd: f64) -> StrengthRating {
    let mut rating = StrengthRating::default();
    (rating.without, rating.per_tenth, rating.sd) = (without, per_tenth, sd);
    rating
}

fn resolution(resolved: f64, unresolved: f64, sd: f64) -> ResolutionRating {
    let mut rating = ResolutionRating::default();
    (rating.resolved, rating.unresolved, rating.sd) = (resolved, unresolved, sd);
    rating
}

fn reporting(mut rater: Reporting, sensitivity: f64, false_yes: f64) -> Reporting {
    (rater.sensitivity, rater.false_yes) = (sensitivity, false_yes);
    rater
}
