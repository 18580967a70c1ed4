//! A checked session definition: which columns make the key and the time, how long a gap may be, what an id is.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::gap::{Gap, GapError};
use crate::id_scheme::IdScheme;
use crate::rule::SessionRule;

/// What a session is, checked: it can only be made by [`DefinitionBuilder::build`] or [`Self::from_toml`].
///
/// The default is the original system's:
///
/// ```
/// use spectrum_core::{IdScheme, SessionDefinition};
///
/// let definition = SessionDefinition::default();
/// assert_eq!(definition.table(), "warehouse.fact_events");
/// assert_eq!(definition.event_id(), "event_id");
/// assert_eq!(definition.time(), "occurred_at");
/// assert_eq!(definition.key(), ["user_id", "account_id"]);
/// assert_eq!(definition.gap().to_string(), "30m");
/// assert_eq!(definition.id(), IdScheme::Sequence);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionDefinition {
    table: String,
    event_id: String,
    time: String,
    key: Vec<String>,
    rule: SessionRule,
    id: IdScheme,
}

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DefinitionError {
    /// The key names no column.
    #[error("the key names no column; name at least one, as in key = [\"user_id\", \"account_id\"]")]
    EmptyKey,
    /// A column has an empty name.
    #[error("{role} has an empty column name")]
    EmptyName {
        /// Which part of the definition it is.
        role: &'static str,
    },
    /// A column stands in the key twice.
    #[error("column '{0}' stands in the key twice; name each key column once")]
    RepeatedKeyColumn(String),
    /// The time column cannot be a part of the key, or every instant would have a key of its own.
    #[error("column '{0}' is the time and a part of the key; take it out of the key")]
    TimeInKey(String),
    /// The gap was refused.
    #[error(transparent)]
    Gap(#[from] GapError),
    /// The id scheme was refused.
    #[error("{0}")]
    Id(String),
    /// The file is not TOML, or has other fields.
    #[error("not a definition: {0}")]
    Toml(String),
}

impl Default for SessionDefinition {
    fn default() -> Self {
        Self {
            table: "warehouse.fact_events".into(),
            event_id: "event_id".into(),
            time: "occurred_at".into(),
            key: vec!["user_id".into(), "account_id".into()],
            rule: SessionRule::of_gap(Gap::DEFAULT),
            id: IdScheme::Sequence,
        }
    }
}

impl SessionDefinition {
    /// A builder that starts with the defaults.
    pub fn builder() -> DefinitionBuilder {
        DefinitionBuilder::default()
    }

    /// A builder that starts with this definition.
    pub fn to_builder(&self) -> DefinitionBuilder {
        DefinitionBuilder {
            table: Some(self.table.clone()),
            event_id: Some(self.event_id.clone()),
            time: Some(self.time.clone()),
            key: Some(self.key.clone()),
            gap: Some(self.gap().to_string()),
            id: Some(self.id.to_string()),
        }
    }

    /// Reads the text of a `spectrum.toml`. What it leaves out keeps its default.
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
        DefinitionBuilder::from_toml(text)?.build()
    }

    /// The events table in PostgreSQL; files are named on the command line instead.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column that names an event.
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// The column that tells when an event happened.
    pub fn time(&self) -> &str {
        &self.time
    }

    /// The columns whose values together make a key; at least one, each once, in the order that ids use.
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// Which events of a key belong together.
    pub fn rule(&self) -> &SessionRule {
        &self.rule
    }

    /// The longest pause inside a session.
    pub fn gap(&self) -> Gap {
        self.rule.gap()
    }

    /// How sessions are named.
    pub fn id(&self) -> IdScheme {
        self.id
    }
}

/// Collects the parts of a definition as people write them; [`Self::build`] checks them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DefinitionBuilder {
    table: Option<String>,
    event_id: Option<String>,
    time: Option<String>,
    key: Option<Vec<String>>,
    gap: Option<String>,
    id: Option<String>,
}

impl DefinitionBuilder {
    /// What the text of a `spectrum.toml` says, and nothing of what it leaves out.
    ///
    /// # Errors
    /// When the text is not TOML, or has a field that a definition has not.
    pub fn from_toml(text: &str) -> Result<Self, DefinitionError> {
        let file: DefinitionFile =
            toml::from_str(text).map_err(|e| DefinitionError::Toml(e.to_string().trim_end().to_owned()))?;
        Ok(Self {
            table: file.events.table,
            event_id: file.events.event_id,
            time: file.events.time,
            key: file.events.key,
            gap: file.session.gap,
            id: file.session.id,
        })
    }

    /// What was not given is as in a definition that stands, instead of the default.
    ///
    /// ```
    /// # use spectrum_core::SessionDefinition;
    /// let standing = SessionDefinition::builder().gap("10m").time("at").build()?;
    /// let definition = SessionDefinition::builder().time("seen_at").or(&standing).build()?;
    /// assert_eq!((definition.gap().to_string().as_str(), definition.time()), ("10m", "seen_at"));
    /// # Ok::<(), spectrum_core::DefinitionError>(())
    /// ```
    pub fn or(self, standing: &SessionDefinition) -> Self {
        let standing = standing.to_builder();
        Self {
            table: self.table.or(standing.table),
            event_id: self.event_id.or(standing.event_id),
            time: self.time.or(standing.time),
            key: self.key.or(standing.key),
            gap: self.gap.or(standing.gap),
            id: self.id.or(standing.id),
        }
    }

    /// Names the events table.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Names the event id column.
    pub fn event_id(mut self, column: impl Into<String>) -> Self {
        self.event_id = Some(column.into());
        self
    }

    /// Names the time column.
    pub fn time(mut self, column: impl Into<String>) -> Self {
        self.time = Some(column.into());
        self
    }

    /// Names the key columns.
    pub fn key<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.key = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the gap, as in `30m`.
    pub fn gap(mut self, gap: impl Into<String>) -> Self {
        self.gap = Some(gap.into());
        self
    }

    /// Sets the id scheme by value.
    pub fn id(self, id: IdScheme) -> Self {
        self.id_named(id.to_string())
    }

    /// Sets the id scheme by name.
    pub fn id_named(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Checks what was collected; what was not given keeps its default.
    ///
    /// # Errors
    /// A [`DefinitionError`] that names the value and the rule.
    pub fn build(self) -> Result<SessionDefinition, DefinitionError> {
        let default = SessionDefinition::default();
        let definition = SessionDefinition {
            table: self.table.unwrap_or(default.table),
            event_id: self.event_id.unwrap_or(default.event_id),
            time: self.time.unwrap_or(default.time),
            key: self.key.unwrap_or(default.key),
            rule: self.gap.map_or(Ok(default.rule), |gap| gap.parse().map(SessionRule::of_gap))?,
            id: self.id.map_or(Ok(default.id), |id| id.parse()).map_err(DefinitionError::Id)?,
        };
        if definition.key.is_empty() {
            return Err(DefinitionError::EmptyKey);
        }
        for (role, name) in [("events.table", &definition.table), ("events.event_id", &definition.event_id)]
            .into_iter()
            .chain([("events.time", &definition.time)])
            .chain(definition.key.iter().map(|name| ("events.key", name)))
        {
            if name.is_empty() {
                return Err(DefinitionError::EmptyName { role });
            }
        }
        for (at, name) in definition.key.iter().enumerate() {
            if definition.key[..at].contains(name) {
                return Err(DefinitionError::RepeatedKeyColumn(name.clone()));
            }
            if *name == definition.time {
                return Err(DefinitionError::TimeInKey(name.clone()));
            }
        }
        Ok(definition)
    }
}

/// The shape of `spectrum.toml`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DefinitionFile {
    #[serde(default)]
    events: EventsTable,
    #[serde(default)]
    session: SessionTable,
    /// Where a deployment stands and what it refreshes; the database's crate reads these.
    #[serde(default, rename = "postgres")]
    _postgres: IgnoredAny,
    #[serde(default, rename = "refresh")]
    _refresh: IgnoredAny,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct EventsTable {
    table: Option<String>,
    event_id: Option<String>,
    time: Option<String>,
    key: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SessionTable {
    gap: Option<String>,
    id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_meant() {
        let message = |b: DefinitionBuilder| b.build().unwrap_err().to_string();
        let builder = SessionDefinition::builder;
        assert!(message(builder().key([""; 0])).contains("names no column"));
        assert!(message(builder().key(["a", "a"])).contains("'a' stands in the key twice"));
        assert!(message(builder().key(["occurred_at"])).contains("is the time and a part of the key"));
        assert!(message(builder().key([""])).contains("events.key has an empty column name"));
        assert!(message(builder().gap("0m")).contains("must be longer than zero"));
        assert!(message(builder().id_named("uuid")).contains("not one of sequence, encoded, start"));
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = SessionDefinition::from_toml("[session]\ngapp = \"5m\"").unwrap_err().to_string();
        assert!(error.contains("gapp") && error.contains("gap"), "{error}");
    }
}
