//! Sessions at risk of dropout, and how many remain.

use alliance_psychometrics::outcome::{
    EndKind, Ending, IncidenceRow, MeanThrough, PeriodEvent, PlannedEnds, earlier_mean, ending_times,
    endings_by_length, incidence as shares, log_rank, person_periods as at_risk,
};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::{Columns, Interval, PsychometricsError};
use alliance_ruptures::{Appointment, Ending as CourseEnding, ScoreScale};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::appointments::courses;
use crate::psychometrics::from_psychometrics;
use crate::ruptures::{ANY_SCORE, from_ruptures};
use crate::scoring::read;

/// Words for how treatment stands; a code is a place in them.
const ENDINGS: [(&str, Ending); 3] =
    [("ongoing", Ending::Ongoing), ("dropout", Ending::Dropout), ("planned", Ending::Planned)];

/// Words for how treatment stands.
#[pyfunction]
pub(crate) fn ending_words() -> Vec<&'static str> {
    ENDINGS.map(|(word, _)| word).to_vec()
}

fn ending(code: u8) -> Result<Ending, PsychometricsError> {
    ENDINGS.get(usize::from(code)).map(|(_, ending)| *ending).ok_or_else(|| {
        PsychometricsError::InvalidOption { option: "ending", problem: "unknown code".to_owned() }
    })
}

fn bytes<'py, T: Copy, const SIZE: usize>(
    py: Python<'py>,
    values: &[T],
    encode: impl Fn(T) -> [u8; SIZE],
) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| encode(*value)).collect();
    PyBytes::new(py, &bytes)
}

/// Sessions that were held, course by course, numbered from 1 in each.
///
/// `appointments` has one code per row, 0 for a form, as `Appointment` numbers them. `last_missed`: whether a client missed
/// the last appointment of the course.
#[pyfunction]
pub(crate) fn held_sessions(
    py: Python<'_>,
    dyads: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    scores: PyBuffer<f64>,
    appointments: PyBuffer<u8>,
) -> PyResult<Bound<'_, PyDict>> {
    let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
    let codes = read(&appointments)?;
    let found = py.detach(|| {
        let scale = ScoreScale::new(-ANY_SCORE, ANY_SCORE)?;
        courses(dyads, sessions, scores, Some(codes), scale)
    });
    let found = found.map_err(|error| from_ruptures(py, &error))?;
    let (mut course, mut position) = (Vec::new(), Vec::new());
    let (mut endings, mut within_dyad) = (Vec::new(), Vec::<i64>::new());
    let mut last_missed = Vec::new();
    let mut before = None;
    for (number, dyad) in (0_u32..).zip(found.dyads()) {
        // Courses of a dyad follow each other.
        let earlier = within_dyad.last().copied().filter(|_| before == Some(*dyad));
        within_dyad.push(earlier.unwrap_or_default() + 1);
        before = Some(*dyad);
        for (nth, _) in (1_i64..).zip(found.places(number as usize)) {
            course.push(number);
            position.push(nth);
        }
        let end = found.offsets().get(number as usize + 1).copied().unwrap_or_default();
        let last = end.checked_sub(1).and_then(|place| found.appointments().get(place).copied().flatten());
        last_missed.push(u8::from(matches!(
            last,
            Some(Appointment::NoShow | Appointment::CancelledByClient | Appointment::DroppedOut)
        )));
        endings.push(match found.series().ending(number as usize) {
            CourseEnding::DroppedOut => 1_u8,
            CourseEnding::PlannedEnd => 2,
            _ => 0,
        });
    }
    let result = PyDict::new(py);
    result.set_item("course", bytes(py, &course, u32::to_ne_bytes))?;
    result.set_item("position", bytes(py, &position, i64::to_ne_bytes))?;
    result.set_item("score", bytes(py, found.series().scores(), f64::to_ne_bytes))?;
    result.set_item("dyads", bytes(py, found.dyads(), u32::to_ne_bytes))?;
    result.set_item("nth", bytes(py, &within_dyad, i64::to_ne_bytes))?;
    result.set_item("endings", PyBytes::new(py, &endings))?;
    result.set_item("last_missed", PyBytes::new(py, &last_missed))?;
    Ok(result)
}

/// What the table of sessions at risk is told.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct PeriodFields {
    lag: u32,
    planned_compete: bool,
    fewer_than: Option<usize>,
}

/// The table of sessions at risk. Clients are numbered from 0 without gaps; `endings` has a code for each.
#[pyfunction]
pub(crate) fn person_periods(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    endings: PyBuffer<u8>,
    options: PeriodFields,
) -> PyResult<Bound<'_, PyDict>> {
    let (scores, clients, sessions) = (read(&scores)?, read(&clients)?, read(&sessions)?);
    let codes = read(&endings)?;
    let found = py.detach(|| {
        let columns = Columns::new(&[scores])?;
        let table = SessionTable::new(clients, sessions, &columns)?;
        let so_far = earlier_mean(&table, 0, MeanThrough::ThisSession)?;
        let within: Vec<f64> = scores.iter().zip(&so_far).map(|(score, mean)| score - mean).collect();
        let columns = Columns::new(&[scores, &so_far, &within])?;
        let table = SessionTable::new(clients, sessions, &columns)?;
        let recorded = codes.iter().map(|code| ending(*code)).collect::<Result<Vec<_>, _>>()?;
        let mut counts = vec![0; recorded.len()];
        for client in clients {
            if let Some(count) = counts.get_mut(*client as usize) {
                *count += 1;
            }
        }
        let endings = match options.fewer_than {
            Some(least) => endings_by_length(&recorded, &counts, least)?,
            None => recorded,
        };
        let everyone: Vec<u32> = (0..).take(endings.len()).collect();
        let planned =
            if options.planned_compete { PlannedEnds::Competing } else { PlannedEnds::NoLongerAtRisk };
        let periods = at_risk(&table, options.lag, &everyone, &endings, planned)?;
        let times = ending_times(&table, &everyone, &endings)?;
        Ok((periods, endings, counts, times))
    });
    let (periods, endings, counts, times) = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    result.set_item("client", bytes(py, &periods.client, u32::to_ne_bytes))?;
    result.set_item("session", bytes(py, &periods.session, i64::to_ne_bytes))?;
    let events: Vec<u8> = periods
        .event
        .iter()
        .map(|event| match event {
            PeriodEvent::Stayed => 0,
            PeriodEvent::Dropout => 1,
            PeriodEvent::Planned => 2,
        })
        .collect();
    result.set_item("event", PyBytes::new(py, &events))?;
    let predictors = PyList::empty(py);
    for predictor in &periods.predictors {
        predictors.append(bytes(py, predictor, f64::to_ne_bytes))?;
    }
    result.set_item("predictors", predictors)?;
    result.set_item("clients", periods.clients)?;
    result.set_item("clients_never_at_risk", periods.clients_never_at_risk)?;
    let table = periods.life_table().into_iter();
    let table: Vec<_> = table.map(|row| (row.session, row.at_risk, row.dropouts, row.planned)).collect();
    result.set_item("life_table", table)?;
    let held: Vec<i64> = counts.into_iter().map(|count: usize| count as i64).collect();
    result.set_item("held", bytes(py, &held, i64::to_ne_bytes))?;
    result.set_item("times", bytes(py, &times, f64::to_ne_bytes))?;
    let code = |ending: &Ending| {
        ENDINGS.iter().position(|(_, known)| known == ending).map_or(0, |place| place as u8)
    };
    result.set_item("ending_codes", PyBytes::new(py, &endings.iter().map(code).collect::<Vec<_>>()))?;
    let count = |wanted: Ending| endings.iter().filter(|ending| **ending == wanted).count();
    result.set_item("endings", ENDINGS.map(|(_, wanted)| count(wanted)).to_vec())?;
    Ok(result)
}

fn ends(interval: Option<&Interval>) -> (f64, f64) {
    interval.map_or((f64::NAN, f64::NAN), |ends| (ends.low, ends.high))
}

/// One number of each time with an end.
type Shown = (&'static str, fn(&IncidenceRow) -> f64);

const SHOWN: [Shown; 13] = [
    ("time", |row| row.time),
    ("at_risk", |row| row.at_risk as f64),
    ("events", |row| row.events as f64),
    ("competing", |row| row.competing as f64),
    ("remaining", |row| row.remaining),
    ("remaining_low", |row| ends(row.interval.as_ref()).0),
    ("remaining_high", |row| ends(row.interval.as_ref()).1),
    ("dropout", |row| row.incidence),
    ("dropout_low", |row| ends(row.incidence_interval.as_ref()).0),
    ("dropout_high", |row| ends(row.incidence_interval.as_ref()).1),
    ("planned", |row| row.competing_incidence),
    ("planned_low", |row| ends(row.competing_incidence_interval.as_ref()).0),
    ("planned_high", |row| ends(row.competing_incidence_interval.as_ref()).1),
];

/// Standard errors of the shares.
const ERRORS: [Shown; 3] = [
    ("remaining_standard_error", |row| row.remaining_standard_error),
    ("dropout_standard_error", |row| row.incidence_standard_error),
    ("planned_standard_error", |row| row.competing_incidence_standard_error),
];

/// Shares remaining and ended of each group, and the test of groups.
///
/// `end`: codes of [`ending_words`]; groups are numbered from 0 without gaps, and there is always one.
#[pyfunction]
pub(crate) fn incidence(
    py: Python<'_>,
    time: PyBuffer<f64>,
    end: PyBuffer<u8>,
    groups: PyBuffer<u32>,
    confidence: f64,
) -> PyResult<Bound<'_, PyDict>> {
    let (time, end, groups) = (read(&time)?, read(&end)?, read(&groups)?);
    let found = py.detach(|| {
        let kind = |code: &u8| {
            Ok(match ending(*code)? {
                Ending::Dropout => EndKind::Event,
                Ending::Planned => EndKind::Competing,
                Ending::Ongoing => EndKind::Censored,
            })
        };
        let kinds = end.iter().map(kind).collect::<Result<Vec<EndKind>, PsychometricsError>>()?;
        let test = log_rank(time, &kinds, groups)?;
        let mut of_groups =
            vec![(Vec::new(), Vec::new()); groups.iter().max().map_or(1, |most| *most as usize + 1)];
        for ((time, kind), group) in time.iter().zip(&kinds).zip(groups) {
            if let Some((times, ends)) = of_groups.get_mut(*group as usize) {
                times.push(*time);
                ends.push(*kind);
            }
        }
        let rows = of_groups
            .iter()
            .map(|(time, end)| shares(time, end, confidence))
            .collect::<Result<Vec<_>, PsychometricsError>>()?;
        Ok((rows, test))
    });
    let (of_groups, test) = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    let listed = PyList::empty(py);
    for rows in &of_groups {
        let columns = PyDict::new(py);
        for (name, get) in SHOWN.iter().chain(&ERRORS) {
            columns.set_item(name, rows.iter().map(get).collect::<Vec<f64>>())?;
        }
        listed.append(columns)?;
    }
    result.set_item("groups", listed)?;
    result.set_item("chi_square", test.chi_square)?;
    result.set_item("degrees_of_freedom", test.degrees_of_freedom)?;
    result.set_item("p_value", test.p_value)?;
    result.set_item("status", test.status.as_str())?;
    let expected: Vec<_> =
        test.groups.iter().map(|group| (group.code, group.clients, group.observed, group.expected)).collect();
    result.set_item("log_rank", expected)?;
    Ok(result)
}
