//! The synthetic panels that all languages can make: a Lehmer generator and sums of twelve uniform numbers.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// One row of panel A: therapist, client, session, four items, the therapist's rating, the outcome.
pub struct PanelRow {
    pub therapist: usize,
    pub client: usize,
    pub session: usize,
    pub items: [f64; 4],
    pub rated: f64,
    pub outcome: f64,
}

impl PanelRow {
    /// Mean of the items.
    pub fn mean(&self) -> f64 {
        self.items.iter().sum::<f64>() / 4.0
    }
}

/// Lehmer's generator with multiplier 16807 and modulus 2^31 - 1.
pub struct Lehmer(pub u64);

impl Lehmer {
    pub fn uniform(&mut self) -> f64 {
        self.0 = 16_807 * self.0 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn to_four_places(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// Ten therapists with six clients each, eight sessions.
pub fn panel_a() -> Vec<PanelRow> {
    let mut random = Lehmer(20_260_101);
    let mut rows = Vec::new();
    for therapist in 1..=10 {
        let of_therapist = 0.25 * random.normal();
        for nth in 1..=6 {
            let client = (therapist - 1) * 6 + nth;
            let level = 0.7 * random.normal();
            let seen = 0.5 * level + 0.5 * random.normal();
            let slope = 0.05 + 0.05 * random.normal();
            let (mut within, mut within_seen) = (0.0, 0.0);
            let mut outcome = 20.0 - 3.0 * level + 4.0 * random.normal();
            for session in 1..=8 {
                within = 0.3 * within + 0.35 * random.normal();
                within_seen = 0.2 * within_seen + 0.4 * within + 0.3 * random.normal();
                let growth = slope * (session as f64 - 1.0);
                let expected = 5.2 + of_therapist + level + growth + within;
                let items = [0.3, 0.0, -0.2, -0.1].map(|easier: f64| {
                    (expected + easier + 0.6 * random.normal() + 0.5).floor().clamp(1.0, 7.0)
                });
                let rated = 4.9 + of_therapist + seen + growth + within_seen;
                outcome = 0.6 * outcome + 8.0 - 1.0 * within - 0.8 * level + 2.0 * random.normal();
                let (rated, shown) = (to_four_places(rated), to_four_places(outcome));
                rows.push(PanelRow { therapist, client, session, items, rated, outcome: shown });
            }
        }
    }
    rows
}

/// Twelve therapists with five clients each, four sessions: therapist, client and score.
pub fn panel_b() -> Vec<(usize, usize, f64)> {
    let mut random = Lehmer(4_242);
    let mut rows = Vec::new();
    for therapist in 1..=12 {
        let of_therapist = 0.5 * random.normal();
        for nth in 1..=5 {
            let level = 0.7 * random.normal();
            for _ in 1..=4 {
                let score = to_four_places(5.0 + of_therapist + level + 0.6 * random.normal());
                rows.push((therapist, (therapist - 1) * 5 + nth, score));
            }
        }
    }
    rows
}

/// Dropout on panel A: for each client and session from the second on while in treatment, the session, the mean of the
/// session before less 5.3, and whether the client left.
pub fn drop_a() -> Vec<(usize, usize, f64, bool)> {
    let panel = panel_a();
    let mut random = Lehmer(777);
    let mut rows = Vec::new();
    for client in panel.chunks(8) {
        for session in 2..=8 {
            let before = client[session - 2].mean() - 5.3;
            let hazard = 1.0 / (1.0 + (2.6 + 0.9 * before).exp());
            let left = random.uniform() < hazard;
            rows.push((client[0].client, session, before, left));
            if left {
                break;
            }
        }
    }
    rows
}

/// A file of reference numbers, whose script must be there.
pub fn vectors(topic: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let text = fs::read_to_string(folder.join(format!("vectors/{topic}.json"))).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let script = folder.join("..").join(vectors["script"].as_str().unwrap());
    assert!(script.exists(), "{} has no script that made it", script.display());
    vectors
}

/// Whether two numbers agree to a relative tolerance, absolute below 1; both NaN counts.
pub fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found.is_nan() && expected.is_nan()) || (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}
