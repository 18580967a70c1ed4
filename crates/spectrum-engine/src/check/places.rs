//! Where events are, in words, for the few that are shown: another pass, over their parts alone.

use std::collections::{HashMap, HashSet};

use spectrum_core::SessionDefinition;

use super::ids::each_hash;
use super::order::LateRow;
use crate::error::{EngineError, Result};
use crate::explain::text_of;
use crate::input::Input;
use crate::scan::{Scan, Wanted};
use crate::watch::Watch;

/// The places of rows, in their order.
pub(super) fn places(
    input: &Input,
    definition: &SessionDefinition,
    rows: &[LateRow],
    watch: &Watch,
) -> Result<Vec<String>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Wanted { time: definition.time().to_owned(), ..Wanted::default() };
    let parts: HashSet<usize> = rows.iter().map(|row| row.part).collect();
    let scan = Scan::open(input, &wanted)?;
    let scanned = scan.each_batch_of(
        &|part| parts.contains(&part),
        |_| vec![(usize::MAX, 0, HashMap::new())],
        watch,
        |(last, before, found): &mut (usize, usize, HashMap<(usize, usize), String>), part, batch| {
            if *last != part.number {
                (*last, *before) = (part.number, 0);
            }
            let held = *before..*before + batch.time.len();
            for row in rows.iter().filter(|row| row.part == part.number && held.contains(&row.row)) {
                found.insert((row.part, row.row), batch.whereabouts.of_row(row.row - held.start)?);
            }
            *before = held.end;
            Ok(())
        },
    )?;
    let found = scanned.workers.into_iter().next().map(|(.., found)| found).unwrap_or_default();
    Ok(rows.iter().map(|row| found.get(&(row.part, row.row)).cloned().unwrap_or_default()).collect())
}

/// The ids with these hashes, and where the second event of each is.
pub(super) fn ids(
    input: &Input,
    definition: &SessionDefinition,
    hashes: &[u128],
    threads: usize,
    watch: &Watch,
) -> Result<HashMap<u128, (String, String)>> {
    let wanted = Wanted {
        time: definition.time().to_owned(),
        event_id: Some(definition.event_id().to_owned()),
        is_timeless: true,
        ..Wanted::default()
    };
    let scan = Scan::open(input, &wanted)?;
    /// Of each hash the first two events: their part, the id and the place.
    type First = HashMap<u128, Vec<(usize, String, String)>>;
    let scanned = scan.each_batch(
        |_| (0..threads.max(1)).map(|_| First::new()).collect(),
        watch,
        |found: &mut First, part, batch| {
            let column = &batch.columns[0];
            let mut rows = Vec::new();
            each_hash(column, |row, hash| {
                if hashes.contains(&hash) {
                    rows.push((row, hash));
                }
            })
            .map_err(|source| EngineError::Arrow { name: batch.whereabouts.file(), source })?;
            for (row, hash) in rows {
                let first = found.entry(hash).or_default();
                if first.len() < 2 {
                    let text = text_of(column, row)
                        .map_err(|source| EngineError::Arrow { name: batch.whereabouts.file(), source })?;
                    first.push((part.number, text.unwrap_or_default(), batch.whereabouts.of_row(row)?));
                }
            }
            Ok(())
        },
    )?;
    let mut all = First::new();
    for (hash, first) in scanned.workers.into_iter().flatten() {
        all.entry(hash).or_default().extend(first);
    }
    Ok(all
        .into_iter()
        .filter_map(|(hash, mut first)| {
            first.sort_by_key(|(part, ..)| *part); // stable: rows of one part are in order already
            let second = first.into_iter().nth(1)?;
            Some((hash, (second.1, second.2)))
        })
        .collect())
}
