//! The whole way for record batches in memory.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::TimeUnit;

use crate::collisions::Collision;
use crate::definition::SessionDefinition;
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;
use crate::label_forest::Label;
use crate::labeller::Labeller;
use crate::predicate::EventColumn;
use crate::resolve::{Resolution, resolve};
use crate::sessions::{SessionIndex, Sessions};
use crate::time_column::time_unit_of;

/// Events of several batches with their sessions.
#[derive(Debug)]
pub struct Sessionized {
    resolution: Resolution,
    labels: Vec<Vec<Label>>,
}

/// Why batches could not be sessionized.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionizeError {
    /// The definition names a column that a batch does not have.
    #[error("column '{name}' is not among the columns ({})", present.join(", "))]
    NoSuchColumn {
        /// The name asked for.
        name: String,
        /// The names there are.
        present: Vec<String>,
    },
    /// A column's type does not fit.
    #[error("column '{name}' cannot be used")]
    Column {
        /// The column.
        name: String,
        /// What does not fit.
        source: LabelError,
    },
    /// Some events have no time.
    #[error("{} no time (NULL in the time column); take them out or give them one", events_have(*.0))]
    NullTimes(u64),
    /// Different sessions got the same id under the `sequence` scheme.
    #[error("{0}; use the id scheme encoded or start")]
    Collision(Collision),
    /// Something else about the columns.
    #[error(transparent)]
    Label(#[from] LabelError),
}

/// Gives every event its session. Batches may come in any order and of any size.
///
/// # Errors
/// When a column is missing or of a type that does not fit, a time is NULL, or ids collide.
pub fn sessionize(
    batches: &[RecordBatch],
    definition: &SessionDefinition,
) -> Result<Sessionized, SessionizeError> {
    let mut finest = TimeUnit::Second;
    for batch in batches {
        let time = column(batch, definition.time())?;
        let not_time = || in_column(definition.time(), LabelError::TimeType(time.data_type().clone()));
        let unit = time_unit_of(time.data_type()).ok_or_else(not_time)?;
        finest = finest.max(unit);
    }
    for name in definition.key() {
        check_kinds(batches, name)?;
    }
    let mut labeller = Labeller::new(definition.key().len(), definition.rule(), finest);
    let mut labels = Vec::with_capacity(batches.len());
    for batch in batches {
        let key = definition.key().iter().map(|name| column(batch, name).cloned());
        let of_rule = definition.rule().columns().iter().map(|wanted| ruled(batch, &wanted.column));
        let columns: Vec<ArrayRef> = key.chain(of_rule).collect::<Result<_, _>>()?;
        let mut of_batch = Vec::new();
        let observed = labeller.observe(&columns, column(batch, definition.time())?, &mut of_batch);
        observed.map_err(|error| match error {
            LabelError::TimeRange { .. } => in_column(definition.time(), error),
            other => SessionizeError::Label(other),
        })?;
        labels.push(of_batch);
    }
    if labeller.null_times() > 0 {
        return Err(SessionizeError::NullTimes(labeller.null_times()));
    }
    let resolution = resolve(vec![labeller], definition.id(), 1)?;
    match resolution.collision {
        Some(collision) => Err(SessionizeError::Collision(collision)),
        None => Ok(Sessionized { resolution, labels }),
    }
}

/// A key column is of a kind that has a text, and of the same one in all batches. The labeller refuses anything
/// else too, but does not know the columns' names.
fn check_kinds(batches: &[RecordBatch], name: &str) -> Result<(), SessionizeError> {
    let mut seen = None;
    for batch in batches {
        let kind = KeyKind::of(column(batch, name)?.data_type()).map_err(|error| in_column(name, error))?;
        let Some(now) = kind else { continue };
        let seen = *seen.get_or_insert(now);
        if seen != now {
            return Err(in_column(name, LabelError::MixedKeyKinds { seen, now }));
        }
    }
    Ok(())
}

fn events_have(count: u64) -> String {
    if count == 1 { "1 event has".into() } else { format!("{count} events have") }
}

fn in_column(name: &str, source: LabelError) -> SessionizeError {
    SessionizeError::Column { name: name.to_owned(), source }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, SessionizeError> {
    batch.column_by_name(name).ok_or_else(|| SessionizeError::NoSuchColumn {
        name: name.to_owned(),
        present: batch.schema().fields().iter().map(|field| field.name().clone()).collect(),
    })
}

/// A column that the rule reads, or a member of a struct.
fn ruled(batch: &RecordBatch, wanted: &EventColumn) -> Result<ArrayRef, SessionizeError> {
    let whole = column(batch, &wanted.name)?;
    let Some(member) = &wanted.member else { return Ok(Arc::clone(whole)) };
    let missing = || SessionizeError::NoSuchColumn {
        name: wanted.to_string(),
        present: whole
            .as_struct_opt()
            .map(|of| of.column_names().into_iter().map(str::to_owned).collect())
            .unwrap_or_default(),
    };
    let members = whole.as_struct_opt().ok_or_else(missing)?;
    let column = members.column_by_name(member).ok_or_else(missing)?;
    let nulls = NullBuffer::union(members.nulls(), column.nulls());
    let data = column.to_data().into_builder().nulls(nulls).build().map_err(|_| missing())?;
    Ok(make_array(data))
}

impl Sessionized {
    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.resolution.sessions
    }

    /// The session of every event, in the order of batches and rows; `None` for events that belong to none by the rule.
    pub fn events(&self) -> impl Iterator<Item = Option<SessionIndex>> + '_ {
        self.labels.iter().flatten().map(|label| self.resolution.session(0, *label))
    }

    /// The session number of every event, from 1 within its key.
    pub fn session_numbers(&self) -> impl Iterator<Item = Option<u64>> + '_ {
        self.events().map(|session| session.map(|session| self.sessions().number(session)))
    }

    /// The session ids, one column per batch.
    pub fn session_ids(&self) -> Vec<StringArray> {
        let id = |label: &Label| {
            self.resolution.session(0, *label).and_then(|session| self.sessions().id(session))
        };
        self.labels
            .iter()
            .map(|labels| labels.iter().map(|label| id(label).map(|id| id.to_string())).collect())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::Arc;

    use arrow_array::{Float64Array, Int64Array, TimestampNanosecondArray, TimestampSecondArray};

    use super::*;

    fn batch(key: ArrayRef, time: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([("key", key, true), ("at", time, true)]).unwrap()
    }

    fn refusal(batches: &[RecordBatch]) -> String {
        let definition = SessionDefinition::builder().key(["key"]).time("at").build().unwrap();
        let error = sessionize(batches, &definition).unwrap_err();
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    }

    #[test]
    fn refusals_name_the_column() {
        let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
        let float: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let second = |at: i64| -> ArrayRef { Arc::new(TimestampSecondArray::from(vec![at])) };
        let nanosecond: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![0]));
        let begins = |message: String, beginning: &str| assert!(message.starts_with(beginning), "{message}");

        begins(
            refusal(&[batch(float, second(0))]),
            "column 'key' cannot be used: type Float64 cannot be a key",
        );
        begins(
            refusal(&[batch(one.clone(), one.clone())]),
            "column 'at' cannot be used: type Int64 is not a time",
        );
        begins(
            refusal(&[batch(one.clone(), second(0)), batch(text.clone(), second(0))]),
            "column 'key' cannot be used: a key column was integer before and is text now",
        );
        begins(
            refusal(&[batch(one.clone(), nanosecond), batch(one.clone(), second(i64::MAX))]),
            "column 'at' cannot be used: time 9223372036854775807 (seconds since 1970) does not fit in 64 bits of nanoseconds",
        );
        let no_time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![None]));
        begins(refusal(&[batch(one, no_time)]), "1 event has no time (NULL in the time column)");
        let other = RecordBatch::try_from_iter([("user", text), ("at", second(0))]).unwrap();
        assert_eq!(refusal(&[other]), "column 'key' is not among the columns (user, at)");
    }
}
