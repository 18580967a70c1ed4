//! One of the two that are compared: a definition, or sessions as somebody recorded them.

use spectrum_core::{Gap, IdScheme, Predicate, SessionDefinition, SessionIndex, SessionRule, Sessions};

use crate::error::{CompareError, EngineError, Result};

/// One of the two that are compared.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Side {
    /// Its columns and its rule.
    pub definition: SessionDefinition,
    /// A column that has sessions as somebody recorded them: those of a key are then its values, whenever they were, events
    /// without one have no session, and the rule does not count.
    pub recorded: Option<String>,
}

impl Side {
    /// Sessions by the rule of a definition.
    pub fn of(definition: SessionDefinition) -> Self {
        Self { definition, recorded: None }
    }

    /// The definition by which it is labelled. Recorded sessions are those of a key and a value that no pause ends.
    pub(super) fn labelled_by(&self) -> Result<SessionDefinition> {
        // Nobody asks for ids here, and this scheme does not look for collisions.
        let builder = self.definition.to_builder().id(IdScheme::Encoded);
        let builder = match &self.recorded {
            None => builder,
            Some(column) => {
                let quoted = column.replace('"', "\"\"");
                let has_one: Predicate = format!("\"{quoted}\" IS NOT NULL")
                    .parse()
                    .map_err(|_| EngineError::Mistake("a column's name was refused in a condition"))?;
                let longest = Gap::from_nanoseconds(u64::MAX);
                let longest = longest.map_err(|_| EngineError::Mistake("the longest gap was refused"))?;
                let mut rule = SessionRule::of_gap(longest).to_parts();
                rule.takes_part = Some(Some(has_one));
                let key = self.definition.key().iter().chain([column]);
                SessionDefinition::builder()
                    .key(key)
                    .time(self.definition.time())
                    .event_id(self.definition.event_id())
                    .id(IdScheme::Encoded)
                    .rule(rule)
            }
        };
        builder.build().map_err(|error| CompareError::RecordedBy(Box::new(error)).into())
    }

    /// What a session is called: by its number among those of its key, or as it was recorded.
    pub(super) fn name(&self, session: SessionIndex, sessions: &Sessions) -> SessionName {
        match &self.recorded {
            None => SessionName::Number(sessions.number(session)),
            Some(_) => SessionName::Recorded(
                sessions.key_text(session, self.definition.key().len()).unwrap_or_default(),
            ),
        }
    }
}

/// What a session is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionName {
    /// Its number among those of its key, from 1.
    Number(u64),
    /// The text under which it was recorded.
    Recorded(String),
}
