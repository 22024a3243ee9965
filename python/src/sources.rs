//! Evidence beside the scores: codes, discrepancy, recognition, indicators.

use alliance_ruptures::RuptureError;
use alliance_ruptures::codes::{CodeRows, Combine, Family, Found, RuptureType, SessionCodes};
use alliance_ruptures::discrepancy::{
    self as pairs, DiscrepancyStatus, Recognition, RecognitionCounts, SessionRuns,
};
use alliance_ruptures::occurrence::Occurrence;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::ruptures::{from_ruptures, unknown};
use crate::scoring::{read, write};

/// What a byte says of a session: 0 no, 1 yes, anything else unknown.
fn known(state: u8) -> Option<bool> {
    match state {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn all_known(states: &[u8]) -> Vec<Option<bool>> {
    states.iter().map(|state| known(*state)).collect()
}

/// Offsets of numpy's own integer type; a negative one is past any end.
fn offsets_of(offsets: &[i64]) -> Vec<usize> {
    offsets.iter().map(|offset| usize::try_from(*offset).unwrap_or(usize::MAX)).collect()
}

/// The row of a two-dimensional block.
fn row_of<T>(block: &mut [T], row: usize, columns: usize) -> &mut [T] {
    block.get_mut(row * columns..(row + 1) * columns).unwrap_or_default()
}

/// The columns of coded rows.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct CodeColumns {
    sessions: PyBuffer<u32>,
    coders: Option<PyBuffer<u32>>,
    segments: Option<PyBuffer<u32>>,
    markers: PyBuffer<u8>,
    significance: Option<PyBuffer<f64>>,
    resolution: Option<PyBuffer<f64>>,
}

/// Combines coded rows to sessions.
///
/// Markers: 0 coded and none found, 1 withdrawal, 2 confrontation, 3 other. Segments: the largest number stands for none.
/// `numbers` is a block of 9 x sessions (coders, segments, markers of withdrawal, confrontation and others, share of
/// coders who found withdrawal and confrontation, significance, resolution), `found` one of 2 x sessions.
#[pyfunction]
pub(crate) fn combine_codes(
    py: Python<'_>,
    columns: CodeColumns,
    combine: (String, f64),
    mut numbers: PyBuffer<f64>,
    mut found: PyBuffer<u8>,
) -> PyResult<()> {
    let combine = match combine.0.as_str() {
        "consensus" => Combine::Consensus,
        "mean" => Combine::Mean { share: combine.1 },
        _ => return Err(from_ruptures(py, &unknown("combine", "choose consensus or mean"))),
    };
    let (sessions, markers) = (read(&columns.sessions)?, read(&columns.markers)?);
    let coders = columns.coders.as_ref().map(read).transpose()?;
    let segments = columns.segments.as_ref().map(read).transpose()?;
    let significance = columns.significance.as_ref().map(read).transpose()?;
    let resolution = columns.resolution.as_ref().map(read).transpose()?;
    let (numbers, found) = (write(&mut numbers)?, write(&mut found)?);
    let combined = py.detach(|| {
        let family = |marker: &u8| match marker {
            0 => None,
            1 => Some(Family::Withdrawal),
            2 => Some(Family::Confrontation),
            _ => Some(Family::Other),
        };
        let markers: Vec<Option<Family>> = markers.iter().map(family).collect();
        let segments: Option<Vec<Option<u32>>> = segments.map(|segments: &[u32]| {
            segments.iter().map(|segment| Some(*segment).filter(|segment| *segment != u32::MAX)).collect()
        });
        let rows = CodeRows {
            sessions,
            coders,
            segments: segments.as_deref(),
            markers: &markers,
            significance,
            resolution,
        };
        let combined = alliance_ruptures::codes::combine_codes(&rows, combine)?;
        let count = combined.len();
        for (session, coded) in combined.iter().enumerate() {
            let Some(coded) = coded else { continue };
            for (row, value) in facts(coded).into_iter().enumerate() {
                if let Some(to) = row_of(numbers, row, count).get_mut(session) {
                    *to = value;
                }
            }
            let each = [coded.withdrawal.is_found, coded.confrontation.is_found];
            for (row, is_found) in each.into_iter().enumerate() {
                if let Some(to) = row_of(found, row, count).get_mut(session) {
                    *to = u8::from(is_found);
                }
            }
        }
        Ok(())
    });
    combined.map_err(|error: RuptureError| from_ruptures(py, &error))
}

fn facts(coded: &SessionCodes) -> [f64; 9] {
    [
        coded.coders as f64,
        coded.segments as f64,
        coded.withdrawal.markers,
        coded.confrontation.markers,
        coded.other_markers,
        coded.withdrawal.coders,
        coded.confrontation.coders,
        coded.significance,
        coded.resolution,
    ]
}

/// The types of spans of sessions: client, first and last session number.
///
/// One element per session, sorted by client and number: the client, the number, and what was found (1 withdrawal, 2
/// confrontation, 3 both, 0 neither, anything else not known). `None` where nothing is known.
#[pyfunction]
pub(crate) fn span_types(
    clients: PyBuffer<u32>,
    numbers: PyBuffer<i64>,
    found: PyBuffer<u8>,
    spans: Vec<(u32, i64, i64)>,
) -> PyResult<Vec<Option<&'static str>>> {
    let (clients, numbers, found) = (read(&clients)?, read(&numbers)?, read(&found)?);
    let place = |client: u32, number: i64| {
        let start = clients.partition_point(|other| *other < client);
        let end = clients.partition_point(|other| *other <= client);
        start + numbers.get(start..end).unwrap_or_default().partition_point(|other| *other < number)
    };
    let told = |state: &u8| {
        let withdrawal = matches!(state, 1 | 3);
        (*state <= 3).then_some(Found { withdrawal, confrontation: matches!(state, 2 | 3) })
    };
    let types = spans.into_iter().map(|(client, first, last)| {
        let sessions = found.get(place(client, first)..place(client, last.saturating_add(1)));
        RuptureType::of(sessions.unwrap_or_default().iter().map(told)).map(RuptureType::as_str)
    });
    Ok(types.collect())
}

/// Discrepancy and moving congruence of sessions in runs.
///
/// `out` is a block of 4 x sessions: rater-centred difference, its z, window correlation, closeness. Gives the number of
/// dyads of each status.
#[pyfunction]
pub(crate) fn discrepancy(
    py: Python<'_>,
    client: PyBuffer<f64>,
    therapist: PyBuffer<f64>,
    sessions: PyBuffer<i64>,
    offsets: PyBuffer<i64>,
    window: usize,
    mut out: PyBuffer<f64>,
) -> PyResult<Vec<(&'static str, usize)>> {
    let (client, therapist, sessions) = (read(&client)?, read(&therapist)?, read(&sessions)?);
    let (offsets, out) = (offsets_of(read(&offsets)?), write(&mut out)?);
    let found = py.detach(|| {
        let runs = SessionRuns::new(sessions, &offsets)?;
        let moving = pairs::congruence(client, therapist, runs, window)?;
        let found = pairs::discrepancy(client, therapist, runs)?;
        let columns = [&found.centred, &found.z, &moving.correlation, &moving.closeness];
        for (row, column) in columns.into_iter().enumerate() {
            for (to, from) in row_of(out, row, sessions.len()).iter_mut().zip(column) {
                *to = *from;
            }
        }
        let counted = |status: DiscrepancyStatus| {
            (status.as_str(), found.dyads.iter().filter(|dyad| dyad.status == status).count())
        };
        Ok([DiscrepancyStatus::Defined, DiscrepancyStatus::TooFewJointSessions, DiscrepancyStatus::NoSpread]
            .map(counted)
            .to_vec())
    });
    found.map_err(|error: RuptureError| from_ruptures(py, &error))
}

/// The kinds of recognition in the order of their numbers.
const KINDS: [Recognition; 5] = [
    Recognition::Recognised,
    Recognition::Unrecognised,
    Recognition::TherapistOnly,
    Recognition::Neither,
    Recognition::RecognisedNearby,
];

/// Who reports a rupture in each session of runs.
///
/// Fills `out` with positions in the list of kinds that is given back, 255 where it is not known; with each kind, and
/// at the end for unknown, the number of sessions and of dyads with one.
#[pyfunction]
pub(crate) fn recognition(
    py: Python<'_>,
    client: PyBuffer<u8>,
    therapist: PyBuffer<u8>,
    sessions: PyBuffer<i64>,
    offsets: PyBuffer<i64>,
    tolerance: usize,
    mut out: PyBuffer<u8>,
) -> PyResult<Vec<(&'static str, usize, usize)>> {
    let (client, therapist, sessions) = (read(&client)?, read(&therapist)?, read(&sessions)?);
    let (offsets, out) = (offsets_of(read(&offsets)?), write(&mut out)?);
    let found = py.detach(|| {
        let runs = SessionRuns::new(sessions, &offsets)?;
        let found = pairs::recognition(&all_known(client), &all_known(therapist), runs, tolerance)?;
        for (to, from) in out.iter_mut().zip(&found) {
            let place = from.and_then(|kind| KINDS.iter().position(|known| *known == kind));
            *to = place.map_or(u8::MAX, |place| place as u8);
        }
        let counts = |kind: Option<Recognition>| {
            let counts = RecognitionCounts::of(&found, runs, kind);
            (kind.map_or("unknown", Recognition::as_str), counts.sessions, counts.dyads)
        };
        Ok(KINDS.into_iter().map(Some).chain([None]).map(counts).collect())
    });
    found.map_err(|error: RuptureError| from_ruptures(py, &error))
}

/// Sessions known, sessions with it, rate, clients, clients with at least one, share of clients by chance.
type OccurrenceFacts = (usize, usize, f64, usize, usize, f64);

/// How often an indicator occurs, from one byte per session (0 no, 1 yes, else unknown), clients in runs.
#[pyfunction]
pub(crate) fn occurrence(
    py: Python<'_>,
    states: PyBuffer<u8>,
    offsets: PyBuffer<i64>,
) -> PyResult<OccurrenceFacts> {
    let (states, offsets) = (read(&states)?, offsets_of(read(&offsets)?));
    let found = py.detach(|| Occurrence::of(&all_known(states), &offsets));
    let found = found.map_err(|error| from_ruptures(py, &error))?;
    Ok((found.known, found.with, found.rate(), found.clients, found.clients_with, found.chance))
}
