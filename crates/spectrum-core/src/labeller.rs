//! The labelling kernel: one pass over key and time columns, one look-up and mostly one comparison per event.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::TimeUnit;

use crate::intervals::KeyIntervals;
use crate::key_table::KeyTable;
use crate::label_error::LabelError;
use crate::label_forest::{Label, LabelForest};
use crate::moments::{Facts, FactsReader, Gathered};
use crate::numbering::{MOST, number};
use crate::rule::{CountedRule, RuleKind, SessionRule};
use crate::time_column::{Clock, instants};
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
    /// The label of events that take no part; where events are gathered, one that none of them has.
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
    /// How many sessions a key has had before those that are remembered; none for keys beyond the end.
    pub(crate) before: Vec<u64>,
}

/// What a labeller found under a rule of instants.
pub(crate) struct Intervals {
    pub(crate) keys: KeyTable,
    /// By key.
    pub(crate) intervals: Vec<KeyIntervals>,
    pub(crate) labels: LabelForest,
    /// How many sessions each key has had before.
    pub(crate) before: Vec<u64>,
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

    /// Takes note of so many events, and how many of them were late.
    #[inline]
    fn note(&mut self, events: u32, late: u32) {
        self.late += late;
        self.seen += events;
        if self.seen >= Self::JUDGED {
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
            outside: gathers.then_some(Label::OUTSIDE),
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
            before: Vec::new(),
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
        if self.gathered.is_some() {
            return self.gather(columns, time, Some(labels));
        }
        if self.facts.is_some() {
            return self.each_event_that_may_take_part(columns, time, |label| labels.push(label));
        }
        if !self.order.is_shuffled(self.keys.len()) {
            if time.null_count() == 0 {
                let (keys, clock) = self.keys_and_clock(columns, time)?;
                self.label_in_a_row(&keys, &clock.instants, labels);
                self.scratch = keys;
                return Ok(());
            }
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
        if self.gathered.is_some() {
            return self.gather(columns, time, None);
        }
        if self.facts.is_some() {
            return self.each_event_that_may_take_part(columns, time, |_| ());
        }
        self.each_event(columns, time, |labeller, event| {
            if let Some((key, instant)) = event {
                labeller.label(key, instant);
            }
        })
    }

    /// Takes in a batch of events that are gathered, and appends their labels if there is a list for them.
    fn gather(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        labels: Option<&mut Vec<Label>>,
    ) -> Result<(), LabelError> {
        let (key_columns, facts) = self.read_facts(columns, time)?;
        let (keys, clock) = self.keys_and_clock(key_columns, time)?;
        let nulls = clock.nulls.filter(|nulls| nulls.null_count() > 0);
        let has_time = |row| nulls.is_none_or(|nulls| nulls.is_valid(row));
        let takes_part = facts.takes_part.as_deref();
        let kept: Option<Vec<bool>> = (nulls.is_some() || takes_part.is_some()).then(|| {
            let rows = 0..time.len();
            rows.map(|row| has_time(row) && takes_part.is_none_or(|takes_part| takes_part[row])).collect()
        });
        let Some(gathered) = &mut self.gathered else { return Ok(()) };
        let mut places = (gathered.len()..).map(|place| Label::at(number(place)));
        gathered.append(&keys, &clock.instants, &facts, kept.as_deref());
        if let Some(kept) = &kept {
            let outside = kept.iter().enumerate().filter(|(row, kept)| !**kept && has_time(*row));
            self.not_taking_part += outside.count() as u64;
        }
        if let Some(labels) = labels {
            match kept {
                None => labels.extend(places.take(time.len())),
                Some(kept) => labels.extend(kept.iter().enumerate().map(|(row, kept)| {
                    let without = if has_time(row) { Label::OUTSIDE } else { Label::NONE };
                    if *kept { places.next().unwrap_or(without) } else { without }
                })),
            }
        }
        self.scratch = keys;
        Ok(())
    }

    /// Takes in a batch of which some events may take no part, and shows `take` the label of every row.
    fn each_event_that_may_take_part(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        mut take: impl FnMut(Label),
    ) -> Result<(), LabelError> {
        let (key_columns, facts) = self.read_facts(columns, time)?;
        let mut row = 0;
        self.each_event(key_columns, time, |labeller, event| {
            let takes_part = facts.takes_part.as_ref().is_none_or(|takes_part| takes_part[row]);
            row += 1;
            take(match event {
                None => Label::NONE,
                Some((key, instant)) if takes_part => labeller.label(key, instant),
                Some(_) => {
                    labeller.not_taking_part += 1;
                    *labeller.outside.get_or_insert_with(|| labeller.labels.plant())
                }
            });
        })
    }

    /// The columns of the key, and what the rule asks of the events.
    fn read_facts<'c>(
        &mut self,
        columns: &'c [ArrayRef],
        time: &ArrayRef,
    ) -> Result<(&'c [ArrayRef], Facts), LabelError> {
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
        Ok((key_columns, facts))
    }

    /// Shows `take` the key and instant of every row, `None` for rows without a time.
    fn each_event(
        &mut self,
        columns: &[ArrayRef],
        time: &ArrayRef,
        mut take: impl FnMut(&mut Self, Option<(u32, i64)>),
    ) -> Result<(), LabelError> {
        let (keys, clock) = self.keys_and_clock(columns, time)?;
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
            }
        }
        self.scratch = keys;
        Ok(())
    }

    /// The key of every row, in a list that is given back as `scratch`, and its instant. The rows count as taken in.
    fn keys_and_clock<'t>(
        &mut self,
        columns: &[ArrayRef],
        time: &'t ArrayRef,
    ) -> Result<(Vec<u32>, Clock<'t>), LabelError> {
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
        self.null_times += clock.nulls.map_or(0, NullBuffer::null_count) as u64;
        self.events += time.len() as u64;
        Ok((keys, clock))
    }

    #[inline]
    fn label(&mut self, key: u32, instant: i64) -> Label {
        if let Some(intervals) = self.intervals.get(key as usize) {
            self.order.note(1, u32::from(intervals.is_late(instant)));
        }
        self.label_noted(key, instant)
    }

    /// Labels events of which each has a time, a few in a row: all their keys' intervals are looked at once before, so that
    /// the waits for memory overlap.
    fn label_in_a_row(&mut self, keys: &[u32], instants: &[i64], labels: &mut Vec<Label>) {
        const IN_A_ROW: usize = 64;
        for (keys, instants) in keys.chunks(IN_A_ROW).zip(instants.chunks(IN_A_ROW)) {
            let late = keys.iter().zip(instants).map(|(key, instant)| {
                u32::from(self.intervals.get(*key as usize).is_some_and(|of_key| of_key.is_late(*instant)))
            });
            let late = late.sum();
            self.order.note(number(keys.len()), late);
            labels.extend(keys.iter().zip(instants).map(|(key, instant)| self.label_noted(*key, *instant)));
        }
    }

    #[inline]
    fn label_noted(&mut self, key: u32, instant: i64) -> Label {
        match self.intervals.get_mut(key as usize) {
            Some(intervals) => intervals.insert(instant, &self.rule, &mut self.labels),
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

    /// The intervals of a key, of which there may be none so far.
    pub(crate) fn of_key<'i>(
        intervals: &'i mut Vec<KeyIntervals>,
        labels: &mut LabelForest,
        key: u32,
    ) -> &'i mut KeyIntervals {
        while intervals.len() <= key as usize {
            intervals.push(KeyIntervals::vacant(labels.plant()));
        }
        &mut intervals[key as usize]
    }

    /// The intervals that it found, without its working room.
    pub(crate) fn into_intervals(mut self) -> Intervals {
        // Events whose labels nobody asked for belong to sessions as well.
        self.settle_deferred();
        Intervals { keys: self.keys, intervals: self.intervals, labels: self.labels, before: self.before }
    }

    pub(crate) fn keeps_beginnings(&self) -> bool {
        self.keeps_beginnings
    }

    /// The events that it gathered and their keys. Their labels are their places.
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
