//! A checked session definition: which columns make the key and the time, which rule ends a session, what an id is.

use crate::definition_error::DefinitionError;
use crate::gap::Gap;
use crate::id_scheme::IdScheme;
use crate::rule::{RuleParts, SessionRule};
use crate::summary_columns::{SummaryColumn, check};

/// What a session is, checked: it can only be made by [`Self::new`], [`DefinitionBuilder::build`] or [`Self::from_toml`].
///
/// ```
/// use spectrum_core::{IdScheme, SessionDefinition};
///
/// let definition = SessionDefinition::new(["device"], "seen_at", "5m".parse()?)?;
/// assert_eq!(definition.key(), ["device"]);
/// assert_eq!(definition.id(), IdScheme::Sequence);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The default is the original system's:
///
/// ```
/// # use spectrum_core::{IdScheme, SessionDefinition};
/// let definition = SessionDefinition::default();
/// assert_eq!(definition.event_id(), "event_id");
/// assert_eq!(definition.time(), "occurred_at");
/// assert_eq!(definition.key(), ["user_id", "account_id"]);
/// assert_eq!(definition.gap().to_string(), "30m");
/// assert_eq!(definition.id(), IdScheme::Sequence);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionDefinition {
    event_id: String,
    time: String,
    key: Vec<String>,
    rule: SessionRule,
    id: IdScheme,
    summary: Vec<SummaryColumn>,
}

impl Default for SessionDefinition {
    fn default() -> Self {
        Self {
            event_id: "event_id".into(),
            time: "occurred_at".into(),
            key: vec!["user_id".into(), "account_id".into()],
            rule: SessionRule::of_gap(Gap::DEFAULT),
            id: IdScheme::Sequence,
            summary: Vec::new(),
        }
    }
}

impl SessionDefinition {
    /// Sessions of keys that consist of these columns, which end where a pause in the time is longer than `gap`. A builder
    /// sets what this leaves at its default.
    ///
    /// # Errors
    /// A [`DefinitionError`] that names the value and the rule.
    pub fn new<C: Into<String>>(
        key: impl IntoIterator<Item = C>,
        time: impl Into<String>,
        gap: Gap,
    ) -> Result<Self, DefinitionError> {
        Self::builder().key(key).time(time).gap(gap).build()
    }

    /// A builder that starts with the defaults.
    pub fn builder() -> DefinitionBuilder {
        DefinitionBuilder::default()
    }

    /// The same rule, where a key consists of one column, of another name than the time and the event id.
    #[must_use]
    pub fn keyed_by(&self, column: impl Into<String>) -> Self {
        Self { key: vec![column.into()], ..self.clone() }
    }

    /// A builder that starts with this definition.
    pub fn to_builder(&self) -> DefinitionBuilder {
        DefinitionBuilder {
            event_id: Some(self.event_id.clone()),
            time: Some(self.time.clone()),
            key: Some(self.key.clone()),
            rule: self.rule.to_parts(),
            id: Some(self.id),
            summary: Some(self.summary.clone()),
        }
    }

    /// The column that names an event.
    pub fn event_id(&self) -> &str {
        &self.event_id
    }

    /// The column that says when an event happened.
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

    /// Whether there is nothing but a gap, and a summary without columns of its own: the original's shape.
    pub fn is_plain(&self) -> bool {
        self.rule.is_plain_gap() && self.summary.is_empty()
    }

    /// What a summary tells of a session besides, in the order of its columns.
    pub fn summary(&self) -> &[SummaryColumn] {
        &self.summary
    }
}

/// Collects the parts of a definition; [`Self::build`] checks them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DefinitionBuilder {
    event_id: Option<String>,
    time: Option<String>,
    key: Option<Vec<String>>,
    rule: RuleParts,
    id: Option<IdScheme>,
    summary: Option<Vec<SummaryColumn>>,
}

impl DefinitionBuilder {
    /// Fields that were not given are as in an existing definition, instead of having their defaults.
    ///
    /// ```
    /// # use spectrum_core::SessionDefinition;
    /// let standing = SessionDefinition::builder().gap("10m".parse()?).time("at").build()?;
    /// let definition = SessionDefinition::builder().time("seen_at").or(&standing).build()?;
    /// assert_eq!((definition.gap().to_string().as_str(), definition.time()), ("10m", "seen_at"));
    /// # Ok::<(), spectrum_core::DefinitionError>(())
    /// ```
    pub fn or(self, standing: &SessionDefinition) -> Self {
        let standing = standing.to_builder();
        Self {
            event_id: self.event_id.or(standing.event_id),
            time: self.time.or(standing.time),
            key: self.key.or(standing.key),
            rule: self.rule.or(standing.rule),
            id: self.id.or(standing.id),
            summary: self.summary.or(standing.summary),
        }
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

    /// What the time column is called, whether that was said or is the default.
    pub fn time_or_default(&self) -> String {
        self.time.clone().unwrap_or_else(|| SessionDefinition::default().time)
    }

    /// Names the key columns.
    pub fn key<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.key = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the longest pause inside a session.
    pub fn gap(mut self, gap: Gap) -> Self {
        self.rule.gap = Some(gap);
        self
    }

    /// Sets what `parts` say of the rule, and leaves the rest.
    pub fn rule(mut self, parts: RuleParts) -> Self {
        self.rule = parts.or(self.rule);
        self
    }

    /// Sets the id scheme.
    pub fn id(mut self, id: IdScheme) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets what a summary tells of a session besides, in this order.
    pub fn summary(mut self, columns: impl IntoIterator<Item = SummaryColumn>) -> Self {
        self.summary = Some(columns.into_iter().collect());
        self
    }

    /// Whether the gap or another rule was said.
    pub fn says_a_rule(&self) -> bool {
        self.rule != RuleParts::default()
    }

    /// Checks what was collected; fields that were not given keep their defaults.
    ///
    /// # Errors
    /// A [`DefinitionError`] that names the value and the rule.
    pub fn build(self) -> Result<SessionDefinition, DefinitionError> {
        let default = SessionDefinition::default();
        let (time, key) = (self.time.unwrap_or(default.time), self.key.unwrap_or(default.key));
        let definition = SessionDefinition {
            event_id: self.event_id.unwrap_or(default.event_id),
            rule: self.rule.build(&key, &time)?,
            time,
            key,
            id: self.id.unwrap_or(default.id),
            summary: self.summary.unwrap_or_default(),
        };
        if definition.key.is_empty() {
            return Err(DefinitionError::EmptyKey);
        }
        for (role, name) in [("events.event_id", &definition.event_id), ("events.time", &definition.time)]
            .into_iter()
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
        check(&definition.summary, &definition.key)?;
        Ok(definition)
    }
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
    }
}
