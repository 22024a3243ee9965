//! Presets as pages of the documentation.

use std::fmt::Write as _;

use super::{Preset, preset, preset_ids, studies_without_preset};
use crate::simulate::Simulation;
use crate::{Reference, RuptureError, ScoreScale, Series, detect};

/// Where the pages come from: their first line.
const GENERATED: &str = "% Generated from crates/alliance-ruptures by `cargo just guides`.";

const NOTEBOOK: &str = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\nkernelspec:\n  \
                        display_name: Python 3\n  language: python\n  name: python3\n---\n\n";

/// Simulated clients per cell of the table of chance flags.
const CLIENTS: usize = 20_000;

/// The pages of all presets, the list of them, and the list of studies without one: file names and Markdown.
///
/// Each page has two halves, when to use the rule and the reference, and says how often the rule fires when nothing
/// happens.
///
/// # Errors
///
/// `invalid-preset` if a file that comes with the crate is malformed, which a test rules out.
pub fn preset_pages() -> Result<Vec<(String, String)>, RuptureError> {
    let presets = preset_ids().map(preset).collect::<Result<Vec<Preset>, RuptureError>>()?;
    let noise = Noise::draw()?;
    let mut pages: Vec<(String, String)> =
        presets.iter().map(|preset| (format!("{}.md", preset.id), page(preset, &noise))).collect();
    pages.push(("presets.md".into(), list(&presets, &noise)));
    pages.push(("without-preset.md".into(), without()?));
    Ok(pages)
}

/// Clients to whom nothing happens, equally volatile and not, for the lengths of [`LENGTHS`].
struct Noise(Vec<(Series, Series)>);

const LENGTHS: [usize; 3] = [8, 16, 30];

impl Noise {
    fn draw() -> Result<Self, RuptureError> {
        let series = |simulation: Simulation, scale| {
            let clinic = simulation.run(1)?;
            Series::new(clinic.client, clinic.offsets, scale)
        };
        let of_length = |sessions| {
            // Scores of the first generator are not cut off at the ends of the form.
            let equal = series(Simulation::null_gaussian(CLIENTS, sessions), ScoreScale::new(-50.0, 50.0)?)?;
            let unequal =
                series(Simulation::null_unequal_ceiling(CLIENTS, sessions), ScoreScale::new(1.0, 7.0)?)?;
            Ok((equal, unequal))
        };
        LENGTHS.into_iter().map(of_length).collect::<Result<Vec<_>, RuptureError>>().map(Self)
    }

    /// Shares of clients flagged, for rules that make sense on a form from 1 to 7.
    fn shares(&self, preset: &Preset) -> Option<Vec<(f64, f64)>> {
        let is_of_seven = preset.scale.is_none_or(|scale| (scale.lowest, scale.highest) == (1.0, 7.0));
        let is_relative = !matches!(preset.rule.reference, Reference::Fixed(_));
        let share = |series: &Series| {
            let found = detect(series, &preset.rule);
            found.dyads.iter().filter(|dyad| dyad.flagged > 0).count() as f64 / CLIENTS as f64
        };
        (is_of_seven && is_relative)
            .then(|| self.0.iter().map(|(equal, unequal)| (share(equal), share(unequal))).collect())
    }
}

fn page(preset: &Preset, noise: &Noise) -> String {
    let mut page = format!("{NOTEBOOK}{GENERATED}\n\n# {}\n\n", preset.name);
    let _ = writeln!(page, "{}\n", standing(preset));
    let _ = writeln!(page, "## When to use it\n\n{}\n", preset.use_when);
    let _ = writeln!(page, "Used on: {}.\n", preset.measured);
    let _ = writeln!(page, "## How often it fires when nothing happens\n");
    if let Some(shares) = noise.shares(preset) {
        let _ = writeln!(
            page,
            "Percent of clients with at least one flag, of {CLIENTS} simulated clients without any rupture, on a form from 1 \
             to 7: independent normal scores with an SD of 0.35 within every client, and unequal SDs, 0.30 in the middle, \
             near the ceiling.\n\n\
             | sessions | equal volatility | unequal, ceiling |\n|---|---|---|"
        );
        for (sessions, (equal, unequal)) in LENGTHS.iter().zip(shares) {
            let _ = writeln!(page, "| {sessions} | {:.1} | {:.1} |", 100.0 * equal, 100.0 * unequal);
        }
        page.push('\n');
    }
    let _ = writeln!(
        page,
        "Rate reported with the rule: {}. A rate that noise gives too is no evidence that there was more than noise; \
         {{doc}}`../concepts/ruptures` says why. For data of your own, `al.chance_rate(rule, like=scores)`.\n",
        preset.base_rate
    );
    let _ = writeln!(
        page,
        "## Reference\n\n```{{code-cell}} ipython3\nimport alliance as al\n\nrule = al.rules.preset(\"{}\")\n\
         print(rule.describe())\n```\n\n{}\n\n| field | value | how it came here |\n|---|---|---|",
        preset.id, preset.note
    );
    for (field, how) in &preset.provenance {
        let value = match (field.as_str(), preset.scale) {
            ("scale", Some(scale)) => format!("{} to {}", scale.lowest, scale.highest),
            _ => preset.stated.get(field).cloned().unwrap_or_default(),
        };
        let _ = writeln!(page, "| {} | {value} | {} |", field.replace('_', " "), how.as_str());
    }
    let _ = writeln!(page, "\n{}", citation(preset));
    page
}

/// What may be done with the rule, before anything else is said of it.
fn standing(preset: &Preset) -> String {
    let sure = if preset.is_verified() {
        "Every number was read in the source or in another author's description of it."
    } else {
        "**Not every number of this rule is certain.** It is no default, and every result says so."
    };
    format!("`{}`, version {}. {sure}", preset.id, preset.version)
}

fn citation(preset: &Preset) -> String {
    let source = &preset.citation;
    let mut text = format!("{} ({}).", source.authors.replace(" and ", "; "), source.year);
    if let Some(journal) = &source.journal {
        let _ = write!(text, " *{journal}*");
        if let Some(volume) = &source.volume {
            let _ = write!(text, " {volume}");
        }
        if let Some(number) = &source.number {
            let _ = write!(text, "({number})");
        }
        if let Some(pages) = &source.pages {
            let _ = write!(text, ", {pages}");
        }
        text.push('.');
    }
    if let Some(doi) = &source.doi {
        let _ = write!(text, " doi:{doi}.");
    }
    if !source.recalled.is_empty() {
        let _ = write!(text, " From memory, not read: {}.", source.recalled.join(", "));
    }
    text
}

fn list(presets: &[Preset], noise: &Noise) -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Published rules\n\nOne page per rule that could be put into numbers. A rule whose numbers \
         were not all read in its source is named `...-as-read`. None is a default: {{doc}}`../concepts/default-rule` \
         says what is. {{doc}}`without-preset` lists the studies that have no preset, and why.\n\n\
         The third column is the percentage of {CLIENTS} simulated clients without any rupture that the rule flags in 16 \
         sessions: equally volatile ones, and unequal ones near the ceiling. Hold it against the second.\n\n\
         | rule | rate reported | flagged by chance | least certain part |\n|---|---|---|---|\n"
    );
    for preset in presets {
        let chance = noise
            .shares(preset)
            .and_then(|shares| shares.get(1).copied())
            .map_or("-".into(), |(equal, unequal)| format!("{:.0}, {:.0}", 100.0 * equal, 100.0 * unequal));
        let _ = writeln!(
            page,
            "| [{}]({}.md) | {} | {chance} | {} |",
            preset.name,
            preset.id,
            preset.base_rate,
            preset.weakest().as_str()
        );
    }
    page.push_str("\n```{toctree}\n:hidden:\n\n");
    for preset in presets {
        let _ = writeln!(page, "{id} <{id}>", id = preset.id);
    }
    page.push_str("without-preset\n```\n");
    page
}

fn without() -> Result<String, RuptureError> {
    let mut page = format!(
        "{GENERATED}\n\n# Published rules without a preset\n\nA threshold without a source does not exist here. The \
         rules of these studies could not be read, or are no rules on scores. Who holds an article can write its rule \
         down as a `BelowReference` and cite it; a preset needs a page number for every field.\n"
    );
    for study in studies_without_preset()? {
        let _ = writeln!(page, "\n## {}\n\nKnown: {}\n\nMissing: {}", study.name, study.known, study.missing);
        if !study.instead.is_empty() {
            let _ = writeln!(page, "\nInstead: {}", study.instead);
        }
        if let Some(doi) = &study.doi {
            let _ = writeln!(page, "\ndoi:{doi}");
        }
    }
    Ok(page)
}
