//! An instrument as a guide page: the same text on the site and in a notebook.

use std::fmt::Write as _;

use crate::{Aggregate, Evidence, Instrument, Kind, Level, Offered, Reliability, Response, Source};

/// Said on every page where scores are explained.
const STANDING_NOTE: &str = "An alliance score describes a working relationship. It is not a detector of risk or of \
suicidal thoughts and must not be read as one. There are no norms, cut-offs or bands here, because none \
with a sample and a source was found.";

/// The guide of a form as Markdown.
pub(crate) fn page(form: &Instrument) -> String {
    let prose = Prose::of(form.id());
    let mut page = format!("# {}\n\n", form.name());
    facts(&mut page, form);
    prose.section(&mut page, "What it measures");
    prose.section(&mut page, "History");
    evidence(&mut page, form);
    key(&mut page, form);
    codes(&mut page, form);
    scoring(&mut page, form);
    prose.section(&mut page, "Reading a score");
    let _ = writeln!(page, "{STANDING_NOTE}\n");
    reliability(&mut page, form);
    prose.section(&mut page, "Factor structure");
    disagreements(&mut page, form);
    prose.section(&mut page, "Pitfalls");
    example(&mut page, form);
    rights(&mut page, form);
    sources(&mut page, form.sources());
    page
}

/// The guide of a form as a page of the documentation site, whose example is executed at build.
pub fn site_page(form: &Instrument) -> String {
    let body = page(form).replace("```python\n", "```{code-cell} ipython3\n");
    format!(
        "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\nkernelspec:\n  \
         display_name: Python 3\n  language: python\n  name: python3\n---\n\n\
         % Generated from crates/alliance-instruments/catalog/{id}.toml and {id}.md by `cargo just guides`.\n\n{body}",
        id = form.id()
    )
}

/// The entrance to all guides: a table of the forms and the list of their pages.
pub fn catalog_page(forms: &[Instrument]) -> String {
    let mut page = String::from(
        "% Generated from crates/alliance-instruments/catalog by `cargo just guides`.\n\n# Instruments\n\n\
         One page per form and rater. The level says how well the best score of a form is attested; \
         {doc}`../concepts/evidence` explains it. Not sure which form you hold? See {doc}`../guide/which-form`.\n\n",
    );
    let _ = writeln!(page, "| level | forms |\n|---|---|");
    for level in Level::ALL.into_iter().rev() {
        let count = forms.iter().filter(|form| form.level() == level).count();
        let _ = writeln!(page, "| {level} | {count} |");
    }
    page.push_str("\n| form | rater | items | answers | scales | level |\n|---|---|---|---|---|---|\n");
    for form in forms {
        let scales: Vec<&str> = form.scales().iter().map(|scale| scale.name.as_str()).collect();
        let _ = writeln!(
            page,
            "| [{id}]({id}.md) | {} | {} | {} | {} | {} |",
            form.rater().as_str(),
            form.item_count().map_or("-".into(), |count| count.to_string()),
            form.response().map_or("-".into(), range),
            if scales.is_empty() { "-".into() } else { scales.join(", ") },
            form.level(),
            id = form.id(),
        );
    }
    page.push_str("\n```{toctree}\n:hidden:\n\n");
    for form in forms {
        let _ = writeln!(page, "{id} <{id}>", id = form.id());
    }
    page.push_str("```\n");
    page
}

/// The sections of a form's prose file.
struct Prose(Vec<(&'static str, &'static str)>);

impl Prose {
    fn of(id: &str) -> Self {
        let sections = crate::catalog::prose(id).split("## ").skip(1).filter_map(|section| {
            section.split_once('\n').map(|(heading, body)| (heading.trim(), body.trim()))
        });
        Self(sections.collect())
    }

    fn section(&self, page: &mut String, heading: &str) {
        if let Some((_, body)) = self.0.iter().find(|(name, _)| *name == heading) {
            let _ = writeln!(page, "## {heading}\n\n{}\n", citations(body));
        }
    }
}

/// Sets bracketed source ids as code, so that they are not taken for links.
fn citations(body: &str) -> String {
    let mut text = String::with_capacity(body.len() + 16);
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        if let Some((cited, remaining)) = after.split_once(']') {
            let _ = write!(text, "[`{cited}`]");
            rest = remaining;
        } else {
            text.push('[');
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

fn facts(page: &mut String, form: &Instrument) {
    let mut row = |name: &str, value: String| {
        let _ = writeln!(page, "| {name} | {value} |");
    };
    row("fact", "value".into());
    row("---", "---".into());
    row("id", format!("`{}`", form.id()));
    if !form.scales().is_empty() {
        row(
            "key",
            format!("version {}, `{}`", form.version(), form.key_hash().get(..12).unwrap_or_default()),
        );
    }
    if !form.abbreviations().is_empty() {
        row("abbreviations", form.abbreviations().join(", "));
    }
    row("filled in by", form.rater().as_str().into());
    row("about", form.period().as_str().into());
    row("kind", form.kind().as_str().into());
    row("items", item_count(form));
    row("answers", form.response().map_or("not known".into(), answers));
    if let Some([shortest, longest]) = form.minutes() {
        row("minutes", format!("{shortest}-{longest}"));
    }
    if !form.languages().is_empty() {
        row("languages named by sources", form.languages().join(", "));
    }
    if let Some(parent) = form.derived_from() {
        row("made from", format!("`{}`", parent.form));
    }
    row("level", form.level().to_string());
    page.push('\n');
}

fn evidence(page: &mut String, form: &Instrument) {
    let _ = writeln!(page, "## How sure we are\n\n{}\n", form.gap());
    page.push_str("| part | level | sources | said otherwise by |\n|---|---|---|---|\n");
    let parts = form.evidence();
    for (part, Evidence { level, sources, disputed_by, .. }) in &parts {
        let _ =
            writeln!(page, "| {} | {level} | {} | {} |", part_name(part), list(sources), list(disputed_by));
    }
    page.push('\n');
    for (part, evidence) in &parts {
        if let Some(note) = &evidence.note {
            let _ = writeln!(page, "- *{}*: {note}", part_name(part));
        }
    }
    let _ = writeln!(page, "\nThe key in print: {}.\n", form.key_in_print().trim_end_matches('.'));
}

fn key(page: &mut String, form: &Instrument) {
    let Some(count) = form.item_count() else { return };
    page.push_str("## Key\n\n");
    let mark =
        |set: Option<&[u16]>, item: u16| if set.is_some_and(|set| set.contains(&item)) { "yes" } else { "" };
    let columns: Vec<_> =
        form.scales().iter().filter(|scale| scale.items.len() < usize::from(count)).collect();
    let whole: Vec<_> =
        form.scales().iter().filter(|scale| scale.items.len() == usize::from(count)).collect();
    match form.reversed() {
        None => page.push_str("Which items are reversed is not known.\n\n"),
        Some([]) => page.push_str("No item is reversed.\n\n"),
        Some(_) => {}
    }
    for scale in &whole {
        let _ = writeln!(page, "**{}** (`{}`) takes all {count} items.\n", scale.title, scale.name);
    }
    for scale in form.scales().iter().filter(|scale| scale.offered == Offered::ByName) {
        let _ =
            writeln!(page, "**{}** (`{}`) is scored only when asked for by name.\n", scale.title, scale.name);
    }
    if form.scales().is_empty() {
        page.push_str("Which item belongs to which scale is not known.\n\n");
    }
    let reversed = form.reversed().filter(|items| !items.is_empty());
    let backwards = Some(form.printed_backwards()).filter(|items| !items.is_empty());
    if columns.is_empty() && reversed.is_none() && backwards.is_none() && form.labels().is_empty() {
        return;
    }
    let mut headings = vec!["item".to_owned()];
    if !form.labels().is_empty() {
        headings.push("topic (ours)".into());
    }
    headings.extend(columns.iter().map(|scale| scale.name.clone()));
    if reversed.is_some() {
        headings.push("reversed".into());
    }
    if backwards.is_some() {
        headings.push("printed backwards".into());
    }
    let _ = writeln!(page, "| {} |\n|{}", headings.join(" | "), "---|".repeat(headings.len()));
    for item in 1..=count {
        let mut cells = vec![item.to_string()];
        cells.extend(form.labels().get(usize::from(item) - 1).cloned());
        cells.extend(columns.iter().map(|scale| mark(Some(&scale.items), item).to_owned()));
        if reversed.is_some() {
            cells.push(mark(reversed, item).into());
        }
        if backwards.is_some() {
            cells.push(mark(backwards, item).into());
        }
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    page.push('\n');
}

fn codes(page: &mut String, form: &Instrument) {
    if form.codes().is_empty() {
        return;
    }
    page.push_str("## What is coded\n\n| family | group | code | sources |\n|---|---|---|---|\n");
    for code in form.codes() {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            code.family,
            code.group.as_deref().unwrap_or_default(),
            code.name,
            list(&code.sources)
        );
    }
    page.push('\n');
}

fn scoring(page: &mut String, form: &Instrument) {
    let Some(response) = form.response().filter(|_| !form.scales().is_empty()) else { return };
    let (min, max) = (response.min, response.max);
    page.push_str("## Scoring\n\n");
    if form.reversed().is_some_and(|items| !items.is_empty()) {
        let _ = writeln!(page, "A reversed answer *x* counts as {} - *x*.", min + max);
    }
    let _ = writeln!(
        page,
        "The score of a scale is the mean of its items, from {min} to {max}. The sum is the mean times the number of \
         items; POMP, the percentage of the maximum possible, is 100 x (mean - {min}) / {}. All three are views of \
         one score.",
        max - min
    );
    match form.statistic() {
        Some(Aggregate::Sum) => page.push_str("Sources report sums, so `metric=\"sum\"` is the default.\n\n"),
        Some(Aggregate::Mean) => page.push_str("Sources report means, which is the default.\n\n"),
        Some(Aggregate::Separate) => {
            page.push_str("Each rating is reported by itself; there is no total.\n\n");
        }
        None => {
            page.push_str("No source says whether means or sums are reported; means are the default.\n\n");
        }
    }
    page.push_str(
        "## Missing answers\n\nNo published rule was found. A score is given only when every item of its scale is \
         answered (`missing=\"complete\"`). `al.Prorate(min_share=0.75)` takes the mean of the answered items when at \
         least that share is there: your choice and not the instrument's, so say so when you report it.\n\n",
    );
}

fn reliability(page: &mut String, form: &Instrument) {
    page.push_str("## Reliability\n\n");
    if form.reliability().is_empty() {
        page.push_str("No figure that could be read.\n\n");
    } else {
        page.push_str("| statistic | scale | value | n | sample | source |\n|---|---|---|---|---|---|\n");
        for figure in form.reliability() {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | `{}` |",
                figure.statistic,
                figure.scale,
                value(figure),
                figure.n.map_or(String::new(), |n| n.to_string()),
                figure.population.as_deref().unwrap_or_default(),
                figure.source
            );
        }
        page.push('\n');
    }
    if form.descriptives().is_empty() {
        return;
    }
    page.push_str(
        "Means of single samples, which are no norms:\n\n| scale | metric | mean | SD | n | sample | source |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for sample in form.descriptives() {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | `{}` |",
            sample.scale,
            sample.metric.as_str(),
            sample.mean,
            sample.sd,
            sample.n,
            sample.population,
            sample.source
        );
    }
    page.push('\n');
}

fn disagreements(page: &mut String, form: &Instrument) {
    if form.disagreements().is_empty() {
        return;
    }
    page.push_str("## Where sources differ\n\n");
    for point in form.disagreements() {
        let _ = writeln!(
            page,
            "- **{}.** {} Sources: {}. *Here*: {}",
            point.topic,
            point.statement,
            list(&point.sources),
            point.handling
        );
    }
    page.push('\n');
}

/// A form's example: scored where the level suffices, accepted where it does not, refused where no key is known.
fn example(page: &mut String, form: &Instrument) {
    page.push_str("## Worked example\n\n");
    let shipped = crate::catalog().iter().find(|known| known.id() == form.id()) == Some(form);
    let get = if shipped {
        format!("form = al.instrument(\"{}\")\n", form.id())
    } else {
        page.push_str("With this instrument as `form`:\n\n");
        String::new()
    };
    let scorable = form.item_count().zip(form.response()).filter(|_| form.level() > Level::KeyNeeded);
    let Some((count, response)) = scorable else {
        page.push_str(if form.kind() == Kind::CodingSystem {
            "A coding system has no key to score with; its codes enter an analysis session by session.\n\n"
        } else {
            "Without a key there is no score:\n\n"
        });
        let _ = writeln!(
            page,
            "```python\nimport alliance as al\nimport polars as pl\n\n{get}try:\n    \
             al.score(pl.DataFrame({{\"item_1\": [1]}}), form, columns=\"item_{{item}}\")\n\
             except al.AllianceError as error:\n    print(error)\n```\n"
        );
        return;
    };
    let accept = if form.level().suffices() {
        ""
    } else {
        page.push_str("The key is unverified, so it is used only when you accept that:\n\n");
        ", accept_unverified=True"
    };
    let (low, high) = (response.min, response.max);
    let step = response.step.unwrap_or(1.0);
    let points = ((high - low) / step) as u32 + 1;
    let mixed = match (low == 0.0, step == 1.0) {
        (true, true) => format!("i % {points}"),
        (true, false) => format!("{step} * (i % {points})"),
        (false, true) => format!("{low} + i % {points}"),
        (false, false) => format!("{low} + {step} * (i % {points})"),
    };
    let _ = writeln!(
        page,
        "Three made-up forms: mixed answers, the highest answer throughout, and one without an answer to item 1.\n\n\
         ```python\nimport alliance as al\nimport polars as pl\n\n{get}answers = pl.DataFrame({{\n    \
         f\"item_{{i}}\": [{mixed}, {high}, None if i == 1 else {high}]\n    for i in range(1, {})\n}})\n\
         al.score(answers, form, columns=\"item_{{item}}\"{accept}).to_frame()\n```\n",
        count + 1,
    );
}

fn rights(page: &mut String, form: &Instrument) {
    let rights = form.rights();
    let _ = writeln!(
        page,
        "## Rights and where to get the wording\n\nOwner: {}. {} The wording of the items is not in this project. {}\n",
        rights.owner.trim_end_matches('.'),
        rights.obtain,
        rights.note.as_deref().unwrap_or_default()
    );
    let Some(reference) = form.reference() else { return };
    let mut parts = Vec::new();
    let field = |text: &Option<String>| text.clone();
    parts.extend(field(&reference.authors));
    parts.extend(reference.year.map(|year| format!("({year})")));
    parts.extend(field(&reference.title).map(|title| format!("{}.", title.trim_end_matches('.'))));
    parts.extend(field(&reference.journal).map(|journal| format!("*{journal}*")));
    parts.extend(field(&reference.volume));
    parts.extend(field(&reference.number).map(|number| format!("({number})")));
    parts.extend(field(&reference.pages).map(|pages| format!("pp. {pages}")));
    parts.extend(field(&reference.doi).map(|doi| format!("doi:{doi}")));
    let _ = writeln!(page, "Primary citation: {}", parts.join(" "));
    if !reference.recalled.is_empty() {
        let _ = writeln!(page, "(recalled, not read: {})", reference.recalled.join(", "));
    }
    page.push('\n');
}

fn sources(page: &mut String, register: &[Source]) {
    page.push_str("## Sources\n\n| id | kind | what | where | read |\n|---|---|---|---|---|\n");
    for source in register {
        let address = source.address.as_deref().map_or(String::new(), |address| format!("`{address}`"));
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {address} | {} |",
            source.id,
            source.kind.as_str(),
            source.title,
            source.read.as_str()
        );
    }
}

fn list(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn part_name(part: &str) -> String {
    match part {
        "items" => "number of items".into(),
        "response" => "response range".into(),
        "printed_backwards" => "printed direction".into(),
        "reversed" => "reversed items".into(),
        "statistic" => "mean or sum".into(),
        scale => format!("scale `{}`", scale.trim_start_matches("scales.")),
    }
}

fn item_count(form: &Instrument) -> String {
    form.item_count().map_or("not known".into(), |count| count.to_string())
}

fn range(response: &Response) -> String {
    format!("{} to {}", response.min, response.max)
}

fn answers(response: &Response) -> String {
    let mut text = range(response);
    match response.step {
        None => text.push_str(", any value (visual analogue)"),
        Some(step) if step != 1.0 => {
            let _ = write!(text, " in steps of {step}");
        }
        Some(_) => {}
    }
    if !response.anchors.is_empty() {
        let _ = write!(text, ": {}", response.anchors.join(", "));
    }
    text
}

fn value(figure: &Reliability) -> String {
    match figure.high {
        Some(high) if high == figure.low => format!("{high}"),
        Some(high) => format!("{}-{high}", figure.low),
        None => format!("above {}", figure.low),
    }
}
