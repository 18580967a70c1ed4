//! The statements of a run: an engine reads files, finds the sessions, and writes the events with their session ids.
//!
//! They refer to four relations, which the caller provides: [`INPUT`], the files as the engine reads them;
//! [`EVENTS`], which is [`RunQuery::source`]; and, read back from where they were written, [`SESSIONS`] with
//! the rows of [`RunQuery::sessions`] and [`WRITTEN`] with those of [`RunQuery::events`]. A run's report is
//! counted on the last two, because only what was written counts.

pub mod clickhouse;
mod digest;
pub mod duckdb;
mod events;
mod rule_columns;
mod sessions;
pub mod spark;
mod time_text;

use spectrum_core::SessionDefinition;

pub use super::time_text::{EpochUnit, TimeText};
pub use rule_columns::ReadAs;
pub use time_text::time_texts;

use super::columns::{Columns, name};
use super::file_run::FileRun;
use super::relation::Relation;
use super::ruled::takes_no_part;
use super::types::{KeyType, Types};
use super::{Dialect, Unsupported};
use time_text::parsed;

/// The files as the engine reads them.
pub const INPUT: &str = "spectrum_input";
/// The same with a time that is one, whatever it was written as.
pub const EVENTS: &str = "spectrum_events";
/// The sessions table that was written.
pub const SESSIONS: &str = "spectrum_sessions";
/// The events that were written.
pub const WRITTEN: &str = "spectrum_written";

/// What the statements are made from.
#[derive(Clone, Debug)]
pub struct RunQuery<'a> {
    /// The engine.
    pub dialect: Dialect,
    /// What a session is.
    pub definition: &'a SessionDefinition,
    /// All columns of the input, in their order.
    pub columns: &'a [String],
    /// The name of the column with the session's id in the sessions table.
    pub session_id: &'a str,
    /// The types of time, key and event id. The rest is of no account here.
    pub types: Types,
    /// How the time is written, where it is a text or a number.
    pub time_text: Option<TimeText>,
    /// Columns that the rule takes for something else than they are, beside time, key and event id.
    pub read_as: Vec<(String, ReadAs)>,
}

/// What [`RunQuery::events`] adds to the columns of the input.
#[derive(Clone, Copy, Debug)]
pub struct Added<'a> {
    /// The name of the column with the session's id.
    pub session_id: &'a str,
    /// Whether the session's number within its key goes along as `session_seq`.
    pub session_seq: bool,
    /// The name of a column with the day of the event's time, as a date.
    pub day: Option<&'a str>,
}

impl RunQuery<'_> {
    /// The events, with the input's columns in their order: the relation [`EVENTS`]. An event id that the input does not
    /// have is a column of NULLs, since nothing but a digest asks for it.
    ///
    /// # Errors
    /// When the engine cannot read such times.
    pub fn source(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let mut columns: Vec<String> = Vec::with_capacity(self.columns.len() + 1);
        for column in self.columns {
            let own = name(self.dialect, column);
            columns.push(match self.time_text {
                Some(text) if column == self.definition.time() => {
                    format!("{} AS {own}", parsed(text, engine, &own)?)
                }
                _ => match self.as_read(engine, column)? {
                    Some(read) => format!("{read} AS {own}"),
                    None => own,
                },
            });
        }
        columns.extend(self.originals());
        if !self.has_event_id() {
            columns.push(format!(
                "{} AS {}",
                engine.no_text(),
                name(self.dialect, self.definition.event_id())
            ));
        }
        Ok(format!("SELECT {}\nFROM {INPUT}", columns.join(", ")))
    }

    /// One row with everything that a run refuses or reports before it begins: events, events without a time,
    /// events (with a time) with a NULL in a key column, the first and the last instant, and for each key
    /// column and then for the event id how many values are not uuids, where uuids are sixteen bytes.
    ///
    /// # Errors
    /// When the dialect cannot express the definition, a type or a name.
    pub fn checks(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let types = self.narrow(false);
        let columns = Columns::checked(self.dialect, self.definition, &types, Relation::Summary)?;
        let time = columns.time();
        let instant = engine.number(&time, columns.time_type(engine))?;
        let key: Vec<String> = self.definition.key().iter().map(|c| name(self.dialect, c)).collect();
        let count = |condition: &str| engine.digits(&format!("SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"));
        let null_key = key.iter().map(|column| format!("{column} IS NULL")).collect::<Vec<_>>().join(" OR ");
        let typed = (0..key.len()).map(|at| (key[at].clone(), types.of_key(at)));
        let ids = typed.chain([(columns.event_id(), &types.event_id)]).map(|(column, ty)| match ty {
            KeyType::Uuid => match engine.is_no_uuid(&column) {
                Some(condition) => count(&condition),
                None => "'0'".to_owned(),
            },
            _ => "'0'".to_owned(),
        });
        let counts = [
            engine.digits("COUNT(*)"),
            count(&format!("{time} IS NULL")),
            count(&format!("{time} IS NOT NULL AND ({null_key})")),
            engine.digits(&format!("MIN({instant})")),
            engine.digits(&format!("MAX({instant})")),
        ];
        let listed: Vec<String> = counts
            .into_iter()
            .chain(ids)
            .chain(
                takes_no_part(engine, self.definition.rule())?
                    .map(|no_part| count(&format!("{time} IS NOT NULL AND {no_part}"))),
            )
            .enumerate()
            .map(|(at, sql)| format!("{sql} AS count_{at}"))
            .collect();
        Ok(format!("SELECT {}\nFROM {EVENTS}", listed.join(",\n       ")))
    }

    /// The ids of a few events without a time.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn null_times(&self) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let [id, time] = [self.definition.event_id(), self.definition.time()].map(|c| name(self.dialect, c));
        let id = engine.text(&id, &self.types.event_id);
        Ok(format!("SELECT MIN({id}) AS first_id, MAX({id}) AS last_id\nFROM {EVENTS}\nWHERE {time} IS NULL"))
    }

    /// Whether the input has the definition's event id.
    pub fn has_event_id(&self) -> bool {
        self.columns.iter().any(|column| column == self.definition.event_id())
    }

    /// The types without columns that go along.
    fn narrow(&self, numbered: bool) -> Types {
        let carried = Vec::new();
        Types { carried, without_null_times: true, numbered, ..self.types.clone() }
    }

    /// The definition without what its summary tells.
    fn of_events(&self) -> Result<SessionDefinition, Unsupported> {
        let definition = self.definition.to_builder().summary([]).build();
        definition.map_err(|error| Unsupported::new(self.dialect, error.to_string(), "change the definition"))
    }

    /// The engine's own words.
    fn engine(&self) -> Result<&'static dyn FileRun, Unsupported> {
        self.dialect.file_run().ok_or_else(|| {
            Unsupported::new(
                self.dialect,
                "a run over files",
                "load them with spectrum load and deploy the definition",
            )
        })
    }
}

#[cfg(test)]
mod tests;
