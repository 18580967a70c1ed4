//! The labelling kernel: one pass over key and time columns, one look-up and mostly one comparison per event.

use arrow_array::{Array, ArrayRef};
use arrow_schema::TimeUnit;

use crate::intervals::KeyIntervals;
use crate::key_table::KeyTable;
use crate::label_error::LabelError;
use crate::label_forest::{Label, LabelForest};
use crate::moments::{Facts, FactsReader, Gathered};
use crate::numbering::{MOST, number};
use crate::rule::{CountedRule, RuleKind, SessionRule};
use crate::time_column::instants;
use crate::waiting::{Waiting, WaitingEvent};

/// Summarises a part of the events: gives every event a label and keeps, for each key, disjoint intervals.
///
/// Any number of labellers may each take any share of the events, in any order; [`crate::resolve`] joins what
/// they found. Memory grows with the keys and sessions seen; the labels are the caller's.
///
/// Under a rule of [`RuleKind::OrderFree`] that is all; under others every event is kept until then, in 12 bytes and what the
/// rule has to know of it.
#[derive(Debug)]
pub struct Labeller {
    pub(crate) session_rule: SessionRule,
    pub(crate) rule: CountedRule,
    pub(crate) unit: TimeUnit,
    pub(crate) keys: KeyTable,
    pub(crate) intervals: Vec<KeyIntervals>,
    pub(crate) labels: LabelForest,
    /// The events themselves, where the rule needs them.
    gathered: Option<Gathered>,
    /// Reads what the rule asks of the events' columns, if it does.
    facts: Option<FactsReader>,
    keeps_beginnings: bool,
    /// The label of events that take no part; the first where events are gathered.
    outside: Option<Label>,
    events: u64,
    null_times: u64,
    not_taking_part: u64,
    scratch: Vec<u32>,
    order: Order,
    /// Events whose label is to be written into a list that is not finished.
    waiting: Waiting,
    /// The labels of the batches that were deferred.
    deferred: Vec<Label>,
}

/// How far the events of late came in the order of time. It decides how they are processed, never the result.
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

impl Labeller {
    /// A labeller of keys with `key_columns` columns that counts time in `unit`, the finest unit of any part
    /// of the events.
    pub fn new(key_columns: usize, rule: &SessionRule, unit: TimeUnit) -> Self {
        let gathers = rule.kind() != RuleKind::OrderFree;
        Self {
            session_rule: rule.clone(),
            rule: rule.counted_in(unit),
            unit,
            keys: KeyTable::new(key_columns),
            intervals: Vec::new(),
            labels: LabelForest::default(),
            keeps_beginnings: false,
            outside: gathers.then(|| Label::at(0)),
            gathered: gathers.then(Gathered::default),
            // A condition without a column is true or false of all events.
            facts: rule.reads_events().then(|| FactsReader::new(rule)),
            events: 0,
            null_times: 0,
            not_taking_part: 0,
            scratch: Vec::new(),
            order: Order::default(),
            waiting: Waiting::default(),
            deferred: Vec::new(),
        }
    }

    /// Keeps all that is true when sessions begin, for [`crate::Sessions::reasons`] and [`crate::Sessions::changes`]. For few
    /// events: it takes some hundred bytes per session.
    pub fn keep_beginnings(&mut self) {
        self.keeps_beginnings = true;
    }

    /// Takes in a batch and appends a label for every row to `labels`, in the order of the rows:
    /// [`Label::NONE`] for rows without a time. `columns` are those of the key, then those that the rule reads
    /// ([`SessionRule::columns`]).
    ///
    /// # Errors
    /// A [`LabelError`] when a column's type or length does not fit. The batch is then not taken in, but keys
    /// it introduced may remain known.
    pub fn observe(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        labels: &mut Vec<Label>,
    ) -> Result<(), LabelError> {
        // What waits is for another list, and sessions do not depend on the order of events.
        self.settle_deferred();
        self.append(columns, time, labels)?;
        self.settle_in(labels);
        Ok(())
    }

    /// Takes in a batch as [`Self::observe`] does, but keeps the labels until [`Self::settle`] asks for those of all
    /// batches since the last time. Quicker where many batches of shuffled events make one list of labels.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub fn defer(&mut self, columns: &[ArrayRef], time: &ArrayRef) -> Result<(), LabelError> {
        let mut labels = std::mem::take(&mut self.deferred);
        let appended = self.append(columns, time, &mut labels);
        self.deferred = labels;
        appended
    }

    /// Makes room for the labels of so many events that will be deferred.
    pub fn reserve(&mut self, events: usize) {
        self.deferred.reserve_exact(events);
    }

    /// The labels of all batches that were deferred since the last time, in the order of batches and rows.
    pub fn settle(&mut self) -> Vec<Label> {
        self.settle_deferred();
        std::mem::take(&mut self.deferred)
    }

    fn settle_deferred(&mut self) {
        let mut labels = std::mem::take(&mut self.deferred);
        self.settle_in(&mut labels);
        self.deferred = labels;
    }

    /// Writes the labels that are still open in `labels`.
    fn settle_in(&mut self, labels: &mut [Label]) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.settle(self.keys.len(), labels, |key, instant| self.label(key, instant));
        self.waiting = waiting;
    }

    /// Appends the labels of a batch, some of which may be left open until [`Self::settle_in`] is called with the same
    /// `labels`.
    fn append(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        labels: &mut Vec<Label>,
    ) -> Result<(), LabelError> {
        if labels.len() + time.len() > MOST {
            return Err(LabelError::TooManyEvents);
        }
        labels.reserve(time.len());
        if self.looks_at_columns() {
            return self.each_event_with_facts(columns, time, |labeller, event, facts, row| {
                labels.push(labeller.label_by_facts(event, facts, row));
            });
        }
        if !self.order.is_shuffled(self.keys.len()) {
            return self.each_event(columns, time, |labeller, event| {
                labels.push(event.map_or(Label::NONE, |(key, instant)| labeller.label(key, instant)));
            });
        }
        self.each_event(columns, time, |labeller, event| {
            if let Some((key, instant)) = event {
                let place = number(labels.len());
                labeller.waiting.push(WaitingEvent { instant, key, place });
            }
            labels.push(Label::NONE);
        })?;
        if self.waiting.is_full() {
            self.settle_in(labels);
        }
        Ok(())
    }

    /// Takes in a batch as [`Self::observe`] does, for callers that want sessions but no labels.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub fn count(&mut self, columns: &[ArrayRef], time: &ArrayRef) -> Result<(), LabelError> {
        if self.looks_at_columns() {
            return self.each_event_with_facts(columns, time, |labeller, event, facts, row| {
                labeller.label_by_facts(event, facts, row);
            });
        }
        self.each_event(columns, time, |labeller, event| {
            if let Some((key, instant)) = event {
                labeller.label(key, instant);
            }
        })
    }

    /// Whether a key and an instant are not all that an event's label depends on.
    fn looks_at_columns(&self) -> bool {
        self.facts.is_some() || self.gathered.is_some()
    }

    /// Shows `take` every row as [`Self::each_event`] does, with what the rule asks of the events and the row's number.
    fn each_event_with_facts(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        mut take: impl FnMut(&mut Self, Option<(u32, i64)>, &Facts, usize),
    ) -> Result<(), LabelError> {
        let (width, found) = (self.keys.columns().len(), columns.len());
        let expected = width + self.facts.as_ref().map_or(0, FactsReader::columns);
        if found != expected {
            return Err(LabelError::KeyWidth { expected, found });
        }
        let (key_columns, rule_columns) = columns.split_at(width);
        if let Some(column) = rule_columns.iter().find(|column| column.len() != time.len()) {
            return Err(LabelError::Lengths { key: column.len(), time: time.len() });
        }
        let facts = match &mut self.facts {
            Some(reader) => reader.read(rule_columns, time.len())?,
            None => Facts::default(),
        };
        let mut row = 0;
        self.each_event(key_columns, time, |labeller, event| {
            take(labeller, event, &facts, row);
            row += 1;
        })
    }

    fn label_by_facts(&mut self, event: Option<(u32, i64)>, facts: &Facts, row: usize) -> Label {
        let Some((key, instant)) = event else { return Label::NONE };
        if facts.takes_part.as_ref().is_some_and(|takes_part| !takes_part[row]) {
            self.not_taking_part += 1;
            return *self.outside.get_or_insert_with(|| self.labels.plant());
        }
        match &mut self.gathered {
            None => self.label(key, instant),
            Some(gathered) => {
                gathered.push(key, instant, facts, row);
                Label::at(number(gathered.len()))
            }
        }
    }

    /// Shows `take` the key and instant of every row, `None` for rows without a time.
    fn each_event(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        mut take: impl FnMut(&mut Self, Option<(u32, i64)>),
    ) -> Result<(), LabelError> {
        for column in columns {
            if column.len() != time.len() {
                return Err(LabelError::Lengths { key: column.len(), time: time.len() });
            }
        }
        if self.events + time.len() as u64 >= u64::from(u32::MAX) {
            return Err(LabelError::TooManyEvents);
        }
        let clock = instants(time, self.unit)?;
        let mut keys = std::mem::take(&mut self.scratch);
        self.keys.keys_of(columns, &mut keys)?;
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

    /// The intervals that it found, without its working room.
    pub(crate) fn into_intervals(mut self) -> (KeyTable, Vec<KeyIntervals>, LabelForest) {
        // Events whose labels nobody asked for belong to sessions as well.
        self.settle_deferred();
        (self.keys, self.intervals, self.labels)
    }

    pub(crate) fn keeps_beginnings(&self) -> bool {
        self.keeps_beginnings
    }

    /// The events that it gathered and their keys. Their labels are their places, counted from one.
    pub(crate) fn into_gathered(self) -> (KeyTable, Gathered) {
        let mut gathered = self.gathered.unwrap_or_default();
        if let Some(reader) = self.facts {
            gathered.finish(reader);
        }
        (self.keys, gathered)
    }

    /// How many events were taken in, those without a time included.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many of them had no time.
    pub fn null_times(&self) -> u64 {
        self.null_times
    }

    /// Whether a label is that of events with a time that take no part.
    pub fn is_outside(&self, label: Label) -> bool {
        self.outside == Some(label)
    }

    /// How many events with a time take no part, because the rule's condition is not true of them.
    pub fn not_taking_part(&self) -> u64 {
        self.not_taking_part
    }
}
