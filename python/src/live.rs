//! Rules session by session.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alliance_ruptures::live::{Event, LaggedRule, LiveRule, Update, Verdict};
use alliance_ruptures::{Ending, Episode, Orientation, RuptureError, ScoreScale, Spread};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ruptures::{RuleFields, fields_of, from_ruptures, require_on_scale, unknown};

/// Onset, nadir, recovery and last session, resolution, magnitude, length, shape.
type EpisodeFacts = (i64, i64, Option<i64>, i64, &'static str, f64, usize, &'static str);

/// Word of an event, and the episode it is about.
type EventFacts = (&'static str, Option<EpisodeFacts>);

/// Flagged, reference, limit, provisional, events.
type UpdateFacts = (bool, Option<f64>, Option<f64>, bool, Vec<EventFacts>);

/// Observed, evaluable, flagged, class, unit.
type ClientFacts = (usize, usize, usize, &'static str, f64);

/// Session, reference, flagged.
type VerdictFacts = (i64, Option<f64>, bool);

/// Standard deviations in points: pooled within clients, of clients' means, of clients' first scores.
type SpreadFacts = (f64, f64, f64);

/// The state of a rule with the id of the preset it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<State> {
    preset: Option<String>,
    state: State,
}

fn store<State: Serialize>(py: Python<'_>, preset: Option<String>, state: State) -> PyResult<String> {
    serde_json::to_string(&Stored { preset, state }).map_err(|_| damaged(py))
}

fn restore<State: DeserializeOwned>(py: Python<'_>, text: &str) -> PyResult<(Option<String>, State)> {
    // What the reader found may be a score, so nothing of its error is kept.
    let stored: Stored<State> = serde_json::from_str(text).map_err(|_| damaged(py))?;
    Ok((stored.preset, stored.state))
}

fn damaged(py: Python<'_>) -> PyErr {
    let problem = "this is not a state that this version has stored; replay the history";
    from_ruptures(py, &unknown("state", problem))
}

fn scale_of(range: (f64, f64), higher_is_better: bool) -> Result<ScoreScale, RuptureError> {
    let orientation = if higher_is_better { Orientation::HigherIsBetter } else { Orientation::LowerIsBetter };
    Ok(ScoreScale::new(range.0, range.1)?.with_orientation(orientation))
}

fn spread_of(facts: SpreadFacts) -> Spread {
    Spread::new(facts.0, facts.1, facts.2)
}

fn verdicts(found: Vec<Verdict>) -> Vec<VerdictFacts> {
    found.into_iter().map(|verdict| (verdict.session, verdict.reference, verdict.is_flagged)).collect()
}

/// A rule running on one client.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Live {
    live: Mutex<LiveRule>,
}

impl Live {
    fn of(live: LiveRule) -> Self {
        Self { live: Mutex::new(live) }
    }

    fn now(&self) -> MutexGuard<'_, LiveRule> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Live {
    #[new]
    fn new(
        py: Python<'_>,
        rule: RuleFields,
        range: (f64, f64),
        higher_is_better: bool,
        spread: Option<SpreadFacts>,
    ) -> PyResult<Self> {
        let build = || {
            let (rule, scale) = (rule.rule()?, scale_of(range, higher_is_better)?);
            require_on_scale(&rule.into(), Some(range))?;
            LiveRule::new(&rule, spread.map(spread_of).as_ref(), scale)
        };
        build().map(Self::of).map_err(|error| from_ruptures(py, &error))
    }

    fn update(&self, py: Python<'_>, session: i64, score: Option<f64>) -> PyResult<UpdateFacts> {
        let mut live = self.now();
        let update = live.update(session, score).map_err(|error| from_ruptures(py, &error))?;
        Ok(facts_of(&live, &update))
    }

    fn so_far(&self) -> ClientFacts {
        let found = self.now().so_far();
        (found.observed, found.evaluable, found.flagged, found.class.as_str(), found.unit)
    }

    fn open_episode(&self) -> Option<EpisodeFacts> {
        let live = self.now();
        live.open_episode().map(|episode| episode_facts(&live, episode, true))
    }

    /// What ends with the series, if it ends now and so.
    fn ending(&self, py: Python<'_>, how: &str) -> PyResult<Option<EventFacts>> {
        let Some(ending) = Ending::ALL.into_iter().find(|ending| ending.as_str() == how) else {
            let known = Ending::ALL.map(Ending::as_str).join(", ");
            return Err(from_ruptures(py, &unknown("ending", &format!("choose one of {known}"))));
        };
        let live = self.now();
        let (_, event) = live.clone().finish(ending);
        Ok(event.map(|event| event_facts(&live, &event)))
    }

    fn last_session(&self) -> Option<i64> {
        self.now().last_session()
    }

    fn unit(&self) -> f64 {
        self.now().unit()
    }

    fn rule<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        fields_of(py, self.now().rule())
    }

    fn fresh(&self) -> Self {
        Self::of(self.now().fresh())
    }

    fn copy(&self) -> Self {
        Self::of(self.now().clone())
    }

    fn equals(&self, other: &Self) -> bool {
        // One after the other: the two may be the same.
        let own = self.now().clone();
        own == *other.now()
    }

    fn to_json(&self, py: Python<'_>, preset: Option<String>) -> PyResult<String> {
        let live = self.now().clone();
        store(py, preset, live)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<(Option<String>, Self)> {
        restore(py, text).map(|(preset, live)| (preset, Self::of(live)))
    }
}

fn facts_of(live: &LiveRule, update: &Update) -> UpdateFacts {
    let events = update.events().map(|event| event_facts(live, event)).collect();
    (update.is_flagged, update.reference, update.limit, update.is_provisional, events)
}

fn event_facts(live: &LiveRule, event: &Event) -> EventFacts {
    let is_open = matches!(event, Event::Onset(_) | Event::Deepened(_));
    (event.as_str(), event.episode().map(|episode| episode_facts(live, episode, is_open)))
}

fn episode_facts(live: &LiveRule, episode: &Episode, is_open: bool) -> EpisodeFacts {
    // Every position is of a session that was taken.
    let session = |position| live.session_at(position).unwrap_or(i64::MAX);
    (
        session(episode.onset),
        session(episode.nadir),
        episode.recovery.map(session),
        session(episode.last),
        if is_open { "open" } else { episode.resolution.as_str() },
        episode.magnitude,
        episode.length(),
        episode.shape().as_str(),
    )
}

/// A rule running on one client some sessions late.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Lagged {
    late: Mutex<LaggedRule>,
}

impl Lagged {
    fn of(late: LaggedRule) -> Self {
        Self { late: Mutex::new(late) }
    }

    fn now(&self) -> MutexGuard<'_, LaggedRule> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Lagged {
    #[new]
    fn new(
        py: Python<'_>,
        rule: RuleFields,
        lag: usize,
        range: (f64, f64),
        higher_is_better: bool,
        spread: Option<SpreadFacts>,
    ) -> PyResult<Self> {
        let build = || {
            let (rule, scale) = (rule.rule()?, scale_of(range, higher_is_better)?);
            require_on_scale(&rule.into(), Some(range))?;
            LaggedRule::new(&rule, spread.map(spread_of).as_ref(), scale, lag)
        };
        build().map(Self::of).map_err(|error| from_ruptures(py, &error))
    }

    fn update(&self, py: Python<'_>, session: i64, score: Option<f64>) -> PyResult<Vec<VerdictFacts>> {
        let due = self.now().update(session, score);
        due.map(verdicts).map_err(|error| from_ruptures(py, &error))
    }

    fn finish(&self) -> Vec<VerdictFacts> {
        verdicts(self.now().finish())
    }

    fn last_session(&self) -> Option<i64> {
        self.now().last_session()
    }

    fn lag(&self) -> usize {
        self.now().lag()
    }

    fn rule<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        fields_of(py, self.now().rule())
    }

    fn fresh(&self) -> Self {
        Self::of(self.now().fresh())
    }

    fn copy(&self) -> Self {
        Self::of(self.now().clone())
    }

    fn equals(&self, other: &Self) -> bool {
        let own = self.now().clone();
        own == *other.now()
    }

    fn to_json(&self, py: Python<'_>, preset: Option<String>) -> PyResult<String> {
        let late = self.now().clone();
        store(py, preset, late)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<(Option<String>, Self)> {
        restore(py, text).map(|(preset, late)| (preset, Self::of(late)))
    }
}
