//! Human coders against a model: does the model agree with people as people agree with each other?

use super::kappa::Table;
use super::units::NOT_CODED;
use super::{CodedUnits, CoderOptions, Coefficients, Metric, StandardError, Weights};
use crate::{Bootstrap, Columns, Estimate, PsychometricsError, Status};

/// Which coefficient of two coders is compared.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Coefficient {
    /// Share of units with the same code.
    PercentAgreement,
    /// Cohen's kappa.
    Kappa(Weights),
    /// Krippendorff's alpha of the two.
    Krippendorff(Metric),
}

/// Agreement of two coders.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PairAgreement {
    /// The first coder: position among the humans.
    pub human: usize,
    /// The second: another human, or `None` for the model.
    pub other_human: Option<usize>,
    /// Their agreement over the units both coded.
    pub agreement: Estimate,
}

/// Human-human beside human-model agreement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelAgreement {
    /// Each pair of humans.
    pub between_humans: Vec<PairAgreement>,
    /// Each human with the model.
    pub with_model: Vec<PairAgreement>,
    /// Mean agreement of two humans.
    pub mean_between_humans: Estimate,
    /// Mean agreement of a human with the model.
    pub mean_with_model: Estimate,
    /// The second mean less the first: below 0 the model agrees with people less than people do.
    pub difference: Estimate,
}

const BETWEEN_HUMANS: &str = "mean agreement of two humans";
const WITH_MODEL: &str = "mean agreement of a human with the model";
const DIFFERENCE: &str = "agreement with the model less agreement between humans";

/// Compares a model with human coders on the same units.
///
/// Columns of `humans` are coders, rows are units; `model` has one code per unit; missing is NaN. The categories are
/// `categories`, or the codes that occur. Intervals come from a bootstrap over units in which all pairs are worked out on
/// the same draw, so that the difference is a paired one. Codes that no unit has in common make a pair undefined, and
/// then the means are too.
///
/// # Errors
///
/// `length-mismatch` unless the model has one code per unit; `not-finite` for an infinite code of it; `invalid-option` for
/// fewer than two humans, codes that are no category, wrong weights, or options out of range.
pub fn model_agreement(
    humans: &Columns<'_>,
    model: &[f64],
    categories: Option<&[f64]>,
    coefficient: &Coefficient,
    bootstrap: Bootstrap,
    confidence: f64,
) -> Result<ModelAgreement, PsychometricsError> {
    let people = humans.count();
    if people < 2 {
        return Err(PsychometricsError::option(
            "humans",
            "must be two or more, for there to be human agreement",
        ));
    }
    let all: Vec<&[f64]> = humans.iter().chain(std::iter::once(model)).collect();
    let columns = Columns::new(&all)?;
    let units = match categories {
        Some(categories) => CodedUnits::with_categories(&columns, categories)?,
        None => CodedUnits::new(&columns),
    };
    let options = CoderOptions::default().with_bootstrap(bootstrap).with_confidence(confidence);
    options.check()?;
    let weights = match coefficient {
        Coefficient::Kappa(_) if units.exceeds_table() => {
            return Err(PsychometricsError::option("coefficient", "kappa is for categories, 2048 at most"));
        }
        Coefficient::Kappa(weights) => weights.matrix(units.categories().len())?,
        _ => Vec::new(),
    };
    let pairs: Vec<(usize, usize)> =
        (0..people).flat_map(|one| (one + 1..=people).map(move |other| (one, other))).collect();
    let parts: Vec<CodedUnits> = pairs.iter().map(|(one, other)| units.of_coders(&[*one, *other])).collect();
    let value = |place: usize, counts: &[f64]| {
        parts.get(place).map_or(f64::NAN, |pair| coefficient.value(pair, counts, &weights))
    };
    let is_with_model = |place: usize| pairs.get(place).is_some_and(|(_, other)| *other == people);
    let mean = |counts: &[f64], with_model: bool| {
        let values: Vec<f64> = (0..pairs.len())
            .filter(|place| is_with_model(*place) == with_model)
            .map(|place| value(place, counts))
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let both = |pair: &CodedUnits| pair.units_where(|codes| codes == 2);
    let agreements = pairs.iter().zip(&parts).map(|((one, other), pair)| {
        let coefficients =
            Coefficients { units: pair, method: coefficient.method(), used: both(pair), options };
        let agreement = coefficients
            .estimate(|counts| coefficient.value(pair, counts, &weights), |_| StandardError::None);
        PairAgreement { human: *one, other_human: (*other != people).then_some(*other), agreement }
    });
    let (with_model, between_humans) = agreements.partition(|pair| pair.other_human.is_none());
    let used = units.units_where(|codes| codes >= 2);
    let values = |with_model: Option<bool>| -> Vec<f64> {
        (0..pairs.len())
            .filter(|place| with_model.is_none_or(|with_model| is_with_model(*place) == with_model))
            .map(|place| parts.get(place).map_or(f64::NAN, |pair| value(place, pair.counts())))
            .collect()
    };
    let whole = |method, with_model, statistic: &(dyn Fn(&[f64]) -> f64 + Sync)| {
        let coefficients = Coefficients { units: &units, method, used, options };
        if let Some(undefined) = coefficients.undefined_pairs(&values(with_model)) {
            return undefined;
        }
        coefficients.estimate(statistic, |_| StandardError::None)
    };
    let mut difference = whole(DIFFERENCE, None, &|counts| mean(counts, true) - mean(counts, false));
    // A difference may well lie below 0.
    if difference.status == Status::OutOfRange {
        difference = difference.with_status(Status::Defined);
    }
    Ok(ModelAgreement {
        between_humans,
        with_model,
        mean_between_humans: whole(BETWEEN_HUMANS, Some(false), &|counts| mean(counts, false)),
        mean_with_model: whole(WITH_MODEL, Some(true), &|counts| mean(counts, true)),
        difference,
    })
}

impl Coefficient {
    fn method(&self) -> &'static str {
        match self {
            Self::PercentAgreement => "percent agreement",
            Self::Kappa(_) => "Cohen's kappa",
            Self::Krippendorff(_) => "Krippendorff's alpha",
        }
    }

    /// Of units with two coders.
    fn value(&self, pair: &CodedUnits, counts: &[f64], weights: &[f64]) -> f64 {
        match self {
            Self::PercentAgreement => {
                let (mut same, mut all) = (0.0, 0.0);
                for (pattern, count) in pair.weighted(counts) {
                    if let [one, other] = pattern
                        && *one != NOT_CODED
                        && *other != NOT_CODED
                    {
                        all += count;
                        same += if one == other { count } else { 0.0 };
                    }
                }
                same / all
            }
            Self::Kappa(_) => Table::new(pair, counts, 0, 1).kappa(weights),
            Self::Krippendorff(metric) => pair.krippendorff_value(*metric, counts),
        }
    }
}
