//! What is done with files. Each function returns what the command says with `--json`, mostly beside its words, and warnings.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use jiff::Timestamp;
use pyo3::prelude::*;
use spectrum_cli::library::{self, Page};
use spectrum_core::Gap;
use spectrum_engine::{
    AsOf, CheckOptions, CompareOptions, ExplainOptions, HeaderDoubt, Input, InputOptions, RunOptions, Side,
    SummaryOptions, SurveyOptions, Target, TextOutput, UnusualTimes, Watch, check_event_id,
};

use crate::definition::Definition;
use crate::errors::{of_any, settled};
use crate::reading::Reading;
use crate::remedy::in_keywords;
use crate::work::work;

/// What there is to warn of.
type Warnings = Vec<String>;

/// Where a run writes, by name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Writing {
    output: String,
    sessions: Option<String>,
    as_of: Option<String>,
    to: Option<String>,
    force: bool,
    clean: bool,
    session_column: String,
    sequence: bool,
    reason: bool,
    allow_id_collisions: bool,
    digest: bool,
}

/// Writes files with the session of every event.
#[pyfunction]
#[pyo3(signature = (inputs, definition, reading, writing, progress = None))]
pub(crate) fn run(
    py: Python<'_>,
    inputs: Vec<String>,
    definition: Definition,
    reading: Reading,
    writing: Writing,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, Warnings)> {
    let options = settled(py, || {
        let mut options = RunOptions::new(target(&writing.output));
        options.sessions = writing.sessions.as_deref().map(target);
        options.as_of = writing.as_of.as_deref().map(str::parse).transpose()?;
        options.to = writing.to.as_deref().map(str::parse).transpose()?;
        options.threads = reading.threads();
        options.session_column.clone_from(&writing.session_column);
        options.with_sequence = writing.sequence;
        options.with_reason = writing.reason;
        options.null_time = reading.null_time()?;
        options.allow_id_collisions = writing.allow_id_collisions;
        options.force = writing.force;
        options.clean = writing.clean;
        options.digest = writing.digest;
        Ok((options, reading.options(definition.time_unit)?))
    })?;
    let done = work(py, progress.as_ref(), |watch| {
        let begun = Instant::now();
        let checked = &definition.checked;
        let (options, reading) = &options;
        let input = find(&inputs, &definition, reading, watch)?;
        let report = spectrum_engine::run(&input, checked, options, watch)?;
        let mut warnings = warnings(&input, report.unusual_times.as_ref(), checked.time())?;
        warnings.extend(report.left_behind.iter().map(|path| {
            format!("{} is of a run that was killed, or still goes on; clean=True removes it", path.display())
        }));
        Ok((library::run_json(report, checked, begun.elapsed()).to_string(), warnings))
    })?;
    done.map_err(|error| of_any(py, &error))
}

/// Describes the sessions of files: JSON, words and, if pictures are asked for, a page.
#[pyfunction]
#[pyo3(signature = (inputs, definition, reading, gaps, as_of, received, pictures, progress = None))]
#[allow(clippy::too_many_arguments, reason = "as many keywords there are")]
pub(crate) fn summary(
    py: Python<'_>,
    inputs: Vec<String>,
    definition: Definition,
    reading: Reading,
    gaps: Vec<String>,
    as_of: Option<String>,
    received: Option<String>,
    pictures: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, Option<String>, Warnings)> {
    let options = settled(py, || {
        let mut options = SummaryOptions::default();
        options.gaps = gaps.iter().map(|gap| gap.parse()).collect::<Result<_, _>>()?;
        options.as_of = as_of.as_deref().map(str::parse).transpose()?;
        options.threads = reading.threads();
        options.null_time = reading.null_time()?;
        options.thresholds = definition.thresholds.clone();
        Ok((options, reading.options(definition.time_unit)?))
    })?;
    let done = work(py, progress.as_ref(), |watch| {
        let checked = &definition.checked;
        let (options, reading) = &options;
        let input = find(&inputs, &definition, reading, watch)?;
        let summary = spectrum_engine::summarize(&input, checked, options, watch)?;
        let late = match &received {
            Some(received) => {
                Some(spectrum_engine::late_data(&input, checked, received, options.threads, watch)?)
            }
            None => None,
        };
        let late = late.as_ref().zip(received.as_deref());
        let html = match pictures {
            true => {
                let mut survey_options = SurveyOptions::default();
                survey_options.gaps = library::gaps_of_page(&options.gaps, checked)?;
                survey_options.threads = options.threads;
                survey_options.null_time = options.null_time;
                let survey = spectrum_engine::survey(&input, checked, &survey_options, watch)?;
                let about =
                    Page { inputs: &inputs, title: None, files: input.paths().count() as u64, redact: false };
                Some(library::page(&survey, None, checked, &definition.thresholds, &about))
            }
            false => None,
        };
        let as_of: Option<&AsOf> = options.as_of.as_ref();
        Ok((
            library::summary_json(&summary, checked, as_of, late).to_string(),
            library::summary_text(&summary, checked, as_of, late),
            html,
            warnings(&input, summary.unusual_times.as_ref(), checked.time())?,
        ))
    })?;
    done.map_err(|error| of_any(py, &error))
}

/// Says why an event belongs to its session.
#[pyfunction]
#[pyo3(signature = (inputs, event, definition, reading, progress = None))]
pub(crate) fn explain(
    py: Python<'_>,
    inputs: Vec<String>,
    event: String,
    definition: Definition,
    reading: Reading,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, Warnings)> {
    let input_options = settled(py, || reading.options(definition.time_unit))?;
    let done = work(py, progress.as_ref(), |watch| {
        let checked = &definition.checked;
        let mut options = ExplainOptions::default();
        options.threads = reading.threads();
        let input = Input::find(&inputs, &input_options, watch)?;
        let explanation = spectrum_engine::explain(&input, checked, &event, &options, watch)?;
        let warnings = warnings(&input, explanation.unusual_times.as_ref(), checked.time())?;
        let (json, text) = library::explained(&explanation, checked, &event, input_options.null_key);
        Ok((json.to_string(), in_keywords(&text), warnings))
    })?;
    done.map_err(|error| of_any(py, &error))
}

/// One of two definitions that are compared.
#[derive(FromPyObject)]
pub(crate) enum Compared {
    /// A definition.
    Definition(Py<Definition>),
    /// A file, a preset, settings or recorded sessions, as the command takes them.
    Text(String),
}

/// Where a comparison writes, and the columns of both sides, by name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Comparing {
    key: Option<Vec<String>>,
    time: Option<String>,
    event_id: Option<String>,
    output: Option<String>,
    to: Option<String>,
    force: bool,
}

/// Says what two definitions differ in.
#[pyfunction]
#[pyo3(signature = (inputs, a, b, names, reading, comparing, progress = None))]
#[allow(clippy::too_many_arguments, reason = "as many keywords there are")]
pub(crate) fn compare(
    py: Python<'_>,
    inputs: Vec<String>,
    a: Compared,
    b: Compared,
    names: (String, String),
    reading: Reading,
    comparing: Comparing,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, Warnings)> {
    let (a, b, options, input_options) = settled(py, || {
        let (a, b, unit) = sides(&a, &b, &comparing)?;
        let mut options = CompareOptions::default();
        options.threads = reading.threads();
        options.null_time = reading.null_time()?;
        options.moved = comparing.output.as_deref().map(target);
        options.to = comparing.to.as_deref().map(str::parse).transpose()?;
        options.force = comparing.force;
        Ok((a, b, options, reading.options(unit)?))
    })?;
    let done = work(py, progress.as_ref(), |watch| {
        let input = Input::find(&inputs, &input_options, watch)?;
        let comparison = spectrum_engine::compare(&input, &a, &b, &options, watch)?;
        let mut warnings = warnings(&input, comparison.unusual_times.as_ref(), a.definition.time())?;
        warnings.extend(comparison.left_behind.iter().map(|path| {
            format!(
                "{} is left of a run that was killed, or belongs to one that still goes on",
                path.display()
            )
        }));
        let (json, text) = library::compared(&comparison, &a, &b, [&names.0, &names.1]);
        Ok((json.to_string(), in_keywords(&text), warnings))
    })?;
    done.map_err(|error| of_any(py, &error))
}

/// Both sides. A text takes the columns of a definition beside it, where no keyword names them.
fn sides(
    a: &Compared,
    b: &Compared,
    columns: &Comparing,
) -> Result<(Side, Side, Option<spectrum_core::EpochUnit>)> {
    let other = match (a, b) {
        (Compared::Definition(one), _) | (_, Compared::Definition(one)) => Some(one.get()),
        _ => None,
    };
    let own_key = other.map(|other| other.checked.key());
    let key = columns.key.as_deref().or(own_key);
    let time = columns.time.as_deref().or(other.map(|other| other.checked.time()));
    let event_id = columns.event_id.as_deref().or(other.map(|other| other.checked.event_id()));
    let read = |a: &str, b: &str| {
        library::sides(a, b, key, time, event_id).map_err(|error| {
            // What is said of flags, in keywords.
            let words = format!("{error:#}").replace("in --a ", "in a=").replace("in --b ", "in b=");
            anyhow::Error::msg(in_keywords(&words))
        })
    };
    let unit = other.and_then(|other| other.time_unit);
    match (a, b) {
        (Compared::Text(a), Compared::Text(b)) => read(a, b),
        (Compared::Definition(a), Compared::Definition(b)) => {
            Ok((Side::of(a.get().checked.clone()), Side::of(b.get().checked.clone()), unit))
        }
        (Compared::Definition(a), Compared::Text(b)) => {
            let (_, b, of_file) = read("original", b)?;
            Ok((Side::of(a.get().checked.clone()), b, unit.or(of_file)))
        }
        (Compared::Text(a), Compared::Definition(b)) => {
            let (a, _, of_file) = read(a, "original")?;
            Ok((a, Side::of(b.get().checked.clone()), unit.or(of_file)))
        }
    }
}

/// Says what is wrong with events.
#[pyfunction]
#[pyo3(signature = (inputs, definition, reading, received, event_type, progress = None))]
pub(crate) fn check(
    py: Python<'_>,
    inputs: Vec<String>,
    definition: Definition,
    reading: Reading,
    received: Option<String>,
    event_type: Option<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, Warnings)> {
    let input_options = settled(py, || reading.options(definition.time_unit))?;
    let done = work(py, progress.as_ref(), |watch| {
        let mut options = check_options(&definition, &reading);
        options.received.clone_from(&received);
        options.event_type.clone_from(&event_type);
        let input = find(&inputs, &definition, &input_options, watch)?;
        let found = spectrum_engine::check(&input, &definition.checked, &options, watch)?;
        let (json, text) = library::checked(&found, &definition.checked, &definition.thresholds);
        Ok((json.to_string(), in_keywords(&text), warnings(&input, None, definition.checked.time())?))
    })?;
    done.map_err(|error| of_any(py, &error))
}

/// What a page shows and where it goes, by name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Reporting {
    output: Option<String>,
    force: bool,
    title: Option<String>,
    gaps: Vec<String>,
    key_values: Vec<String>,
    check: bool,
    redact: bool,
}

/// Makes the page of a report, and writes it if it has a place: JSON, the summary in words, the page, and warnings.
#[pyfunction]
#[pyo3(signature = (inputs, definition, reading, reporting, progress = None))]
pub(crate) fn report(
    py: Python<'_>,
    inputs: Vec<String>,
    definition: Definition,
    reading: Reading,
    reporting: Reporting,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String, String, Warnings)> {
    let options = settled(py, || {
        let checked = &definition.checked;
        let gaps: Vec<Gap> = reporting.gaps.iter().map(|gap| gap.parse()).collect::<Result<_, _>>()?;
        let mut options = SurveyOptions::default();
        options.gaps = library::gaps_of_page(&gaps, checked)?;
        options.key_values.clone_from(&reporting.key_values);
        options.threads = reading.threads();
        options.null_time = reading.null_time()?;
        Ok((options, reading.options(definition.time_unit)?))
    })?;
    let done = work(py, progress.as_ref(), |watch| {
        let checked = &definition.checked;
        let (options, input_options) = &options;
        let input = find(&inputs, &definition, input_options, watch)?;
        let begin = |output: &String| TextOutput::begin(&target(output), &input, reporting.force);
        let writing = reporting.output.as_ref().map(begin).transpose()?;
        let survey = spectrum_engine::survey(&input, checked, options, watch)?;
        let found = match reporting.check {
            true => {
                let options = check_options(&definition, &reading);
                Some(spectrum_engine::check(&input, checked, &options, watch)?)
            }
            false => None,
        };
        if let Some(value) = survey.unknown_values.first() {
            bail!("no key with a session has the value '{value}' in {}", checked.key().join(", "));
        }
        let about = Page {
            inputs: &inputs,
            title: reporting.title.as_deref(),
            files: input.paths().count() as u64,
            redact: reporting.redact,
        };
        let html = library::page(&survey, found.as_ref(), checked, &definition.thresholds, &about);
        if let Some(writing) = writing {
            writing.finish(&html)?;
        }
        let summary = &survey.summary;
        Ok((
            library::summary_json(summary, checked, None, None).to_string(),
            library::summary_text(summary, checked, None, None),
            html,
            warnings(&input, summary.unusual_times.as_ref(), checked.time())?,
        ))
    })?;
    done.map_err(|error| of_any(py, &error))
}

fn check_options(definition: &Definition, reading: &Reading) -> CheckOptions {
    let mut options = CheckOptions::new(Timestamp::now().as_microsecond());
    options.thresholds = definition.thresholds.clone();
    options.threads = reading.threads();
    options
}

fn target(path: &str) -> Target {
    Target::File(PathBuf::from(path))
}

/// The files that are meant; an event id column that was named has to be there.
fn find(inputs: &[String], definition: &Definition, options: &InputOptions, watch: &Watch) -> Result<Input> {
    let input = Input::find(inputs, options, watch)?;
    if definition.names_event_id {
        check_event_id(&input, &definition.checked)?;
    }
    Ok(input)
}

fn warnings(input: &Input, unusual: Option<&UnusualTimes>, time: &str) -> Result<Warnings> {
    let mut warnings: Warnings =
        library::warning(unusual, time).iter().map(|words| in_keywords(words)).collect();
    let left_out: Vec<String> = input
        .left_out()
        .map(|(ending, files)| match ending {
            "" => format!("{files} without an ending"),
            ending => format!("{files} ending in {ending}"),
        })
        .collect();
    if !left_out.is_empty() {
        warnings.push(format!(
            "files were left out: {}; format= names the format of all files, whatever their endings",
            left_out.join(", ")
        ));
    }
    if let Some((file, HeaderDoubt::Data(name))) = input.header_doubt()? {
        warnings.push(format!(
            "the first line of {file} was taken for the header, and '{name}' in it looks like data; if the file has no header, \
             name its columns with columns="
        ));
    }
    Ok(warnings)
}
