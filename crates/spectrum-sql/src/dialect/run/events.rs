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
        let definition = self.definition;
        let used = |column: &&String| {
            definition.key().contains(column)
                || *column == definition.time()
                || *column == definition.event_id()
        };
        let carried = self.columns.iter().filter(|column| !used(column)).cloned().collect();
        let types = Types { carried, ..self.narrow(added.session_seq) };
        let query = sessions_sql(self.dialect, definition, &[EVENTS], &types)?;
        let own = |column: &str| name(self.dialect, column);
        let mut columns: Vec<String> = self.columns.iter().map(|column| own(column)).collect();
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
