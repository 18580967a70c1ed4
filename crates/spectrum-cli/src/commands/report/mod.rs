//! `spectrum report`: the sessions of an input as one HTML page.

mod figures;
mod findings;
mod words;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use spectrum_check::Thresholds;
use spectrum_core::{Gap, SessionDefinition};
use spectrum_engine::{Checked, Survey, SurveyOptions, Target, TextOutput, check, survey};
use spectrum_report::page;

use self::figures::{Said, report};
use super::{note, print, target};
use crate::definition::DefinitionFlags;
use crate::events_from::{EventsFrom, Which};
use crate::inputs::{InputFlags, ThreadFlags, UselessTypeFlags};
use crate::interrupt::watched;
use crate::library::Page;
use crate::null_time::NullTimeFlag;
use crate::numbers::{bytes, counted, seconds};
use crate::progress::Progress;
use crate::stored::StoredFlags;
use crate::{found_unit, unusual_times};

/// Show the sessions of events as a page for the browser
///
/// One HTML file that needs no network and no other file: totals, sessions over time, how long sessions are and how many events
/// they have, the pauses between events and what other gaps would make of them, a map of the week, the keys with most sessions, and
/// what some of them did; and what spectrum check finds, beside the picture that shows it. Everything is there without scripts; a small one adds sorting and a search.
///
/// Without INPUT the events are those of the deployment in the database, and so is the definition unless flags say otherwise: what it
/// reads of them is copied into a temporary file.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, mut_arg("inputs", |inputs| inputs.required(false)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    /// Where the page goes; - is standard output
    #[arg(short, long, value_name = "OUT")]
    output: String,
    /// Replace the page if it exists
    #[arg(long)]
    force: bool,
    /// What the page is called [default: the inputs]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Gaps for the curve of sessions by gap [default: 42 of them, from 1s to 30d]
    #[arg(long, value_name = "DURATIONS", value_delimiter = ',')]
    gaps: Vec<Gap>,
    /// Show what keys with this value in any column did lately, beside those with most sessions; may be given several times
    #[arg(long = "key-value", value_name = "VALUE")]
    key_values: Vec<String>,
    /// Leave out what spectrum check finds, which takes another pass
    #[arg(long)]
    no_check: bool,
    /// Show hashes instead of the values of keys and of columns under [summary.columns]: the first 16 digits of the SHA-256.
    /// That is no anonymity: who guesses a value can check the guess
    #[arg(long)]
    redact: bool,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    stored: StoredFlags,
    #[command(flatten)]
    null_time: NullTimeFlag,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print what was written as one JSON object
    #[arg(long)]
    json: bool,
    /// Print nothing unless --json asks for it
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum report events.parquet -o report.html
  spectrum report 'logs/*.csv.gz' -o report.html --key visitor --time at --gap 15m
  spectrum report events.parquet -o report.html --key-value ann --key-value bob
  spectrum report events.parquet -o report.html --redact
  spectrum report --database-url postgresql://etl@db/shop -o report.html
  printf %s ann | sha256sum | cut -c1-16    # what --redact shows for ann";

/// The gaps of the curve: round ones, close enough to each other for a smooth curve.
const GAPS: &str = "1s,2s,3s,5s,7s,10s,15s,20s,30s,45s,1m,90s,2m,3m,4m,5m,7m,10m,12m,15m,20m,25m,30m,40m,50m,1h,90m,2h,3h,4h,6h,\
                    8h,12h,18h,1d,36h,2d,3d,5d,7d,14d,30d";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    arguments.types.refuse("a page has none")?;
    let (input, stored) = (&arguments.input, &arguments.stored);
    let from = EventsFrom::open("report", input, &arguments.definition, stored, &[], Which::Counted)?;
    let EventsFrom { definition, input, names, .. } = &from;
    let out = target(&arguments.output);
    let writing = TextOutput::begin(&out, input, arguments.force)?;
    for path in writing.left_behind() {
        note(&format!("note: {} is of a run that was killed, or still goes on", path.display()));
    }
    let options = options(arguments, definition)?;
    let checking = match arguments.no_check {
        true => None,
        false => Some(findings::options(arguments.definition.thresholds()?, options.threads)),
    };
    let watch = watched();
    let header = arguments.input.question_header(input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = survey(input, definition, &options, &watch).and_then(|survey| {
        let checked = checking.as_ref().map(|options| check(input, definition, options, &watch));
        Ok((survey, checked.transpose()?))
    });
    drop(progress);
    let (survey, checked) = done?;
    found_unit::tell(survey.summary.found_unit, definition.time(), arguments.quiet);
    unusual_times::warn(survey.summary.unusual_times.as_ref(), definition.time());
    header.ask();
    if let Some(value) = survey.unknown_values.first() {
        let columns = definition.key().join(", ");
        bail!("no key with a session has the value '{value}' in {columns}, as --key-value asks");
    }
    let said = Said {
        inputs: names,
        title: arguments.title.as_deref(),
        files: input.paths().count() as u64,
        redact: arguments.redact,
    };
    let mut report = report(&survey, definition, &said);
    report.findings = checking.zip(checked).map(|(options, mut checked)| {
        from.without_order(&mut checked.findings, false);
        findings::findings(&checked, &options.thresholds, definition, arguments.redact)
    });
    let html = page(&report);
    writing.finish(&html)?;
    let took = begun.elapsed().as_secs_f64();
    let (summary, size) = (&survey.summary, html.len() as u64);
    let text = match arguments.json {
        true => json!({
            "output": out.name(),
            "bytes": size,
            "events": summary.events,
            "keys": summary.keys,
            "sessions": summary.figures.sessions,
            "findings": report.findings.as_ref().map(Vec::len),
            "seconds": took,
        })
        .to_string(),
        false if arguments.quiet => return Ok(()),
        false => format!(
            "wrote {} ({}) with {} of {}{} in {}",
            out.name(),
            bytes(size),
            counted(summary.figures.sessions, "session", "sessions"),
            counted(summary.keys, "key", "keys"),
            match report.findings.as_deref() {
                None | Some([]) => String::new(),
                Some(found) => format!(" and {}", counted(found.len() as u64, "finding", "findings")),
            },
            seconds(took)
        ),
    };
    if out == Target::Stdout {
        note(&text);
        return Ok(());
    }
    print(&text).inspect_err(|_| note("note: the page is complete; only this was not printed"))?;
    Ok(())
}

/// The page of a survey, and of what a check found if one was made.
pub(crate) fn page_of(
    survey: &Survey,
    checked: Option<&Checked>,
    definition: &SessionDefinition,
    thresholds: &Thresholds,
    about: &Page<'_>,
) -> String {
    let Page { inputs, title, files, redact } = *about;
    let mut report = report(survey, definition, &Said { inputs, title, files, redact });
    report.findings = checked.map(|checked| findings::findings(checked, thresholds, definition, redact));
    page(&report)
}

/// The gaps of the curve: those that were named or the usual ones, and what is said in words of half of the gap and twice as
/// much.
pub(crate) fn gaps(named: &[Gap], definition: &SessionDefinition) -> Result<Vec<Gap>> {
    let mut gaps = match named {
        [] => GAPS.split(',').map(str::parse).collect::<Result<_, _>>()?,
        gaps => gaps.to_vec(),
    };
    let own = definition.gap().nanoseconds();
    let near = [own / 2, own.saturating_mul(2)].map(Gap::from_nanoseconds);
    gaps.extend(near.into_iter().flatten());
    Ok(gaps)
}

fn options(arguments: &Arguments, definition: &SessionDefinition) -> Result<SurveyOptions> {
    let mut options = SurveyOptions::default();
    options.gaps = gaps(&arguments.gaps, definition)?;
    options.key_values.clone_from(&arguments.key_values);
    options.threads = arguments.threads.count();
    options.null_time = arguments.null_time.choice();
    Ok(options)
}
