//! From gathered events to sessions: events are parted by key, sorted by key and time, and shown to the machine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow_schema::TimeUnit;

use super::gathered::Gathered;
use super::machine::{Machine, Moment, MomentRule, Place};
use crate::column_codes::ColumnCodes;
use crate::key_text::write_text;
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
    /// For each labeller the session of every event that it gathered, or [`NO_SESSION`].
    pub(crate) of_event: Vec<Vec<u32>>,
}

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
}

/// An event with what the machine needs, and where it came from.
#[derive(Clone, Copy, Debug)]
struct Record<const N: usize> {
    instant: i64,
    /// The key, and once its sessions are known the event's session, counted within a thread's share: in one place, because
    /// there are as many of these as events.
    key_or_session: u32,
    event: u32,
    values: [u32; N],
    labeller: u16,
    flags: u8,
    gap: u8,
}

/// Keys are taken in about this many runs, so that the events of one fit into the cache.
const RUNS: usize = 512;

/// Finds the sessions of what several labellers gathered. `common` has for each of them the common keys of its own, or
/// nothing where they are the same.
///
/// # Errors
/// When there are more sessions than numbers, or values of a column were of several kinds.
pub(crate) fn fold(
    rule: &SessionRule,
    unit: TimeUnit,
    keys: usize,
    gathered: Vec<(Gathered, Option<Vec<u32>>)>,
    limits: &Limits,
) -> Result<Folded, LabelError> {
    let counted = MomentRule::of(rule, unit);
    match rule.split_on().len() {
        0 => fold_columns::<0>(&counted, keys, gathered, limits),
        1 => fold_columns::<1>(&counted, keys, gathered, limits),
        2 => fold_columns::<2>(&counted, keys, gathered, limits),
        3 | 4 => fold_columns::<4>(&counted, keys, gathered, limits),
        // A definition has no more; columns that are not there are NULL in every event and never differ.
        _ => fold_columns::<8>(&counted, keys, gathered, limits),
    }
}

fn fold_columns<const N: usize>(
    rule: &MomentRule,
    keys: usize,
    mut gathered: Vec<(Gathered, Option<Vec<u32>>)>,
    limits: &Limits,
) -> Result<Folded, LabelError> {
    let Ranks { of_code: ranks, texts } = ranks(&mut gathered)?;
    let of_event: Vec<Vec<AtomicU32>> = gathered
        .iter()
        .map(|(events, _)| (0..events.len()).map(|_| AtomicU32::new(NO_SESSION)).collect())
        .collect();
    let mut runs: Vec<Vec<Record<N>>> = part(&gathered, &ranks, keys);
    drop((gathered, ranks));

    // Every thread takes neighbouring runs, so that sessions stay in the order of keys.
    let mut shares = share(&mut runs, limits.threads.max(1));
    let mut folded: Vec<Folded> = shares.iter().map(|_| Folded::default()).collect();
    on_each(shares.iter_mut().zip(&mut folded), |(runs, folded)| {
        for run in runs.iter_mut() {
            run.sort_unstable_by_key(|event| (event.key_or_session, event.instant));
            for of_key in run.chunk_by_mut(|a, b| a.key_or_session == b.key_or_session) {
                fold_key(rule, of_key, folded, limits.keeps_beginnings.then_some(&texts));
            }
        }
    });
    let mut all = Folded::default();
    let mut offsets = Vec::with_capacity(folded.len());
    for of_share in folded {
        offsets.push(number(all.key.len()));
        all.append(of_share);
        check(Numbered::Sessions, all.key.len(), limits.most)?;
    }
    on_each(shares.iter().zip(offsets), |(runs, offset)| {
        for event in runs.iter().flatten().filter(|event| event.key_or_session != NO_SESSION) {
            let place = &of_event[usize::from(event.labeller)][event.event as usize];
            place.store(event.key_or_session + offset, Ordering::Relaxed);
        }
    });
    let plain = |events: Vec<AtomicU32>| events.into_iter().map(AtomicU32::into_inner).collect();
    all.of_event = of_event.into_iter().map(plain).collect();
    Ok(all)
}

/// Finds the sessions of one key from its events in the order of time.
fn fold_key<const N: usize>(
    rule: &MomentRule,
    events: &mut [Record<N>],
    folded: &mut Folded,
    texts: Option<&Texts>,
) {
    let mut machine = Machine::new(rule);
    let Some(key) = events.first().map(|event| event.key_or_session) else { return };
    for of_moment in events.chunk_by_mut(|a, b| a.instant == b.instant) {
        let mut moment = Moment::at(of_moment[0].instant);
        for event in of_moment.iter() {
            moment.add(rule, event.flags, event.gap, event.values);
        }
        let session = match machine.place(&moment) {
            Place::Nowhere => NO_SESSION,
            Place::Begins { reason, reasons } => {
                let session = folded.begin(key, &moment, reason);
                if let Some(texts) = texts {
                    let changes = changes(rule, reasons, machine.values_before, &moment, texts);
                    folded.beginnings.insert(session, Beginning { reasons, changes });
                }
                session
            }
            Place::Joins { extends } => folded.join(moment.instant, extends),
        };
        if let Some(events) = folded.events.last_mut().filter(|_| session != NO_SESSION) {
            *events += of_moment.len() as u64;
        }
        for event in of_moment {
            event.key_or_session = session;
        }
    }
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
        let before = number(self.key.len());
        self.beginnings.extend(more.beginnings.into_iter().map(|(session, of)| (before + session, of)));
        self.key.extend(more.key);
        self.start.extend(more.start);
        self.end.extend(more.end);
        self.events.extend(more.events);
        self.started_by.extend(more.started_by);
    }
}

/// The events in runs of neighbouring keys.
fn part<const N: usize>(
    gathered: &[(Gathered, Option<Vec<u32>>)],
    ranks: &[Vec<Vec<u32>>],
    keys: usize,
) -> Vec<Vec<Record<N>>> {
    let keys_per_run = number(keys.div_ceil(RUNS).max(1));
    let key_of =
        |common: &Option<Vec<u32>>, own: u32| common.as_ref().map_or(own, |common| common[own as usize]);
    let mut counts = vec![0_usize; RUNS];
    for (events, common) in gathered {
        for own in &events.keys {
            counts[(key_of(common, *own) / keys_per_run) as usize] += 1;
        }
    }
    let mut runs: Vec<Vec<Record<N>>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (labeller, (events, common)) in gathered.iter().enumerate() {
        let labeller_number = u16::try_from(labeller).unwrap_or(u16::MAX);
        for (event, (own, instant)) in events.keys.iter().zip(&events.instants).enumerate() {
            let key = key_of(common, *own);
            let mut values = [0; N];
            for ((value, codes), ranks) in values.iter_mut().zip(&events.values).zip(&ranks[labeller]) {
                *value = ranks[codes[event] as usize];
            }
            runs[(key / keys_per_run) as usize].push(Record {
                instant: *instant,
                key_or_session: key,
                event: number(event),
                values,
                labeller: labeller_number,
                flags: events.flags.get(event).copied().unwrap_or_default(),
                gap: events.gaps.get(event).copied().unwrap_or_default(),
            });
        }
    }
    runs
}

/// How the values of the moment at which a session began differ from those of the session before.
fn changes<const N: usize>(
    rule: &MomentRule,
    reasons: Reasons,
    before: [u32; N],
    moment: &Moment<N>,
    texts: &Texts,
) -> Vec<ValueChange> {
    if !reasons.iter().any(|reason| reason == Reason::SplitOn) {
        return Vec::new();
    }
    let text = |column: usize, rank: u32| {
        let at = (rank as usize).checked_sub(1)?;
        let text = texts.get(column).and_then(|texts| texts.get(at))?;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let of_column =
        before.into_iter().zip(moment.low.into_iter().zip(moment.high)).take(texts.len()).enumerate();
    let changed = of_column.filter_map(|(column, (before, (low, high)))| {
        let now = if high == before { low } else { high };
        rule.differ(before, (low, high)).then(|| ValueChange {
            column,
            before: text(column, before),
            now: text(column, now),
        })
    });
    changed.collect()
}

/// The texts of each column of `split_on` in the order of their bytes; the first has rank 1.
type Texts = Vec<Vec<Vec<u8>>>;

struct Ranks {
    /// For each labeller and column of `split_on` the rank of every code; NULL is 0.
    of_code: Vec<Vec<Vec<u32>>>,
    texts: Texts,
}

/// Ranks the values of `split_on` among the texts of all labellers.
fn ranks(gathered: &mut [(Gathered, Option<Vec<u32>>)]) -> Result<Ranks, LabelError> {
    let mut sorted = Texts::new();
    let columns = gathered.iter().map(|(events, _)| events.codes.len()).max().unwrap_or_default();
    let mut ranks: Vec<Vec<Vec<u32>>> = vec![Vec::with_capacity(columns); gathered.len()];
    for column in 0..columns {
        let mut all = ColumnCodes::default();
        let mut common = Vec::with_capacity(gathered.len());
        for (events, _) in gathered.iter() {
            common.push(events.codes.get(column).map_or(Ok(vec![0]), |codes| all.absorb(codes))?);
        }
        let mut texts: Vec<(Vec<u8>, usize)> = (1..all.len()).map(|code| (text(&all, code), code)).collect();
        texts.sort_unstable();
        let mut rank_of = vec![0; all.len()];
        for (rank, (_, code)) in texts.iter().enumerate() {
            rank_of[*code] = number(rank + 1);
        }
        sorted.push(texts.into_iter().map(|(text, _)| text).collect());
        for (ranks, common) in ranks.iter_mut().zip(common) {
            ranks.push(common.into_iter().map(|code| rank_of[code as usize]).collect());
        }
    }
    Ok(Ranks { of_code: ranks, texts: sorted })
}

fn text(codes: &ColumnCodes, code: usize) -> Vec<u8> {
    let mut text = Vec::new();
    write_text(codes, number(code), &mut text);
    text
}

/// Shares neighbouring runs among so many threads, about equally many events for each.
fn share<T>(runs: &mut [Vec<T>], threads: usize) -> Vec<&mut [Vec<T>]> {
    let mut left: usize = runs.iter().map(Vec::len).sum();
    let mut shares = Vec::with_capacity(threads);
    let mut rest = runs;
    for threads_left in (1..=threads).rev() {
        let target = left / threads_left;
        let (mut count, mut taken) = (0, 0);
        while count < rest.len() && (taken < target || threads_left == 1) {
            taken += rest[count].len();
            count += 1;
        }
        let (share, more) = rest.split_at_mut(count);
        shares.push(share);
        (rest, left) = (more, left - taken);
    }
    shares
}

/// Does something with each, all at once; the last on this thread.
fn on_each<T: Send>(items: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
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
