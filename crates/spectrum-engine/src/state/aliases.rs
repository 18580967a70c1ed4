//! Ids that became those of other sessions, when sessions were found to be one.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use spectrum_core::SessionId;

use super::error::StateError;
use super::folder::Folder;
use super::leaves::{counts, ids};
use super::part::Part;

/// An id that became another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Alias {
    pub(super) id: SessionId,
    /// The id of the session that it is a part of now.
    pub(super) now: SessionId,
    /// The run that found out.
    pub(super) run: u64,
}

/// Reads all of them.
pub(super) fn read(folder: &Folder, part: Option<&Part>) -> Result<Vec<Alias>, StateError> {
    let mut aliases = Vec::new();
    let Some(part) = part else { return Ok(aliases) };
    for batch in part.read(folder)?.1 {
        let read = || {
            let (ids, now) =
                (batch.column(0).as_string_opt::<i32>()?, batch.column(1).as_string_opt::<i32>()?);
            let runs = batch.column(2).as_primitive_opt::<Int64Type>()?.values();
            let rows = ids.iter().zip(now).zip(runs);
            rows.map(|((id, now), run)| {
                let (id, now) = (SessionId::from_hex(id?)?, SessionId::from_hex(now?)?);
                Some(Alias { id, now, run: u64::try_from(*run).ok()? })
            })
            .collect::<Option<Vec<_>>>()
        };
        let of_batch = read().ok_or_else(|| {
            StateError::damaged(folder.file(&part.name), "its columns have other values than aliases have")
        })?;
        aliases.extend(of_batch);
    }
    Ok(aliases)
}

/// Writes those that were there with those that a run added: what led to an id that became another leads to that.
pub(super) fn write(
    folder: &Folder,
    name: String,
    mut aliases: Vec<Alias>,
    added: &[(SessionId, SessionId)],
    run: u64,
) -> Result<Part, StateError> {
    let became: HashMap<[u8; 16], SessionId> = added.iter().map(|(id, now)| (*id.as_bytes(), *now)).collect();
    for alias in &mut aliases {
        if let Some(now) = became.get(alias.now.as_bytes()) {
            alias.now = *now;
        }
    }
    aliases.extend(added.iter().map(|(id, now)| Alias { id: *id, now: *now, run }));
    aliases.sort_by_key(|alias| alias.id);
    let columns: Vec<ArrayRef> = vec![
        ids(aliases.iter().map(|alias| Some(alias.id))),
        ids(aliases.iter().map(|alias| Some(alias.now))),
        counts(aliases.iter().map(|alias| alias.run)),
    ];
    let schema = Schema::new(vec![
        Field::new("session_id", DataType::Utf8, true),
        Field::new("current_session_id", DataType::Utf8, true),
        Field::new("since_run", DataType::Int64, false),
    ]);
    let batch = RecordBatch::try_new(Arc::new(schema), columns)
        .map_err(|error| StateError::damaged(folder.file(&name), error))?;
    Part::write(folder, name, &batch)
}
