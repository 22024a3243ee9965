//! What every function of this crate answers with.

use crate::PsychometricsError;

use crate::distributions::student_t_two_sided;

/// Of what an estimate speaks. The same scores give three reliabilities, one for each level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Clients (or other units) rated once each.
    OneSession,
    /// Rows of several sessions put together as if they were independent.
    PooledRows,
    /// Sessions within clients.
    WithinClient,
    /// Clients' means or true levels.
    BetweenClients,
    /// Therapists' means or true levels.
    BetweenTherapists,
    /// Raters or coders of the same units.
    BetweenRaters,
    /// Studies of a synthesis.
    BetweenStudies,
}

impl Level {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneSession => "one-session",
            Self::PooledRows => "pooled-rows",
            Self::WithinClient => "within-client",
            Self::BetweenClients => "between-clients",
            Self::BetweenTherapists => "between-therapists",
            Self::BetweenRaters => "between-raters",
            Self::BetweenStudies => "between-studies",
        }
    }
}

/// Whether an estimate is what it should be, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Nothing to remark.
    Defined,
    /// Fewer items (or raters) than the statistic needs: NaN.
    TooFewItems,
    /// Fewer clients, sessions or other units than the statistic needs: NaN.
    TooFewUnits,
    /// Nothing varies that would have to: NaN.
    ZeroVariance,
    /// There is no complete row: NaN.
    AllMissing,
    /// A matrix that must be positive definite is not: NaN.
    NotPositiveDefinite,
    /// The iteration did not settle: the value is the last one.
    NotConverged,
    /// A variance component lies at 0, the end of its range.
    Boundary,
    /// A uniqueness of a factor model lies at or below 0 (Heywood case).
    Heywood,
    /// The estimate lies outside the range of what it estimates, such as a negative alpha; it is not clipped.
    OutOfRange,
    /// Undefined for another reason, which the method's page names: NaN.
    Undefined,
}

impl Status {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::TooFewItems => "too-few-items",
            Self::TooFewUnits => "too-few-units",
            Self::ZeroVariance => "zero-variance",
            Self::AllMissing => "all-missing",
            Self::NotPositiveDefinite => "not-positive-definite",
            Self::NotConverged => "not-converged",
            Self::Boundary => "boundary",
            Self::Heywood => "heywood",
            Self::OutOfRange => "out-of-range",
            Self::Undefined => "undefined",
        }
    }
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence, such as .95.
    pub confidence: f64,
}

/// An estimate with what a reader must know to use it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The value; NaN where it is undefined.
    pub value: f64,
    /// Its standard error; NaN where none is given.
    pub standard_error: f64,
    /// Its confidence interval, where one is given.
    pub interval: Option<Interval>,
    /// Degrees of freedom, where the interval or a test rests on them; NaN elsewhere.
    pub degrees_of_freedom: f64,
    /// Of what it speaks.
    pub level: Level,
    /// How it was made, in a few words.
    pub method: &'static str,
    /// Independent units it rests on: clients, dyads, rated units or studies.
    pub units: usize,
    /// Rows used.
    pub rows_used: usize,
    /// Rows left out, for missing values.
    pub rows_dropped: usize,
    /// Whether it is what it should be.
    pub status: Status,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

impl Estimate {
    /// A defined value; NaN becomes [`Status::Undefined`].
    pub fn new(value: f64, level: Level, method: &'static str) -> Self {
        Self {
            value,
            standard_error: f64::NAN,
            interval: None,
            degrees_of_freedom: f64::NAN,
            level,
            method,
            units: 0,
            rows_used: 0,
            rows_dropped: 0,
            status: if value.is_finite() { Status::Defined } else { Status::Undefined },
            notes: Vec::new(),
        }
    }

    /// No value, and why.
    pub fn undefined(status: Status, level: Level, method: &'static str) -> Self {
        Self { status, ..Self::new(f64::NAN, level, method) }
    }

    /// The same with a standard error.
    #[must_use]
    pub fn with_standard_error(self, standard_error: f64) -> Self {
        Self { standard_error, ..self }
    }

    /// The same with an interval, unless an end is NaN.
    #[must_use]
    pub fn with_interval(self, low: f64, high: f64, confidence: f64) -> Self {
        let interval = (!low.is_nan() && !high.is_nan()).then_some(Interval { low, high, confidence });
        Self { interval, ..self }
    }

    /// The same with degrees of freedom.
    #[must_use]
    pub fn with_degrees_of_freedom(self, degrees_of_freedom: f64) -> Self {
        Self { degrees_of_freedom, ..self }
    }

    /// The same with what it rests on.
    #[must_use]
    pub fn with_rows(self, units: usize, rows_used: usize, rows_dropped: usize) -> Self {
        Self { units, rows_used, rows_dropped, ..self }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// The same with one more note.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Two-sided p-value of the t test that the value is `null`, from standard error and degrees of freedom.
    ///
    /// NaN unless both are given.
    pub fn t_test(&self, null: f64) -> f64 {
        if self.standard_error > 0.0 {
            student_t_two_sided((self.value - null) / self.standard_error, self.degrees_of_freedom)
        } else {
            f64::NAN
        }
    }

    /// The same, marked [`Status::OutOfRange`] if the value lies outside `low..=high`; a NaN is left as it is.
    #[must_use]
    pub fn expected_within(self, low: f64, high: f64) -> Self {
        if self.status == Status::Defined && !(low..=high).contains(&self.value) {
            self.with_status(Status::OutOfRange)
        } else {
            self
        }
    }
}

/// Refuses a confidence that is none.
pub(crate) fn check_confidence(confidence: f64) -> Result<(), PsychometricsError> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(())
    } else {
        Err(PsychometricsError::option("confidence", "must lie between 0 and 1, such as 0.95"))
    }
}
