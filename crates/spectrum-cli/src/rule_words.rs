//! Rules beyond the gap in words, for people.

use spectrum_core::{AtGap, Reason, SessionDefinition, SplitOnNull, ValueChange};

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
    let line = |(at, rule): (usize, String)| format!("  {:6} {rule}", if at == 0 { "rules" } else { "" });
    rules(definition).into_iter().enumerate().map(line).collect()
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

/// Why a session began, as the second half of a sentence in which `first` stands for its first moment.
pub(crate) fn why(
    reason: Reason,
    first: &str,
    changes: &[ValueChange],
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
            _ => "the session before ended earlier than the gap after its last events allows".to_owned(),
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
