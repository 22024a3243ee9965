//! Which rule finds planted ruptures best at the same number of false alarms? Prints the tables of
//! `docs/concepts/default-rule.md` as Markdown.
//!
//! ```text
//! nice -n 10 cargo run --release -p alliance-ruptures --example rule_benchmark
//! ```
//!
//! An argument sets the number of replicates: clinics per condition.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::ops::Range;

use alliance_ruptures::simulate::{RuptureEnd, Simulation};
use alliance_ruptures::{
    Censoring, Detection, Ending, Reference, Repair, Resolution, Rule, ScoreScale, Series, Spread, Tolerance,
    Unit, detect_with,
};

const REFERENCES: [(&str, Reference); 5] = [
    ("session before", Reference::Previous),
    ("running mean", Reference::RunningMean),
    ("running median", Reference::RunningMedian),
    ("running maximum", Reference::RunningMaximum),
    ("person mean", Reference::PersonMean),
];

const UNITS: [(&str, Unit); 7] = [
    ("points", Unit::Points),
    ("own SD", Unit::OwnSd),
    ("pooled SD", Unit::PooledWithinSd),
    ("shrunken SD", Unit::ShrunkenSd),
    ("stricter of own and pooled", Unit::StricterOfOwnAndPooled),
    ("median moving range", Unit::MedianMovingRange),
    ("median absolute deviation", Unit::MedianAbsoluteDeviation),
];

/// False alarms per 100 sessions.
const LEVELS: [f64; 3] = [1.0, 2.0, 5.0];

/// The level at which conditions and variants are shown one by one.
const SHOWN: f64 = 2.0;

/// Dyads of a clinic.
const DYADS: usize = 100;

/// A rupture counts as found by a flag in one of its first sessions, as many as the slowest planted fall takes.
const SESSIONS_TO_FIND: usize = 6;

/// A first session with ruptures that gives every running reference its history.
const LATE: usize = 3;

fn main() {
    let replicates: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(30);
    let studies = Study::draw_all(conditions(), replicates, 0);
    let (usual, adversarial) = studies.split_at(USUAL);
    let rules = candidates();

    println!("{replicates} replicates of {DYADS} dyads in each condition.");
    let mut largest_error = (0.0_f64, 0.0_f64);
    for matching in [Matching::WithRuptures, Matching::WithoutRuptures] {
        for level in LEVELS {
            let found = rules.iter().map(|rule| {
                let recall = |study: &Study| study.recall_at(rule, level, matching);
                let cells: Vec<Estimate> = usual.iter().map(recall).collect();
                let hard: Vec<Estimate> = adversarial.iter().map(recall).collect();
                let (mean, worst, hardest) = (mean_of(&cells), lowest(&cells), lowest(&hard));
                largest_error.0 = largest_error.0.max(mean.error);
                largest_error.1 = largest_error.1.max(worst.error).max(hardest.error);
                format!("{} / {} / {}", percent(mean.value), percent(worst.value), percent(hardest.value))
            });
            let found: Vec<String> = found.collect();
            println!(
                "\n## Found at {level} false alarms per 100 sessions, {}: mean / worst / worst adversarial\n",
                matching.words()
            );
            print!("{}", matrix(&found));
        }
    }
    println!(
        "\nLargest standard error of a mean {:.1}, of a worst condition {:.1} percentage points.",
        100.0 * largest_error.0,
        100.0 * largest_error.1
    );

    println!(
        "\n## One threshold everywhere, {SHOWN} false alarms per 100 sessions on average: threshold; fewest to most; \
         most of an adversarial condition\n"
    );
    let spread = rules.iter().map(|rule| steadiness(rule, usual, adversarial));
    print!("{}", matrix(&spread.collect::<Vec<String>>()));

    print_conditions(&studies);
    print_variants(usual, adversarial, replicates);
    print_recommended(&studies);
    print_repair(usual);
}

/// What clients are like.
struct Condition {
    name: String,
    simulation: Simulation,
}

/// Conditions before the adversarial ones.
const USUAL: usize = 18;

fn conditions() -> Vec<Condition> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Simulation)| {
        for sessions in [8, 16, 30] {
            let mut simulation = Simulation::new(DYADS, sessions);
            // A dip that is no rupture looks the same to every rule.
            simulation.nuisance.hazard = 0.0;
            change(&mut simulation);
            all.push(Condition { name: format!("{name}, {sessions} sessions"), simulation });
        }
    };
    for (mean, ceiling) in [(4.5, "no ceiling"), (6.1, "ceiling")] {
        for (log_sd, volatility) in [(0.0, "equal"), (0.35, "unequal"), (0.7, "very unequal")] {
            add(format!("{volatility} volatility, {ceiling}"), &|simulation| {
                simulation.clients.mean = mean;
                simulation.clients.within_log_sd = log_sd;
            });
        }
    }
    add("rising to the ceiling".into(), &|simulation| {
        simulation.clients.mean = 5.8;
        simulation.growth.mean = 0.08;
        simulation.growth.early_rise = 0.5;
    });
    add("volatile but stable".into(), &|simulation| {
        simulation.clients.within_sd *= 2.0;
        simulation.clients.within_log_sd = 0.7;
    });
    all
}

/// Candidate rules, unit after unit of one reference after the other.
fn candidates() -> Vec<Rule> {
    let each = REFERENCES.iter().flat_map(|(_, reference)| UNITS.map(|(_, unit)| (*reference, unit)));
    each.map(|(reference, unit)| candidate(reference, unit)).collect()
}

fn candidate(reference: Reference, unit: Unit) -> Rule {
    let mut rule = Rule::new(reference, unit, 1.0).unwrap();
    // Any more history and a running reference could not see the first ruptures.
    rule.history = 1;
    rule
}

/// On what the false alarms of a rule are counted when its threshold is set.
#[derive(Clone, Copy)]
enum Matching {
    /// Clinics without ruptures.
    WithoutRuptures,
    /// Sessions outside ruptures, in clinics that have ruptures.
    WithRuptures,
}

impl Matching {
    fn words(self) -> &'static str {
        match self {
            Self::WithoutRuptures => "counted in clinics without ruptures",
            Self::WithRuptures => "counted between the ruptures of other clinics",
        }
    }
}

/// The clinics of one condition.
struct Study {
    condition: Condition,
    /// Without ruptures.
    quiet: Vec<Clinic>,
    /// With ruptures, for thresholds.
    tuning: Vec<Clinic>,
    /// With ruptures, for what is found.
    test: Vec<Clinic>,
}

impl Study {
    /// Every clinic of every condition and `block` has a seed of its own, so that their errors are independent.
    fn draw_all(conditions: Vec<Condition>, replicates: u64, block: u64) -> Vec<Self> {
        let draw = |(number, condition): (u64, Condition)| {
            let quiet = condition.simulation.clone().without_ruptures();
            let clinics = |simulation: &Simulation, set: u64| {
                let first = ((block * 100 + number) * 3 + set) * 1_000_000;
                (first..first + replicates).map(|seed| Clinic::draw(simulation, seed)).collect()
            };
            Self {
                quiet: clinics(&quiet, 0),
                tuning: clinics(&condition.simulation, 1),
                test: clinics(&condition.simulation, 2),
                condition,
            }
        };
        (0..).zip(conditions).map(draw).collect()
    }

    fn alarms(&self, rule: &Rule, matching: Matching) -> f64 {
        match matching {
            Matching::WithoutRuptures => alarms(&self.quiet, rule),
            Matching::WithRuptures => alarms(&self.tuning, rule),
        }
    }

    fn recalls(&self, rule: &Rule) -> Vec<f64> {
        self.test.iter().map(|clinic| clinic.recall(rule)).collect()
    }

    fn matched(&self, rule: &Rule, level: f64, matching: Matching) -> Rule {
        let at = |threshold| self.alarms(&with_threshold(rule, threshold), matching);
        with_threshold(rule, threshold_for(level, at))
    }

    fn recall_at(&self, rule: &Rule, level: f64, matching: Matching) -> Estimate {
        Estimate::of(&self.recalls(&self.matched(rule, level, matching)))
    }
}

/// A planted rupture: its sessions in the column of scores, and how it ended.
struct Planted {
    dyad: usize,
    /// Position of the onset within the dyad.
    onset: usize,
    sessions: Range<usize>,
    end: RuptureEnd,
}

/// A clinic with what rules need of it.
struct Clinic {
    series: Series,
    spread: Spread,
    ruptures: Vec<Planted>,
    /// Whether a session is scored and outside ruptures.
    is_quiet: Vec<bool>,
}

impl Clinic {
    fn draw(simulation: &Simulation, seed: u64) -> Self {
        let drawn = simulation.run(seed).unwrap();
        let sessions = drawn.client.iter().zip(&drawn.truth.deficit);
        let is_quiet = sessions.map(|(score, deficit)| !score.is_nan() && *deficit == 0.0).collect();
        let planted = drawn.truth.ruptures.iter().map(|rupture| {
            let own = drawn.sessions(rupture.dyad);
            let end = rupture.recovery.unwrap_or(own.len()).min(rupture.onset + SESSIONS_TO_FIND);
            let sessions = own.start + rupture.onset..(own.start + end).min(own.end);
            Planted { dyad: rupture.dyad, onset: rupture.onset, sessions, end: rupture.end }
        });
        let has_form =
            |rupture: &Planted| drawn.client[rupture.sessions.clone()].iter().any(|score| !score.is_nan());
        let ruptures = planted.filter(has_form).collect();
        let scale = ScoreScale::new(1.0, 7.0).unwrap();
        let series = Series::new(drawn.client.clone(), drawn.offsets.clone(), scale).unwrap();
        Self { spread: Spread::of(&series), series, ruptures, is_quiet }
    }

    fn detect(&self, rule: &Rule) -> Detection {
        detect_with(&self.series, rule, &self.spread, Some(1))
    }

    /// Share of ruptures found, of those with a form in one of the sessions that count.
    fn recall(&self, rule: &Rule) -> f64 {
        let flagged = self.detect(rule).flagged;
        let is_found = |rupture: &&Planted| flagged[rupture.sessions.clone()].contains(&true);
        self.ruptures.iter().filter(is_found).count() as f64 / self.ruptures.len() as f64
    }
}

/// Flagged sessions per 100 scored ones outside ruptures.
fn alarms(clinics: &[Clinic], rule: &Rule) -> f64 {
    let (mut flagged, mut quiet) = (0, 0);
    for clinic in clinics {
        for (flag, is_quiet) in clinic.detect(rule).flagged.iter().zip(&clinic.is_quiet) {
            flagged += usize::from(*flag && *is_quiet);
            quiet += usize::from(*is_quiet);
        }
    }
    100.0 * flagged as f64 / quiet as f64
}

/// The threshold at which a rate falls to the wanted one, by bisection.
fn threshold_for(wanted: f64, mut rate: impl FnMut(f64) -> f64) -> f64 {
    let (mut lenient, mut strict) = (1e-3, 1.0);
    while rate(strict) > wanted {
        lenient = strict;
        strict *= 2.0;
    }
    for _ in 0..14 {
        let middle = f64::midpoint(lenient, strict);
        if rate(middle) > wanted {
            lenient = middle;
        } else {
            strict = middle;
        }
    }
    strict
}

fn with_threshold(rule: &Rule, threshold: f64) -> Rule {
    let mut rule = *rule;
    rule.threshold = threshold;
    rule.checked().unwrap()
}

/// A mean over replicates with its standard error.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    error: f64,
}

impl Estimate {
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|each| (each - value).powi(2)).sum();
        Self { value, error: (squares / (n - 1.0) / n).sqrt() }
    }
}

fn mean_of(cells: &[Estimate]) -> Estimate {
    let n = cells.len() as f64;
    Estimate {
        value: cells.iter().map(|cell| cell.value).sum::<f64>() / n,
        error: cells.iter().map(|cell| cell.error.powi(2)).sum::<f64>().sqrt() / n,
    }
}

fn lowest(cells: &[Estimate]) -> Estimate {
    *cells.iter().min_by(|one, other| one.value.total_cmp(&other.value)).unwrap()
}

fn percent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

/// References down, units across.
fn matrix(cells: &[String]) -> String {
    let mut table = String::from("| reference |");
    for (unit, _) in UNITS {
        let _ = write!(table, " {unit} |");
    }
    let _ = writeln!(table, "\n|---|{}", "---|".repeat(UNITS.len()));
    for ((reference, _), row) in REFERENCES.iter().zip(cells.chunks(UNITS.len())) {
        let _ = writeln!(table, "| {reference} | {} |", row.join(" | "));
    }
    table
}

/// How far the false alarms of a rule vary over clinics without ruptures if its threshold does not.
fn steadiness(rule: &Rule, usual: &[Study], adversarial: &[Study]) -> String {
    let in_each = |studies: &[Study], rule: &Rule| {
        studies.iter().map(|study| alarms(&study.quiet, rule)).collect::<Vec<f64>>()
    };
    let threshold = threshold_for(SHOWN, |at| {
        in_each(usual, &with_threshold(rule, at)).iter().sum::<f64>() / usual.len() as f64
    });
    let rule = with_threshold(rule, threshold);
    let (rates, hard) = (in_each(usual, &rule), in_each(adversarial, &rule));
    let (fewest, most) = (rates.iter().fold(f64::MAX, |low, rate| low.min(*rate)), highest(&rates));
    format!("{threshold:.2}; {fewest:.1} to {most:.1}; {:.1}", highest(&hard))
}

fn highest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |high, value| high.max(*value))
}

/// What some rules find in each condition, thresholds matched between the ruptures of other clinics.
fn print_conditions(studies: &[Study]) {
    let shown = [
        ("running mean, shrunken SD", candidate(Reference::RunningMean, Unit::ShrunkenSd)),
        ("running mean, pooled SD", candidate(Reference::RunningMean, Unit::PooledWithinSd)),
        ("running mean, points", candidate(Reference::RunningMean, Unit::Points)),
        ("running mean, own SD", candidate(Reference::RunningMean, Unit::OwnSd)),
        ("session before, points", candidate(Reference::Previous, Unit::Points)),
        ("session before, shrunken SD", candidate(Reference::Previous, Unit::ShrunkenSd)),
        ("person mean, shrunken SD", candidate(Reference::PersonMean, Unit::ShrunkenSd)),
    ];
    println!(
        "\n## Found in each condition at {SHOWN} false alarms per 100 sessions, {}\n",
        Matching::WithRuptures.words()
    );
    let names: Vec<&str> = shown.iter().map(|(name, _)| *name).collect();
    println!("| condition | {} | shrunken less points, running mean |", names.join(" | "));
    println!("|---|{}", "---|".repeat(shown.len() + 1));
    for study in studies {
        let matched = shown.map(|(_, rule)| study.matched(&rule, SHOWN, Matching::WithRuptures));
        let found = matched.map(|rule| study.recalls(&rule));
        let cells: Vec<String> = found.iter().map(|recalls| percent(Estimate::of(recalls).value)).collect();
        let paired: Vec<f64> = found[0].iter().zip(&found[2]).map(|(own, other)| own - other).collect();
        let difference = Estimate::of(&paired);
        println!(
            "| {} | {} | {:+.0} (SE {:.1}) |",
            study.condition.name,
            cells.join(" | "),
            100.0 * difference.value,
            100.0 * difference.error
        );
    }
}

/// The recommended rule with one choice changed.
fn print_variants(usual: &[Study], adversarial: &[Study], replicates: u64) {
    let mut conditions = conditions();
    conditions.truncate(USUAL);
    for condition in &mut conditions {
        condition.simulation.ruptures.earliest = LATE;
    }
    let late = Study::draw_all(conditions, replicates, 1);
    let changed = |change: &dyn Fn(&mut Rule)| {
        let mut rule = Rule::recommended();
        change(&mut rule);
        rule
    };
    let mut variants = vec![("as recommended".to_owned(), Rule::recommended())];
    for sessions in [2, 3] {
        variants.push((format!("history of {sessions} sessions"), changed(&|rule| rule.history = sessions)));
    }
    for degrees in [2.0, 10.0, 20.0] {
        let name = format!("{degrees} prior degrees of freedom");
        variants.push((name, changed(&|rule| rule.prior_degrees = degrees)));
    }
    variants.push(("pooled SD (runs live)".into(), changed(&|rule| rule.unit = Unit::PooledWithinSd)));
    println!(
        "\n## The recommended rule with one choice changed: found at {SHOWN} false alarms per 100 sessions, mean / worst\n"
    );
    println!(
        "| variant | {} | {} | ruptures from session {} on only | one threshold; fewest to most; most adversarial |\n|---|---|---|---|---|",
        Matching::WithRuptures.words(),
        Matching::WithoutRuptures.words(),
        LATE + 1
    );
    for (name, rule) in variants {
        let found = |studies: &[Study], matching| {
            let cells: Vec<Estimate> =
                studies.iter().map(|study| study.recall_at(&rule, SHOWN, matching)).collect();
            format!("{} / {}", percent(mean_of(&cells).value), percent(lowest(&cells).value))
        };
        println!(
            "| {name} | {} | {} | {} | {} |",
            found(usual, Matching::WithRuptures),
            found(usual, Matching::WithoutRuptures),
            found(&late, Matching::WithRuptures),
            steadiness(&rule, usual, adversarial)
        );
    }
}

/// What to expect of the recommended rule as it is.
fn print_recommended(studies: &[Study]) {
    let rule = Rule::recommended();
    println!(
        "\n## The recommended rule as it is\n\n| condition | false alarms per 100 sessions, no ruptures | clients \
         flagged, no ruptures (%) | false alarms per 100 sessions, between ruptures | ruptures found (%) |\n\
         |---|---|---|---|---|"
    );
    for study in studies {
        let dyads: Vec<_> = study.quiet.iter().flat_map(|clinic| clinic.detect(&rule).dyads).collect();
        let assessed = dyads.iter().filter(|dyad| dyad.evaluable > 0).count();
        let flagged = dyads.iter().filter(|dyad| dyad.flagged > 0).count();
        let found = Estimate::of(&study.recalls(&rule));
        println!(
            "| {} | {:.1} | {:.0} | {:.1} | {:.0} (SE {:.1}) |",
            study.condition.name,
            alarms(&study.quiet, &rule),
            100.0 * flagged as f64 / assessed as f64,
            alarms(&study.test, &rule),
            100.0 * found.value,
            100.0 * found.error
        );
    }
}

/// What becomes of planted ruptures that were found, by repair criterion.
fn print_repair(usual: &[Study]) {
    println!(
        "\n## Repair: what the recommended rule says of the planted ruptures it found (%)\n\n| back to the reference \
         within | window | repaired: called repaired | undecided | unrepaired: called unrepaired | called repaired |\n\
         |---|---|---|---|---|---|"
    );
    for units in [0.0, 0.25, 0.5, 1.0] {
        for window in [2, 3, 4, 6] {
            let mut rule = Rule::recommended();
            rule.repair = Repair::ReturnToReference(Tolerance::Units(units));
            rule.repair_window = window;
            let (mut repaired, mut unrepaired) = (Vec::new(), Vec::new());
            for clinic in usual.iter().flat_map(|study| &study.test) {
                let found = clinic.detect(&rule);
                for planted in &clinic.ruptures {
                    let own = planted.onset..planted.onset + planted.sessions.len();
                    let mut episodes = found.episodes_of(planted.dyad).iter();
                    let episode = episodes.find(|episode| own.contains(&episode.onset));
                    match (planted.end, episode) {
                        (RuptureEnd::Repaired, Some(episode)) => repaired.push(episode.resolution),
                        (RuptureEnd::Unrepaired, Some(episode)) => unrepaired.push(episode.resolution),
                        _ => {}
                    }
                }
            }
            let share = |of: &[Resolution], wanted| {
                percent(of.iter().filter(|it| **it == wanted).count() as f64 / of.len() as f64)
            };
            println!(
                "| {units} units | {window} | {} | {} | {} | {} |",
                share(&repaired, Resolution::Repaired),
                share(&repaired, Resolution::Censored(Censoring::End(Ending::Unknown))),
                share(&unrepaired, Resolution::Unrepaired),
                share(&unrepaired, Resolution::Repaired)
            );
        }
    }
}
