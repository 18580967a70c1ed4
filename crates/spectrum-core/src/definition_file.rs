//! `spectrum.toml`: a definition as people keep it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::definition::{DefinitionBuilder, SessionDefinition};
use crate::definition_error::{DefinitionError, NotADefinitionFile};
use crate::epoch_unit::EpochUnit;
use crate::rule::{SessionTable, WrittenId};
use crate::summary_columns::{InOrder, WrittenColumn};

/// The fields that the text of a `spectrum.toml` gives, and none that it leaves out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct DefinitionFile {
    /// What a session is.
    pub definition: DefinitionBuilder,
    /// The name of the events table as it is written, for those who have a database; files are named where they are used.
    pub table: Option<String>,
    /// What the numbers of the time column count, where it holds numbers.
    pub time_unit: Option<EpochUnit>,
}

impl DefinitionFile {
    /// Reads the text of a `spectrum.toml`. Its tables `[postgres]`, `[refresh]`, `[retention]` and `[history]` are for the
    /// database's crate to read, and `[check]` for the crate that judges events.
    ///
    /// # Errors
    /// When the text is not TOML, has a field that a definition has not, or a gap or an id scheme that is none.
    pub fn from_toml(text: &str) -> Result<Self, DefinitionError> {
        let Written { events, session, summary, .. } =
            toml::from_str(text).map_err(NotADefinitionFile::new)?;
        let mut definition = DefinitionBuilder::default();
        if let Some(event_id) = events.event_id {
            definition = definition.event_id(event_id);
        }
        if let Some(time) = events.time {
            definition = definition.time(time);
        }
        if let Some(key) = events.key {
            definition = definition.key(key);
        }
        definition = definition.rule(session.rule_parts(events.takes_part.as_deref())?);
        match session.id {
            None => {}
            Some(WrittenId::Scheme(id)) => definition = definition.id(id.parse()?),
            Some(WrittenId::Recorded(column)) => return Err(DefinitionError::Recorded(column)),
        }
        if let Some(columns) = summary.columns {
            let columns = columns.0.into_iter().map(|(name, column)| column.read(&name));
            definition = definition.summary(columns.collect::<Result<Vec<_>, _>>()?);
        }
        let time_unit = events.time_unit.map(|unit| unit.parse()).transpose()?;
        Ok(Self { definition, table: events.table, time_unit })
    }
}

impl SessionDefinition {
    /// Reads the text of a `spectrum.toml`. What it leaves out keeps its default. What it says of a database is of no
    /// account here: [`DefinitionFile`] has it.
    ///
    /// ```
    /// # use spectrum_core::SessionDefinition;
    /// let definition = SessionDefinition::from_toml(r#"
    ///     [events]
    ///     key = ["device"]
    ///     time = "seen_at"
    ///     [session]
    ///     gap = "5m"
    /// "#)?;
    /// assert_eq!(definition.key(), ["device"]);
    /// # Ok::<(), spectrum_core::DefinitionError>(())
    /// ```
    ///
    /// # Errors
    /// When the text is not TOML, has a field that a definition has not, or a value that is refused.
    pub fn from_toml(text: &str) -> Result<Self, DefinitionError> {
        DefinitionFile::from_toml(text)?.definition.build()
    }
}

/// The shape of the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    events: EventsTable,
    #[serde(default)]
    session: SessionTable,
    #[serde(default)]
    summary: SummaryTable,
    /// What is wrong with events, for the crate that judges them.
    #[serde(default, rename = "check")]
    _check: IgnoredAny,
    /// Where a deployment stands and what it refreshes.
    #[serde(default, rename = "postgres")]
    _postgres: IgnoredAny,
    #[serde(default, rename = "refresh")]
    _refresh: IgnoredAny,
    #[serde(default, rename = "retention")]
    _retention: IgnoredAny,
    #[serde(default, rename = "history")]
    _history: IgnoredAny,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct EventsTable {
    table: Option<String>,
    event_id: Option<String>,
    time: Option<String>,
    time_unit: Option<String>,
    key: Option<Vec<String>>,
    #[serde(rename = "where")]
    takes_part: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SummaryTable {
    columns: Option<InOrder<WrittenColumn>>,
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn refusal(text: &str) -> DefinitionError {
        DefinitionFile::from_toml(text).unwrap_err()
    }

    #[test]
    fn an_unknown_field_is_named_by_the_source() {
        let error = refusal("[session]\ngapp = \"5m\"");
        assert_eq!(error.to_string(), "not a definition");
        let source = error.source().unwrap().to_string();
        assert!(source.contains("gapp") && source.contains("gap"), "{source}");
    }

    #[test]
    fn values_are_refused_by_name() {
        let gap = refusal("[session]\ngap = \"0m\"").to_string();
        assert_eq!(gap, "gap '0m' must be longer than zero");
        let id = refusal("[session]\nid = \"uuid\"").to_string();
        assert_eq!(id, "id scheme 'uuid' is not one of sequence, encoded, start, persistent");
        let recorded = refusal("[session]\nid = { column = 'ga_session_id' }").to_string();
        assert_eq!(
            recorded,
            "sessions as they were recorded, as in id = { column = \"ga_session_id\" }, are for comparing alone; name them there as \
             recorded=ga_session_id, and take id out of the file"
        );
        let other = refusal("[session]\nid = { colum = 'ga_session_id' }").source().unwrap().to_string();
        assert!(other.contains("unknown field `colum`, expected `column`"), "{other}");
        let number = refusal("[session]\nid = 5").source().unwrap().to_string();
        assert!(number.contains("invalid type: integer `5`, expected a string"), "{number}");
        let unit = refusal("[events]\ntime_unit = \"min\"").to_string();
        assert_eq!(unit, "time unit 'min' is not one of s, ms, us, ns");
    }

    #[test]
    fn rules_may_be_written_as_flags_have_them() {
        let rules = |text: &str| {
            let file = DefinitionFile::from_toml(&format!("[session]\n{text}")).unwrap();
            file.definition.build().unwrap().rule().clone()
        };
        assert_eq!(rules("split_on = 'plan'"), rules("split_on = ['plan']"));
        assert_eq!(rules("gap_when = ['4h: a = 1']"), rules("gap_when = [{ when = 'a = 1', gap = '4h' }]"));
        assert!(rules("split_on = 'none'\ngap_when = 'none'\nmax_events = 'none'").is_plain_gap());
        assert_eq!(
            refusal("[session]\nmax_events = -3").to_string(),
            "max_events must be a number from 1 on, or none, and is '-3'"
        );
    }

    #[test]
    fn the_table_is_as_it_is_written() {
        let file = DefinitionFile::from_toml("[events]\ntable = \"a.b\"\n[postgres]\nmode = 1").unwrap();
        assert_eq!((file.table.as_deref(), file.definition), (Some("a.b"), DefinitionBuilder::default()));
    }
}
