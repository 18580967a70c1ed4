//! Taking the notes and the events that they point to, and numbering the sessions of these.

use spectrum_core::SessionDefinition;

use super::super::refresh::MANY;
use super::super::working::{FOUND, FRESH, SPANS};
use super::Incremental;
use crate::name::TableName;
use crate::postgres::events::Events;
use crate::postgres::ruled::numbered;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes the working tables that [`Self::ruled_take`] fills.
    pub(super) fn ruled_working_tables(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let ignored = if self.ignores() { format!(", false AS {}", own.ignored) } else { String::new() };
        format!(
            "    CREATE TEMP TABLE {SPANS} ON COMMIT DROP AS
    SELECT 0::bigint AS {span_no}, {key}, 0::bigint AS {last_seq}, {since} AS {begins_at}, 0::bigint AS {next_seq},
           {since} AS {next_started_at}, false AS {resumes}, {since} AS {rest_until}, 0::bigint AS {shift}, 0::bigint AS {rest_shift}
    FROM {changes} WITH NO DATA;
    CREATE TEMP TABLE {FOUND} ON COMMIT DROP AS
    SELECT 0::bigint AS {span_no}, 0::bigint AS {last_seq}, {of_e}, e.{event_id}, e.{time}{carried}{read}{from}
    FROM {table} e WITH NO DATA;
    CREATE TEMP TABLE {FRESH} ON COMMIT DROP AS
    SELECT 0::bigint AS {span_no}, {of_e}, e.{event_id}, e.{time}{carried}{values}, 0::bigint AS {seq}, ''::text AS {reason}{ignored}{from}
    FROM {table} e WITH NO DATA;",
            from = self.table_read("e"),
            of_e = self.key_of("e"),
            carried = self.carried_of("e"),
            read = Self::list_of("e", &self.read_besides()),
            values = Self::list_of("e", &self.read_by_summary()),
            span_no = own.span_no,
            since = own.since,
            last_seq = own.last_seq,
            begins_at = own.begins_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            resumes = own.resumes,
            rest_until = own.rest_until,
            shift = own.shift,
            rest_shift = own.rest_shift,
            seq = own.seq,
            reason = own.reason,
            changes = self.names.changes,
            table = events.table,
        )
    }

    /// The spans of the touched keys and the events in them, at one moment, as [`Self::take`]; and then the sessions of the
    /// latter, whose numbers carry on that of the last session before the span, as it is now.
    pub(super) fn ruled_take(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let (key, event_id) = (events.key_list(), events.event_id_name());
        let changes = &self.names.changes;
        let columns = format!(
            "{}, e.{event_id}, e.{}{}{}{}",
            self.key_of("e"),
            events.time_name(),
            self.carried_of("e"),
            Self::list_of("e", &self.read_besides()),
            self.table_read("e")
        );
        let of_table = |table: &TableName| {
            self.within_spans(nulls, "spans", "e", &[&own.last_seq], |condition| {
                format!("SELECT {columns} FROM {table} e WHERE {condition}")
            })
        };
        let tables = [&events.table].into_iter().chain(self.keeps().then_some(&self.names.kept));
        let found: Vec<String> = tables.map(of_table).collect();
        format!(
            "  WITH taken AS (DELETE FROM {changes} WHERE NOT {everything} AND NOT {timeless}{no_null} RETURNING *),
  {spans},
  noted AS (
    INSERT INTO pg_temp.{SPANS}
    SELECT {span_no}, {key}, {last_seq}, {begins_at}, {next_seq}, {next_started_at}, {resumes}, {after_all}, 0, 0 FROM spans)
  INSERT INTO pg_temp.{FOUND}
  {found};
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken > {MANY} THEN
      ANALYZE pg_temp.{FOUND};
    END IF;
  INSERT INTO pg_temp.{FRESH}
  {numbered};",
            everything = own.everything,
            timeless = own.timeless,
            no_null = if nulls { String::new() } else { format!(" AND NOT ({})", self.some_null()) },
            spans = self.ruled_spans(nulls),
            span_no = own.span_no,
            last_seq = own.last_seq,
            begins_at = own.begins_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            resumes = own.resumes,
            after_all = events.time.after_all(),
            found = found.join("\n    UNION ALL\n    "),
            numbered = self.numbered_in_spans(),
        )
    }

    /// The events that were found with their sessions, by the reference SQL. The columns are those of the fresh events.
    fn numbered_in_spans(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let definition = self.by_span();
        let found = self.found_events(&definition);
        let numbered = numbered(&found);
        let ignored = numbered.ignored.map(|ignored| format!(", {ignored}")).unwrap_or_default();
        format!(
            "WITH {}
  SELECT {}, {}, {}, {}{}{}, {} + {}, {}{ignored}{} FROM {last}",
            numbered.steps,
            own.span_no,
            events.key_list(),
            events.event_id_name(),
            events.time_name(),
            events.carried_list(),
            self.read_by_summary().iter().map(|name| format!(", {}", identifier(name))).collect::<String>(),
            own.last_seq,
            numbered.number,
            numbered.started_by,
            self.table_read_in(numbered.last),
            last = numbered.last,
        )
    }

    /// The definition with the number of a span in the key's place.
    fn by_span(&self) -> SessionDefinition {
        self.events.definition.keyed_by(self.own.span_no.as_str())
    }

    /// What was found, as events of spans.
    fn found_events<'d>(&self, definition: &'d SessionDefinition) -> Events<'d> {
        let events = self.events;
        let mut carried = events.definition.key().to_vec();
        carried.extend_from_slice(&events.carried);
        carried.extend(self.read_by_summary());
        carried.push(self.own.last_seq.clone());
        carried.extend(self.on_detach.map(|_| self.own.from_table.clone()));
        events.of_found(definition, FOUND, carried)
    }
}
