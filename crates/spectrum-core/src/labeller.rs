//! The labelling kernel: one pass over key and time columns, a look-up and mostly one comparison an event.

use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use crate::intervals::KeyIntervals;
use crate::key_table::{KeyKind, KeyTable};
use crate::label_forest::{Label, LabelForest};
use crate::numbering::{MOST, Numbered, number};
use crate::rule::{CountedRule, SessionRule};
use crate::time_column::instants;
use crate::waiting::{Waiting, WaitingEvent};

/// Summarises a part of the events: gives every event a label and keeps, for each key, disjoint intervals.
///
/// Any number of labellers may each take any share of the events, in any order; [`crate::resolve`] joins what
/// they found. Memory grows with the keys and sessions seen; the labels are the caller's.
#[derive(Debug)]
pub struct Labeller {
    pub(crate) rule: CountedRule,
    pub(crate) unit: TimeUnit,
    pub(crate) keys: KeyTable,
    pub(crate) intervals: Vec<KeyIntervals>,
    pub(crate) labels: LabelForest,
    events: u64,
    null_times: u64,
    scratch: Vec<u32>,
    order: Order,
    waiting: Waiting,
}

/// How far the events of late came in the order of time. It decides how they are worked on, never what comes
/// of them.
#[derive(Debug, Default)]
struct Order {
    /// Of the last few thousand events, roughly those that lay before their key's latest interval.
    late: u32,
    seen: u32,
    shuffled: bool,
}

impl Order {
    /// So many events are judged together.
    const JUDGED: u32 = 8192;

    /// The intervals of fewer keys stay in the cache anyway.
    const FEW_KEYS: usize = 8192;

    #[inline]
    fn note(&mut self, late: bool) {
        self.late += u32::from(late);
        self.seen += 1;
        if self.seen == Self::JUDGED {
            self.shuffled = self.late > Self::JUDGED / 8;
            (self.late, self.seen) = (0, 0);
        }
    }

    fn is_shuffled(&self, keys: usize) -> bool {
        self.shuffled && keys > Self::FEW_KEYS
    }
}

/// Why events could not be labelled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LabelError {
    /// The type has no settled text.
    #[error(
        "type {0} cannot be a key, because its text is not settled; use text, an integer, a boolean or a uuid \
         (FixedSizeBinary(16))"
    )]
    KeyType(DataType),
    /// The type is not a time.
    #[error("type {0} is not a time; use a timestamp or a date")]
    TimeType(DataType),
    /// An instant does not fit the unit all times are compared in.
    #[error(
        "time {instant} ({own:?}s since 1970) is out of the range of {unit:?}s, the finest unit in the input"
    )]
    TimeRange {
        /// The value in the column's own unit.
        instant: i64,
        /// The column's unit.
        own: TimeUnit,
        /// The unit it had to be counted in.
        unit: TimeUnit,
    },
    /// The column is finer than the labeller counts.
    #[error("times in {column:?}s cannot be counted in {unit:?}s without loss")]
    CoarserUnit {
        /// The column's unit.
        column: TimeUnit,
        /// The labeller's unit.
        unit: TimeUnit,
    },
    /// A key column was of another kind before.
    #[error("a key column was {seen} before and is {now} now; give it one type throughout")]
    MixedKeyKinds {
        /// The kind seen first.
        seen: KeyKind,
        /// The kind seen now.
        now: KeyKind,
    },
    /// The number of key columns differs.
    #[error("the key has {expected} columns, but {found} were given")]
    KeyWidth {
        /// What the labeller was made for.
        expected: usize,
        /// What it was given.
        found: usize,
    },
    /// Columns of one batch differ in length.
    #[error("a key column has {key} rows and the time column {time}")]
    Lengths {
        /// Rows of a key column.
        key: usize,
        /// Rows of the time column.
        time: usize,
    },
    /// Labels are 32 bits wide.
    #[error("one labeller takes at most 4294967294 events; share them among several")]
    TooManyEvents,
    /// Values, keys and sessions are numbered in 32 bits.
    #[error(
        "there are more than {most} {what}, which is all that 32 bits can number; take the events apart by key, and \
         work on each part alone"
    )]
    TooMany {
        /// Of what there are too many.
        what: Numbered,
        /// How many there can be.
        most: usize,
    },
    /// A key's text is longer than 32 bits can say.
    #[error("a key column has a text of {bytes} bytes, and a key has at most 4294967294; use a shorter key")]
    LongKey {
        /// The length of the longest.
        bytes: usize,
    },
    /// Labellers that are resolved together must agree.
    #[error("labellers with different gaps, units or key widths cannot be resolved together")]
    Mismatched,
}

impl Labeller {
    /// A labeller of keys with `key_columns` columns that counts time in `unit`, the finest unit of any part
    /// of the events.
    pub fn new(key_columns: usize, rule: &SessionRule, unit: TimeUnit) -> Self {
        Self {
            rule: rule.counted_in(unit),
            unit,
            keys: KeyTable::new(key_columns),
            intervals: Vec::new(),
            labels: LabelForest::default(),
            events: 0,
            null_times: 0,
            scratch: Vec::new(),
            order: Order::default(),
            waiting: Waiting::default(),
        }
    }

    /// Takes in a batch and appends a label for every row to `labels`, in the order of the rows:
    /// [`Label::NONE`] for rows without a time.
    ///
    /// # Errors
    /// A [`LabelError`] when a column's type or length does not fit. The batch is then not taken in, but keys
    /// it introduced may remain known.
    pub fn observe(
        &mut self,
        key_columns: &[ArrayRef],
        time: &ArrayRef,
        labels: &mut Vec<Label>,
    ) -> Result<(), LabelError> {
        self.defer(key_columns, time, labels)?;
        self.settle(labels);
        Ok(())
    }

    /// Takes in a batch as [`Self::observe`] does, but may leave some labels open until [`Self::settle`] is
    /// called with the same `labels`. Quicker where many batches of shuffled events go to one list of labels.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub fn defer(
        &mut self,
        key_columns: &[ArrayRef],
        time: &ArrayRef,
        labels: &mut Vec<Label>,
    ) -> Result<(), LabelError> {
        if labels.len() + time.len() > MOST {
            return Err(LabelError::TooManyEvents);
        }
        labels.reserve(time.len());
        if !self.order.is_shuffled(self.keys.len()) {
            return self.each_event(key_columns, time, |labeller, event| {
                labels.push(event.map_or(Label::NONE, |(key, instant)| labeller.label(key, instant)));
            });
        }
        self.each_event(key_columns, time, |labeller, event| {
            if let Some((key, instant)) = event {
                let place = number(labels.len());
                labeller.waiting.push(WaitingEvent { instant, key, place });
            }
            labels.push(Label::NONE);
        })?;
        if self.waiting.is_full() {
            self.settle(labels);
        }
        Ok(())
    }

    /// Writes the labels that [`Self::defer`] left open.
    pub fn settle(&mut self, labels: &mut [Label]) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.settle(self.keys.len(), labels, |key, instant| self.label(key, instant));
        self.waiting = waiting;
    }

    /// Takes in a batch as [`Self::observe`] does, for callers that want sessions but no labels.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub fn count(&mut self, key_columns: &[ArrayRef], time: &ArrayRef) -> Result<(), LabelError> {
        self.each_event(key_columns, time, |labeller, event| {
            if let Some((key, instant)) = event {
                labeller.label(key, instant);
            }
        })
    }

    /// Shows `take` the key and instant of every row, `None` for rows without a time.
    fn each_event(
        &mut self,
        key_columns: &[ArrayRef],
        time: &ArrayRef,
        mut take: impl FnMut(&mut Self, Option<(u32, i64)>),
    ) -> Result<(), LabelError> {
        for column in key_columns {
            if column.len() != time.len() {
                return Err(LabelError::Lengths { key: column.len(), time: time.len() });
            }
        }
        if self.events + time.len() as u64 >= u64::from(u32::MAX) {
            return Err(LabelError::TooManyEvents);
        }
        let clock = instants(time, self.unit)?;
        let mut keys = std::mem::take(&mut self.scratch);
        self.keys.keys_of(key_columns, &mut keys)?;
        match clock.nulls.filter(|nulls| nulls.null_count() > 0) {
            None => {
                for (key, instant) in keys.iter().zip(clock.instants.iter()) {
                    take(self, Some((*key, *instant)));
                }
            }
            Some(nulls) => {
                for ((key, instant), has_time) in keys.iter().zip(clock.instants.iter()).zip(nulls.iter()) {
                    take(self, has_time.then_some((*key, *instant)));
                }
                self.null_times += nulls.null_count() as u64;
            }
        }
        self.events += time.len() as u64;
        self.scratch = keys;
        Ok(())
    }

    #[inline]
    fn label(&mut self, key: u32, instant: i64) -> Label {
        match self.intervals.get_mut(key as usize) {
            Some(intervals) => {
                self.order.note(intervals.is_late(instant));
                intervals.insert(instant, &self.rule, &mut self.labels)
            }
            None => self.label_first(key, instant),
        }
    }

    /// Keys are numbered in the order in which they are first seen, so a new one is mostly the next; those
    /// before it that are still missing were only seen without a time.
    #[cold]
    fn label_first(&mut self, key: u32, instant: i64) -> Label {
        while self.intervals.len() < key as usize {
            self.intervals.push(KeyIntervals::vacant(self.labels.plant()));
        }
        let label = self.labels.plant();
        self.intervals.push(KeyIntervals::first(instant, label));
        label
    }

    /// What it found, without its working room.
    pub(crate) fn into_parts(self) -> (KeyTable, Vec<KeyIntervals>, LabelForest) {
        (self.keys, self.intervals, self.labels)
    }

    /// How many events were taken in, those without a time included.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many of them had no time.
    pub fn null_times(&self) -> u64 {
        self.null_times
    }
}
