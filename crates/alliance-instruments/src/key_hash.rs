//! The hash by which two keys are known to be the same.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::Instrument;

/// SHA-256 of the canonical key, in lower-case hexadecimal.
///
/// Everything that can change a score is in it, and nothing else: id, item
/// count, response range, printed direction, reversed items, statistic, scales
/// by name and the partition. Item numbers are sorted; scales are sorted by name.
pub(crate) fn of(instrument: &Instrument) -> String {
    let mut key = format!("alliance-key/1\nid={}\n", instrument.id());
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(key, "{name}={value}");
    };
    line("items", &instrument.item_count().map_or_else(String::new, |count| count.to_string()));
    if let Some(response) = instrument.response() {
        let step = response.step.map_or_else(String::new, |step| step.to_string());
        line("response", &format!("{}..{}/{step}", response.min, response.max));
    }
    line("printed_backwards", &sorted(instrument.printed_backwards()));
    if let Some(reversed) = instrument.reversed() {
        line("reversed", &sorted(reversed));
    }
    if let Some(statistic) = instrument.statistic() {
        line("statistic", statistic.as_str());
    }
    line("partition", &instrument.partition().join(","));
    let mut scales: Vec<_> = instrument.scales().iter().collect();
    scales.sort_by(|a, b| a.name.cmp(&b.name));
    for scale in scales {
        line(&format!("scale.{}", scale.name), &sorted(&scale.items));
    }
    hex(&Sha256::digest(key.as_bytes()))
}

fn sorted(numbers: &[u16]) -> String {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
