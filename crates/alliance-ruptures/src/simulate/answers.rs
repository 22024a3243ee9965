//! Item answers of a questionnaire whose item mean is the simulated score.

use std::fmt;

use alliance_statistics::Generator;

use super::Simulated;
use super::check::{hundredths, require};
use super::streams::{Part, stream};
use crate::{Orientation, RuptureError, ScoreScale};

/// Whose form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rater {
    /// The client.
    Client,
    /// The therapist.
    Therapist,
}

impl Rater {
    /// The word for it, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Therapist => "therapist",
        }
    }
}

/// A questionnaire, as far as its answers are simulated.
///
/// A form's answers are drawn around its item mean, each with an effect of the item, one of the client on the item, and one
/// of the session. They are then moved to the possible answers nearest to the drawn ones, in least squares, whose mean
/// is the simulated score exactly.
///
/// The three spreads are SDs in hundredths of the range of answers, before rounding. Under the defaults of [`Simulation`]
/// on a form of 12 items from 1 to 5 they give a Cronbach's alpha of the first session of about .90
/// (.93 in our statistics dossier G2).
///
/// ```
/// use alliance_ruptures::simulate::{ItemForm, Rater, Simulation};
///
/// let form = ItemForm::new(12, 1.0, 5.0, 1.0).with_reversed(&[4, 10]);
/// let clinic = Simulation::new(60, 16).for_forms(&form, &form)?.run(1)?;
/// let answers = form.draw(&clinic, Rater::Client)?;
///
/// // The first complete form, keyed, has the simulated item mean.
/// let complete = (0..answers.sessions.len()).find(|form| answers.items.iter().all(|item| !item[*form].is_nan()));
/// let first = complete.unwrap_or_default();
/// let turned = |item: usize, answer: f64| if [4, 10].contains(&item) { 6.0 - answer } else { answer };
/// let sum: f64 = answers.items.iter().enumerate().map(|(item, answers)| turned(item + 1, answers[first])).sum();
/// assert_eq!(sum / 12.0, clinic.client[answers.sessions[first]]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// [`Simulation`]: super::Simulation
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ItemForm {
    /// Number of items, 1 to 1000.
    pub items: usize,
    /// Lowest possible answer.
    pub lowest: f64,
    /// Highest possible answer.
    pub highest: f64,
    /// Distance of neighbouring answers.
    pub step: f64,
    /// Reversed items, counted from 1: their answers are printed turned round.
    pub reversed: Vec<usize>,
    /// SD between items of how easily they are endorsed, the same for all clients. Default 6, a guess.
    pub item_sd: f64,
    /// SD between clients of how they take an item, the same in all sessions. Default 8, a guess.
    pub client_item_sd: f64,
    /// SD of an item from session to session. Default 7, a guess.
    pub session_item_sd: f64,
}

/// Simulated answers: one form for each session that has one, in the order of dyads and sessions.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Answers {
    /// Per form, the session it is of, as a position in the columns of the clinic.
    pub sessions: Vec<usize>,
    /// Per item and form, the answer as it stands on the form, NaN where it was left out.
    pub items: Vec<Vec<f64>>,
    /// Per form, its item mean before answers were left out, reversed items turned back. For the client's form the
    /// simulated score.
    pub means: Vec<f64>,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("forms", &self.sessions.len())
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// The most steps from the lowest to the highest answer.
const MOST_STEPS: f64 = 1000.0;
const MOST_ITEMS: usize = 1000;
/// How far from a whole number of steps a range or a score may be.
const WHOLE: f64 = 1e-6;

impl ItemForm {
    /// A form without reversed items.
    pub fn new(items: usize, lowest: f64, highest: f64, step: f64) -> Self {
        Self {
            items,
            lowest,
            highest,
            step,
            reversed: Vec::new(),
            item_sd: 6.0,
            client_item_sd: 8.0,
            session_item_sd: 7.0,
        }
    }

    /// With these items, counted from 1, reversed.
    #[must_use]
    pub fn with_reversed(mut self, items: &[usize]) -> Self {
        self.reversed = items.to_vec();
        self
    }

    /// Steps from the lowest to the highest answer.
    fn steps(&self) -> f64 {
        ((self.highest - self.lowest) / self.step).round()
    }

    /// Steps from the lowest to the highest total.
    pub(super) fn total_steps(&self) -> f64 {
        self.steps() * self.items as f64
    }

    /// Whether the form can be simulated.
    ///
    /// # Errors
    ///
    /// `invalid-option`, with the name of the first option that makes no sense.
    pub fn check(&self) -> Result<(), RuptureError> {
        require((1..=MOST_ITEMS).contains(&self.items), "answers.items", "must be from 1 to 1000")?;
        let bounded = self.lowest < self.highest && self.lowest.abs().max(self.highest.abs()) <= MOST_STEPS;
        let steps = (self.highest - self.lowest) / self.step;
        let whole = self.step > 0.0 && steps <= MOST_STEPS && (steps - steps.round()).abs() < WHOLE;
        let allowed = "the lowest answer must be below the highest, both from -1000 to 1000, with a whole number of steps \
                       between them, at most 1000";
        require(bounded && whole && steps.round() >= 1.0, "answers.range", allowed)?;
        let known = self.reversed.iter().all(|item| (1..=self.items).contains(item));
        require(known, "answers.reversed", "items are counted from 1 to the number of items")?;
        hundredths("answers.item_sd", self.item_sd)?;
        hundredths("answers.client_item_sd", self.client_item_sd)?;
        hundredths("answers.session_item_sd", self.session_item_sd)
    }

    /// The scale of the item mean.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn score_scale(&self) -> Result<ScoreScale, RuptureError> {
        self.check()?;
        let step = (self.highest - self.lowest) / self.total_steps();
        Ok(ScoreScale {
            lowest: self.lowest,
            highest: self.highest,
            step: Some(step),
            orientation: Orientation::HigherIsBetter,
        })
    }

    /// An answer or an item mean that many steps above the lowest; `per` steps lead from one answer to the next.
    fn above_lowest(&self, steps: f64, per: f64) -> f64 {
        let per_point = per / self.step;
        let whole = per_point.round();
        if (per_point - whole).abs() < WHOLE {
            // A quotient of whole numbers, to the last bit the mean of the answers.
            ((self.lowest * whole + steps) / whole).min(self.highest)
        } else {
            (self.lowest + steps * self.step / per).min(self.highest)
        }
    }

    /// Draws the answers of a rater's forms, from streams of their own.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options that make no sense, or if the rater's scores are not on the lattice of the form:
    /// put the simulation [on it](super::Simulation::for_forms) first.
    pub fn draw(&self, clinic: &Simulated, rater: Rater) -> Result<Answers, RuptureError> {
        self.check()?;
        let (scores, scale, part) = match rater {
            Rater::Client => (&clinic.client, clinic.simulation.scale, Part::ClientAnswers),
            Rater::Therapist => {
                let scale = clinic.simulation.therapist.scale.or(clinic.simulation.scale);
                (&clinic.therapist, scale, Part::TherapistAnswers)
            }
        };
        let lattice = scale.and_then(|scale| Some((scale.lowest, scale.step?, scale.highest - scale.lowest)));
        let (lowest, step, _) = lattice
            .filter(|(_, step, range)| (range / step - self.total_steps()).abs() < WHOLE * self.total_steps())
            .ok_or_else(|| RuptureError::InvalidOption {
                option: "answers.items",
                problem: "the rater's scores are not item means of this form; simulate with `for_forms`"
                    .to_owned(),
            })?;

        let effects = self.item_effects(clinic.seed, rater);
        let forms = scores.iter().filter(|score| score.is_finite()).count();
        let mut drawn = Answers {
            sessions: Vec::with_capacity(forms),
            items: vec![Vec::with_capacity(forms); self.items],
            means: Vec::with_capacity(forms),
        };
        let left_out = clinic.simulation.missing.answers;
        let mut form = Drawing::new(self);
        for dyad in 0..clinic.dyads() {
            let mut random = stream(clinic.seed, part, dyad);
            form.meet(&effects, self.client_item_sd, &mut random);
            for session in clinic.sessions(dyad) {
                form.scatter(self.session_item_sd, &mut random);
                let lost = |random: &mut Generator| random.bernoulli(left_out);
                let Some(score) = scores.get(session).copied().filter(|score| score.is_finite()) else {
                    // Draws as many numbers without a form, so that missing forms do not change the others.
                    (0..self.items).for_each(|_| _ = lost(&mut random));
                    continue;
                };
                let total = ((score - lowest) / step).round();
                form.fill(total);
                for ((place, steps), column) in (1..).zip(&form.answers).zip(&mut drawn.items) {
                    let turned = if self.reversed.contains(&place) { self.steps() - steps } else { *steps };
                    let answer = self.above_lowest(turned, 1.0);
                    column.push(if lost(&mut random) { f64::NAN } else { answer });
                }
                drawn.sessions.push(session);
                drawn.means.push(self.above_lowest(total, self.items as f64));
            }
        }
        Ok(drawn)
    }

    fn item_effects(&self, seed: u64, rater: Rater) -> Vec<f64> {
        let mut random = stream(seed, Part::Items, rater as usize);
        (0..self.items).map(|_| self.item_sd * random.normal()).collect()
    }
}

/// The answers to one form after the other, in steps above the lowest answer.
struct Drawing {
    steps: f64,
    of_client: Vec<f64>,
    /// Where the items of this session lie, less their mean.
    scattered: Vec<f64>,
    wanted: Vec<f64>,
    answers: Vec<f64>,
}

impl Drawing {
    fn new(form: &ItemForm) -> Self {
        let zeros = vec![0.0; form.items];
        Self {
            steps: form.steps(),
            of_client: zeros.clone(),
            scattered: zeros.clone(),
            wanted: zeros.clone(),
            answers: zeros,
        }
    }

    /// The next client.
    fn meet(&mut self, effects: &[f64], client_item_sd: f64, random: &mut Generator) {
        for (own, effect) in self.of_client.iter_mut().zip(effects) {
            *own = effect + client_item_sd * random.normal();
        }
    }

    /// The next session.
    fn scatter(&mut self, session_item_sd: f64, random: &mut Generator) {
        for (item, own) in self.scattered.iter_mut().zip(&self.of_client) {
            *item = own + session_item_sd * random.normal();
        }
        let mean = self.scattered.iter().sum::<f64>() / self.scattered.len() as f64;
        self.scattered.iter_mut().for_each(|item| *item -= mean);
    }

    /// The possible answers with this total that are nearest to the wanted ones in least squares.
    ///
    /// The sum of squares is convex in each answer, so that going from the nearest answers to the right total by the
    /// cheapest single steps finds the least. Among equally cheap ones the first item steps.
    fn fill(&mut self, total: f64) {
        let mean = total / self.answers.len() as f64;
        let mut open = total;
        for ((answer, wanted), item) in self.answers.iter_mut().zip(&mut self.wanted).zip(&self.scattered) {
            *wanted = mean + item / 100.0 * self.steps;
            *answer = wanted.round().clamp(0.0, self.steps);
            open -= *answer;
        }
        while open != 0.0 {
            let direction = open.signum();
            let end = if direction > 0.0 { self.steps } else { 0.0 };
            let mut best: Option<(f64, &mut f64)> = None;
            for (answer, wanted) in self.answers.iter_mut().zip(&self.wanted) {
                let gain = direction * (wanted - *answer);
                if *answer != end && best.as_ref().is_none_or(|(most, _)| gain > *most) {
                    best = Some((gain, answer));
                }
            }
            let Some((_, answer)) = best else { return };
            *answer += direction;
            open -= direction;
        }
    }
}
