//! What a simulated clinic holds, as tables.

use std::collections::HashSet;

use alliance_ruptures::Appointment;
use alliance_ruptures::simulate::{Answers, Codes, SelfReports, Simulated};

use super::options::FormFields;
use crate::tables::{Column, Table};

/// Names and places of what stands in the tables.
pub(super) struct Ids<'c> {
    clinic: &'c Simulated,
    clients: Vec<String>,
    therapists: Vec<String>,
    /// Per planned session, the dyad and the session's number.
    places: Vec<(usize, usize)>,
}

impl<'c> Ids<'c> {
    pub(super) fn of(clinic: &'c Simulated) -> Self {
        let therapists = clinic.therapist_of.last().map_or(0, |last| last + 1);
        let numbered = |letter: char, count: usize, least: usize| {
            let digits = count.to_string().len().max(least);
            (1..=count).map(|number| format!("{letter}{number:0digits$}")).collect()
        };
        let of_dyad =
            |dyad: usize| clinic.sessions(dyad).enumerate().map(move |(place, _)| (dyad, place + 1));
        Self {
            clinic,
            clients: numbered('C', clinic.dyads(), 3),
            therapists: numbered('T', therapists, 2),
            places: (0..clinic.dyads()).flat_map(of_dyad).collect(),
        }
    }

    fn client(&self, dyads: impl Iterator<Item = usize>) -> (String, Column) {
        ("client".to_owned(), Column::words(dyads, self.clients.clone()))
    }

    fn therapist(&self, dyads: impl Iterator<Item = usize>) -> (String, Column) {
        let therapists = dyads.map(|dyad| self.clinic.therapist_of.get(dyad).copied().unwrap_or_default());
        ("therapist".to_owned(), Column::words(therapists, self.therapists.clone()))
    }

    /// Columns client and session, and if wanted the therapist, of these sessions of the clinic.
    fn rows(&self, sessions: impl Iterator<Item = usize> + Clone, with_therapist: bool) -> Table {
        let places = sessions.map(|session| self.places.get(session).copied().unwrap_or_default());
        let mut table = vec![self.client(places.clone().map(|place| place.0))];
        if with_therapist {
            table.push(self.therapist(places.clone().map(|place| place.0)));
        }
        table.push(("session".to_owned(), Column::wholes(places.map(|place| place.1))));
        table
    }

    pub(super) fn answers(&self, form: &FormFields, answers: &Answers) -> Table {
        let mut table = self.rows(answers.sessions.iter().copied(), true);
        for (place, item) in (1..).zip(&answers.items) {
            let column = if form.has_small_answers() {
                Column::small(item)
            } else {
                Column::reals(item.iter().copied())
            };
            table.push((format!("{}_{place}", form.stem), column));
        }
        table
    }

    pub(super) fn appointments(&self, statuses: &[Option<Appointment>]) -> Table {
        let known = statuses.iter().enumerate().filter_map(|(session, status)| Some((session, (*status)?)));
        named([("status", Column::named(known.clone().map(|(_, status)| status.as_str())))])
            .after(self.rows(known.map(|(session, _)| session), true))
    }

    pub(super) fn self_reports(&self, reports: &SelfReports) -> Table {
        named([
            ("rater", Column::named(reports.raters.iter().map(|rater| rater.as_str()))),
            ("rupture", Column::truths(reports.ruptures.iter().copied())),
            ("intensity", Column::ratings(&reports.intensities)),
            ("resolution", Column::ratings(&reports.resolutions)),
        ])
        .after(self.rows(reports.sessions.iter().copied(), false))
    }

    pub(super) fn codes(&self, codes: &Codes) -> Table {
        let count = codes.coders.iter().max().map_or(0, |last| last + 1);
        let names = (1..=count).map(|coder| format!("coder-{coder}")).collect();
        named([
            ("coder", Column::words(codes.coders.iter().copied(), names)),
            ("segment", Column::wholes(codes.segments.iter().map(|segment| segment + 1))),
            ("marker", Column::some_words(codes.markers.iter().copied(), codes.names.clone())),
            ("significance", Column::ratings(&codes.significances)),
            ("resolution", Column::ratings(&codes.resolutions)),
        ])
        .after(self.rows(codes.sessions.iter().copied(), false))
    }

    pub(super) fn symptoms(&self, totals: &[f64]) -> Table {
        let measured = totals.iter().enumerate().filter(|(_, total)| total.is_finite());
        named([("score", Column::wholes_of(measured.clone().map(|(_, total)| *total)))])
            .after(self.rows(measured.map(|(session, _)| session), false))
    }

    pub(super) fn ruptures(&self) -> Table {
        let ruptures = &self.clinic.truth.ruptures;
        let dyads = || ruptures.iter().map(|rupture| rupture.dyad);
        let ends = || {
            ruptures.iter().map(|rupture| {
                let of_series = self.clinic.dropout.get(rupture.dyad).copied().flatten();
                of_series.unwrap_or_else(|| self.clinic.sessions(rupture.dyad).len())
            })
        };
        // The last session with a deficit is the one before the recovery, counted from 1 by the recovery's position.
        let last = ruptures.iter().zip(ends()).map(|(rupture, end)| rupture.recovery.unwrap_or(end));
        named([
            ("onset", Column::wholes(ruptures.iter().map(|rupture| rupture.onset + 1))),
            ("nadir", Column::wholes(ruptures.iter().map(|rupture| rupture.nadir + 1))),
            ("last", Column::wholes(last)),
            ("depth", Column::reals(ruptures.iter().map(|rupture| rupture.depth))),
            ("shape", Column::named(ruptures.iter().map(|rupture| rupture.shape.as_str()))),
            ("type", Column::named(ruptures.iter().map(|rupture| rupture.rupture_type.as_str()))),
            ("repaired", Column::truths(ruptures.iter().map(|rupture| rupture.recovery.is_some()))),
            ("end", Column::named(ruptures.iter().map(|rupture| rupture.end.as_str()))),
            ("seen_by_therapist", Column::truths(ruptures.iter().map(|rupture| rupture.seen_by_therapist))),
        ])
        .after([self.client(dyads()), self.therapist(dyads())])
    }

    pub(super) fn dips(&self) -> Table {
        let truth = &self.clinic.truth;
        let dips = || truth.nuisance.iter().chain(&truth.false_alarms);
        let kinds = ["nuisance", "false-alarm"];
        let counts = [truth.nuisance.len(), truth.false_alarms.len()];
        let kinds = kinds.into_iter().zip(counts).flat_map(|(kind, count)| std::iter::repeat_n(kind, count));
        named([
            ("kind", Column::named(kinds)),
            ("onset", Column::wholes(dips().map(|dip| dip.onset + 1))),
            ("last", Column::wholes(dips().map(|dip| dip.onset + dip.sessions))),
            ("depth", Column::reals(dips().map(|dip| dip.depth))),
        ])
        .after([self.client(dips().map(|dip| dip.dyad)), self.therapist(dips().map(|dip| dip.dyad))])
    }

    pub(super) fn clients(&self) -> Table {
        let (clinic, dyads) = (self.clinic, 0..self.clinic.dyads());
        let clients = &clinic.truth.clients;
        named([
            ("sessions", Column::wholes(dyads.clone().map(|dyad| clinic.sessions(dyad).len()))),
            ("dropout", Column::some_wholes(clinic.dropout.iter().map(|session| session.map(|at| at + 1)))),
            ("level", Column::reals(clients.iter().map(|client| client.level))),
            ("growth", Column::reals(clients.iter().map(|client| client.growth))),
            ("within_sd", Column::reals(clients.iter().map(|client| client.within_sd))),
        ])
        .after([self.client(dyads.clone()), self.therapist(dyads)])
    }

    /// Planned sessions up to a dropout.
    pub(super) fn sessions(&self, client: &Answers, therapist: &Answers, codes: &Codes) -> Table {
        let (clinic, truth) = (self.clinic, &self.clinic.truth);
        let planned: Vec<usize> = (0..truth.rating.len())
            .filter(|session| truth.rating.get(*session).is_some_and(|rating| rating.is_finite()))
            .collect();
        let of = |column: &[f64]| {
            Column::reals(planned.iter().map(|session| column.get(*session).copied().unwrap_or(f64::NAN)))
        };
        let scores = |answers: &Answers| {
            let mut scores = vec![f64::NAN; clinic.held.len()];
            for (session, mean) in answers.sessions.iter().zip(&answers.means) {
                if let Some(score) = scores.get_mut(*session) {
                    *score = *mean;
                }
            }
            of(&scores)
        };
        let held = planned.iter().map(|session| clinic.held.get(*session).copied().unwrap_or_default());
        let is_rupture = |session: &usize| truth.deficit.get(*session).is_some_and(|deficit| *deficit > 0.0);
        let onsets: HashSet<usize> = truth
            .ruptures
            .iter()
            .map(|rupture| clinic.sessions(rupture.dyad).start + rupture.onset)
            .collect();
        named([
            ("held", Column::truths(held)),
            ("rupture", Column::truths(planned.iter().map(is_rupture))),
            ("onset", Column::truths(planned.iter().map(|session| onsets.contains(session)))),
            ("rating", of(&truth.rating)),
            ("client_score", scores(client)),
            ("therapist_score", scores(therapist)),
            ("deficit", of(&truth.deficit)),
            ("nuisance", of(&truth.nuisance_deficit)),
            ("coding_chance", of(&codes.chances)),
        ])
        .after(self.rows(planned.iter().copied(), true))
    }
}

/// Columns with their names.
fn named<const N: usize>(columns: [(&str, Column); N]) -> Table {
    columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()
}

/// Puts columns to the left of others.
trait After {
    fn after(self, first: impl IntoIterator<Item = (String, Column)>) -> Table;
}

impl After for Table {
    fn after(self, first: impl IntoIterator<Item = (String, Column)>) -> Table {
        first.into_iter().chain(self).collect()
    }
}
