//! Sessions of the past, as a leaf has them and as a run takes them in.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use spectrum_core::internals::instants;
use spectrum_core::{IdScheme, Label, Labeller, PastSessions, SessionDefinition, SessionId};

use super::attributes::{self, Values};
use super::error::StateError;
use super::folder::Folder;
use super::part::Part;
use crate::error::Result;

/// Sessions of the past, a row each. Those of one key come in the order of time.
#[derive(Debug, Default)]
pub(super) struct Past {
    batches: Vec<Vec<ArrayRef>>,
    pub(super) start: Vec<i64>,
    pub(super) end: Vec<i64>,
    pub(super) events: Vec<u64>,
    pub(super) id: Vec<Option<SessionId>>,
    /// Numbers among the sessions of a key, where ids hold them.
    pub(super) number: Vec<u64>,
    /// The run that saw the session first and the instant at which it began then, where ids stay.
    pub(super) founded: Vec<(u64, i64)>,
    /// What the summary tells besides.
    pub(super) told: Vec<Values>,
    /// The session that each row is, by its place among all sessions, where all rows were looked at.
    pub(super) places: Vec<usize>,
    /// The leaf that a row is of, in the order in which leaves were added.
    pub(super) leaf: Vec<usize>,
    leaves: usize,
}

impl Past {
    /// No rows, of sessions by this definition.
    pub(super) fn of(definition: &SessionDefinition) -> Self {
        let told = attributes::kept(definition).map(|column| Values::none(&column.measure));
        Self { told: told.collect(), ..Self::default() }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.start.len()
    }

    /// How many events have a NULL in a key column.
    pub(super) fn null_key_events(&self) -> u64 {
        let mut events = self.events.iter();
        let mut of_batch = |keys: &Vec<ArrayRef>| -> u64 {
            let rows = 0..keys.first().map_or(0, |column| column.len());
            let is_null = |row: usize| keys.iter().any(|column| column.is_null(row));
            rows.zip(&mut events).filter(|(row, _)| is_null(*row)).map(|(_, events)| events).sum()
        };
        self.batches.iter().map(&mut of_batch).sum()
    }

    /// How many events have a key whose session id is NULL.
    pub(super) fn null_id_events(&self) -> u64 {
        let rows = self.id.iter().zip(&self.events);
        rows.filter(|(id, _)| id.is_none()).map(|(_, events)| events).sum()
    }

    /// Adds the sessions of a leaf, which begin after those that are there.
    pub(super) fn add(
        &mut self,
        folder: &Folder,
        part: &Part,
        definition: &SessionDefinition,
        unit: TimeUnit,
    ) -> Result<()> {
        let (schema, batches) = part.read(folder)?;
        let file = || folder.file(&part.name);
        let key_columns = definition.key().len();
        let place = Places::of(&schema, key_columns, definition.id(), self.told.len())
            .ok_or_else(|| StateError::damaged(file(), "it has other columns"))?;
        for batch in &batches {
            self.add_batch(batch, &place, key_columns, unit).ok_or_else(|| {
                StateError::damaged(file(), "its columns have other values than sessions have")
            })?;
        }
        self.leaves += 1;
        Ok(())
    }

    fn add_batch(
        &mut self,
        batch: &RecordBatch,
        place: &Places,
        key_columns: usize,
        unit: TimeUnit,
    ) -> Option<()> {
        let times = |at: usize| instants(batch.column(at), unit).ok().map(|clock| clock.instants.to_vec());
        let numbers = |at: usize| Some(batch.column(at).as_primitive_opt::<Int64Type>()?.values().to_vec());
        let counts = |at: usize| {
            numbers(at)?.into_iter().map(|number| u64::try_from(number).ok()).collect::<Option<Vec<u64>>>()
        };
        self.start.extend(times(place.times)?);
        self.end.extend(times(place.times + 1)?);
        self.events.extend(counts(place.times + 2)?);
        let ids = batch.column(0).as_string_opt::<i32>()?;
        for id in ids {
            self.id.push(match id {
                Some(text) => Some(SessionId::from_hex(text)?),
                None => None,
            });
        }
        if let Some(at) = place.number {
            self.number.extend(counts(at)?);
        }
        if let Some(at) = place.founded {
            self.founded.extend(counts(at)?.into_iter().zip(times(at + 1)?));
        }
        for (at, told) in self.told.iter_mut().enumerate() {
            told.append(batch.column(place.told + at))?;
        }
        self.leaf.resize(self.start.len(), self.leaves);
        self.batches.push(batch.columns()[1..=key_columns].to_vec());
        Some(())
    }

    /// Has a labeller take the sessions in. Their labels are in the order of the rows.
    pub(super) fn remember(&self, labeller: &mut Labeller, folder: &Folder) -> Result<Vec<Label>> {
        let mut labels = Vec::with_capacity(self.len());
        let mut from = 0;
        for keys in &self.batches {
            let to = from + keys.first().map_or(0, |column| column.len());
            let past = PastSessions {
                start: &self.start[from..to],
                end: &self.end[from..to],
                events: &self.events[from..to],
            };
            labeller
                .remember(keys, past, &mut labels)
                .map_err(|error| StateError::damaged(folder.path(), error))?;
            from = to;
        }
        Ok(labels)
    }
}

/// Where a leaf's columns stand: the id, the key, the number, the bounds and the events, and who founded the id.
pub(super) struct Places {
    pub(super) number: Option<usize>,
    /// The first instant; the last and the events follow.
    pub(super) times: usize,
    /// The run; the instant follows.
    pub(super) founded: Option<usize>,
    /// What the summary tells, column after column.
    pub(super) told: usize,
}

impl Places {
    /// `None` when a leaf of this scheme has other columns.
    fn of(schema: &SchemaRef, key_columns: usize, scheme: IdScheme, told: usize) -> Option<Self> {
        let number = scheme.is_numbered().then_some(1 + key_columns);
        let times = 1 + key_columns + usize::from(number.is_some());
        let founded = scheme.needs_memory().then_some(times + 3);
        let first_told = times + 3 + if founded.is_some() { 2 } else { 0 };
        let columns = first_told + told;
        let is_time = |at: usize| matches!(schema.field(at).data_type(), DataType::Timestamp(..));
        (schema.fields().len() == columns && is_time(times) && is_time(times + 1)).then_some(Self {
            number,
            times,
            founded,
            told: first_told,
        })
    }
}
