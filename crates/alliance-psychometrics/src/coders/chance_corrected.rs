//! Agreement of any number of coders beyond chance: Fleiss, Randolph, Gwet; and plain percent agreement.

use super::units::NOT_CODED;
use super::{CodedUnits, CoderOptions, Coefficients, StandardError, Weights};
use crate::{Estimate, PsychometricsError};

/// What chance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chance {
    /// Two codes drawn from the pooled margins.
    Fleiss,
    /// Every category as likely.
    Randolph,
    /// Gwet's: coders guess on the hard units only.
    Gwet,
    /// None: percent agreement.
    Nothing,
}

/// Coefficient and the pieces of its standard error.
struct Parts {
    value: f64,
    /// Sum of squared deviations of the units' contributions.
    squares: f64,
    units: f64,
    shares: Vec<f64>,
}

impl Parts {
    const UNDEFINED: Self = Self { value: f64::NAN, squares: f64::NAN, units: f64::NAN, shares: Vec::new() };
}

/// One coefficient over patterns of codes.
struct Agreement<'a> {
    units: &'a CodedUnits,
    weights: Vec<f64>,
    chance: Chance,
    /// Fewest codes of a unit that takes part; all of them for Fleiss and Randolph.
    least: usize,
}

impl Agreement<'_> {
    fn weight(&self, row: usize, column: usize) -> f64 {
        self.weights.get(row * self.units.categories().len() + column).copied().unwrap_or(f64::NAN)
    }

    /// How often each category stands in a pattern, and the number of codes.
    fn tally(pattern: &[u32], tally: &mut [f64]) -> f64 {
        tally.fill(0.0);
        let mut codes = 0.0;
        for code in pattern.iter().filter(|code| **code != NOT_CODED) {
            if let Some(count) = tally.get_mut(*code as usize) {
                *count += 1.0;
                codes += 1.0;
            }
        }
        codes
    }

    /// Share of agreeing pairs of a unit; `None` with fewer than two codes.
    fn agreeing(&self, tally: &[f64], codes: f64) -> Option<f64> {
        if codes < 2.0 {
            return None;
        }
        let mut pairs = 0.0;
        for (row, count) in tally.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let near: f64 =
                tally.iter().enumerate().map(|(column, other)| self.weight(row, column) * other).sum();
            pairs += count * (near - 1.0);
        }
        Some(pairs / (codes * (codes - 1.0)))
    }

    fn parts(&self, counts: &[f64]) -> Parts {
        let size = self.units.categories().len();
        let c = size as f64;
        let takes_part = |codes: f64| codes >= self.least as f64 && codes > 0.0;
        let mut tally = vec![0.0; size];
        let mut shares = vec![0.0; size];
        let (mut units, mut paired, mut observed) = (0.0, 0.0, 0.0);
        for (pattern, count) in self.units.weighted(counts) {
            let codes = Self::tally(pattern, &mut tally);
            if !takes_part(codes) {
                continue;
            }
            units += count;
            for (share, tally) in shares.iter_mut().zip(&tally) {
                *share += count * tally / codes;
            }
            if let Some(agreeing) = self.agreeing(&tally, codes) {
                paired += count;
                observed += count * agreeing;
            }
        }
        for share in &mut shares {
            *share /= units;
        }
        let observed = observed / paired;
        let total_weight: f64 = self.weights.iter().sum();
        // Chance agreement is the mean over units of this of their codes.
        let by_category: Vec<f64> = match self.chance {
            Chance::Nothing => vec![0.0; size],
            Chance::Randolph => vec![total_weight / (c * c); size],
            Chance::Fleiss => (0..size)
                .map(|row| {
                    shares.iter().enumerate().map(|(column, share)| self.weight(row, column) * share).sum()
                })
                .collect(),
            Chance::Gwet => {
                shares.iter().map(|share| total_weight / (c * (c - 1.0)) * (1.0 - share)).collect()
            }
        };
        let expected: f64 = shares.iter().zip(&by_category).map(|(share, chance)| share * chance).sum();
        if 1.0 - expected < 1e-12 || expected.is_nan() {
            return Parts { value: f64::NAN, squares: f64::NAN, units, shares };
        }
        let value = (observed - expected) / (1.0 - expected);
        // The unit's share in chance agreement counts twice where it moves both codes.
        let factor = match self.chance {
            Chance::Fleiss | Chance::Gwet => 2.0,
            Chance::Randolph | Chance::Nothing => 0.0,
        };
        let mut squares = 0.0;
        for (pattern, count) in self.units.weighted(counts) {
            let codes = Self::tally(pattern, &mut tally);
            if !takes_part(codes) {
                continue;
            }
            let own = self
                .agreeing(&tally, codes)
                .map_or(0.0, |agreeing| units / paired * (agreeing - expected) / (1.0 - expected));
            let chance: f64 =
                tally.iter().zip(&by_category).map(|(tally, chance)| tally / codes * chance).sum();
            let contribution = own - factor * (1.0 - value) * (chance - expected) / (1.0 - expected);
            squares += count * (contribution - value) * (contribution - value);
        }
        Parts { value, squares, units, shares }
    }
}

impl CodedUnits {
    fn agreement(
        &self,
        weights: &Weights,
        chance: Chance,
        least: usize,
        method: &'static str,
        options: CoderOptions,
    ) -> Result<(Estimate, Parts), PsychometricsError> {
        options.check()?;
        let used = self.units_where(|codes| codes >= least.max(1) && codes > 0);
        let paired = self.units_where(|codes| codes >= least.max(2));
        let coefficients =
            Coefficients { units: self, method, used: if paired == 0 { 0 } else { used }, options };
        if let Some(refused) = coefficients.untabled() {
            return Ok((refused, Parts::UNDEFINED));
        }
        let weights = weights.matrix(self.categories().len())?;
        let agreement = Agreement { units: self, weights, chance, least };
        let parts = agreement.parts(self.counts());
        let estimate = coefficients.estimate(
            |counts| agreement.parts(counts).value,
            |_| StandardError::StudentT {
                standard_error: (parts.squares / (parts.units * (parts.units - 1.0))).sqrt(),
                degrees_of_freedom: parts.units - 1.0,
            },
        );
        Ok((estimate, parts))
    }

    /// Share of pairs of coders that agree, averaged over the units with two codes or more.
    ///
    /// 1 where all agree, even if nothing but one category was ever used. The standard error takes units as the
    /// sample, with Student's t.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options out of range.
    pub fn percent_agreement(&self, options: CoderOptions) -> Result<Estimate, PsychometricsError> {
        Ok(self.agreement(&Weights::Unweighted, Chance::Nothing, 2, "percent agreement", options)?.0)
    }

    /// Fleiss's kappa of the units that every coder coded (Fleiss 1971, Psychological Bulletin 76, 378-382).
    ///
    /// Chance is two draws from all codes pooled. The standard error treats units as the sample (Gwet 2014, Handbook of
    /// Inter-Rater Reliability, chapter 5), with Student's t; for a test against 0 see
    /// [`CodedUnits::fleiss_null_standard_error`].
    ///
    /// # Errors
    ///
    /// `invalid-option` for options out of range.
    pub fn fleiss_kappa(&self, options: CoderOptions) -> Result<Estimate, PsychometricsError> {
        Ok(self.agreement(&Weights::Unweighted, Chance::Fleiss, self.coders(), "Fleiss's kappa", options)?.0)
    }

    /// Standard error of Fleiss's kappa if coders agreed by chance only (Fleiss, Nee & Landis 1979, Psychological Bulletin 86,
    /// 974-977); NaN where kappa is undefined.
    pub fn fleiss_null_standard_error(&self) -> f64 {
        let Ok((estimate, parts)) =
            self.agreement(&Weights::Unweighted, Chance::Fleiss, self.coders(), "", CoderOptions::default())
        else {
            return f64::NAN;
        };
        let m = self.coders() as f64;
        let spread: f64 = parts.shares.iter().map(|share| share * (1.0 - share)).sum();
        let skew: f64 = parts.shares.iter().map(|share| share * (1.0 - share) * (1.0 - 2.0 * share)).sum();
        let variance = 2.0 / (parts.units * m * (m - 1.0)) * (spread * spread - skew) / (spread * spread);
        if estimate.value.is_nan() { f64::NAN } else { variance.sqrt() }
    }

    /// Randolph's free-marginal kappa of the units that every coder coded: chance takes each category as likely (Randolph
    /// 2005, Joensuu Learning and Instruction Symposium). Give the categories: those that nobody used count.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options out of range.
    pub fn randolph_kappa(&self, options: CoderOptions) -> Result<Estimate, PsychometricsError> {
        let method = "Randolph's free-marginal kappa";
        Ok(self.agreement(&Weights::Unweighted, Chance::Randolph, self.coders(), method, options)?.0)
    }

    /// Gwet's AC1, or AC2 with weights, of all units with a code (Gwet 2008, British Journal of Mathematical and Statistical
    /// Psychology 61, 29-48; 2014, Handbook of Inter-Rater Reliability).
    ///
    /// Made for rare categories, where kappa falls although coders agree. Units with one code tell about the categories'
    /// shares only. Standard error after Gwet, with Student's t. With categories given of which only one was used it is
    /// 1 by definition: chance agreement is then 0.
    ///
    /// # Errors
    ///
    /// `invalid-option` for weights of the wrong size or range and options out of range.
    pub fn gwet(&self, weights: &Weights, options: CoderOptions) -> Result<Estimate, PsychometricsError> {
        let method = if *weights == Weights::Unweighted { "Gwet's AC1" } else { "Gwet's AC2" };
        Ok(self.agreement(weights, Chance::Gwet, 1, method, options)?.0)
    }
}
