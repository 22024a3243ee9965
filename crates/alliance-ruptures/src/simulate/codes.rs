//! What coders mark in recordings of some sessions.

use std::fmt;

use alliance_statistics::Generator;

use super::check::{require, share};
use super::ratings::{Moment, ResolutionRating, StrengthRating, moments};
use super::streams::{Part, stream};
use super::{RuptureType, Simulated};
use crate::RuptureError;

/// Which sessions are coded.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CodedSample {
    /// All held sessions of this share of dyads, drawn at random.
    Dyads(f64),
    /// All held sessions with a rupture, and this share of the other held sessions, drawn at random.
    RupturesAndControls(f64),
}

/// How sessions are coded: coders mark in each segment what they see of withdrawal and confrontation.
///
/// In a segment there is at most one marker of each family that all coders could see: rarely where there is no rupture of the
/// family's type, often where there is one. Each coder finds it or not, takes it for another marker of its family, and
/// now and then marks what is not there, on their own.
///
/// Under the defaults of [`Simulation`](super::Simulation) about half of the coded sessions have a marker
/// (41 to 100 % of sessions for observers, read in another author's description, rupture-methods 6).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Coding {
    /// Which sessions. Default: those of a fifth of the dyads, a guess.
    pub sample: CodedSample,
    /// Coders; each codes all of them. Default 2, a guess.
    pub coders: usize,
    /// Segments of a session. Default 10: five minutes each of fifty.
    pub segments: usize,
    /// Names of withdrawal markers. Default one, named after its family.
    pub withdrawal: Vec<String>,
    /// Names of confrontation markers. Default one, named after its family.
    pub confrontation: Vec<String>,
    /// Chance per segment of a withdrawal marker without a withdrawal or mixed rupture. Default 0.04, a guess.
    pub withdrawal_background: f64,
    /// Chance per segment of a confrontation marker without a confrontation or mixed rupture. Default 0.01, a guess.
    pub confrontation_background: f64,
    /// Chance per segment of a marker of the rupture's family. Default 0.3, a guess.
    pub in_rupture: f64,
    /// Chance that a coder finds a marker. Default 0.85, a guess.
    pub sensitivity: f64,
    /// Chance that a coder takes a marker for another of its family. Default 0.1, a guess.
    pub confusion: f64,
    /// Chance per segment and family that a coder marks what is not there. Default 0.005, a guess.
    pub false_codes: f64,
    /// How significant a marker is for the alliance.
    pub significance: StrengthRating,
    /// How far the ruptures of the session were resolved.
    pub resolution: ResolutionRating,
}

impl Default for Coding {
    fn default() -> Self {
        Self {
            sample: CodedSample::Dyads(0.2),
            coders: 2,
            segments: 10,
            withdrawal: vec!["withdrawal".to_owned()],
            confrontation: vec!["confrontation".to_owned()],
            withdrawal_background: 0.04,
            confrontation_background: 0.01,
            in_rupture: 0.3,
            sensitivity: 0.85,
            confusion: 0.1,
            false_codes: 0.005,
            significance: StrengthRating::default(),
            resolution: ResolutionRating::default(),
        }
    }
}

/// Simulated codes: one element per marker a coder marked, and one per coder and segment without any; in the order of
/// dyads, sessions, coders and segments.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Codes {
    /// The session, as a position in the columns of the clinic.
    pub sessions: Vec<usize>,
    /// The coder, counted from 0.
    pub coders: Vec<usize>,
    /// The segment, counted from 0.
    pub segments: Vec<usize>,
    /// The marker, as a position in [`names`](Self::names); `None` where the segment was coded and none found.
    pub markers: Vec<Option<usize>>,
    /// Significance of the marker, from 1 to 5.
    pub significances: Vec<Option<u8>>,
    /// Resolution in the session according to the coder, from 1 to 5; the same beside each of their markers.
    pub resolutions: Vec<Option<u8>>,
    /// Names of all markers, withdrawal first.
    pub names: Vec<String>,
    /// Per planned session of the clinic, the chance with which it was drawn to be coded: the inverse is its weight where
    /// the sample stands for all sessions. 0 where it was not held.
    pub chances: Vec<f64>,
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codes").field("rows", &self.sessions.len()).finish_non_exhaustive()
    }
}

/// A family of markers in one session.
#[derive(Clone, Copy)]
struct Family {
    /// First marker and number of markers.
    first: usize,
    count: usize,
    /// Chance per segment that there is one.
    chance: f64,
}

impl Coding {
    fn check(&self) -> Result<(), RuptureError> {
        let (CodedSample::Dyads(part) | CodedSample::RupturesAndControls(part)) = self.sample;
        share("coding.share", part)?;
        require((1..=100).contains(&self.coders), "coding.coders", "must be from 1 to 100")?;
        require((1..=1000).contains(&self.segments), "coding.segments", "must be from 1 to 1000")?;
        let named = !self.withdrawal.is_empty() && !self.confrontation.is_empty();
        require(named, "coding.markers", "each family needs a marker")?;
        share("coding.withdrawal_background", self.withdrawal_background)?;
        share("coding.confrontation_background", self.confrontation_background)?;
        share("coding.in_rupture", self.in_rupture)?;
        share("coding.sensitivity", self.sensitivity)?;
        share("coding.confusion", self.confusion)?;
        share("coding.false_codes", self.false_codes)?;
        self.significance.check("coding.significance")?;
        self.resolution.check("coding.resolution")
    }

    /// Draws the codes, from streams of their own.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options that make no sense, or a clinic without a scale.
    pub fn draw(&self, clinic: &Simulated) -> Result<Codes, RuptureError> {
        self.check()?;
        let moments = moments(clinic)?;
        let types = types(clinic);
        let mut codes = Codes {
            names: self.withdrawal.iter().chain(&self.confrontation).cloned().collect(),
            chances: Vec::with_capacity(moments.len()),
            ..Codes::default()
        };
        for dyad in 0..clinic.dyads() {
            let mut random = stream(clinic.seed, Part::Coding, dyad);
            let of_dyad = random.uniform();
            for session in clinic.sessions(dyad) {
                let known = (moments.get(session), types.get(session), clinic.held.get(session));
                let (Some(moment), Some(rupture_type), Some(held)) = known else { continue };
                let of_session = random.uniform();
                let (chance, drawn) = match self.sample {
                    CodedSample::Dyads(part) => (part, of_dyad),
                    CodedSample::RupturesAndControls(_) if moment.in_rupture() => (1.0, of_session),
                    CodedSample::RupturesAndControls(part) => (part, of_session),
                };
                let chance = if *held { chance } else { 0.0 };
                codes.chances.push(chance);
                if drawn < chance {
                    self.code(&mut random, session, *moment, *rupture_type, &mut codes);
                }
            }
        }
        Ok(codes)
    }

    fn families(&self, rupture_type: Option<RuptureType>) -> [Family; 2] {
        let chance = |own: RuptureType, background: f64| {
            let present = rupture_type == Some(own) || rupture_type == Some(RuptureType::Mixed);
            if present { self.in_rupture } else { background }
        };
        [
            Family {
                first: 0,
                count: self.withdrawal.len(),
                chance: chance(RuptureType::Withdrawal, self.withdrawal_background),
            },
            Family {
                first: self.withdrawal.len(),
                count: self.confrontation.len(),
                chance: chance(RuptureType::Confrontation, self.confrontation_background),
            },
        ]
    }

    /// One session by all coders.
    fn code(
        &self,
        random: &mut Generator,
        session: usize,
        moment: Moment,
        rupture_type: Option<RuptureType>,
        codes: &mut Codes,
    ) {
        let families = self.families(rupture_type);
        let there: Vec<[Option<usize>; 2]> = (0..self.segments)
            .map(|_| families.map(|family| random.bernoulli(family.chance).then(|| any_of(family, random))))
            .collect();
        for coder in 0..self.coders {
            let from = codes.sessions.len();
            for (segment, there) in there.iter().enumerate() {
                let mut found = false;
                for (family, marker) in families.iter().zip(there) {
                    let Some(marker) = self.seen(*family, *marker, random) else { continue };
                    found = true;
                    let significance = self.significance.draw(random, moment);
                    codes.push(session, coder, segment, Some((marker, significance)));
                }
                if !found {
                    codes.push(session, coder, segment, None);
                }
            }
            let resolution = self.resolution.draw(random, moment);
            for (marker, rated) in codes.markers.iter().zip(&mut codes.resolutions).skip(from) {
                *rated = marker.map(|_| resolution);
            }
        }
    }

    /// What a coder marks.
    fn seen(&self, family: Family, marker: Option<usize>, random: &mut Generator) -> Option<usize> {
        let found = marker.filter(|_| random.bernoulli(self.sensitivity));
        match found {
            Some(_) if random.bernoulli(self.confusion) => Some(any_of(family, random)),
            Some(marker) => Some(marker),
            None => random.bernoulli(self.false_codes).then(|| any_of(family, random)),
        }
    }
}

fn any_of(family: Family, random: &mut Generator) -> usize {
    family.first + random.below(family.count)
}

impl Codes {
    fn push(&mut self, session: usize, coder: usize, segment: usize, marked: Option<(usize, u8)>) {
        self.sessions.push(session);
        self.coders.push(coder);
        self.segments.push(segment);
        self.markers.push(marked.map(|(marker, _)| marker));
        self.significances.push(marked.map(|(_, significance)| significance));
        self.resolutions.push(None);
    }
}

/// Per planned session, the type of the rupture that goes on.
fn types(clinic: &Simulated) -> Vec<Option<RuptureType>> {
    let mut types = vec![None; clinic.held.len()];
    for rupture in &clinic.truth.ruptures {
        let sessions = clinic.sessions(rupture.dyad);
        let until = rupture.recovery.map_or(sessions.end, |recovery| sessions.start.saturating_add(recovery));
        let course = types.get_mut(sessions.start.saturating_add(rupture.onset)..until);
        course.unwrap_or_default().fill(Some(rupture.rupture_type));
    }
    types
}
