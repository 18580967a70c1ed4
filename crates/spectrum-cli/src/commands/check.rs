//! `spectrum check`: what is wrong with events.

use std::str::FromStr;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use spectrum_check::{Check, Example, Fact, Finding, Severity};
use spectrum_engine::{CheckOptions, Checked, check};

use super::print;
use crate::day_chart::date_of;
use crate::definition::DefinitionFlags;
use crate::events_from::{EventsFrom, Which};
use crate::exit::Partly;
use crate::finding_words::{Words, told};
use crate::found_unit;
use crate::inputs::{InputFlags, ThreadFlags, UselessTypeFlags};
use crate::interrupt::watched;
use crate::numbers::{count, counted};
use crate::progress::Progress;
use crate::stored::StoredFlags;

/// Find what is wrong with events before it spoils a number
///
/// Looks at all events, whatever the definition's rules make of them, for times that cannot be right, events that are there
/// twice, keys that are not people, and days unlike the others. Sessions are those of the gap alone. Nothing is written.
///
/// Without INPUT the events are those of the deployment in the database, all of its table, and so is the definition unless flags say
/// otherwise: what is looked at is copied into a temporary file, in one statement that reads the table once.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, mut_arg("inputs", |inputs| inputs.required(false)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    /// Column that says when an event arrived: tells how late events are, and which keys have a wrong clock
    #[arg(long, value_name = "COLUMN")]
    received: Option<String>,
    /// Column that says of which type an event is: tells types that come or go, and repeated events from others of the same time
    #[arg(long = "type", value_name = "COLUMN")]
    event_type: Option<String>,
    /// Make only these checks, separated by commas, as in future-times,outages
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    only: Vec<Check>,
    /// Leave these checks out, separated by commas
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    skip: Vec<Check>,
    /// Findings that exit with 3, separated by commas: checks, severities (error, warning, note), all or none
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "error,warning")]
    deny: Vec<Denied>,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    stored: StoredFlags,
    /// Take this time for now
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the findings as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
docs/check.md defines every check, and the thresholds that [check] in a spectrum.toml sets.

Exit codes:
  0    nothing was found, or only what --deny does not name
  3    something was found that --deny names: by default an error or a warning, not a note

Examples:
  spectrum check events.parquet
  spectrum check events.parquet --type event_type --received loaded_at
  spectrum check 'logs/*.ndjson.gz' --key visitor --time at --skip late-events
  spectrum check events.csv --deny error
  spectrum check --database-url postgresql://etl@db/shop --type event_type
  spectrum check events.csv --json | jq '.findings[] | {check, count}'";

/// What `--deny` names.
#[derive(Clone, Copy, Debug)]
enum Denied {
    All,
    None,
    Severity(Severity),
    Check(Check),
}

impl FromStr for Denied {
    type Err = spectrum_check::UnknownCheck;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let severity = Severity::ALL.into_iter().find(|severity| severity.name() == name);
        match (name, severity) {
            ("all", _) => Ok(Self::All),
            ("none", _) => Ok(Self::None),
            (_, Some(severity)) => Ok(Self::Severity(severity)),
            _ => name.parse().map(Self::Check),
        }
    }
}

impl Denied {
    fn names(self, finding: &Finding) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Severity(severity) => finding.severity == severity,
            Self::Check(check) => finding.check == check,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.types.refuse("check writes none")?;
    if let ([_, _, ..], true) =
        (&arguments.deny[..], arguments.deny.iter().any(|denied| matches!(denied, Denied::None)))
    {
        bail!("--deny says none and something else; say what exits with 3, or none alone");
    }
    if let Some(check) = arguments.only.iter().find(|check| arguments.skip.contains(check)) {
        bail!("--only and --skip both name {check}");
    }
    let thresholds = arguments.definition.thresholds()?;
    let (input, stored) = (&arguments.input, &arguments.stored);
    let columns: Vec<String> = arguments.received.iter().chain(&arguments.event_type).cloned().collect();
    let from = EventsFrom::open("check", input, &arguments.definition, stored, &columns, Which::All)?;
    let EventsFrom { definition, input, .. } = &from;
    let mut options = CheckOptions::new(arguments.now.unwrap_or_else(Timestamp::now).as_microsecond());
    options.thresholds = thresholds;
    options.received.clone_from(&arguments.received);
    options.event_type.clone_from(&arguments.event_type);
    options.threads = arguments.threads.count();
    let watch = watched();
    let header = arguments.input.question_header(input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = check(input, definition, &options, &watch);
    drop(progress);
    let mut checked = done?;
    found_unit::tell(checked.found_unit, definition.time(), arguments.quiet);
    header.ask();
    let has_ids = checked.tallies.repeated_ids.is_some();
    if let Some((check, needs)) =
        arguments.only.iter().find_map(|check| Some((check, arguments.lacks(*check, has_ids)?)))
    {
        bail!("--only names {check}, which needs {needs}");
    }
    from.without_order(&mut checked.findings, arguments.received.is_some());
    let is_wanted = |check: Check| {
        (arguments.only.is_empty() || arguments.only.contains(&check)) && !arguments.skip.contains(&check)
    };
    checked.findings.retain(|finding| is_wanted(finding.check));
    let is_denied = |finding: &Finding| arguments.deny.iter().any(|denied| denied.names(finding));
    let denied = checked.findings.iter().filter(|finding| is_denied(finding)).count() as u64;
    let words =
        Words { key: definition.key(), zoned: checked.tallies.zoned, thresholds: &options.thresholds };
    let text = match arguments.json {
        true => as_json(&checked, &words, is_denied).to_string(),
        false => as_text(&checked, &words),
    };
    print(&text)?;
    match denied {
        0 => Ok(()),
        denied => bail!(Partly(format!(
            "{} that --deny names; see docs/check.md",
            counted(denied, "finding", "findings")
        ))),
    }
}

/// What was found as JSON and in words, where nothing is denied but errors and warnings.
pub(crate) fn both(checked: &Checked, words: &Words<'_>) -> (Value, String) {
    let is_denied = |finding: &Finding| finding.severity != Severity::Note;
    (as_json(checked, words, is_denied), as_text(checked, words))
}

impl Arguments {
    /// What a check needs that was not given.
    fn lacks(&self, check: Check, has_ids: bool) -> Option<&'static str> {
        match check {
            Check::ClockSkew if self.received.is_none() => {
                Some("--received, the column that says when events arrived")
            }
            Check::TypeShare if self.event_type.is_none() => {
                Some("--type, the column that says of which type events are")
            }
            Check::RepeatedEventIds if !has_ids => Some("a column of event ids; --event-id names it"),
            _ => None,
        }
    }
}

fn as_text(checked: &Checked, words: &Words<'_>) -> String {
    let of = format!(
        "{} of {}",
        counted(checked.tallies.events, "event", "events"),
        counted(checked.tallies.keys, "key", "keys")
    );
    if checked.findings.is_empty() {
        return format!("No findings in {of}");
    }
    let found = counted(checked.findings.len() as u64, "finding", "findings");
    let mut sections = vec![format!("{found} in {of}")];
    sections.extend(checked.findings.iter().map(|finding| section(finding, words)));
    sections.join("\n\n")
}

/// The width of what is told, in characters.
const WIDTH: usize = 96;

/// A finding: its line, what it is, examples, and what to do.
fn section(finding: &Finding, words: &Words<'_>) -> String {
    let told = told(finding, words);
    let mut lines = vec![format!(
        "{:8} {:19} {}",
        finding.severity.name(),
        finding.check.name(),
        how_many(finding, told.counted)
    )];
    let mut paragraph = |head: &str, text: &str| {
        for (at, line) in wrapped(text, WIDTH - 12).into_iter().enumerate() {
            lines.push(format!("  {:9} {line}", if at == 0 { head } else { "" }));
        }
    };
    paragraph("", &told.what);
    for (at, example) in told.examples.iter().enumerate() {
        paragraph(if at == 0 { "such as" } else { "" }, example);
    }
    paragraph("to do", told.to_do);
    lines.join("\n")
}

/// How many of how many, and which share that is.
fn how_many(finding: &Finding, (one, many, of): (&str, &str, &str)) -> String {
    if one == of || many == of {
        let share = 100.0 * finding.share();
        let share = match share {
            _ if share >= 10.0 => format!("{share:.0} %"),
            _ if share >= 0.1 => format!("{share:.1} %"),
            _ => format!("{share:.2} %"),
        };
        return format!("{} of {} {many} ({share})", count(finding.count), count(finding.of));
    }
    format!("{} in {} {of}", counted(finding.count, one, many), count(finding.of))
}

/// A text in lines that are no longer than this, unless a word is.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn as_json(checked: &Checked, words: &Words<'_>, is_denied: impl Fn(&Finding) -> bool) -> Value {
    let findings = checked.findings.iter().map(|finding| {
        let told = told(finding, words);
        json!({
            "check": finding.check.name(),
            "severity": finding.severity.name(),
            "denied": is_denied(finding),
            "count": finding.count,
            "of": finding.of,
            "share": finding.share(),
            "what": told.what,
            "to_do": told.to_do,
            "examples": finding.examples.iter().map(|example| example_json(example, words)).collect::<Vec<_>>(),
            "facts": facts_json(finding, words),
        })
    });
    let span = checked.tallies.span;
    json!({
        "events": checked.tallies.events,
        "keys": checked.tallies.keys,
        "first": span.map(|(first, _)| words.time(first)),
        "last": span.map(|(_, last)| words.time(last)),
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn example_json(example: &Example, words: &Words<'_>) -> Value {
    let mut object = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    add("key", example.key.as_ref().map(|key| json!(key)));
    add("time", example.time.map(|time| json!(words.time(time))));
    add("until", example.until.map(|time| json!(words.time(time))));
    add("day", example.day.and_then(date_of).map(|day| json!(day.to_string())));
    add("value", example.value.as_ref().map(|value| json!(value)));
    add("place", example.place.as_ref().map(|place| json!(place)));
    add("count", example.count.map(|count| json!(count)));
    add("of", example.of.map(|of| json!(of)));
    add("seconds", example.seconds.map(|seconds| json!(seconds)));
    add("measured", example.measured.map(|measured| json!(measured)));
    add("expected", example.expected.map(|expected| json!(expected)));
    add("lasts", example.measured.map(|_| json!(example.lasts)));
    Value::Object(object)
}

fn facts_json(finding: &Finding, words: &Words<'_>) -> Value {
    let value = |fact: &Fact| match fact {
        Fact::Count(count) => json!(count),
        Fact::Number(number) | Fact::Seconds(number) => json!(number),
        Fact::Time(time) => json!(words.time(*time)),
        Fact::Text(text) => json!(text),
        _ => Value::Null,
    };
    Value::Object(finding.facts.iter().map(|(name, fact)| ((*name).to_owned(), value(fact))).collect())
}
