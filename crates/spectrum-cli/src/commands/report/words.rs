//! What the page says of reasons and periods.

use spectrum_core::{AtGap, Predicate, Reason, SessionDefinition};
use spectrum_engine::Period;

use crate::numbers::seconds;
use crate::rule_words;

/// What a period is called; more than one have an s at the end.
pub(super) fn period(period: Period) -> String {
    match period {
        Period::Day => "day".to_owned(),
        Period::Week => "week".to_owned(),
        Period::Month => "month".to_owned(),
        Period::Years(1) => "year".to_owned(),
        Period::Years(10) => "decade".to_owned(),
        Period::Years(100) => "century".to_owned(),
        Period::Years(_) => "millennium".to_owned(),
    }
}

/// Why some sessions begin, as the second half of a sentence about all of them.
pub(super) fn meaning(reason: Reason, definition: &SessionDefinition) -> String {
    let rule = definition.rule();
    let of = |condition: Option<&Predicate>| condition.map_or_else(String::new, |of| format!(" ({of})"));
    match reason {
        Reason::First => "they are the first of their key".to_owned(),
        Reason::Gap if !rule.gap_when().is_empty() => "the pause before was longer than allowed".to_owned(),
        Reason::Gap => format!("the pause before was {} the gap of {}", longer(rule.at_gap()), rule.gap()),
        Reason::EndWhen => format!("the session before had ended{}", of(rule.end_when())),
        Reason::StartWhen => format!("an event starts one{}", of(rule.start_when())),
        Reason::SplitOn => format!("another value came in {}", rule.split_on().join(" or ")),
        other => rule_words::why(other, "their first event", &[], None, definition),
    }
}

/// Why a session began, as a sentence; `pause` is how long after the session before.
pub(super) fn why(reason: Reason, pause: Option<f64>, definition: &SessionDefinition) -> String {
    let rule = definition.rule();
    let pause = pause.map_or_else(String::new, seconds);
    match reason {
        Reason::First => "It is the first of its key.".to_owned(),
        Reason::Gap if !rule.gap_when().is_empty() => {
            format!("It began after a pause of {pause}, longer than what the events before it allow.")
        }
        Reason::Gap => {
            format!("It began after a pause of {pause}, {} the gap of {}.", longer(rule.at_gap()), rule.gap())
        }
        Reason::SplitOn => {
            let columns = rule.split_on().join(" or ");
            format!("It began {pause} after the session before, because another value came in {columns}.")
        }
        other => {
            let why = rule_words::why(other, "its first event", &[], None, definition);
            format!("It began {pause} after the session before, because {why}.")
        }
    }
}

fn longer(at_gap: AtGap) -> &'static str {
    match at_gap {
        AtGap::Same => "longer than",
        AtGap::New => "no shorter than",
    }
}
