//! What a finding is called in words, and what to do about it. Whoever shows findings says the same of them.

use arrow_schema::TimeUnit;
use spectrum_check::{Check, Example, Fact, Finding, Thresholds};

use crate::day_chart::date_of;
use crate::numbers::{count, counted, instant, seconds};
use crate::visible::visible;

/// What the words need to know besides.
pub(crate) struct Words<'a> {
    /// The key columns.
    pub(crate) key: &'a [String],
    /// Whether times had a zone.
    pub(crate) zoned: bool,
    pub(crate) thresholds: &'a Thresholds,
}

/// A finding in words.
pub(crate) struct Told {
    /// What is counted, of one and of several, and out of what.
    pub(crate) counted: (&'static str, &'static str, &'static str),
    pub(crate) what: String,
    pub(crate) examples: Vec<String>,
    pub(crate) to_do: &'static str,
}

impl Words<'_> {
    pub(crate) fn time(&self, micros: i64) -> String {
        instant(micros, TimeUnit::Microsecond, self.zoned)
    }

    fn key(&self, values: &[Option<String>]) -> String {
        let value = |value: &Option<String>| match value {
            None => "NULL".to_owned(),
            Some(value) => value_told(value),
        };
        let named = self.key.iter().zip(values).map(|(name, text)| format!("{name} {}", value(text)));
        named.collect::<Vec<_>>().join(", ")
    }
}

/// A value of the events in a sentence, where an empty one would be nothing.
fn value_told(value: &str) -> String {
    if value.is_empty() { "''".to_owned() } else { visible(value) }
}

pub(crate) fn told(finding: &Finding, words: &Words<'_>) -> Told {
    let (counted, what, to_do) = in_words(finding, words);
    let examples = finding.examples.iter().map(|example| example_of(finding, example, words)).collect();
    Told { counted, what, examples, to_do }
}

const EVENTS: (&str, &str, &str) = ("event", "events", "events");
const KEYS: (&str, &str, &str) = ("key", "keys", "keys");
const CHANGES: (&str, &str, &str) = ("change", "changes", "days");

fn in_words(
    finding: &Finding,
    words: &Words<'_>,
) -> ((&'static str, &'static str, &'static str), String, &'static str) {
    let thresholds = words.thresholds;
    let number = |name| match finding.known(name) {
        Some(Fact::Number(number) | Fact::Seconds(number)) => *number,
        Some(Fact::Count(count)) => *count as f64,
        _ => 0.0,
    };
    let text = |name| match finding.known(name) {
        Some(Fact::Text(text)) => text.as_str(),
        _ => "",
    };
    match finding.check {
        Check::NullTimes => (
            EVENTS,
            "These events have no time. A run refuses them.".into(),
            "Mend them where they are written, or leave them out with --null-time drop.",
        ),
        Check::FutureTimes => (
            EVENTS,
            "These events have not happened yet: their times are after now.".into(),
            "Look for wrong clocks, local times that are written as UTC, and numbers of another unit (--time-unit). Until \
             that is mended, leave these events out with --where.",
        ),
        Check::AncientTimes => (
            EVENTS,
            format!("These events are older than {}.", words.time(thresholds.floor)),
            "Look for numbers of another unit (--time-unit s, ms, us or ns) and for zeros in place of times. If events are \
             that old, set floor in [check].",
        ),
        Check::RepeatedEventIds => (
            EVENTS,
            "These events have an id that another event has. One event of each id is not counted.".into(),
            "Look for files that were loaded twice and for messages that were sent again, and keep one event of each id \
             before sessions are made.",
        ),
        Check::CoarseTimes => (
            EVENTS,
            format!("These times are whole {}: what is finer was cut off.", text("unit")),
            "Take times from where they are whole. Which of two events came first is lost, and so is the length of short \
             sessions.",
        ),
        Check::MidnightTimes => (
            EVENTS,
            "These events happened at midnight exactly, as dates do that lost their clock time.".into(),
            "Look for a source that has dates alone, and take its times from elsewhere or leave its events out with --where.",
        ),
        Check::ShiftedTimes => {
            let hours = number("hours");
            let (whose, others) = match text("stream") {
                "file" => ("The events of some files", "those that the same keys have in other files"),
                "type" => ("The events of some types", "the other events of their keys"),
                _ => ("These events", "the other events of their keys"),
            };
            let direction = if hours > 0.0 { "later" } else { "earlier" };
            let whole = counted(hours.abs() as u64, "hour", "hours");
            (
                EVENTS,
                format!("{whose} are {whole} {direction} than {others}, as local times are that were taken for UTC."),
                "Find out which of them are right, and write all times in UTC or with their zone. A type that is sent whole hours after \
             another, such as a reminder, is no fault: leave the check out, or look without --type.",
            )
        }
        Check::RepeatedEvents => (
            EVENTS,
            "These events are the same as another one in key and time, and in type where --type names it.".into(),
            "Name the type with --type if it is not named: without it, different events of one instant look alike. Then look for \
             events that are sent twice, such as by two tags on one page. They count twice in every session.",
        ),
        Check::StandInKeys => (
            EVENTS,
            "These events have a value in the key that stands for nobody, so the events of many become sessions of one."
                .into(),
            "Leave them out with --where or, where the value is NULL, --null-key drop; or use a key that tells people apart, \
             as in --key 'user_id|anonymous_id'.",
        ),
        Check::OutsizedKeys => (
            KEYS,
            format!(
                "Each of these keys has {:.0} % of all events or more, as a key has that stands for many people.",
                100.0 * thresholds.key_share
            ),
            "Look at what it stands for: a test account, a shared login, a server. Leave its events out with --where if it is \
             no one person.",
        ),
        Check::FastKeys => (
            KEYS,
            format!(
                "These keys had more than {} events within {}: nobody clicks that fast.",
                count(thresholds.burst_events),
                thresholds.burst_time
            ),
            "Look for bots, for loops that send the same event again and again, and for keys of many people. Leave them out \
             with --where.",
        ),
        Check::SteadyKeys => (
            KEYS,
            "The events of these keys are one and the same pause apart, as those of machines are.".into(),
            "Look for bots, monitors and heartbeats. Leave them out with --where, or let heartbeats join sessions and never \
             start one with --passive-when.",
        ),
        Check::LongSessions => (
            ("session", "sessions", "sessions"),
            format!("These sessions are longer than {}.", thresholds.long_session),
            "Look for bots, heartbeats and keys of many people. A limit such as --max-duration 12h ends sessions, and \
             --split-at midnight does so every day.",
        ),
        Check::SleeplessKeys => (
            KEYS,
            format!("These keys were active in {} hours in a row or more.", count(thresholds.sleepless_hours)),
            "Look for bots and for keys that several people share.",
        ),
        Check::ClockSkew => (
            KEYS,
            format!(
                "Events of these keys arrived more than {} before they happened, so the clocks of these keys are ahead.",
                thresholds.clock_skew
            ),
            "Correct their times by how far they are ahead when events arrive, or use the time of arrival for these keys.",
        ),
        Check::LateEvents => {
            let by = match text("known_by") {
                "arrival" => "arrived",
                _ => "stand in their files",
            };
            (
                EVENTS,
                format!(
                    "These events {by} more than {} after they happened, the latest {} after.",
                    thresholds.late_after,
                    seconds(number("latest_seconds"))
                ),
                "Sessions that were made before they came will change. docs/late-data.md says what to do about it.",
            )
        }
        Check::Outages => (
            ("stretch", "stretches", "days"),
            format!(
                "There is no event for {} altogether, although other days have many then.",
                seconds(number("seconds"))
            ),
            "Look for files that are missing and for an outage of what collects events. Sessions end where it begins.",
        ),
        Check::QuietDays => (
            ("day", "days", "days"),
            format!(
                "These days have less than {:.0} % of the keys of days like them.",
                100.0 * thresholds.quiet_day
            ),
            "Look for files that are missing or cut short, and for holidays.",
        ),
        Check::KeysPerDay => (
            CHANGES,
            "The number of keys per day changes suddenly.".into(),
            "Where they became fewer, look for events that are lost; otherwise for a launch or a campaign, or for a change of what \
             makes a key, such as a new cookie or login.",
        ),
        Check::EventsPerKey => (
            CHANGES,
            "The number of events per key and day changes suddenly.".into(),
            "Look for events that are sent twice or not any more since then. Sessions before and after cannot be compared.",
        ),
        Check::TypeShare => (
            ("day", "days", "days"),
            "The share of a type changes suddenly.".into(),
            "Look for a type that was added, renamed or lost. Rules and conditions that name it change their meaning.",
        ),
        Check::SingleEventShare => (
            CHANGES,
            "The share of sessions with a single event changes suddenly.".into(),
            "Look for types that are not sent any more, for new bots, and for keys that are lost within a visit.",
        ),
        Check::GapInPeak => (
            ("pause", "pauses", "pauses"),
            format!(
                "Pauses of about the gap are frequent: {} within 25 % below it, {} of just its length, {} within 25 % above \
                 it. The gap cuts through them.",
                count(number("shorter") as u64),
                count(number("exact") as u64),
                count(number("longer") as u64)
            ),
            "Choose a gap beside the peak: `spectrum summary --gaps` shows what sessions other gaps make.",
        ),
        _ => (EVENTS, String::new(), ""),
    }
}

fn example_of(finding: &Finding, example: &Example, words: &Words<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let at = |parts: &mut Vec<String>| match (example.time, example.until) {
        (Some(from), Some(until)) => parts.push(format!("{} to {}", words.time(from), words.time(until))),
        (Some(time), None) => parts.push(words.time(time)),
        _ => {}
    };
    let length = example.seconds.map(|length| seconds(length.abs())).unwrap_or_default();
    let how_many = example.count.unwrap_or(0);
    match finding.check {
        Check::StandInKeys => {
            let column = example.value.as_deref().map(visible).unwrap_or_default();
            let value = example.key.iter().flatten().next().cloned().flatten();
            let value = value.map_or_else(|| "NULL".to_owned(), |value| format!("'{}'", visible(&value)));
            return format!("{column} is {value} in {}", counted(how_many, "event", "events"));
        }
        Check::Outages => {
            at(&mut parts);
            let expected = example.of.unwrap_or(0);
            return format!(
                "{}: {length}, in which days like it have events of {} or more, each counted once in ten minutes",
                parts.join(""),
                counted(expected, "key", "keys")
            );
        }
        Check::QuietDays
        | Check::KeysPerDay
        | Check::EventsPerKey
        | Check::TypeShare
        | Check::SingleEventShare => return of_day(finding.check, example),
        _ => {}
    }
    if let Some(key) = &example.key {
        parts.push(words.key(key));
    }
    match finding.check {
        Check::RepeatedEventIds => {
            parts.push(format!(
                "{} in {} events",
                example.value.as_deref().map(value_told).unwrap_or_default(),
                count(how_many)
            ));
        }
        Check::RepeatedEvents => {
            at(&mut parts);
            parts.push(format!("{how_many} times"));
        }
        Check::OutsizedKeys => parts.push(counted(how_many, "event", "events")),
        Check::FastKeys => {
            at(&mut parts);
            let within = words.thresholds.burst_time;
            parts.push(format!("{} within {within}", counted(how_many, "event", "events")));
        }
        Check::SteadyKeys => {
            let of = count(example.of.unwrap_or(0));
            parts.push(format!("{} of {of} pauses are {length}", count(how_many)));
        }
        Check::LongSessions => {
            at(&mut parts);
            parts.push(length);
        }
        Check::SleeplessKeys => {
            at(&mut parts);
            parts.push(format!("{} in a row", counted(how_many, "hour", "hours")));
        }
        Check::ClockSkew => {
            parts.push(format!("{length} ahead"));
            parts.push(counted(how_many, "event", "events"));
        }
        Check::LateEvents => {
            at(&mut parts);
            if !length.is_empty() {
                parts.push(format!("{length} late"));
            }
        }
        Check::ShiftedTimes => {
            at(&mut parts);
            if let (Some(value), Some(by)) = (&example.value, example.seconds) {
                parts.insert(0, format!("{}: by {:+.0} h", value_told(value), by / 3_600.0));
            }
        }
        _ => at(&mut parts),
    }
    parts.extend(example.place.clone());
    parts.join(", ")
}

/// A day that is unlike others, or from which on days are.
fn of_day(check: Check, example: &Example) -> String {
    let day = example.day.and_then(date_of).map(|day| day.to_string()).unwrap_or_default();
    let shown = |value: Option<f64>| {
        let value = value.unwrap_or(0.0);
        match check {
            Check::QuietDays | Check::KeysPerDay => count(value as u64),
            Check::EventsPerKey => format!("{value:.1}"),
            _ => format!("{:.0} %", 100.0 * value),
        }
    };
    let of = example.value.as_ref().map(|name| format!("{} ", value_told(name))).unwrap_or_default();
    let (measured, expected) = (shown(example.measured), shown(example.expected));
    match (check, example.lasts) {
        (Check::QuietDays, _) => format!("{day}: {measured} keys instead of {expected}"),
        (_, true) => format!("since {day}: {of}{measured}, before {expected}"),
        (_, false) => format!("on {day}: {of}{measured} instead of {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever stands in the events, a terminal is told nothing by it.
    #[test]
    fn values_of_events_are_written_out() {
        let (key, thresholds) = (["who".to_owned()], Thresholds::default());
        let words = Words { key: &key, zoned: true, thresholds: &thresholds };
        let value = |text: &str| Some(text.to_owned());
        let of = |check: Check, example: Example| {
            let (severity, facts) = (check.severity(), Vec::new());
            let finding = Finding { check, severity, count: 1, of: 1, examples: vec![example], facts };
            told(&finding, &words).examples.swap_remove(0)
        };
        let fast = Example { key: Some(vec![value("\u{1b}[31m\n")]), count: Some(2), ..Example::default() };
        assert_eq!(of(Check::OutsizedKeys, fast), "who \\u{1b}[31m\\n, 2 events");
        let id = |text| Example { value: value(text), count: Some(3), ..Example::default() };
        assert_eq!(of(Check::RepeatedEventIds, id("a\u{7}")), "a\\u{7} in 3 events");
        assert_eq!(of(Check::RepeatedEventIds, id("")), "'' in 3 events");
    }
}
