//! Streams of random numbers.

use alliance_statistics::Generator;

/// What a stream of random numbers is for. Each dyad has one stream per part, so that a part that is added or changed
/// leaves the numbers of all others as they are. The order is part of the promise of the same numbers: add at the end.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Client,
    Walk,
    Noise,
    Ruptures,
    Nuisance,
    Attendance,
    Therapist,
    /// The effect of a therapist, numbered by therapist and not by dyad.
    TherapistEffect,
    RuptureTypes,
    /// How easily the items of a form are endorsed, numbered by rater and not by dyad.
    Items,
    ClientAnswers,
    TherapistAnswers,
    Appointments,
    ClientReports,
    TherapistReports,
    Coding,
    Symptoms,
}

pub(super) fn stream(seed: u64, part: Part, index: usize) -> Generator {
    Generator::stream(seed, ((part as u64) << 56) | index as u64)
}
