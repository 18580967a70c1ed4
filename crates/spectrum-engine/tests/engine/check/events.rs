//! Generated events without their bots, as rows into which faults are laid, and what a check of them finds.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use spectrum_core::SessionDefinition;
use spectrum_engine::spectrum_check::{Check, Finding};
use spectrum_engine::{CheckOptions, Checked, EngineError, Input, InputOptions, Watch, check};
use spectrum_generate::{Generate, Ids, Order, generate};

use crate::runs::Folder;
use crate::write_inputs;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 2026-01-01, the first day of generated events.
pub(crate) const FIRST: i64 = 20_454 * DAY;
/// 2026-04-02, when events are checked.
pub(crate) const NOW: i64 = FIRST + 91 * DAY;

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) user: Option<String>,
    pub(crate) account: String,
    pub(crate) event_type: String,
    pub(crate) at: Option<i64>,
    pub(crate) received: Option<i64>,
}

impl Row {
    pub(crate) fn new(id: impl ToString, user: &str, event_type: &str, at: i64) -> Self {
        Self {
            id: id.to_string(),
            user: Some(user.to_owned()),
            account: "a".to_owned(),
            event_type: event_type.to_owned(),
            at: Some(at),
            received: Some(at + SECOND),
        }
    }

    pub(crate) fn time(&self) -> i64 {
        self.at.unwrap()
    }

    /// The day of the window, from 0.
    pub(crate) fn day(&self) -> i64 {
        (self.time() - FIRST).div_euclid(DAY)
    }

    pub(crate) fn key(&self) -> (Option<String>, String) {
        (self.user.clone(), self.account.clone())
    }
}

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as i64
    }
}

/// The rows that generated events make, but for those of bots.
pub(crate) fn rows(events: u64, seed: u64, order: Order) -> Vec<Row> {
    let options = Generate { events, seed, order, ids: Ids::Uuid };
    let Some(batch) = generate(&options, 1_000_000).unwrap().next() else { return Vec::new() };
    let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
    let (ids, users, accounts, types) =
        (text("event_id"), text("user_id"), text("account_id"), text("event_type"));
    let times =
        batch.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>().clone();
    let mut rows: Vec<Row> = (0..batch.num_rows())
        .map(|row| Row {
            account: accounts.value(row).to_owned(),
            ..Row::new(ids.value(row), users.value(row), types.value(row), times.value(row))
        })
        .collect();
    // The generator's bots only look at pages, and a lot.
    let mut of_user: HashMap<Option<String>, (u64, bool)> = HashMap::new();
    for row in &rows {
        let (count, clicks) = of_user.entry(row.user.clone()).or_default();
        *count += 1;
        *clicks |= row.event_type != "page_view";
    }
    let is_bot =
        |user: &Option<String>| of_user.get(user).is_some_and(|(count, clicks)| *count > 100 && !clicks);
    rows.retain(|row| !is_bot(&row.user));
    rows
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let texts = |value: &dyn Fn(&Row) -> Option<String>| {
        Arc::new(rows.iter().map(value).collect::<StringArray>()) as ArrayRef
    };
    let times = |value: &dyn Fn(&Row) -> Option<i64>| {
        let times: TimestampMicrosecondArray = rows.iter().map(value).collect();
        Arc::new(times.with_timezone("UTC")) as ArrayRef
    };
    RecordBatch::try_from_iter_with_nullable([
        ("event_id", texts(&|row| Some(row.id.clone())), true),
        ("user_id", texts(&|row| row.user.clone()), true),
        ("account_id", texts(&|row| Some(row.account.clone())), true),
        ("event_type", texts(&|row| Some(row.event_type.clone())), true),
        ("occurred_at", times(&|row| row.at), true),
        ("received_at", times(&|row| row.received), true),
    ])
    .unwrap()
}

/// How rows are checked.
pub(crate) struct How {
    pub(crate) threads: usize,
    pub(crate) with_received: bool,
    pub(crate) definition: SessionDefinition,
}

impl Default for How {
    fn default() -> Self {
        Self { threads: 2, with_received: false, definition: SessionDefinition::default() }
    }
}

pub(crate) fn check_files(paths: &[&Path], how: &How) -> Result<Checked, EngineError> {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let watch = Watch::default();
    let input = Input::find(&names, &InputOptions::default(), &watch)?;
    let mut options = CheckOptions::new(NOW);
    options.threads = how.threads;
    options.event_type = Some("event_type".to_owned());
    options.received = how.with_received.then(|| "received_at".to_owned());
    check(&input, &how.definition, &options, &watch)
}

/// What a check of rows in one file, or of several files, finds.
pub(crate) fn checked(files: &[&[Row]], how: &How) -> Checked {
    let folder = Folder::new();
    let paths: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(at, rows)| {
            let path = folder.path(&format!("{at}.parquet"));
            write_inputs::parquet(&path, &[batch(rows)], 20_000);
            path
        })
        .collect();
    check_files(&paths.iter().map(|path| path.as_path()).collect::<Vec<_>>(), how).unwrap()
}

/// The findings of rows in one file.
pub(crate) fn findings(rows: &[Row]) -> Vec<Finding> {
    checked(&[rows], &How::default()).findings
}

/// Checks and counts.
pub(crate) fn counts(findings: &[Finding]) -> Vec<(Check, u64)> {
    findings.iter().map(|finding| (finding.check, finding.count)).collect()
}

/// Events beyond one of each key, time and type, counted in the plainest way.
pub(crate) fn same_events(rows: &[Row]) -> u64 {
    let all: HashSet<_> = rows.iter().map(|row| (row.key(), row.at, &row.event_type)).collect();
    (rows.len() - all.len()) as u64
}
