//! What notes which keys a statement touched, and at which times: the functions behind the triggers.

use super::super::events::KeyComparison;
use super::Incremental;
use super::columns::Written;
use super::function::{Function, pinned};
use crate::name::TableName;
use crate::quote::identifier;

/// What is noted, and for which statements: suffix of the names, event, transition tables.
pub(super) const STATEMENTS: [(&str, &str, &str); 4] = [
    ("inserted", "INSERT", "REFERENCING NEW TABLE AS added "),
    ("deleted", "DELETE", "REFERENCING OLD TABLE AS removed "),
    ("updated", "UPDATE", "REFERENCING OLD TABLE AS removed NEW TABLE AS added "),
    ("truncated", "TRUNCATE", ""),
];

/// What became of events that are noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// They were added.
    Added,
    /// They were removed.
    Gone,
    /// They were changed, or came and went in another way.
    Changed,
}

/// What notes rows that a replica applies.
pub(super) const APPLIED: &str = "applied";

impl Incremental<'_> {
    /// The trigger functions and who may use them, a statement each. They run with the rights of their owner, so that
    /// writers of events need none on the notes.
    pub fn capture_functions(&self) -> Vec<String> {
        let functions = self.functions_of_triggers();
        let made = functions.iter().map(Function::create);
        // A role that may make a trigger of them on its own table could note what was never written.
        let kept = functions.iter().map(|made| format!("REVOKE ALL ON FUNCTION {}() FROM PUBLIC", made.name));
        made.chain(kept).collect()
    }

    /// The trigger functions.
    pub fn functions_of_triggers(&self) -> Vec<Function> {
        let changes = &self.names.changes;
        let everything = format!("INSERT INTO {changes} ({}) VALUES (true)", self.own.everything);
        [
            ("inserted", self.note("added", What::Added)),
            ("deleted", self.note("removed", What::Gone)),
            ("updated", self.note_updated()),
            ("truncated", everything),
            (APPLIED, self.note_applied()),
        ]
        .iter()
        .map(|(what, statement)| self.capture_function(what, statement))
        .collect()
    }

    /// Notes the keys of `rows`, each with its times. An event without a time is in no session; where that is not
    /// what was asked for, a refresh has to look.
    pub(super) fn note(&self, rows: &str, what: What) -> String {
        let own = &self.own;
        let (key, time, changes) = (self.events.key_list(), self.events.time_name(), &self.names.changes);
        let timeless = self.is_timeless(&time);
        let filter = match self.events.without_null_times {
            true => format!(" WHERE {time} IS NOT NULL"),
            false => String::new(),
        };
        let (more, values) = match what {
            What::Added => (format!(", {}", own.added), ", true".to_owned()),
            What::Gone if self.keeps() => (
                format!(", {}", own.gone_ids),
                format!(", pg_catalog.array_agg({})", self.events.event_id_name()),
            ),
            What::Gone | What::Changed => Default::default(),
        };
        format!(
            "INSERT INTO {changes} ({key}, {}, {}{more})
  SELECT {key}, {}, pg_catalog.bool_or({timeless}){values} FROM {rows}{filter} GROUP BY {key}",
            own.times,
            own.timeless,
            times_of(&time)
        )
    }

    /// Whether an event of this time could be in no session, where that is not what was asked for.
    fn is_timeless(&self, time: &str) -> String {
        let finite = self.events.time.is_finite_under_any_path(time);
        match self.events.without_null_times {
            true => format!("NOT {finite}"),
            false => format!("({time} IS NULL OR NOT {finite})"),
        }
    }

    /// Notes the one row `met` that a statement wrote, which costs half of what a group of one does. COALESCE gives the type
    /// behind a domain, as it does in [`times_of`].
    fn note_one(&self, what: What) -> String {
        let own = &self.own;
        let of_met = |name: &str| format!("met.{name}");
        let (time, event_id) = (of_met(&self.events.time_name()), of_met(&self.events.event_id_name()));
        let (more, value) = match what {
            What::Added => (format!(", {}", own.added), ", true".to_owned()),
            What::Gone if self.keeps() => {
                (format!(", {}", own.gone_ids), format!(", ARRAY[COALESCE({event_id}, NULL)]"))
            }
            What::Gone | What::Changed => Default::default(),
        };
        let insert = format!(
            "INSERT INTO {} ({}, {}, {}{more})
      VALUES ({}, ARRAY[COALESCE({time}, NULL)], {}{value});",
            self.names.changes,
            self.events.key_list(),
            own.times,
            own.timeless,
            self.key_of("met"),
            self.is_timeless(&time),
        );
        match self.events.without_null_times {
            true => format!("IF {time} IS NOT NULL THEN\n      {insert}\n      END IF;"),
            false => insert,
        }
    }

    /// Notes what an UPDATE changed. If events of removed partitions are kept, an id that it took away is gone.
    fn note_updated(&self) -> String {
        let compared = self.compared();
        let changed = self.note(
            &format!(
                "(((SELECT {compared} FROM removed) EXCEPT ALL (SELECT {compared} FROM added))
        UNION ALL ((SELECT {compared} FROM added) EXCEPT ALL (SELECT {compared} FROM removed))) AS changed"
            ),
            What::Changed,
        );
        if !self.keeps() {
            return changed;
        }
        let (key, event_id) = (self.events.key_list(), self.events.event_id_name());
        format!(
            "{changed};
  INSERT INTO {} ({key}, {})
  SELECT {key}, pg_catalog.array_agg({event_id}) FROM removed
  WHERE NOT EXISTS (SELECT FROM added WHERE added.{event_id} OPERATOR(pg_catalog.=) removed.{event_id}) GROUP BY {key}",
            self.names.changes,
            self.own.gone_ids
        )
    }

    /// Notes a row that a replica applies.
    fn note_applied(&self) -> String {
        let (time, event_id) = (self.events.time_name(), self.events.event_id_name());
        let row = |row: &str, alias| {
            format!("(SELECT {}, {row}.{time}, {row}.{event_id}) AS {alias}", self.key_of(row))
        };
        let id_gone = match self.keeps() {
            false => String::new(),
            true => format!(
                "
  IF TG_OP = 'UPDATE' AND OLD.{event_id} <> NEW.{event_id} THEN
    INSERT INTO {} ({}, {}) SELECT {}, ARRAY[OLD.{event_id}];
  END IF;",
                self.names.changes,
                self.events.key_list(),
                self.own.gone_ids,
                self.key_of("OLD")
            ),
        };
        format!(
            "IF TG_OP = 'DELETE' THEN
    {};
  END IF;
  IF TG_OP = 'UPDATE' THEN
    {};
  END IF;{id_gone}
  IF TG_OP <> 'DELETE' THEN
    {};
  END IF",
            self.note(&row("OLD", "removed"), What::Gone),
            self.note(&row("OLD", "removed"), What::Changed),
            self.note(&row("NEW", "added"), What::Added),
        )
    }

    /// What makes an updated event another one. As text where equal values can look different, or do not compare at all
    /// as json does not.
    pub(super) fn compared(&self) -> String {
        let events = self.events;
        let folded = events
            .definition
            .key()
            .iter()
            .zip(&events.key)
            .filter(|(_, ty)| **ty == KeyComparison::CaseInsensitive);
        // A text has a name of its own, or there were two columns of the key's.
        let read = self.read_beside_key();
        let texts = folded.map(|(name, _)| name).chain(&read).enumerate();
        let text = |(at, name): (usize, &String)| {
            format!(", {}::pg_catalog.text AS {}", identifier(name), events.own_name(&format!("text_{at}")))
        };
        let texts: String = texts.map(text).collect();
        format!("{}, {}, {}{texts}", events.key_list(), events.time_name(), events.event_id_name())
    }

    /// The columns that go along or that the rule reads, beside the key, the time and the event id.
    pub(super) fn read_beside_key(&self) -> Vec<String> {
        self.events.carried.iter().cloned().chain(self.read_besides()).collect()
    }

    /// Settings for functions that compare such columns as texts, under which values that differ have texts that do:
    /// a writer's own could round numbers, or leave out an hour.
    pub(super) fn settings_of_texts(&self) -> Vec<(&'static str, &'static str)> {
        match self.read_beside_key().is_empty() {
            true => Vec::new(),
            false => vec![("extra_float_digits", "1"), ("TimeZone", "UTC")],
        }
    }

    /// Statements that look no name up but in `pg_catalog`, and no operator, need no search path of their own, which every
    /// single insert would pay for; others do, because they run with their owner's rights.
    fn capture_function(&self, what: &str, statement: &str) -> Function {
        let (settings, guard) = match what {
            APPLIED => (pinned([]), self.unless_understood(Written::Row)),
            "updated" => (
                self.settings_of_texts(),
                self.unless_understood(Written::Rows("added", &self.read_beside_key())),
            ),
            "inserted" => {
                (Vec::new(), self.unless_understood(Written::Perhaps("added", &self.note_one(What::Added))))
            }
            "deleted" => {
                (Vec::new(), self.unless_understood(Written::Perhaps("removed", &self.note_one(What::Gone))))
            }
            _ => (Vec::new(), String::new()),
        };
        let body =
            format!("\n#variable_conflict use_column\nBEGIN\n{guard}  {statement};\n  RETURN NULL;\nEND ");
        Function::of_trigger(self.capture_function_name(what), settings, body)
    }

    /// The function behind the triggers of one kind.
    pub(super) fn capture_function_name(&self, what: &str) -> TableName {
        function_name(&self.names.changes, what)
    }
}

/// The names of the functions behind the triggers that note changes in the table `changes`.
pub fn capture_functions_of(changes: &TableName) -> Vec<TableName> {
    let all = STATEMENTS.iter().map(|(what, ..)| *what).chain([APPLIED]);
    all.map(|what| function_name(changes, what)).collect()
}

/// What a note holds of the times of a group of rows. COALESCE gives the type behind a domain. There is no arithmetic in
/// it, and nothing else that could fail on a writer's times.
pub(super) fn times_of(time: &str) -> String {
    format!("pg_catalog.array_agg(COALESCE({time}, NULL))")
}

fn function_name(changes: &TableName, what: &str) -> TableName {
    changes.beside(changes.derived(what))
}
