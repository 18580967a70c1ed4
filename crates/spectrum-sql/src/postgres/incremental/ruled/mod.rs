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

/// What rows of the sessions relation have besides an event and the id of its session, and where the working tables have
/// what it is to be: in the fresh events (`f`) or their sessions (`s`), and what it was (`o`).
struct Labels {
    /// The column, what it is to be, and what it was.
    columns: Vec<(&'static str, String, String)>,
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
    fn labels(&self) -> Labels {
        let own = &self.own;
        let mut columns = vec![
            ("session_id", "s.session_id".to_owned(), format!("o.{}", own.had_id)),
            ("session_seq", "s.session_seq".to_owned(), format!("o.{}", own.had_seq)),
            ("started_by", "s.started_by".to_owned(), format!("o.{}", own.had_reason)),
        ];
        if self.ignores() {
            columns.push(("ignored", format!("f.{}", own.ignored), format!("o.{}", own.had_ignored)));
        }
        Labels { columns }
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

impl Labels {
    /// Whether one of them is another than before.
    fn differ(&self) -> String {
        let differs = self.columns.iter().map(|(_, is, was)| format!("{was} IS DISTINCT FROM {is}"));
        differs.collect::<Vec<_>>().join(" OR ")
    }
}
