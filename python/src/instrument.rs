//! Instruments.

use std::collections::BTreeMap;

use alliance_instruments as forms;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::from_instrument;

/// One form for one rater.
#[pyclass(frozen, module = "alliance._native")]
#[derive(Debug)]
pub(crate) struct Instrument {
    pub(crate) form: forms::Instrument,
}

impl From<forms::Instrument> for Instrument {
    fn from(form: forms::Instrument) -> Self {
        Self { form }
    }
}

/// All forms of the catalog.
#[pyfunction]
pub(crate) fn catalog() -> Vec<Instrument> {
    forms::catalog().iter().cloned().map(Instrument::from).collect()
}

/// The form with this id or unambiguous other name.
#[pyfunction]
pub(crate) fn instrument(py: Python<'_>, name: &str) -> PyResult<Instrument> {
    forms::instrument(name).map(Instrument::from).map_err(|error| from_instrument(py, &error))
}

#[pymethods]
impl Instrument {
    #[staticmethod]
    fn from_toml(py: Python<'_>, text: &str) -> PyResult<Self> {
        forms::Instrument::from_toml(text).map(Self::from).map_err(|error| from_instrument(py, &error))
    }

    fn to_toml(&self, py: Python<'_>) -> PyResult<String> {
        self.form.to_toml().map_err(|error| from_instrument(py, &error))
    }

    fn with_key(
        &self,
        py: Python<'_>,
        scales: Vec<(String, Vec<u16>)>,
        reversed: Vec<u16>,
        source: &str,
    ) -> PyResult<Self> {
        let form = self.form.with_key(&scales, &reversed, source);
        form.map(Self::from).map_err(|error| from_instrument(py, &error))
    }

    fn with_range(&self, py: Python<'_>, min: f64, max: f64) -> PyResult<Self> {
        self.form.with_range(min, max).map(Self::from).map_err(|error| from_instrument(py, &error))
    }

    fn guide(&self) -> String {
        self.form.guide()
    }

    fn key_hash(&self) -> String {
        self.form.key_hash()
    }

    fn level(&self) -> &'static str {
        self.form.level().as_str()
    }

    fn score_level(&self, scale: &str) -> &'static str {
        self.form.score_level(scale).as_str()
    }

    /// Everything else about the form, as plain Python values.
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let form = &self.form;
        let facts = PyDict::new(py);
        facts.set_item("id", form.id())?;
        facts.set_item("version", form.version())?;
        facts.set_item("kind", form.kind().as_str())?;
        facts.set_item("family", form.family())?;
        facts.set_item("name", form.name())?;
        facts.set_item("abbreviations", form.abbreviations())?;
        facts.set_item("rater", form.rater().as_str())?;
        facts.set_item("period", form.period().as_str())?;
        facts.set_item("languages", form.languages())?;
        facts.set_item("minutes", form.minutes().map(|[shortest, longest]| (shortest, longest)))?;
        facts.set_item("gap", form.gap())?;
        facts.set_item("key_in_print", form.key_in_print())?;
        facts.set_item("item_count", form.item_count())?;
        facts.set_item("labels", form.labels())?;
        facts.set_item("range", form.response().map(|response| (response.min, response.max)))?;
        facts.set_item("step", form.response().and_then(|response| response.step))?;
        facts.set_item("anchors", form.response().map(|response| response.anchors.clone()))?;
        facts.set_item("printed_backwards", form.printed_backwards().to_vec())?;
        facts.set_item("reversed", form.reversed().map(<[u16]>::to_vec))?;
        facts.set_item("statistic", form.statistic().map(forms::Aggregate::as_str))?;
        facts.set_item("partition", form.partition())?;
        facts.set_item("derived_from", form.derived_from().map(|parent| parent.form.clone()))?;
        let scales: Vec<_> =
            form.scales().iter().map(|scale| (scale.name.clone(), scale.items.clone())).collect();
        facts.set_item("scales", scales)?;
        let dimensions: Vec<_> = form
            .scales()
            .iter()
            .filter_map(|scale| Some((scale.name.clone(), scale.dimension?.as_str())))
            .collect();
        facts.set_item("dimensions", dimensions)?;
        let codes: Vec<_> = form
            .codes()
            .iter()
            .map(|code| (code.family.clone(), code.group.clone(), code.name.clone()))
            .collect();
        facts.set_item("codes", codes)?;
        facts.set_item("evidence", self.evidence())?;
        facts.set_item("sources", sources(py, form)?)?;
        facts.set_item("reliability", reliability(py, form)?)?;
        facts.set_item("rights", rights(form))?;
        facts.set_item("reference", reference(py, form)?)?;
        Ok(facts)
    }
}

type PartEvidence = (String, &'static str, Vec<String>, Vec<String>, Option<String>);

impl Instrument {
    /// Part, level, sources, sources that say otherwise, note.
    fn evidence(&self) -> Vec<PartEvidence> {
        let parts = self.form.evidence().into_iter();
        parts
            .map(|(part, evidence)| {
                (part, evidence.level.as_str(), evidence.sources, evidence.disputed_by, evidence.note)
            })
            .collect()
    }
}

fn sources<'py>(py: Python<'py>, form: &forms::Instrument) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let each = form.sources().iter().map(|source| {
        let entry = PyDict::new(py);
        entry.set_item("id", &source.id)?;
        entry.set_item("kind", source.kind.as_str())?;
        entry.set_item("title", &source.title)?;
        entry.set_item("address", source.address.as_deref())?;
        entry.set_item("read", source.read.as_str())?;
        Ok(entry)
    });
    each.collect()
}

fn reliability<'py>(py: Python<'py>, form: &forms::Instrument) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let each = form.reliability().iter().map(|figure| {
        let entry = PyDict::new(py);
        entry.set_item("statistic", &figure.statistic)?;
        entry.set_item("scale", &figure.scale)?;
        entry.set_item("low", figure.low)?;
        entry.set_item("high", figure.high)?;
        entry.set_item("n", figure.n)?;
        entry.set_item("population", figure.population.as_deref())?;
        entry.set_item("source", &figure.source)?;
        Ok(entry)
    });
    each.collect()
}

fn rights(form: &forms::Instrument) -> BTreeMap<&'static str, String> {
    let rights = form.rights();
    let mut entry = BTreeMap::from([
        ("owner", rights.owner.clone()),
        ("wording", "withheld".to_owned()),
        ("obtain", rights.obtain.clone()),
    ]);
    entry.extend(rights.note.clone().map(|note| ("note", note)));
    entry
}

fn reference<'py>(py: Python<'py>, form: &forms::Instrument) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(reference) = form.reference() else { return Ok(None) };
    let entry = PyDict::new(py);
    let texts = [
        ("author", &reference.authors),
        ("title", &reference.title),
        ("journal", &reference.journal),
        ("volume", &reference.volume),
        ("number", &reference.number),
        ("pages", &reference.pages),
        ("doi", &reference.doi),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            entry.set_item(name, text)?;
        }
    }
    if let Some(year) = reference.year {
        entry.set_item("year", year)?;
    }
    entry.set_item("recalled", &reference.recalled)?;
    Ok(Some(entry))
}
