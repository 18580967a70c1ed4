//! The first pass: a label for every event, four bytes each, and the sessions they lead to.

use std::collections::BTreeMap;
use std::slice::SliceIndex;

use arrow_array::{Array, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::internals::instants;
use spectrum_core::{
    IdScheme, Label, Labeller, Resolution, SessionDefinition, SessionIndex, nanoseconds_per, resolve,
};

use crate::as_of::{AsOf, resolved};
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::null_times::{NullTimeRows, refuse_null_times};
use crate::scan::{Batch, Part, RuleInput, Scan, Wanted};
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// All events of an input, part by part, and their sessions.
pub(crate) struct Labelled {
    pub(crate) resolution: Resolution,
    parts: Vec<LabelledPart>,
    pub(crate) events: u64,
    /// Events without a time; they carry [`Label::NONE`].
    pub(crate) null_times: u64,
    /// Events left out for a NULL in their key; they carry it too.
    pub(crate) dropped_null_keys: u64,
    /// Events with a time that take no part in sessions, by the rule.
    pub(crate) not_taking_part: u64,
    /// Events that came too late; they carry it too. Which they are, by part.
    late: BTreeMap<usize, Vec<bool>>,
    /// The first rows without a time, in words.
    pub(crate) null_time_rows: Vec<String>,
    /// The time column's type, in the unit that instants are counted in.
    pub(crate) time_type: DataType,
    /// What numbers were found to count, where their magnitudes decided.
    pub(crate) found_unit: Option<TimeUnit>,
    /// Whether events have times that nobody expects, if that was asked.
    pub(crate) unusual: Option<UnusualTimes>,
    /// Whether the times are days.
    pub(crate) has_dates: bool,
    pub(crate) key_fields: Vec<Field>,
}

struct LabelledPart {
    part: Part,
    labeller: usize,
    labels: Vec<Label>,
}

/// One thread's share.
struct Share {
    labeller: Labeller,
    parts: Vec<(Part, Vec<Label>)>,
    null_time_rows: NullTimeRows,
    /// Of parts with an event that came too late, which events did.
    late: BTreeMap<usize, Vec<bool>>,
    /// How many rows of the part worked on last have passed.
    passed: usize,
}

impl Share {
    /// Takes the times of events that came too late away, so that they belong to no session.
    fn take_out_late(&mut self, part: Part, mut batch: Batch, before: i128) -> Result<Batch> {
        let unit = self.labeller.unit();
        let clock = instants(&batch.time, unit)?;
        let per_unit = i128::from(nanoseconds_per(unit));
        let is_late = |row: usize| {
            let has_time = clock.nulls.is_none_or(|nulls| nulls.is_valid(row));
            has_time && i128::from(clock.instants[row]) * per_unit < before
        };
        let late: Vec<bool> = (0..batch.time.len()).map(is_late).collect();
        self.passed += late.len();
        if !late.contains(&true) {
            return Ok(batch);
        }
        let of_part = self.late.entry(part.number).or_default();
        of_part.resize(self.passed - late.len(), false);
        of_part.extend_from_slice(&late);
        let kept = NullBuffer::from_iter(late.iter().map(|late| !late));
        let both = NullBuffer::union(batch.time.nulls(), Some(&kept));
        let time = batch.time.to_data().into_builder().nulls(both).build();
        let name = batch.whereabouts.file();
        batch.time = make_array(time.map_err(|source| EngineError::Arrow { name, source })?);
        Ok(batch)
    }

    /// Takes the labels of the part worked on last.
    fn finish_part(&mut self) {
        if let Some((_, labels)) = self.parts.last_mut() {
            *labels = self.labeller.settle();
            labels.shrink_to_fit();
        }
    }
}

/// Reads keys and times of all events, on `threads` threads, and finds the sessions.
pub(crate) fn label(
    input: &Input,
    definition: &SessionDefinition,
    added_columns: &[String],
    threads: usize,
    watch: &Watch,
) -> Result<Labelled> {
    label_as_of(input, definition, added_columns, None, threads, watch)
}

/// The same, and which sessions are open at a time.
pub(crate) fn label_as_of(
    input: &Input,
    definition: &SessionDefinition,
    added_columns: &[String],
    as_of: Option<&AsOf>,
    threads: usize,
    watch: &Watch,
) -> Result<Labelled> {
    let Scanned { labellers, labelled } =
        scan(input, definition, added_columns, &GoingOn::default(), threads, watch)?;
    watch.begin("finding sessions", 0);
    let time_type = &labelled.time_type;
    let resolution = resolved(labellers, definition.id(), threads, as_of, time_type, definition.time())?;
    Ok(Labelled { resolution, ..labelled })
}

/// What earlier events say of those that are read now.
#[derive(Debug)]
pub(crate) struct GoingOn {
    /// Instants are counted in no coarser unit.
    pub(crate) at_least: TimeUnit,
    /// Events before this, in nanoseconds since 1970, come too late.
    pub(crate) late_before: Option<i128>,
}

impl Default for GoingOn {
    fn default() -> Self {
        Self { at_least: TimeUnit::Second, late_before: None }
    }
}

/// Events with their labels, whose sessions are not known yet.
pub(crate) struct Scanned {
    pub(crate) labellers: Vec<Labeller>,
    /// Everything else; its sessions are those of no event.
    labelled: Labelled,
}

impl Scanned {
    /// Finds the sessions; those of the past, if there are any, take part in it.
    pub(crate) fn resolve(
        mut self,
        past: Option<Labeller>,
        scheme: IdScheme,
        threads: usize,
    ) -> Result<Labelled> {
        // Behind all others, so that their places stay.
        self.labellers.extend(past);
        Ok(Labelled { resolution: resolve(self.labellers, scheme, threads)?, ..self.labelled })
    }
}

/// Reads keys and times of all events, on `threads` threads.
pub(crate) fn scan(
    input: &Input,
    definition: &SessionDefinition,
    added_columns: &[String],
    going_on: &GoingOn,
    threads: usize,
    watch: &Watch,
) -> Result<Scanned> {
    let wanted = Wanted {
        key: definition.key().to_vec(),
        time: definition.time().to_owned(),
        event_id: None,
        rule: RuleInput::all(definition),
        absent: added_columns.to_vec(),
        ..Wanted::default()
    };
    let scan = Scan::open(input, &wanted)?;
    let at_least = going_on.at_least;
    let new_share = |unit| Share {
        labeller: Labeller::new(definition.key().len(), definition.rule(), finer(unit, at_least)),
        parts: Vec::new(),
        null_time_rows: NullTimeRows::default(),
        late: BTreeMap::new(),
        passed: 0,
    };
    let scanned = scan.each_batch(
        |unit| (0..threads).map(|_| new_share(unit)).collect(),
        watch,
        |share, part, batch| {
            if share.parts.last().is_none_or(|(last, _)| *last != part) {
                share.finish_part();
                share.labeller.reserve(part.rows.unwrap_or_default());
                share.parts.push((part, Vec::new()));
                share.passed = 0;
            }
            share.null_time_rows.note(part, &batch)?;
            let batch = match going_on.late_before {
                Some(before) => share.take_out_late(part, batch, before)?,
                None => batch,
            };
            let deferred = share.labeller.defer(&batch.labelled_columns(&wanted), &batch.time);
            deferred.map_err(|error| batch.placed(error))
        },
    )?;

    let has_events = scanned.workers.iter().any(|share| share.labeller.events() > 0);
    scanned.check_zone(definition, has_events)?;
    let (mut labellers, mut parts, mut null_time_rows) = (Vec::new(), Vec::new(), Vec::new());
    let mut late = BTreeMap::new();
    for (labeller, mut share) in scanned.workers.into_iter().enumerate() {
        share.finish_part();
        labellers.push(share.labeller);
        null_time_rows.push(share.null_time_rows);
        late.extend(share.late);
        parts.extend(share.parts.into_iter().map(|(part, labels)| LabelledPart { part, labeller, labels }));
    }
    parts.sort_by_key(|part| part.part.number);
    let events = labellers.iter().map(Labeller::events).sum();
    let dropped_null_keys = scanned.dropped_null_keys;
    let null_times =
        labellers.iter().map(Labeller::null_times).sum::<u64>() - dropped_null_keys - count_late(&late);
    let not_taking_part = labellers.iter().map(Labeller::not_taking_part).sum();
    let time_type = match scanned.time_type {
        DataType::Timestamp(unit, zone) => DataType::Timestamp(finer(unit, at_least), zone),
        other => other,
    };
    let labelled = Labelled {
        resolution: resolve(Vec::new(), definition.id(), 1)?,
        parts,
        events,
        null_times,
        dropped_null_keys,
        not_taking_part,
        late,
        null_time_rows: NullTimeRows::first(null_time_rows),
        time_type,
        found_unit: scanned.found_unit,
        unusual: scanned.unusual,
        has_dates: scan.has_dates(),
        key_fields: scan.key_fields(definition.key()),
    };
    Ok(Scanned { labellers, labelled })
}

fn count_late(late: &BTreeMap<usize, Vec<bool>>) -> u64 {
    late.values().flatten().filter(|late| **late).count() as u64
}

/// The finer of two units.
pub(crate) fn finer(a: TimeUnit, b: TimeUnit) -> TimeUnit {
    if nanoseconds_per(a) <= nanoseconds_per(b) { a } else { b }
}

impl Labelled {
    /// Sessions of events that are not at hand.
    pub(crate) fn of_sessions(
        resolution: Resolution,
        time_type: DataType,
        has_dates: bool,
        key_fields: Vec<Field>,
    ) -> Self {
        Self {
            resolution,
            parts: Vec::new(),
            events: 0,
            null_times: 0,
            dropped_null_keys: 0,
            not_taking_part: 0,
            late: BTreeMap::new(),
            null_time_rows: Vec::new(),
            time_type,
            found_unit: None,
            unusual: None,
            has_dates,
            key_fields,
        }
    }

    /// The sessions of some of a part's events, in order: nothing for events that are left out, and no session for those
    /// that belong to none by the rule.
    pub(crate) fn sessions(
        &self,
        part: usize,
        rows: impl SliceIndex<[Label], Output = [Label]>,
    ) -> impl ExactSizeIterator<Item = Option<Option<SessionIndex>>> + '_ {
        let part = self.parts.get(part);
        let labeller = part.map_or(0, |part| part.labeller);
        let labels = part.and_then(|part| part.labels.get(rows)).unwrap_or_default();
        labels
            .iter()
            .map(move |label| (*label != Label::NONE).then(|| self.resolution.session(labeller, *label)))
    }

    /// How many events came too late.
    pub(crate) fn late_events(&self) -> u64 {
        count_late(&self.late)
    }

    /// The same events, of which those are left out that did not come too late; those that did belong to no session.
    pub(crate) fn late_ones(&self) -> Result<Self> {
        let parts = self.parts.iter().map(|part| {
            let late = self.late.get(&part.part.number);
            let label = |row: usize| match late.is_some_and(|late| late.get(row) == Some(&true)) {
                true => Label::OUTSIDE,
                false => Label::NONE,
            };
            let labels = (0..part.labels.len()).map(label).collect();
            LabelledPart { part: part.part, labeller: part.labeller, labels }
        });
        let resolution = resolve(Vec::new(), IdScheme::Start, 1)?;
        let late =
            Self::of_sessions(resolution, self.time_type.clone(), self.has_dates, self.key_fields.clone());
        Ok(Self {
            parts: parts.collect(),
            events: self.events,
            null_times: self.events - self.late_events(),
            ..late
        })
    }

    /// How many events of a file were left out.
    pub(crate) fn left_out_of_file(&self, file: usize) -> u64 {
        let events: usize = self.parts[self.parts_of_file(file)].iter().map(|part| part.labels.len()).sum();
        events as u64 - self.events_of_file(file)
    }

    /// How many events of a file were kept.
    pub(crate) fn events_of_file(&self, file: usize) -> u64 {
        let of_part = |part: &LabelledPart| part.labels.iter().filter(|label| **label != Label::NONE).count();
        self.parts[self.parts_of_file(file)].iter().map(of_part).sum::<usize>() as u64
    }

    /// When the first of the sessions with events of a file began and the last ended, in microseconds: no later, and no
    /// earlier.
    pub(crate) fn span_of_file(&self, file: usize) -> Option<(i64, i64)> {
        let sessions = &self.resolution.sessions;
        let parts = self.parts_of_file(file);
        let of_events = || parts.clone().flat_map(|part| self.sessions(part, ..)).flatten().flatten();
        let first = of_events().map(|session| sessions.start(session)).min()?;
        let last = of_events().map(|session| sessions.end(session)).max()?;
        let per_unit = i128::from(nanoseconds_per(sessions.unit()));
        let microseconds = |instant: i64, round_up: i128| {
            i64::try_from((i128::from(instant) * per_unit + round_up).div_euclid(1000)).ok()
        };
        Some((microseconds(first, 0)?, microseconds(last, 999)?))
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// How many events a part has; none where there is no such part.
    pub(crate) fn rows(&self, part: usize) -> usize {
        self.parts.get(part).map_or(0, |part| part.labels.len())
    }

    /// Whether the same parts were labelled, with as many events each.
    pub(crate) fn has_the_parts_of(&self, other: &Self) -> bool {
        let parts =
            |of: &Self| of.parts.iter().map(|part| (part.part, part.labels.len())).collect::<Vec<_>>();
        parts(self) == parts(other)
    }

    /// The parts of a file, by number.
    pub(crate) fn parts_of_file(&self, file: usize) -> std::ops::Range<usize> {
        let of = |file| self.parts.partition_point(|part| part.part.file < file);
        of(file)..of(file + 1)
    }

    /// Whether any event of a file is left out.
    pub(crate) fn drops_any(&self, file: usize) -> bool {
        (self.null_times + self.dropped_null_keys > 0 || !self.late.is_empty())
            && self.parts[self.parts_of_file(file)].iter().any(|part| part.labels.contains(&Label::NONE))
    }

    /// Events with a time and a key that belong to no session although they take part.
    pub(crate) fn without_session(&self) -> u64 {
        let sessions = &self.resolution.sessions;
        let in_sessions: u64 = sessions.all().map(|session| sessions.events(session)).sum();
        self.events - self.null_times - self.dropped_null_keys - self.not_taking_part - in_sessions
    }

    /// Refuses events without a time.
    pub(crate) fn refuse_null_times(&mut self, column: &str) -> Result<()> {
        refuse_null_times(self.null_times, column, std::mem::take(&mut self.null_time_rows))
    }
}
