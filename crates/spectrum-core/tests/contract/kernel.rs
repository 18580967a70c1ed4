//! This crate as engines: the short way and the long way.

use std::error::Error;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::TimeUnit;
use spectrum_core::{
    KeyKind, Labeller, SessionDefinition, SessionIndex, SessionizeError, Sessions, resolve, sessionize,
    time_unit_of,
};
use spectrum_testkit::{Case, Engine, Labelled, NullTime};

/// [`sessionize`], with the events in batches of so many rows.
pub(crate) struct ShortWay {
    pub(crate) batch_rows: usize,
}

/// A [`Labeller`] a share of the events and one [`resolve`], as an engine for files does it.
pub(crate) struct LongWay {
    pub(crate) batch_rows: usize,
    /// Batches are dealt to so many labellers in turn.
    pub(crate) labellers: usize,
}

impl Engine for ShortWay {
    fn name(&self) -> &str {
        "spectrum-core, sessionize"
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        if let Some(reason) = is_for_readers(case) {
            return Some(reason);
        }
        if case.definition.null_time == NullTime::Drop {
            return Some("sessionize has no way to leave events out; Labeller and resolve have".to_owned());
        }
        case.definition.allow_id_collisions.then(|| {
            "sessionize always refuses collisions; Labeller and resolve leave it to the caller".into()
        })
    }

    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let definition = definition(case)?;
        let sessionized = sessionize(&case.batches(self.batch_rows), &definition).map_err(with_causes)?;
        let sessions = sessionized.sessions();
        let labels: Vec<_> = sessionized
            .events()
            .enumerate()
            .map(|(row, session)| labelled(case, row, session, sessions))
            .collect();
        let columns = sessionized.session_ids();
        let cells = columns.iter().flat_map(|column| column.iter().map(|id| id.map(str::to_owned)));
        assert!(cells.eq(labels.iter().map(|label| label.session_id.clone())), "{}", case.place());
        Ok(labels)
    }
}

impl Engine for LongWay {
    fn name(&self) -> &str {
        "spectrum-core, Labeller and resolve"
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        is_for_readers(case)
    }

    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let definition = definition(case)?;
        let batches = case.batches(self.batch_rows);
        let unit = finest_unit(&batches, &definition).map_err(with_causes)?;
        let new_labeller = || Labeller::new(definition.key().len(), definition.rule(), unit);
        let mut labellers: Vec<_> = (0..self.labellers).map(|_| new_labeller()).collect();
        // What each event got, and from whom.
        let mut labels = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            let labeller = at % self.labellers;
            let mut of_batch = Vec::new();
            let of_rule = definition.rule().columns().iter().map(|read| read.column.name.as_str());
            let names = definition.key().iter().map(String::as_str).chain(of_rule);
            let columns: Vec<ArrayRef> = names
                .map(|name| column(batch, name).cloned())
                .collect::<Result<_, _>>()
                .map_err(with_causes)?;
            let time = column(batch, definition.time()).map_err(with_causes)?;
            labellers[labeller].observe(&columns, time, &mut of_batch).map_err(with_causes)?;
            labels.extend(of_batch.into_iter().map(|label| (labeller, label)));
        }
        assert_eq!(labellers.iter().map(Labeller::events).sum::<u64>(), case.events.len() as u64);
        let null_times = labellers.iter().map(Labeller::null_times).sum();
        if null_times > 0 && case.definition.null_time == NullTime::Refuse {
            return Err(SessionizeError::NullTimes(null_times).to_string());
        }
        let resolution = resolve(labellers, definition.id(), 2).map_err(with_causes)?;
        if let (Some(collision), false) = (&resolution.collision, case.definition.allow_id_collisions) {
            return Err(SessionizeError::Collision(collision.clone()).to_string());
        }
        let session = |row: usize| {
            let (labeller, label) = labels[row];
            labelled(case, row, resolution.session(labeller, label), &resolution.sessions)
        };
        // Without a time an event is left out; with one it may still belong to no session.
        let instants = case.instants();
        Ok((0..labels.len()).filter(|row| instants[*row].is_some()).map(session).collect())
    }
}

/// What somebody has to read before it is a time or a key.
pub(crate) fn is_for_readers(case: &Case) -> Option<String> {
    if case.definition.time_unit.is_some() {
        return Some(
            "a time is of one of Arrow's types for times; who reads numbers makes times of them".to_owned(),
        );
    }
    if case.columns.iter().any(|column| case.definition.rules.take_members_of(&column.name)) {
        return Some("members of JSON are columns; who reads text takes them out of it".to_owned());
    }
    let reads = !case.definition.read_as_text.is_empty();
    reads.then(|| "a key is of a type whose text is settled; who reads others makes texts of them".to_owned())
}

/// The finest unit of any batch, and the checks that name a column where the labeller could not.
fn finest_unit(batches: &[RecordBatch], definition: &SessionDefinition) -> Result<TimeUnit, SessionizeError> {
    let in_column = |name: &str, source| SessionizeError::Column { name: name.to_owned(), source };
    let mut finest = TimeUnit::Second;
    for batch in batches {
        for name in definition.key() {
            KeyKind::of(column(batch, name)?.data_type()).map_err(|source| in_column(name, source))?;
        }
        let time = column(batch, definition.time())?;
        let unit = time_unit_of(time.data_type()).ok_or_else(|| {
            in_column(definition.time(), spectrum_core::LabelError::TimeType(time.data_type().clone()))
        })?;
        finest = finest.max(unit);
    }
    Ok(finest)
}

fn definition(case: &Case) -> Result<SessionDefinition, String> {
    SessionDefinition::from_toml(&case.definition.to_toml()).map_err(with_causes)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, SessionizeError> {
    batch.column_by_name(name).ok_or_else(|| SessionizeError::NoSuchColumn {
        name: name.to_owned(),
        present: batch.schema().fields().iter().map(|field| field.name().clone()).collect(),
    })
}

fn labelled(case: &Case, row: usize, session: Option<SessionIndex>, sessions: &Sessions) -> Labelled {
    let Some(session) = session else { return Labelled::without_session(case.event_id(row)) };
    Labelled {
        event_id: case.event_id(row).to_owned(),
        session_seq: Some(sessions.number(session)),
        session_id: sessions.id(session).map(|id| id.to_string()),
        started_by: (!case.definition.rules.is_empty())
            .then(|| sessions.started_by(session).name().to_owned()),
    }
}

fn with_causes(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
