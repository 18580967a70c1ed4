//! What a session is, as Python has it.

use std::hash::{Hash, Hasher};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use spectrum_check::Thresholds;
use spectrum_core::{
    DefinitionBuilder, DefinitionError, DefinitionFile, EpochUnit, Gap, Preset, RuleParts, SessionDefinition,
};

use crate::errors::{of_definition, raised, wrong_type};

/// What a session is: which columns make the key and the time, which rule ends a session, what an id is.
#[pyclass(frozen, from_py_object, module = "spectrum_sessions")]
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) checked: SessionDefinition,
    pub(crate) time_unit: Option<EpochUnit>,
    pub(crate) thresholds: Thresholds,
    /// Whether somebody named the event id column, so that it has to be there.
    pub(crate) names_event_id: bool,
}

#[pymethods]
impl Definition {
    /// A definition from keywords; what is left out keeps its default.
    #[new]
    #[pyo3(signature = (**settings))]
    fn new(py: Python<'_>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let none = Self {
            checked: SessionDefinition::default(),
            time_unit: None,
            thresholds: Thresholds::default(),
            names_event_id: false,
        };
        none.with(py, SessionDefinition::builder(), settings)
    }

    /// The definition that the text of a spectrum.toml has.
    #[staticmethod]
    fn from_toml(py: Python<'_>, text: &str) -> PyResult<Self> {
        let read = || {
            let file = DefinitionFile::from_toml(text)?;
            Ok((file.definition.build()?, file.time_unit))
        };
        let (checked, time_unit) = read().map_err(|error| of_definition(py, &error))?;
        let thresholds = Thresholds::from_toml(text)
            .map_err(|error| raised(py, "DefinitionError", &error.to_string(), None))?;
        Ok(Self { checked, time_unit, thresholds, names_event_id: false })
    }

    /// The same with other settings.
    #[pyo3(signature = (**settings))]
    fn replace(&self, py: Python<'_>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        self.with(py, self.checked.to_builder(), settings)
    }

    /// The columns whose values together make a key.
    #[getter]
    fn key(&self) -> Vec<String> {
        self.checked.key().to_vec()
    }

    /// The column that says when an event happened.
    #[getter]
    fn time(&self) -> &str {
        self.checked.time()
    }

    /// The column that names an event.
    #[getter]
    fn event_id(&self) -> &str {
        self.checked.event_id()
    }

    /// The longest pause inside a session.
    #[getter]
    fn gap(&self) -> String {
        self.checked.gap().to_string()
    }

    /// How sessions are named.
    #[getter]
    fn id(&self) -> String {
        self.checked.id().to_string()
    }

    /// What numbers in the time column count since 1970, if that was said.
    #[getter]
    fn time_unit(&self) -> Option<String> {
        self.time_unit.map(|unit| unit.to_string())
    }

    /// The rules beyond the gap, as they are written.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rules = PyDict::new(py);
        for (name, value) in self.settings() {
            rules.set_item(name, value)?;
        }
        Ok(rules)
    }

    /// Every name that may stand for a column of the events.
    fn reads(&self) -> Vec<String> {
        let rule = self.checked.rule().columns().iter().flat_map(|column| {
            let column = &column.column;
            [Some(column.name.clone()), column.member.as_ref().map(|_| column.to_string())]
        });
        let own = self.checked.key().iter().cloned().chain([self.checked.time().to_owned()]);
        own.chain(rule.flatten()).collect()
    }

    /// Whether both mean the same sessions, and the same findings.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            self.checked == other.checked
                && self.time_unit == other.time_unit
                && self.thresholds == other.thresholds
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.checked.key(), self.checked.time(), self.checked.event_id(), self.gap(), self.id())
            .hash(&mut hasher);
        self.settings().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shown = |text: &str| PyString::new(py, text).repr().map(|text| text.to_string());
        let key: Vec<String> = self.checked.key().iter().map(|name| shown(name)).collect::<PyResult<_>>()?;
        let mut said = vec![format!("key=[{}]", key.join(", "))];
        said.push(format!("time={}", shown(self.checked.time())?));
        if self.checked.event_id() != SessionDefinition::default().event_id() {
            said.push(format!("event_id={}", shown(self.checked.event_id())?));
        }
        said.push(format!("gap={}", shown(&self.gap())?));
        said.push(format!("id={}", shown(&self.id())?));
        for (name, value) in self.settings() {
            said.push(format!("{name}={}", shown(&value)?));
        }
        if let Some(unit) = self.time_unit() {
            said.push(format!("time_unit={}", shown(&unit)?));
        }
        let summary: Vec<_> = self.checked.summary().iter().map(ToString::to_string).collect();
        let told = if summary.is_empty() { String::new() } else { format!("; tells {}", summary.join(", ")) };
        Ok(format!("Definition({}{told})", said.join(", ")))
    }
}

impl Definition {
    fn settings(&self) -> Vec<(&'static str, String)> {
        self.checked.rule().settings()
    }

    /// What the settings say, and for the rest what `builder` has.
    fn with(
        &self,
        py: Python<'_>,
        builder: DefinitionBuilder,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut builder = builder;
        let (mut time_unit, mut names_event_id) = (self.time_unit, self.names_event_id);
        let mut parts = RuleParts::default();
        for (name, value) in settings.into_iter().flatten() {
            let name: String = name.extract()?;
            if value.is_none() {
                continue;
            }
            let refused = |error: DefinitionError| of_definition(py, &error);
            let refused_unit = |error: spectrum_core::UnknownEpochUnit| refused(error.into());
            match name.as_str() {
                "key" => builder = builder.key(names(&name, &value)?),
                "time" => builder = builder.time(text(&name, &value)?),
                "event_id" => {
                    builder = builder.event_id(text(&name, &value)?);
                    names_event_id = true;
                }
                "id" => {
                    let scheme = text(&name, &value)?.parse();
                    builder = builder
                        .id(scheme.map_err(|error: spectrum_core::UnknownIdScheme| refused(error.into()))?);
                }
                "preset" => {
                    let preset = text(&name, &value)?;
                    let rule = Preset::named(&preset).and_then(Preset::parts);
                    builder = builder.rule(rule.map_err(refused)?);
                }
                "time_unit" => time_unit = Some(text(&name, &value)?.parse().map_err(refused_unit)?),
                rule => {
                    for text in texts(rule, &value)? {
                        parts.set(rule, &text).map_err(|error| match error {
                            DefinitionError::Rule(
                                unknown @ spectrum_core::RuleError::NoSuchSetting { .. },
                            ) => PyTypeError::new_err(unknown.to_string()),
                            other => refused(other),
                        })?;
                    }
                }
            }
        }
        let checked = builder.rule(parts).build().map_err(|error| of_definition(py, &error))?;
        Ok(Self { checked, time_unit, thresholds: self.thresholds.clone(), names_event_id })
    }
}

/// One name or several.
fn names(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if let Ok(name) = value.extract::<String>() {
        return Ok(vec![name]);
    }
    value.extract().map_err(|_| wrong_type(argument, "a column or a list of columns", value))
}

fn text(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| wrong_type(argument, "a str", value))
}

/// A setting of a rule as texts, one for each entry.
fn texts(setting: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    match setting {
        "gap" | "max_duration" => Ok(vec![duration(setting, value)?]),
        "max_events" => match value.extract::<i64>() {
            Ok(most) => Ok(vec![most.to_string()]),
            Err(_) => {
                value.extract().map(|word| vec![word]).map_err(|_| wrong_type(setting, "an int", value))
            }
        },
        "split_on" => Ok(vec![or_none(names(setting, value)?).join(",")]),
        "gap_when" => match value.cast::<PyDict>() {
            Ok(gaps) => gaps
                .iter()
                .map(|(when, gap)| Ok(format!("{}: {}", duration(setting, &gap)?, text(setting, &when)?)))
                .collect::<PyResult<_>>()
                .map(or_none),
            Err(_) => names(setting, value).map(or_none).map_err(|_| {
                wrong_type(setting, "a dict of conditions and gaps, or texts as in \"4h: a = 1\"", value)
            }),
        },
        _ => Ok(vec![text(setting, value)?]),
    }
}

/// The word that turns a rule off, where it has no entry.
fn or_none(entries: Vec<String>) -> Vec<String> {
    if entries.is_empty() { vec!["none".to_owned()] } else { entries }
}

/// A text such as 30m, or a `datetime.timedelta`.
fn duration(setting: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.extract::<String>() {
        return Ok(text);
    }
    let whole = (|| {
        let part = |name: &str| value.getattr(name)?.extract::<i64>();
        let (days, seconds, micros) = (part("days")?, part("seconds")?, part("microseconds")?);
        PyResult::Ok(
            (i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000_000 + i128::from(micros) * 1000,
        )
    })();
    let wrong = || wrong_type(setting, "a text such as \"30m\" or a timedelta", value);
    let nanoseconds = whole.map_err(|_| wrong())?;
    let counted = u64::try_from(nanoseconds.max(0)).ok(); // what is negative is refused as zero is
    match counted.map(Gap::from_nanoseconds) {
        Some(Ok(gap)) => Ok(gap.to_string()),
        Some(Err(error)) => Err(raised(value.py(), "DefinitionError", &error.of("gap").to_string(), None)),
        None => {
            Err(raised(value.py(), "DefinitionError", &format!("{setting} is longer than 292 years"), None))
        }
    }
}
