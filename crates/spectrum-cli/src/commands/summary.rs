//! `spectrum summary`: the sessions of an input in numbers, and those of other gaps beside them.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spectrum_core::{Gap, SessionDefinition};
use spectrum_engine::{
    AsOf, Figures, LateData, Spread, Summary, SummaryOptions, late_data as find_late_data, summarize,
};

use super::print;
use crate::day_chart::{date_of, day_chart};
use crate::definition::DefinitionFlags;
use crate::inputs::{InputFlags, ThreadFlags, UselessTypeFlags};
use crate::interrupt::watched;
use crate::null_time::NullTimeFlag;
use crate::numbers::{count, counted, instant, seconds};
use crate::progress::Progress;
use crate::rule_words::{outside, rules};
use crate::table::table;
use crate::{attributes, found_unit, late_data, places, unusual_times};

/// Describe the sessions of events, and compare gaps
///
/// Nothing is written. Medians and percentiles are exact: the median is the value in the middle or halfway
/// between the two in the middle, and the 95th percentile is the least value that 95 % do not exceed (nearest
/// rank). A session's length is the time from its first to its last event, and it counts on the day of its first.
/// Columns that the definition file declares under [summary.columns] are described too.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    /// Compare the sessions of these gaps with those of the definition's, in the same pass
    #[arg(long, value_name = "DURATIONS", value_delimiter = ',')]
    gaps: Vec<Gap>,
    /// Column that says when an event arrived: tells how late events are, and what late ones would have changed in sessions that
    /// are computed at each midnight
    #[arg(long, value_name = "COLUMN")]
    received: Option<String>,
    /// Count the sessions that could still go on at this time, which no event may be after; as in 2026-03-01T10:00:00Z
    #[arg(long, value_name = "TIME")]
    as_of: Option<AsOf>,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    null_time: NullTimeFlag,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the summary as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum summary events.parquet
  spectrum summary events.parquet --gaps 5m,10m,30m,1h,2h
  spectrum summary 'logs/*.ndjson.gz' --key visitor --time at --null-time drop
  spectrum summary events.parquet --received loaded_at
  spectrum summary events.parquet --json | jq '.length_seconds.median'";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.types.refuse("summary writes none")?;
    let (definition, unit) = arguments.definition.resolve_with_unit()?;
    let input = arguments.input.find(unit)?;
    arguments.definition.check_event_id(&input, &definition)?;
    let mut options = SummaryOptions::default();
    options.gaps.clone_from(&arguments.gaps);
    options.as_of.clone_from(&arguments.as_of);
    options.threads = arguments.threads.count();
    options.null_time = arguments.null_time.choice();
    options.thresholds = arguments.definition.thresholds()?;
    let watch = watched();
    let header = arguments.input.question_header(&input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = summarize(&input, &definition, &options, &watch).and_then(|summary| {
        let late = arguments
            .received
            .as_ref()
            .map(|received| find_late_data(&input, &definition, received, options.threads, &watch));
        Ok((summary, late.transpose()?))
    });
    drop(progress);
    let (summary, late) = done?;
    found_unit::tell(summary.found_unit, definition.time(), arguments.quiet);
    unusual_times::warn(summary.unusual_times.as_ref(), definition.time());
    header.ask();
    let late = late.as_ref().zip(arguments.received.as_deref());
    let as_of = arguments.as_of.as_ref();
    let text = match arguments.json {
        true => {
            let mut object = whole_json(&summary, &definition, as_of, late);
            places::tell_reads(&mut object);
            object.to_string()
        }
        false => whole_text(&summary, &definition, as_of, late),
    };
    Ok(print(&text)?)
}

/// The summary, and what is said of late events by the column that says when they arrived, as JSON.
pub(crate) fn whole_json(
    summary: &Summary,
    definition: &SessionDefinition,
    as_of: Option<&AsOf>,
    late: Option<(&LateData, &str)>,
) -> Value {
    let mut object = as_json(summary, definition, as_of);
    if let Some((late, received)) = late {
        object["late_data"] = late_data::as_json(late, received);
    }
    object
}

/// The same in words.
pub(crate) fn whole_text(
    summary: &Summary,
    definition: &SessionDefinition,
    as_of: Option<&AsOf>,
    late: Option<(&LateData, &str)>,
) -> String {
    let late = late.map(|(late, received)| late_data::as_text(late, received));
    [as_text(summary, definition, as_of)].into_iter().chain(late).collect::<Vec<_>>().join("\n\n")
}

fn as_text(summary: &Summary, definition: &SessionDefinition, as_of: Option<&AsOf>) -> String {
    let mut sections = vec![overview(summary, definition, as_of)];
    if let Some((_, last)) = summary.span {
        sections.extend(day_chart(&summary.days, summary.day_of(last), summary.zoned));
    }
    if !summary.gaps.is_empty() {
        sections.push(gap_table(summary, definition.gap()));
    }
    if !summary.attributes.is_empty() {
        sections.push(attributes::as_text(&summary.attributes));
    }
    sections.join("\n\n")
}

fn overview(summary: &Summary, definition: &SessionDefinition, as_of: Option<&AsOf>) -> String {
    let figures = &summary.figures;
    let mut lines = vec![
        format!(
            "{} of {} in {}",
            counted(summary.events, "event", "events"),
            counted(summary.keys, "key", "keys"),
            counted(figures.sessions, "session", "sessions"),
        ),
        format!("  gap      {}", definition.gap()),
    ];
    if let Some((first, last)) = summary.span {
        let at = |time| instant(time, summary.unit, summary.zoned);
        lines.push(format!("  span     {} to {}", at(first), at(last)));
    }
    if let (Some(length), Some(events)) = (figures.seconds, figures.events) {
        lines.push(format!(
            "  length   {} on average, median {}, 95 % up to {}, longest {}",
            seconds(length.average),
            seconds(length.median),
            seconds(length.p95),
            seconds(length.max),
        ));
        lines.push(format!(
            "  events   {} per session on average, median {}, 95 % up to {}, most {}",
            to_tenths(events.average),
            to_tenths(events.median),
            count(events.p95 as u64),
            count(events.max as u64),
        ));
        lines.push(format!(
            "  single   {} ({}) with a single event",
            counted(figures.single_event_sessions, "session", "sessions"),
            share(figures),
        ));
    }
    if let (Some(open), Some(as_of)) = (summary.open, as_of) {
        lines.push(format!("  open     {} could go on at {as_of}", counted(open, "session", "sessions")));
    }
    if summary.dropped > 0 {
        lines.push(format!("  dropped  {} without a time", counted(summary.dropped, "event", "events")));
    }
    if summary.dropped_null_keys > 0 {
        let events = counted(summary.dropped_null_keys, "event", "events");
        lines.push(format!("  dropped  {events} with a NULL in the key"));
    }
    for (at, rule) in rules(definition).into_iter().enumerate() {
        lines.push(format!("  {:8} {rule}", if at == 0 { "rules" } else { "" }));
    }
    let outside = outside(summary.not_taking_part, summary.without_session);
    lines.extend(outside.into_iter().map(|events| format!("  outside  {events}")));
    if summary.null_key_events > 0 {
        let events = counted(summary.null_key_events, "event", "events");
        lines.push(format!("  NULL key in {events}; NULL counts as a value like any other"));
    }
    if !summary.findings.is_empty() {
        let findings = counted(summary.findings.len() as u64, "finding", "findings");
        lines.push(format!("  check    {findings}: see spectrum check"));
    }
    lines.join("\n")
}

fn gap_table(summary: &Summary, own: Gap) -> String {
    let rows: Vec<_> =
        summary.gaps.iter().map(|(gap, figures)| gap_row(*gap, *gap == own, figures)).collect();
    let header = [
        "Gap",
        "Sessions",
        "Average\nlength",
        "Median\nlength",
        "Events per\nsession",
        "Single-event\nsessions",
    ];
    format!("Sessions by gap\n{}\n  * the gap of the definition", table(header, 1, &rows))
}

fn gap_row(gap: Gap, is_own: bool, figures: &Figures) -> [String; 6] {
    let of = |spread: Option<Spread>, text: fn(Spread) -> String| spread.map_or("-".to_owned(), text);
    [
        format!("{gap}{}", if is_own { " *" } else { "" }),
        count(figures.sessions),
        of(figures.seconds, |length| seconds(length.average)),
        of(figures.seconds, |length| seconds(length.median)),
        of(figures.events, |events| with_tenths(events.average)),
        share(figures),
    ]
}

/// Which share of the sessions has a single event.
fn share(figures: &Figures) -> String {
    figures.single_event_share().map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

/// A number with one decimal.
fn with_tenths(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    format!("{}.{}", count(tenths / 10), tenths % 10)
}

/// A number with one decimal, unless that is zero.
fn to_tenths(number: f64) -> String {
    let text = with_tenths(number);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn as_json(summary: &Summary, definition: &SessionDefinition, as_of: Option<&AsOf>) -> Value {
    let at = |time| instant(time, summary.unit, summary.zoned);
    let days = summary.days.iter().map(|day| {
        let date = date_of(day.day).map(|date| date.to_string());
        json!({ "day": date, "days_since_1970": day.day, "sessions": day.sessions })
    });
    let gaps = summary.gaps.iter().map(|(gap, figures)| {
        let mut row = json!({
            "gap": gap.to_string(),
            "gap_seconds": gap.nanoseconds() as f64 / 1e9,
            "is_definition": *gap == definition.gap(),
        });
        add(&mut row, figures_json(figures));
        row
    });
    let mut object = json!({
        "events": summary.events,
        "keys": summary.keys,
        "first": summary.span.map(|(first, _)| at(first)),
        "last": summary.span.map(|(_, last)| at(last)),
        "dropped_null_time": summary.dropped,
        "dropped_null_key": summary.dropped_null_keys,
        "rules": rules(definition),
        "not_taking_part": summary.not_taking_part,
        "without_session": summary.without_session,
        "null_key_events": summary.null_key_events,
        "findings": summary.findings.iter().map(|check| check.name()).collect::<Vec<_>>(),
        "unusual_times": unusual_times::as_json(summary.unusual_times.as_ref()),
        "gap": definition.gap().to_string(),
        "gap_seconds": definition.gap().nanoseconds() as f64 / 1e9,
        "days": days.collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
    });
    add(&mut object, figures_json(&summary.figures));
    if let (Some(open), Some(as_of)) = (summary.open, as_of) {
        object["as_of"] = json!(as_of.to_string());
        object["open_sessions"] = json!(open);
    }
    if !summary.attributes.is_empty() {
        object["attributes"] = attributes::as_json(&summary.attributes);
    }
    object
}

pub(super) fn figures_json(figures: &Figures) -> Value {
    let spread = |spread: Spread| json!({ "average": spread.average, "median": spread.median, "p95": spread.p95, "max": spread.max });
    json!({
        "sessions": figures.sessions,
        "length_seconds": figures.seconds.map(spread),
        "events_per_session": figures.events.map(spread),
        "single_event_sessions": figures.single_event_sessions,
        "single_event_share": figures.single_event_share(),
    })
}

/// Adds the members of one JSON object to another.
fn add(object: &mut Value, others: Value) {
    if let (Value::Object(object), Value::Object(others)) = (object, others) {
        object.extend(others);
    }
}
