//! From gathered events to sessions: events are parted by key, taken key by key in the order of time, and shown to the
//! machine.

use std::collections::BTreeMap;

use arrow_schema::TimeUnit;

use super::machine::{Machine, Moment, MomentRule, Place};
use super::order::Order;
use super::parted::{HEAD, OfLabeller, Parted, Record, Run, SESSION, flags_and_gap, instant};
use super::ranks::{Ranks, Texts};
use crate::label_error::LabelError;
use crate::numbered::Numbered;
use crate::numbering::{check, number};
use crate::rule::{Reason, Reasons, SessionRule, ValueChange};

/// The sessions of all keys, key by key, and what events belong to.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub(crate) key: Vec<u32>,
    pub(crate) start: Vec<i64>,
    pub(crate) end: Vec<i64>,
    pub(crate) events: Vec<u64>,
    pub(crate) started_by: Vec<Reason>,
    /// What was true when sessions began, and how values changed, where that was asked for.
    pub(crate) beginnings: BTreeMap<u32, Beginning>,
    /// What had ended the session before the moments of keys that belong to none, if it was there, where that was asked for.
    pub(crate) left_out: LeftOutMoments,
    /// The latest instant of all, and the sessions that are open at the time that was asked about.
    pub(crate) latest: Option<i64>,
    pub(crate) open: Vec<u32>,
    /// For each labeller the session of every event that it gathered, or [`NO_SESSION`].
    pub(crate) of_event: Vec<Vec<u32>>,
}

/// By key and instant.
pub(crate) type LeftOutMoments = BTreeMap<(u32, i64), Option<Reason>>;

/// All that was true when a session began.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    pub(crate) reasons: Reasons,
    pub(crate) changes: Vec<ValueChange>,
}

/// Stands for the session of an event that has none.
pub(crate) const NO_SESSION: u32 = u32::MAX;

/// How a fold is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) threads: usize,
    /// How many sessions there can be.
    pub(crate) most: usize,
    /// Whether to keep all that was true when sessions began, for people who ask.
    pub(crate) keeps_beginnings: bool,
    /// A time at which sessions may be open.
    pub(crate) as_of: Option<i64>,
}

/// Finds the sessions of what several labellers gathered. `common` has for each of them the common keys of its own, or
/// nothing where they are the same.
///
/// # Errors
/// When there are more sessions than numbers, or values of a column were of several kinds.
pub(crate) fn fold(
    rule: &SessionRule,
    unit: TimeUnit,
    keys: usize,
    gathered: Vec<OfLabeller>,
    limits: &Limits,
) -> Result<Folded, LabelError> {
    let counted = MomentRule::of(rule, unit);
    match rule.split_on().len() {
        0 => fold_columns::<0, { HEAD }>(&counted, keys, gathered, limits),
        1 => fold_columns::<1, { HEAD + 1 }>(&counted, keys, gathered, limits),
        2 => fold_columns::<2, { HEAD + 2 }>(&counted, keys, gathered, limits),
        3 | 4 => fold_columns::<4, { HEAD + 4 }>(&counted, keys, gathered, limits),
        // A definition has no more; columns that are not there are NULL in every event and never differ.
        _ => fold_columns::<8, { HEAD + 8 }>(&counted, keys, gathered, limits),
    }
}

/// With `N` columns of `split_on`, and so many numbers in a record.
fn fold_columns<const N: usize, const W: usize>(
    rule: &MomentRule,
    keys: usize,
    gathered: Vec<OfLabeller>,
    limits: &Limits,
) -> Result<Folded, LabelError> {
    let threads = limits.threads.max(1);
    let Ranks { of_code: ranks, texts } = Ranks::of(gathered.iter().map(|(events, _)| events))?;
    let mut of_event: Vec<Vec<u32>> = gathered.iter().map(|(events, _)| vec![0; events.len()]).collect();
    let mut parted = Parted::<W>::of(gathered, &mut of_event, &ranks, keys, threads);

    // Every thread takes neighbouring runs, so that sessions stay in the order of keys.
    let mut runs = parted.runs();
    let mut shares = share(&mut runs, threads);
    let mut folded: Vec<Folded> = shares.iter().map(|_| Folded::default()).collect();
    on_each(shares.iter_mut().zip(&mut folded), |(runs, folded)| {
        let mut order = Order::default();
        for run in runs.iter_mut() {
            order.each_key(run, |key, events, of_key| {
                let texts = limits.keeps_beginnings.then_some(&texts);
                let machine = fold_key::<N, W>(rule, key, events, of_key, folded, texts);
                if let (Some(as_of), Some(last)) = (limits.as_of, of_key.last()) {
                    folded.latest = folded.latest.max(Some(instant(&events[*last])));
                    if machine.is_open_at(as_of) {
                        folded.open.push(number(folded.key.len() - 1));
                    }
                }
            });
        }
    });
    let mut all = Folded::default();
    let mut offsets = Vec::new();
    for (of_share, runs) in folded.into_iter().zip(shares) {
        offsets.extend(std::iter::repeat_n(number(all.key.len()), runs.len()));
        all.append(of_share);
        check(Numbered::Sessions, all.key.len(), limits.most)?;
    }
    parted.write_sessions(&offsets);
    all.of_event = of_event;
    Ok(all)
}

/// Finds the sessions of one key from its events, which are these of the records, in the order of time. Gives the machine as
/// the last of them left it.
fn fold_key<'r, const N: usize, const W: usize>(
    rule: &'r MomentRule,
    key: u32,
    records: &mut [Record<W>],
    events: &[usize],
    folded: &mut Folded,
    texts: Option<&Texts>,
) -> Machine<'r, N> {
    let mut machine = Machine::<N>::new(rule);
    let mut rest = events;
    while let Some(first) = rest.first() {
        let mut moment = Moment::at(instant(&records[*first]));
        let mut count = 0;
        for record in rest.iter().map(|event| &records[*event]) {
            if instant(record) != moment.instant {
                break;
            }
            let (flags, gap) = flags_and_gap(record);
            moment.add(rule, flags, gap, std::array::from_fn(|column| record[HEAD + column]));
            count += 1;
        }
        let session = match machine.place(&moment) {
            Place::Nowhere { ended_by } => {
                if texts.is_some() {
                    folded.left_out.insert((key, moment.instant), ended_by);
                }
                NO_SESSION
            }
            Place::Begins { reason, reasons } => {
                let session = folded.begin(key, &moment, reason);
                if let Some(texts) = texts {
                    let changes = texts.changes(rule, reasons, machine.values_before, &moment);
                    folded.beginnings.insert(session, Beginning { reasons, changes });
                }
                session
            }
            Place::Joins { extends } => folded.join(moment.instant, extends),
        };
        if let Some(events) = folded.events.last_mut().filter(|_| session != NO_SESSION) {
            *events += count as u64;
        }
        let (of_moment, later) = rest.split_at(count);
        for event in of_moment {
            records[*event][SESSION] = session;
        }
        rest = later;
    }
    machine
}

impl Folded {
    fn begin<const N: usize>(&mut self, key: u32, moment: &Moment<N>, reason: Reason) -> u32 {
        self.key.push(key);
        self.start.push(moment.instant);
        self.end.push(moment.instant);
        self.events.push(0);
        self.started_by.push(reason);
        number(self.key.len() - 1)
    }

    /// Adds a moment to the session that began last.
    fn join(&mut self, instant: i64, extends: bool) -> u32 {
        if let Some(end) = self.end.last_mut().filter(|_| extends) {
            *end = instant;
        }
        number(self.key.len() - 1)
    }

    fn append(&mut self, more: Self) {
        if self.key.is_empty() {
            *self = more;
            return;
        }
        let before = number(self.key.len());
        self.beginnings.extend(more.beginnings.into_iter().map(|(session, of)| (before + session, of)));
        self.left_out.extend(more.left_out);
        self.latest = self.latest.max(more.latest);
        self.open.extend(more.open.into_iter().map(|session| before + session));
        self.key.extend(more.key);
        self.start.extend(more.start);
        self.end.extend(more.end);
        self.events.extend(more.events);
        self.started_by.extend(more.started_by);
    }
}

/// Shares neighbouring runs among so many threads, about equally many events for each.
fn share<'r, 'p, const W: usize>(runs: &'r mut [Run<'p, W>], threads: usize) -> Vec<&'r mut [Run<'p, W>]> {
    let mut left: usize = runs.iter().map(|run| run.records.len()).sum();
    let mut shares = Vec::with_capacity(threads);
    let mut rest = runs;
    for threads_left in (1..=threads).rev() {
        let target = left / threads_left;
        let (mut count, mut taken) = (0, 0);
        while count < rest.len() && (taken < target || threads_left == 1) {
            taken += rest[count].records.len();
            count += 1;
        }
        let (share, more) = rest.split_at_mut(count);
        shares.push(share);
        (rest, left) = (more, left - taken);
    }
    shares
}

/// Does something with each, all at once; the last on this thread.
pub(super) fn on_each<T: Send>(items: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    let mut items: Vec<T> = items.collect();
    let last = items.pop();
    std::thread::scope(|scope| {
        let work = &work;
        for item in items {
            scope.spawn(move || work(item));
        }
        if let Some(last) = last {
            work(last);
        }
    });
}
