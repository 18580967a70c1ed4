//! The same under rules beyond the gap.
//!
//! What a moment does to the session before it follows from what came earlier, never from what comes later. So a span
//! begins where the last session began that did so before the first time touched: that session, its number and its reason
//! stand, whatever changed behind its first moment. Where nothing that counts happened for as long as the largest gap
//! before that time, it begins there. It ends where everything that came before is forgotten: at a session
//! before which the key has no event that counts for as long as the largest gap of the rule. In between, the reference
//! SQL is run over the events of the span, with the span in the key's place.
//!
//! Between sessions there can be events that belong to none. So every row of the sessions relation has the number of its
//! session, and numbers that shift are written into the events too.

mod build;
mod compute;
mod shift;
mod spans;
mod take;
mod tell;
mod write;

use super::Incremental;
use super::refresh::Steps;
use super::working::{FOUND, FRESH, FRESH_SESSIONS, SPANS, STANDING, STANDING_SESSIONS};
use crate::quote::identifier;

/// A column of the sessions relation beside those of the event.
struct Label {
    name: &'static str,
    /// What it is to be, of a fresh event (`f`) or its session (`s`).
    is: String,
    /// What it was, of a standing row (`o`).
    was: String,
}

impl Incremental<'_> {
    /// Whether there are rules beyond the gap, or a summary that tells more.
    pub(super) fn is_ruled(&self) -> bool {
        !self.events.definition.is_plain()
    }

    /// What a refresh does under them.
    pub(super) fn ruled_steps(&self) -> Steps {
        Steps {
            working_tables: self.ruled_working_tables(),
            take: [false, true].map(|nulls| self.ruled_take(nulls)),
            standing: [false, true].map(|nulls| self.ruled_standing(nulls)),
            parts: String::new(),
            find_shifts: self.find_ruled_shifts(),
            changed: format!("pg_temp.{FRESH}"),
            fresh_sessions: self.ruled_sessions(),
            tell: self.ruled_tell(),
            write_events: self.write_ruled_events(),
            shifts: format!("EXISTS (SELECT FROM pg_temp.{SPANS} WHERE {} <> 0)", self.own.rest_shift),
            write_shifts: [false, true].map(|nulls| self.write_ruled_shifts(nulls)),
            tables: format!(
                "pg_temp.{SPANS}, pg_temp.{FOUND}, pg_temp.{FRESH}, pg_temp.{FRESH_SESSIONS},
      pg_temp.{STANDING}, pg_temp.{STANDING_SESSIONS}"
            ),
        }
    }

    /// The columns that the rule or the summary reads and that no row of the sessions relation has.
    pub(super) fn read_besides(&self) -> Vec<String> {
        self.events.read_besides().into_iter().map(str::to_owned).collect()
    }

    /// Those that the summary reads and that the fresh events have beside what goes along.
    fn read_by_summary(&self) -> Vec<String> {
        let read = self.events.read_by_summary().into_iter().map(str::to_owned);
        read.filter(|name| !self.events.carried.contains(name)).collect()
    }

    /// Whether the rule ignores events.
    fn ignores(&self) -> bool {
        self.events.definition.rule().ignore_when().is_some()
    }

    /// A filter of aggregates that leaves out ignored events.
    fn heard(&self) -> String {
        if self.ignores() { format!(" FILTER (WHERE NOT {})", self.own.ignored) } else { String::new() }
    }

    /// The labels of an event.
    fn labels(&self) -> Vec<Label> {
        let own = &self.own;
        let of_session =
            |name: &'static str, had: &str| Label { name, is: format!("s.{name}"), was: format!("o.{had}") };
        let mut labels = vec![
            of_session("session_id", &own.had_id),
            of_session("session_seq", &own.had_seq),
            of_session("started_by", &own.had_reason),
        ];
        labels.extend(self.ignores().then(|| Label {
            name: "ignored",
            is: format!("f.{}", own.ignored),
            was: format!("o.{}", own.had_ignored),
        }));
        labels
    }

    /// The joined fresh events and their sessions, if they are in one.
    fn fresh_events(&self) -> String {
        format!(
            "pg_temp.{FRESH} f
    LEFT JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = f.{span_no} AND s.session_seq = f.{seq}",
            span_no = self.own.span_no,
            seq = self.own.seq
        )
    }

    /// A list of columns of an alias, each after a comma.
    fn list_of(alias: &str, columns: &[String]) -> String {
        columns.iter().map(|name| format!(", {alias}.{}", identifier(name))).collect()
    }
}
