//! The chance of leaving in a session, given that the client is still there.

use super::robust::cluster_sandwich;
use crate::distributions::{normal, normal_two_sided, student_t, student_t_two_sided};
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Most steps of Newton's method; a model with a maximum needs ten.
const MOST_STEPS: usize = 100;
/// Relative change of the deviance that counts as none.
const SETTLED: f64 = 1e-14;
/// Linear predictors beyond this say that a predictor tells events and others apart without error.
const SEPARATED: f64 = 30.0;

/// Products beyond this are taken the logarithm of; one more factor, at most e^30 or so, stays finite.
const LARGEST_PRODUCT: f64 = 1e200;

/// How the chance depends on the predictors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HazardLink {
    /// ln(p / (1 - p)): coefficients are log odds ratios.
    #[default]
    Logit,
    /// ln(-ln(1 - p)): coefficients are log hazard ratios of the continuous-time model behind the sessions.
    ComplementaryLogLog,
}

/// An estimated discrete-time hazard model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HazardModel {
    /// How the chance depends on the predictors.
    pub link: HazardLink,
    /// The intercept, then one for each predictor, with normal intervals (t with clusters).
    pub coefficients: Vec<Estimate>,
    /// Two-sided p of each, by its z (Wald), or t with clusters.
    pub p_values: Vec<f64>,
    /// -2 log likelihood.
    pub deviance: f64,
    /// Sessions at risk that were used.
    pub rows_used: usize,
    /// Rows with a missing value.
    pub rows_dropped: usize,
    /// Events among the rows used.
    pub events: usize,
    /// Clusters of a robust model.
    pub clusters: Option<usize>,
    /// `Defined`; `AllMissing`; `ZeroVariance` if all or none of the rows are events; `TooFewUnits` for fewer rows than
    /// coefficients, or fewer than two clusters; `NotPositiveDefinite` if a predictor is a combination of others; `Undefined` if predictors tell events
    /// from others without error, so that no maximum exists.
    pub status: Status,
}

impl HazardModel {
    /// Ratios by which each predictor multiplies, for one unit more: odds with a logit, hazards with a complementary
    /// log-log. Values and intervals are those of the coefficients, exponentiated; there is no standard error.
    ///
    /// The first is the odds (or the hazard) where all predictors are 0.
    pub fn ratios(&self) -> Vec<Estimate> {
        let method = match self.link {
            HazardLink::Logit => "odds ratio of a discrete-time hazard",
            HazardLink::ComplementaryLogLog => "hazard ratio of a discrete-time hazard",
        };
        self.coefficients
            .iter()
            .map(|coefficient| {
                let ratio = Estimate {
                    value: libm::exp(coefficient.value),
                    standard_error: f64::NAN,
                    interval: None,
                    method,
                    ..coefficient.clone()
                };
                match &coefficient.interval {
                    Some(ends) => {
                        ratio.with_interval(libm::exp(ends.low), libm::exp(ends.high), ends.confidence)
                    }
                    None => ratio,
                }
            })
            .collect()
    }
}

/// Discrete-time hazard by maximum likelihood: events (1, else 0) of sessions at risk on an intercept and predictors
/// (Singer and Willett 2003).
///
/// Rows come from [`person_periods`](super::person_periods); give functions of the session number among the predictors
/// for a hazard that changes ([`HazardTime`](super::HazardTime)). Given the past, sessions at risk of one client are
/// independent, so that rows need no clustering for the client; a therapist's clients may need it. With `clusters`, such
/// as therapists, standard errors are robust to that: the sandwich with scores summed by cluster, times G / (G - 1) for G
/// clusters, and t with G - 1 degrees of freedom (Cameron and Miller 2015, Journal of Human Resources 50). In R:
/// `sandwich::vcovCL(glm(...), cluster)`.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` if an event is neither 0 nor 1 (nor missing), or unless
/// `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{HazardLink, discrete_time_hazard};
///
/// let left = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
/// let model = discrete_time_hazard(&left, &Columns::new(&[])?, HazardLink::Logit, None, 0.95)?;
/// assert!((model.coefficients[0].value - (2.0_f64 / 6.0).ln()).abs() < 1e-12);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn discrete_time_hazard(
    events: &[f64],
    predictors: &Columns<'_>,
    link: HazardLink,
    clusters: Option<&[u32]>,
    confidence: f64,
) -> Result<HazardModel, PsychometricsError> {
    check_confidence(confidence)?;
    Columns::new(&[events])?;
    if predictors.count() > 0 && predictors.rows() != events.len() {
        return Err(PsychometricsError::LengthMismatch { what: "events and predictors" });
    }
    if clusters.is_some_and(|clusters| clusters.len() != events.len()) {
        return Err(PsychometricsError::LengthMismatch { what: "events and clusters" });
    }
    if events.iter().any(|event| !event.is_nan() && *event != 0.0 && *event != 1.0) {
        return Err(PsychometricsError::option("events", "0 or 1"));
    }
    let is_complete = |row: &usize| {
        events.get(*row).is_some_and(|event| !event.is_nan())
            && (predictors.count() == 0 || predictors.is_complete(*row))
    };
    let rows: Vec<usize> = (0..events.len()).filter(is_complete).collect();
    let data = Data::new(&rows, events, predictors, link);
    let count = data.events.iter().filter(|event| **event).count();
    let solved = match () {
        () if rows.is_empty() => Err(Status::AllMissing),
        () if count == 0 || count == rows.len() => Err(Status::ZeroVariance),
        () if rows.len() <= data.size => Err(Status::TooFewUnits),
        () => {
            let of_rows =
                clusters.map(|codes| rows.iter().filter_map(|row| codes.get(*row).copied()).collect());
            data.solve(of_rows)
        }
    };
    let level = Level::PooledRows;
    let method = match link {
        HazardLink::Logit => "discrete-time hazard, logit",
        HazardLink::ComplementaryLogLog => "discrete-time hazard, cloglog",
    };
    let describe = |estimate: Estimate| estimate.with_rows(rows.len(), rows.len(), events.len() - rows.len());
    let degrees =
        solved.as_ref().ok().and_then(|found| found.clusters).map_or(f64::NAN, |count| count as f64 - 1.0);
    let z = if degrees.is_nan() {
        normal(0.5 + confidence / 2.0)
    } else {
        student_t(0.5 + confidence / 2.0, degrees)
    };
    let (coefficients, deviance, status) = match &solved {
        Ok(found) => {
            let coefficient = |(value, error): (&f64, &f64)| {
                describe(Estimate::new(*value, level, method))
                    .with_standard_error(*error)
                    .with_degrees_of_freedom(degrees)
                    .with_interval(value - z * error, value + z * error, confidence)
            };
            (
                found.values.iter().zip(&found.errors).map(coefficient).collect(),
                found.deviance,
                Status::Defined,
            )
        }
        Err(status) => {
            let none = || describe(Estimate::undefined(*status, level, method));
            ((0..data.size).map(|_| none()).collect::<Vec<_>>(), f64::NAN, *status)
        }
    };
    let p_values = coefficients
        .iter()
        .map(|estimate| {
            let z = estimate.value / estimate.standard_error;
            if degrees.is_nan() { normal_two_sided(z) } else { student_t_two_sided(z, degrees) }
        })
        .collect();
    Ok(HazardModel {
        link,
        coefficients,
        p_values,
        deviance,
        rows_used: rows.len(),
        rows_dropped: events.len() - rows.len(),
        events: count,
        clusters: solved.ok().and_then(|found| found.clusters),
        status,
    })
}

/// Complete rows with centred and scaled predictors, intercept first, row by row.
struct Data {
    events: Vec<bool>,
    cells: Vec<f64>,
    size: usize,
    centres: Vec<f64>,
    scales: Vec<f64>,
    link: HazardLink,
}

struct Found {
    values: Vec<f64>,
    errors: Vec<f64>,
    deviance: f64,
    clusters: Option<usize>,
}

impl Data {
    fn new(rows: &[usize], events: &[f64], predictors: &Columns<'_>, link: HazardLink) -> Self {
        let at = |column: &[f64], row: &usize| column.get(*row).copied().unwrap_or(f64::NAN);
        let n = rows.len() as f64;
        let centres: Vec<f64> =
            predictors.iter().map(|column| rows.iter().map(|row| at(column, row)).sum::<f64>() / n).collect();
        let scales: Vec<f64> = predictors
            .iter()
            .zip(&centres)
            .map(|(column, centre)| {
                let squares: f64 = rows.iter().map(|row| (at(column, row) - centre).powi(2)).sum();
                let scale = (squares / n).sqrt();
                // A column that varies by rounding only stays 0 and is found collinear.
                if scale > 1e-13 * centre.abs() { scale } else { f64::INFINITY }
            })
            .collect();
        let size = predictors.count() + 1;
        let mut cells = Vec::with_capacity(rows.len() * size);
        for row in rows {
            cells.push(1.0);
            let scaled = predictors.iter().zip(&centres).zip(&scales);
            cells.extend(scaled.map(|((column, centre), scale)| (at(column, row) - centre) / scale));
        }
        Self {
            events: rows.iter().map(|row| at(events, row) == 1.0).collect(),
            cells,
            size,
            centres,
            scales,
            link,
        }
    }

    fn solve(&self, clusters: Option<Vec<u32>>) -> Result<Found, Status> {
        let share = self.events.iter().filter(|event| **event).count() as f64 / self.events.len() as f64;
        let mut values = vec![0.0; self.size];
        if let Some(intercept) = values.first_mut() {
            *intercept = match self.link {
                HazardLink::Logit => libm::log(share / (1.0 - share)),
                HazardLink::ComplementaryLogLog => libm::log(-libm::log1p(-share)),
            };
        }
        let mut point = self.evaluate(&values);
        for _ in 0..MOST_STEPS {
            let factor = point.information.cholesky().ok_or(Status::NotPositiveDefinite)?;
            let step = factor.solve(&point.score);
            let mut length = 1.0;
            let next = loop {
                let tried: Vec<f64> =
                    values.iter().zip(&step).map(|(value, step)| value + length * step).collect();
                let next = self.evaluate(&tried);
                if next.deviance <= point.deviance * (1.0 + SETTLED) || length < 1e-10 {
                    values = tried;
                    break next;
                }
                length *= 0.5;
            };
            if next.farthest > SEPARATED {
                return Err(Status::Undefined);
            }
            let settled = (point.deviance - next.deviance).abs() <= SETTLED * point.deviance
                && step.iter().zip(&values).all(|(step, value)| step.abs() <= 1e-7 * value.abs().max(1.0));
            point = next;
            if settled {
                let bread = point.information.cholesky().ok_or(Status::NotPositiveDefinite)?.inverse();
                let Some(clusters) = clusters else { return Ok(self.back(&values, &point, &bread, None)) };
                let (covariance, count) = cluster_sandwich(&bread, self.row_scores(&values), &clusters)
                    .ok_or(Status::TooFewUnits)?;
                return Ok(self.back(&values, &point, &covariance, Some(count)));
            }
        }
        Err(Status::NotConverged)
    }

    /// Each row's slope of the log likelihood in its linear predictor, with its cells.
    fn row_scores<'a>(&'a self, values: &'a [f64]) -> impl Iterator<Item = (f64, &'a [f64])> + 'a {
        self.cells.chunks_exact(self.size).zip(&self.events).map(move |(cells, event)| {
            let eta: f64 = cells.iter().zip(values).map(|(cell, value)| cell * value).sum();
            (self.link.row(eta, *event).slope, cells)
        })
    }

    /// In the units of the predictors as they came.
    fn back(&self, values: &[f64], point: &Point, covariance: &Symmetric, clusters: Option<usize>) -> Found {
        let shifts = || self.centres.iter().zip(&self.scales).map(|(centre, scale)| centre / scale);
        let first = values.first().copied().unwrap_or(f64::NAN);
        let slopes = values.get(1..).unwrap_or_default();
        let intercept = first - slopes.iter().zip(shifts()).map(|(slope, shift)| slope * shift).sum::<f64>();
        let weights: Vec<f64> = std::iter::once(1.0).chain(shifts().map(|shift| -shift)).collect();
        let variance: f64 = weights
            .iter()
            .enumerate()
            .map(|(row, weight)| {
                weight
                    * covariance.row(row).iter().zip(&weights).map(|(cell, other)| cell * other).sum::<f64>()
            })
            .sum();
        let errors =
            (1..self.size).zip(&self.scales).map(|(place, scale)| covariance.at(place, place).sqrt() / scale);
        Found {
            values: std::iter::once(intercept)
                .chain(slopes.iter().zip(&self.scales).map(|(slope, scale)| slope / scale))
                .collect(),
            errors: std::iter::once(variance.sqrt()).chain(errors).collect(),
            deviance: point.deviance,
            clusters,
        }
    }

    /// Deviance, score and observed information.
    fn evaluate(&self, values: &[f64]) -> Point {
        // Logarithms of rows are taken of their product: one for many rows.
        let (mut loss, mut product) = (0.0, 1.0);
        let mut score = vec![0.0; self.size];
        let mut information = vec![0.0; self.size * self.size];
        let mut farthest = 0.0_f64;
        for (cells, event) in self.cells.chunks_exact(self.size).zip(&self.events) {
            let eta: f64 = cells.iter().zip(values).map(|(cell, value)| cell * value).sum();
            farthest = farthest.max(eta.abs());
            let terms = self.link.row(eta, *event);
            loss += terms.linear;
            product *= terms.factor;
            if product > LARGEST_PRODUCT {
                loss += libm::log(product);
                product = 1.0;
            }
            let rows = information.chunks_exact_mut(self.size).zip(&mut score);
            for ((row, cell), (places, slope)) in cells.iter().enumerate().zip(rows) {
                *slope += terms.slope * cell;
                let weighted = terms.curvature * cell;
                places
                    .iter_mut()
                    .zip(cells)
                    .take(row + 1)
                    .for_each(|(place, other)| *place += weighted * other);
            }
        }
        let deviance = 2.0 * (loss + libm::log(product));
        let at = |row: usize, column: usize| {
            information.get(row * self.size + column).copied().unwrap_or(f64::NAN)
        };
        Point { deviance, score, information: Symmetric::from_fn(self.size, at), farthest }
    }
}

struct Point {
    deviance: f64,
    score: Vec<f64>,
    information: Symmetric,
    farthest: f64,
}

/// What a row adds.
struct Terms {
    /// The -log likelihood is this and the logarithm of `factor`, which is 1 or more.
    linear: f64,
    factor: f64,
    /// Slope of the log likelihood in the linear predictor.
    slope: f64,
    /// Expected curvature of the -log likelihood.
    curvature: f64,
}

impl HazardLink {
    fn row(self, eta: f64, event: bool) -> Terms {
        match self {
            Self::Logit => {
                let toward = if event { -eta } else { eta };
                // ln(1 + e^x), large x kept finite; the same power gives both chances.
                let power = libm::exp(-eta.abs());
                let larger = 1.0 / (1.0 + power);
                let smaller = power * larger;
                let (leaves, stays) = if eta >= 0.0 { (larger, smaller) } else { (smaller, larger) };
                Terms {
                    linear: toward.max(0.0),
                    factor: 1.0 + power,
                    slope: if event { stays } else { -leaves },
                    curvature: leaves * stays,
                }
            }
            Self::ComplementaryLogLog => {
                let cumulative = libm::exp(eta);
                let p = -libm::expm1(-cumulative);
                // dp/d eta = cumulative e^-cumulative; expected information (dp)^2 / (p (1 - p)).
                let stays = libm::exp(-cumulative);
                let (linear, factor) = if event { (0.0, 1.0 / p) } else { (cumulative, 1.0) };
                Terms {
                    linear,
                    factor,
                    slope: if event { cumulative * stays / p } else { -cumulative },
                    curvature: cumulative * cumulative * stays / p,
                }
            }
        }
    }
}
