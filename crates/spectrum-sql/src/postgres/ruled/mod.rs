//! Sessions under rules beyond the gap: every event with the id, the number and the reason of its session.
//!
//! Rules look at moments, all events of a key at one instant, so every step gives all events of a moment the same. The
//! steps are those that the rule needs, in this order:
//!
//! | step | what it adds | where |
//! |---|---|---|
//! | told | what conditions say of each event that takes part | `told.rs` |
//! | moments, parted | the moment before, and whether the two are parted whatever came before them | `moments.rs` |
//! | sessions | the session's number and start, by windows, or, where it depends on the start, by a walk | `windowed.rs`, `walked.rs` |
//! | reasons, named | why the session began | `reasons.rs` |
//! | attached | ignored events, and those that take no part | `attached.rs` |

mod attached;
mod moments;
mod order_free;
mod reasons;
mod summary;
mod told;
mod walked;
mod windowed;

use spectrum_core::{RuleKind, SessionRule, SplitOnNull};

use super::events::Events;
use super::sessions::{session_id, source_where};
use crate::query::SessionsQuery;

pub(super) use summary::summary_query;

/// A rule beyond the gap with what all steps say of its events.
struct Ruled<'a> {
    events: &'a Events<'a>,
    rule: &'a SessionRule,
    key: String,
    time: String,
    /// The event id and what is carried along.
    others: String,
    own: Own,
}

/// Names of the query's own for the columns that steps add.
#[allow(clippy::struct_field_names, reason = "some are of the moment, some of the session")]
struct Own {
    ignored: String,
    passive: String,
    starts: String,
    ends: String,
    allowed: String,
    is_first: String,
    number: String,
    active: String,
    previous: String,
    previous_ends: String,
    previous_allowed: String,
    parted_by: String,
    differs_from: String,
    started: String,
    session: String,
    begins_by: String,
    started_by: String,
}

impl<'a> Ruled<'a> {
    fn new(events: &'a Events<'a>) -> Self {
        let own = |name: &str| events.own_name(name);
        Self {
            events,
            rule: events.definition.rule(),
            key: events.key_list(),
            time: events.time_name(),
            others: format!("{}{}", events.event_id_name(), events.carried_list()),
            own: Own {
                ignored: own("is_ignored"),
                passive: own("is_passive"),
                starts: own("starts_session"),
                ends: own("ends_session"),
                allowed: own("longest_pause"),
                is_first: own("is_first_of_moment"),
                number: own("moment_number"),
                active: own("is_active"),
                previous: own("prev_occurred_at"),
                previous_ends: own("prev_ends_session"),
                previous_allowed: own("prev_longest_pause"),
                parted_by: own("parted_by"),
                differs_from: own("differs_from"),
                started: own("first_occurred_at"),
                session: own("session_number"),
                begins_by: own("begins_by"),
                started_by: own("session_started_by"),
            },
        }
    }

    /// A name of the query's own for something of a column of `split_on`.
    fn of_split(&self, name: &str, at: usize) -> String {
        self.events.own_name(&format!("{name}_{}", at + 1))
    }

    fn splits(&self) -> std::ops::Range<usize> {
        0..self.rule.split_on().len()
    }

    fn nulls_split(&self) -> bool {
        self.rule.split_on_null() == SplitOnNull::Split
    }

    /// Whether where a session ends depends on where it began.
    fn is_walked(&self) -> bool {
        self.rule.kind() == RuleKind::Sequential
    }

    /// Whether a moment can belong to no session.
    fn can_belong_nowhere(&self) -> bool {
        self.rule.passive_when().is_some()
    }

    /// What stands before the first step that reads the events that take part, and where it reads them.
    fn source(&self) -> (String, String) {
        let taking_part = self.rule.takes_part().map(|condition| self.events.among_conditions(condition));
        let (step, table) = source_where(self.events, taking_part);
        // Where some take no part, those are read first.
        if self.rule.takes_part().is_some() { (String::new(), table) } else { (step, table) }
    }

    /// Why a moment at `later` is parted from the moment at `earlier`, asked in the rule's order, as branches of CASE.
    /// `ends` and `allowed` are of the earlier moment.
    fn pairwise(&self, later: &str, earlier: &str, ends: &str, allowed: &str) -> Vec<(String, &'static str)> {
        let own_gap = self.events.allowed(self.rule.gap());
        let allowed = if self.rule.gap_when().is_empty() { own_gap.as_str() } else { allowed };
        let mut branches = vec![(self.events.is_beyond(later, earlier, allowed), "gap")];
        if self.rule.end_when().is_some() {
            branches.push((ends.to_owned(), "end_when"));
        }
        branches.extend(self.events.is_split(later, earlier).map(|split| (split, "split_at")));
        branches
    }
}

/// Branches as SQL, each on its line.
fn case(branches: &[(String, &'static str)], otherwise: &str, indent: usize) -> String {
    let lines: Vec<String> =
        branches.iter().map(|(when, reason)| format!("WHEN {when} THEN '{reason}'")).collect();
    let line = format!("\n{}", " ".repeat(indent + 5));
    let otherwise = if otherwise.is_empty() { String::new() } else { format!("{line}ELSE {otherwise}") };
    format!("CASE {}{otherwise} END", lines.join(&line))
}

/// Every event with its session, as steps of a query.
pub(super) struct Numbered {
    /// What stands after WITH.
    pub(super) steps: String,
    /// The step that has all events.
    pub(super) last: &'static str,
    /// Its columns: the number of the session, why it began, its first instant, and whether the event is ignored.
    pub(super) number: String,
    pub(super) started_by: String,
    pub(super) started: String,
    pub(super) ignored: Option<String>,
}

/// Numbers the events' sessions under such a rule.
pub(super) fn numbered(events: &Events<'_>) -> Numbered {
    let ruled = Ruled::new(events);
    let mut steps = match ruled.rule.kind() {
        RuleKind::OrderFree => ruled.order_free(),
        _ => {
            let mut steps = ruled.told();
            steps.extend(ruled.moments());
            steps.extend(if ruled.is_walked() { ruled.walked() } else { ruled.windowed() });
            steps.extend(ruled.reasons());
            steps.extend(ruled.ignored());
            steps
        }
    };
    let last = ruled.with_those_outside(&mut steps);
    Numbered {
        steps: steps.join(",\n"),
        last,
        ignored: ruled.rule.ignore_when().map(|_| ruled.own.ignored),
        number: ruled.own.session,
        started_by: ruled.own.started_by,
        started: ruled.own.started,
    }
}

/// [`super::sessions_query`] under such a rule, in parts.
pub(super) fn sessions_in_parts(events: &Events<'_>) -> SessionsQuery {
    let Numbered { steps, last, number, started_by, started, ignored } = numbered(events);
    let (key, time) = (events.key_list(), events.time_name());
    let others = format!("{}{}", events.event_id_name(), events.carried_list());
    let id = session_id(events, &number, &started);
    let ignored = ignored.map(|ignored| format!(", {ignored} AS ignored")).unwrap_or_default();
    let up_to_id = format!(
        "WITH {steps}\nSELECT {key}, {time}, {others},\n       MD5({id}) AS session_id, {number} AS session_seq, {started_by} AS started_by{ignored}"
    );
    let named = ["session_id", "session_seq", "started_by", "ignored"].map(str::to_owned);
    SessionsQuery {
        up_to_id,
        number: String::new(),
        from: format!("\nFROM {last}"),
        named: named.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use spectrum_core::SessionDefinition;

    use crate::TableName;
    use crate::postgres::{Events, sessions_query, summary_query};

    fn printed(toml: &str) -> String {
        let definition = SessionDefinition::from_toml(toml).unwrap();
        let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
        sessions_query(&events)
    }

    #[test]
    fn rules_of_neighbouring_instants() {
        insta::assert_snapshot!(printed(
            r#"
            [events]
            where = "is_bot is not true or is_known"
            [session]
            gap = "30m"
            at_gap = "new"
            split_at = "04:00"
            timezone = "Europe/Paris""#
        ));
    }

    #[test]
    fn events_that_begin_and_end_sessions() {
        insta::assert_snapshot!(printed(
            r#"
            [session]
            start_when = "event_type in ('login', 'app_open')"
            end_when = "event_type = 'logout'""#
        ));
    }

    #[test]
    fn everything_that_windows_can_say() {
        insta::assert_snapshot!(printed(
            r#"
            [session]
            gap_when = [{ when = "event_type = 'video_play'", gap = "4h" }]
            end_when = "event_type = 'logout'"
            split_on = ["utm_campaign"]
            passive_when = "event_type = 'heartbeat'"
            ignore_when = "event_type = 'notification'""#
        ));
    }

    #[test]
    fn what_depends_on_the_start() {
        insta::assert_snapshot!(printed(
            r#"
            [session]
            split_on = ["utm_campaign", "plan"]
            max_duration = "12h"
            max_events = 1000
            id = "start""#
        ));
    }

    #[test]
    fn the_summary_groups_by_number() {
        let toml = "[session]\nmax_events = 5\nignore_when = \"is_bot\"";
        let definition = SessionDefinition::from_toml(toml).unwrap();
        let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
        insta::assert_snapshot!(summary_query(&events, &TableName::parse("analytics.mv_sessions").unwrap()));
    }
}
