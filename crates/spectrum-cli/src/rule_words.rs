//! Rules beyond the gap in words, for people.

use spectrum_core::{AtGap, Reason, SessionDefinition, SplitOnNull, ValueChange};
use spectrum_engine::AllowedGap;

use crate::numbers::counted;

/// The rules of a definition beyond its gap, one by one.
pub(crate) fn rules(definition: &SessionDefinition) -> Vec<String> {
    let rule = definition.rule();
    let mut words = Vec::new();
    let mut condition = |name: &str, condition: Option<&spectrum_core::Predicate>| {
        words.extend(condition.map(|condition| format!("{name} {condition}")));
    };
    condition("where", rule.takes_part());
    condition("start_when", rule.start_when());
    condition("end_when", rule.end_when());
    condition("passive_when", rule.passive_when());
    condition("ignore_when", rule.ignore_when());
    if rule.at_gap() == AtGap::New {
        words.push("at_gap new".to_owned());
    }
    words.extend(rule.gap_when().iter().map(|rule| format!("gap {} after {}", rule.gap, rule.when)));
    words.extend(rule.split_at().map(|split_at| match split_at.zone() {
        Some(zone) => format!("split_at {split_at} in {zone}"),
        None => format!("split_at {split_at}"),
    }));
    if !rule.split_on().is_empty() {
        let null = if rule.split_on_null() == SplitOnNull::Split { ", NULL a value" } else { "" };
        words.push(format!("split_on {}{null}", rule.split_on().join(", ")));
    }
    words.extend(rule.max_duration().map(|longest| format!("max_duration {longest}")));
    words.extend(rule.max_events().map(|most| format!("max_events {most}")));
    words
}

/// The same as lines of a report on a run or a deployment.
pub(crate) fn listed(definition: &SessionDefinition) -> Vec<String> {
    lines("rules", rules(definition))
}

/// What the summary tells besides, as it is written.
pub(crate) fn summary_columns(definition: &SessionDefinition) -> Vec<String> {
    definition.summary().iter().map(ToString::to_string).collect()
}

/// What the summary of a deployment tells besides, as lines of a report.
pub(crate) fn summary_listed(definition: &SessionDefinition) -> Vec<String> {
    lines("tells", summary_columns(definition))
}

fn lines(head: &str, entries: Vec<String>) -> Vec<String> {
    let line = |(at, entry): (usize, String)| format!("  {:6} {entry}", if at == 0 { head } else { "" });
    entries.into_iter().enumerate().map(line).collect()
}

/// Events that have no session by the rule, each kind that there is.
pub(crate) fn outside(not_taking_part: u64, without_session: u64) -> Vec<String> {
    let mut lines = Vec::new();
    if not_taking_part > 0 {
        lines.push(format!("{} taking no part (where)", counted(not_taking_part, "event", "events")));
    }
    if without_session > 0 {
        let events = counted(without_session, "event", "events");
        lines.push(format!("{events} passive or ignored where no session holds"));
    }
    lines
}

/// A pause, in words, and the longest that might have been.
pub(crate) struct TooLong {
    pub(crate) pause: String,
    pub(crate) allowed: AllowedGap,
}

/// Why a session began, as the second half of a sentence in which `first` stands for its first moment. Where gaps differ,
/// `too_long` says which one counted, if that is known.
pub(crate) fn why(
    reason: Reason,
    first: &str,
    changes: &[ValueChange],
    too_long: Option<TooLong>,
    definition: &SessionDefinition,
) -> String {
    let rule = definition.rule();
    let condition =
        |condition: Option<&spectrum_core::Predicate>| condition.map_or(String::new(), ToString::to_string);
    match reason {
        Reason::First => format!("{first} is the first of its key"),
        Reason::Gap => match rule.gap_when() {
            [] => format!(
                "the session before ended {} the gap of {} earlier",
                at_gap(rule.at_gap()),
                rule.gap()
            ),
            _ => too_long.map_or_else(
                || "the session before ended earlier than the gap after its last events allows".to_owned(),
                |TooLong { pause, allowed }| {
                    let than = if rule.at_gap() == AtGap::New { "no shorter than" } else { "longer than" };
                    let gap = allowed.gap;
                    match allowed.when(rule) {
                        Some(when) => format!(
                            "the pause of {pause} before {first} was {than} the {gap} that gap_when allows after {when}"
                        ),
                        None => format!("the pause of {pause} before {first} was {than} the gap of {gap}"),
                    }
                },
            ),
        },
        Reason::EndWhen => format!("the session before had ended (end_when {})", condition(rule.end_when())),
        Reason::SplitAt => rule.split_at().map_or_else(String::new, |split_at| match split_at.zone() {
            Some(zone) => format!("sessions end at {split_at} in {zone}"),
            None => format!("sessions end at {split_at}"),
        }),
        Reason::StartWhen => format!("{first} starts one (start_when {})", condition(rule.start_when())),
        Reason::SplitOn => {
            let value = |value: &Option<String>| {
                value.as_ref().map_or("NULL".to_owned(), |value| format!("'{value}'"))
            };
            let changed = changes.iter().filter_map(|change| {
                let column = rule.split_on().get(change.column)?;
                Some(format!("{column} changed from {} to {}", value(&change.before), value(&change.now)))
            });
            changed.collect::<Vec<_>>().join(" and ")
        }
        Reason::MaxDuration => match rule.max_duration() {
            Some(longest) => format!("the session before would be longer than {longest}"),
            None => String::new(),
        },
        Reason::MaxEvents => match rule.max_events() {
            Some(most) => format!("the session before would have more than {most} events"),
            None => String::new(),
        },
    }
}

fn at_gap(at_gap: AtGap) -> &'static str {
    match at_gap {
        AtGap::Same => "more than",
        AtGap::New => "no less than",
    }
}
