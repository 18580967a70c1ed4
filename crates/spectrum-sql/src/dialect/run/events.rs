//! The events of a run with their session ids.

use super::super::columns::name;
use super::super::types::Types;
use super::super::{Unsupported, sessions_sql};
use super::{Added, EVENTS, RunQuery};

impl RunQuery<'_> {
    /// Every event with all columns of the input in their order, and what is added; events without a time are left out.
    ///
    /// # Errors
    /// When the dialect cannot express the definition, a type or a name.
    pub fn events(&self, added: Added<'_>) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        // What the summary tells is told of the sessions table alone.
        let definition = &self.of_events()?;
        let used = |column: &&String| {
            definition.key().contains(column)
                || *column == definition.time()
                || *column == definition.event_id()
        };
        let kept = |column: &String| self.original(column).unwrap_or_else(|| column.clone());
        let carried = self.columns.iter().filter(|column| !used(column)).map(kept).collect();
        let types = Types { carried, ..self.narrow(added.session_seq) };
        let query = sessions_sql(self.dialect, definition, &[EVENTS], &types)?;
        let own = |column: &str| name(self.dialect, column);
        let mut columns: Vec<String> = Vec::with_capacity(self.columns.len() + 3);
        columns.extend(self.columns.iter().map(|column| match self.original(column) {
            Some(original) => format!("{} AS {}", own(&original), own(column)),
            None => own(column),
        }));
        columns.push(match added.session_id {
            "session_id" => "session_id".to_owned(),
            other => format!("session_id AS {}", own(other)),
        });
        if added.session_seq {
            columns.push("session_seq".to_owned());
        }
        if let Some(day) = added.day {
            columns.push(format!("{} AS {}", engine.day(&own(definition.time())), own(day)));
        }
        Ok(format!("SELECT {}\nFROM (\n{query}) AS events_with_sessions", columns.join(", ")))
    }
}
