//! What to add up: a form's key, the caller's options and the chosen scales, resolved once.

use std::collections::{BTreeMap, BTreeSet};

use alliance_instruments::{Instrument, Level, Offered, Scale, TOTAL};

use crate::error::LeftOut;
use crate::{AlreadyReversed, Entry, MissingRule, ScoringError, ScoringOptions, Unverified};

/// A scale as it will be scored.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoredScale {
    /// Name.
    pub name: String,
    /// Number of items.
    pub items: u16,
    /// How many of them must be answered.
    pub required: u16,
    /// Level of the score.
    pub level: Level,
    /// The part of the key that decides the level.
    pub weakest_part: String,
}

/// Items that lie in the same scales and are keyed in the same direction are added up once.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Positions of the items' columns.
    pub(crate) items: Vec<usize>,
    /// Whether their answers are turned round.
    pub(crate) turned: bool,
    /// Positions of the scored scales they lie in.
    pub(crate) scales: Vec<usize>,
}

/// Which groups make a scale.
#[derive(Debug, Clone)]
pub(crate) struct ScalePlan {
    pub(crate) groups: Vec<usize>,
    pub(crate) items: u8,
    pub(crate) required: u8,
    /// Groups of each scale of the partition, none of which may be empty: for a prorated total.
    pub(crate) parts: Vec<Vec<usize>>,
}

/// A form's key and the caller's options, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) step: Option<f64>,
    /// Number of items of the form, which is the number of columns.
    pub(crate) item_count: usize,
    pub(crate) groups: Vec<Group>,
    pub(crate) scales: Vec<ScalePlan>,
    pub(crate) scored: Vec<ScoredScale>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) missing_codes: Vec<f64>,
    pub(crate) missing: MissingRule,
}

impl Plan {
    pub(crate) fn new(instrument: &Instrument, options: &ScoringOptions) -> Result<Self, ScoringError> {
        check_missing_rule(options.missing)?;
        let (scored, left_out) = choose_scales(instrument, options)?;
        let Some(response) = instrument.response() else {
            return Err(ScoringError::RangeNeeded { instrument: instrument.id().to_owned() });
        };
        let item_count = usize::from(instrument.item_count().unwrap_or(0));
        let turned = turned_items(instrument, options)?;
        let legal = |code: &f64| (response.min..=response.max).contains(code);
        if options.missing_codes.iter().any(legal) {
            return Err(ScoringError::LegalMissingCode {
                instrument: instrument.id().to_owned(),
                min: response.min,
                max: response.max,
            });
        }
        let items_of = |name: &String| -> BTreeSet<u16> {
            instrument.scale(name).map(|known| known.items.iter().copied().collect()).unwrap_or_default()
        };
        let parts = parts_of_total(instrument, &scored, options);
        let items: Vec<BTreeSet<u16>> =
            scored.iter().map(|scale| &scale.name).chain(&parts).map(items_of).collect();
        let (mut groups, mut members) = group_items(item_count, &items, &turned);
        let groups_of_parts = members.split_off(scored.len());
        for group in &mut groups {
            group.scales.retain(|scale| *scale < scored.len());
        }
        let scales = scored
            .iter()
            .zip(members)
            .map(|(scale, groups)| ScalePlan {
                groups,
                items: scale.items as u8,
                required: scale.required as u8,
                parts: if scale.name == TOTAL { groups_of_parts.clone() } else { Vec::new() },
            })
            .collect();
        Ok(Self {
            min: response.min,
            max: response.max,
            step: response.step,
            item_count,
            groups,
            scales,
            scored,
            left_out,
            missing_codes: options.missing_codes.clone(),
            missing: options.missing,
        })
    }
}

fn check_missing_rule(rule: MissingRule) -> Result<(), ScoringError> {
    match rule {
        MissingRule::Complete => Ok(()),
        MissingRule::ProrateShare(share) => MissingRule::share(share).map(|_| ()),
        MissingRule::ProrateAnswered(count) => MissingRule::answered(count).map(|_| ()),
    }
}

/// The scales to score and those left out, or why nothing can be scored.
fn choose_scales(
    instrument: &Instrument,
    options: &ScoringOptions,
) -> Result<(Vec<ScoredScale>, Vec<LeftOut>), ScoringError> {
    if instrument.scales().is_empty() {
        return Err(key_needed(instrument, "key"));
    }
    let names = |scales: &mut dyn Iterator<Item = &Scale>| scales.map(|scale| scale.name.clone()).collect();
    let known: Vec<String> = names(&mut instrument.scales().iter());
    let wanted = match &options.scales {
        None => names(&mut instrument.scales().iter().filter(|scale| scale.offered == Offered::ByDefault)),
        Some(names) => {
            if names.is_empty() {
                return Err(ScoringError::InvalidOption {
                    option: "scales",
                    problem: "name at least one scale, or none at all for those whose evidence suffices"
                        .into(),
                });
            }
            if let Some(stray) = names.iter().find(|name| !known.contains(name)) {
                return Err(ScoringError::UnknownScale {
                    instrument: instrument.id().to_owned(),
                    scale: stray.clone(),
                    known,
                });
            }
            let mut seen = BTreeSet::new();
            names.iter().filter(|name| seen.insert(*name)).cloned().collect()
        }
    };
    let mut scored = Vec::new();
    let mut left_out = Vec::new();
    for name in wanted {
        let (part, level) = instrument.weakest_part(&name);
        if level == Level::KeyNeeded {
            // A known scale lacks nothing but the reversed items, the range or the item count.
            if part == "response" {
                return Err(ScoringError::RangeNeeded { instrument: instrument.id().to_owned() });
            }
            return Err(key_needed(instrument, &part));
        }
        if level.suffices() || options.unverified == Unverified::Accept {
            let items = instrument.scale(&name).map_or(0, |scale| scale.items.len() as u16);
            let required = options.missing.required(items);
            scored.push(ScoredScale { name, items, required, level, weakest_part: part });
        } else {
            left_out.push(LeftOut { scale: name, level, part });
        }
    }
    let refused = scored.is_empty() || (options.scales.is_some() && !left_out.is_empty());
    match left_out.first() {
        Some(first) if refused => Err(unverified_key(instrument, &left_out, &first.part)),
        _ => Ok((scored, left_out)),
    }
}

fn key_needed(instrument: &Instrument, part: &str) -> ScoringError {
    let part = match part {
        "items" => "number of items",
        "reversed" => "set of reversed items",
        _ => "key",
    };
    ScoringError::KeyNeeded {
        instrument: instrument.id().to_owned(),
        part: part.to_owned(),
        key_in_print: instrument.key_in_print().trim_end_matches('.').to_owned(),
    }
}

fn unverified_key(instrument: &Instrument, left_out: &[LeftOut], part: &str) -> ScoringError {
    let names: Vec<String> = left_out.iter().map(|scale| format!("`{}`", scale.scale)).collect();
    let part = match part {
        "items" => "the number of items".to_owned(),
        "response" => "the response range".to_owned(),
        "reversed" => "the reversed items".to_owned(),
        scale => format!("the items of `{}`", scale.trim_start_matches("scales.")),
    };
    ScoringError::UnverifiedKey {
        instrument: instrument.id().to_owned(),
        scales: names.join(", "),
        part,
        gap: instrument.gap().to_owned(),
        key_in_print: instrument.key_in_print().trim_end_matches('.').to_owned(),
    }
}

/// Item numbers whose answers are turned round: reversed, unless they already are, and
/// once more if they were typed in by position and are printed highest first.
fn turned_items(instrument: &Instrument, options: &ScoringOptions) -> Result<BTreeSet<u16>, ScoringError> {
    let mut turned: BTreeSet<u16> = instrument.reversed().unwrap_or_default().iter().copied().collect();
    match &options.already_reversed {
        AlreadyReversed::Nothing => {}
        AlreadyReversed::All => turned.clear(),
        AlreadyReversed::Items(items) => {
            if let Some(stray) = items.iter().find(|item| !turned.contains(item)) {
                return Err(ScoringError::InvalidOption {
                    option: "already_reversed",
                    problem: format!(
                        "item {stray} is not one of the reversed items of `{}`",
                        instrument.id()
                    ),
                });
            }
            turned.retain(|item| !items.contains(item));
        }
    }
    if options.entry == Entry::Position {
        for item in instrument.printed_backwards() {
            if !turned.remove(item) {
                turned.insert(*item);
            }
        }
    }
    Ok(turned)
}

/// Splits the items into groups of the same scales and direction; gives each scale its groups.
fn group_items(
    item_count: usize,
    scales: &[BTreeSet<u16>],
    turned: &BTreeSet<u16>,
) -> (Vec<Group>, Vec<Vec<usize>>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<(Vec<usize>, bool), usize> = BTreeMap::new();
    let mut members = vec![Vec::new(); scales.len()];
    for (column, item) in (0..item_count).zip(1_u16..) {
        let within: Vec<usize> = scales
            .iter()
            .enumerate()
            .filter(|(_, items)| items.contains(&item))
            .map(|(scale, _)| scale)
            .collect();
        if within.is_empty() {
            continue;
        }
        let is_turned = turned.contains(&item);
        let group = *known.entry((within.clone(), is_turned)).or_insert_with(|| {
            groups.push(Group { items: Vec::new(), turned: is_turned, scales: within.clone() });
            for scale in &within {
                if let Some(groups_of_scale) = members.get_mut(*scale) {
                    groups_of_scale.push(groups.len() - 1);
                }
            }
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.items.push(column);
        }
    }
    (groups, members)
}

/// The scales that must hold an answer before a prorated total is given: those of the form's
/// partition, whether they are scored or not, unless their own key does not suffice.
fn parts_of_total(instrument: &Instrument, scored: &[ScoredScale], options: &ScoringOptions) -> Vec<String> {
    let has_total = scored.iter().any(|scale| scale.name == TOTAL);
    let suffices =
        |name: &String| instrument.score_level(name).suffices() || options.unverified == Unverified::Accept;
    let partition = instrument.partition();
    if options.missing == MissingRule::Complete || !has_total || !partition.iter().all(suffices) {
        return Vec::new();
    }
    partition.to_vec()
}
