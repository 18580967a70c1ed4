//! All events in runs of neighbouring keys, each so small that its events fit into the cache, and the way back from there.
//!
//! Several threads part the events at once: how many events each of them has for every run is counted first, so that each
//! has places of its own. Blocks of events are taken in the order of their first instants, which leaves the events of a key
//! in the order of time already where those of the input are.

use super::fold::{NO_SESSION, on_each};
use super::gathered::{Block, Gathered};

/// An event with what the machine needs, in one piece of memory: its instant in two halves; the key within the run, the entry
/// of `gap_when` and flags, once its sessions are known the event's session instead; then a rank per column of `split_on`.
/// Numbers and no struct, because memory for so many of them is only given out as zeros without being written to where they
/// are numbers.
pub(super) type Record<const W: usize> = [u32; W];

/// What a record has before the values.
pub(super) const HEAD: usize = 3;

/// Where the session stands, in the place of what was needed to find it, because there are as many of these as events.
pub(super) const SESSION: usize = 2;

const FLAG_BITS: u32 = 4;
const GAP_BITS: u32 = 8;
/// What is left for the key within its run.
const MOST_KEY_BITS: u32 = u32::BITS - GAP_BITS - FLAG_BITS;

#[inline]
pub(super) fn instant<const W: usize>(record: &Record<W>) -> i64 {
    (u64::from(record[0]) | u64::from(record[1]) << 32) as i64
}

#[inline]
pub(super) fn key_in_run<const W: usize>(record: &Record<W>) -> usize {
    (record[2] >> (GAP_BITS + FLAG_BITS)) as usize
}

#[inline]
pub(super) fn flags_and_gap<const W: usize>(record: &Record<W>) -> (u8, u8) {
    let [flags, ..] = record[2].to_le_bytes();
    let [gap, ..] = (record[2] >> FLAG_BITS).to_le_bytes();
    (flags & ((1 << FLAG_BITS) - 1), gap)
}

/// Keys are taken in about so many runs, or in more where they are more than [`MOST_KEY_BITS`] can tell apart.
const RUNS: usize = 1024;

/// What a labeller gathered, and the common keys of its own where they are not the same.
pub(super) type OfLabeller = (Gathered, Option<Vec<u32>>);

/// Events, run by run, and within a run in the order in which their blocks are taken.
#[derive(Debug)]
pub(super) struct Parted<'s, const W: usize> {
    records: Vec<Record<W>>,
    /// How many keys a run has, as a power of two.
    bits: u32,
    /// Each is taken by one thread.
    groups: Vec<Group<'s>>,
}

/// Blocks, and how many events of them belong to each run.
#[derive(Debug)]
struct Group<'s> {
    blocks: Vec<PlacedBlock<'s>>,
    counts: Vec<usize>,
}

/// A block, whose it is, and where the sessions of its events are to be written.
#[derive(Debug)]
struct PlacedBlock<'s> {
    labeller: usize,
    block: Block,
    sessions: &'s mut [u32],
}

/// Records of neighbouring keys.
#[derive(Debug)]
pub(super) struct Run<'p, const W: usize> {
    pub(super) first_key: usize,
    /// How many keys there can be.
    pub(super) keys: usize,
    pub(super) records: &'p mut [Record<W>],
}

impl<'s, const W: usize> Parted<'s, W> {
    /// Parts the events of so many keys. `ranks` has for each labeller and column of `split_on` the rank of every code, and
    /// `of_event` room for the session of every event.
    pub(super) fn of(
        gathered: Vec<OfLabeller>,
        of_event: &'s mut [Vec<u32>],
        ranks: &[Vec<Vec<u32>>],
        keys: usize,
        threads: usize,
    ) -> Self {
        let last_key = keys.saturating_sub(1);
        let mut bits = 0;
        while last_key >> bits >= RUNS && bits < MOST_KEY_BITS {
            bits += 1;
        }
        let (mut blocks, mut common) = (Vec::new(), Vec::with_capacity(gathered.len()));
        for (labeller, ((events, common_keys), of_event)) in gathered.into_iter().zip(of_event).enumerate() {
            let mut rest = &mut of_event[..];
            for block in events.blocks {
                let (sessions, more) = rest.split_at_mut(block.keys.len());
                rest = more;
                blocks.push(PlacedBlock { labeller, block, sessions });
            }
            common.push(common_keys);
        }
        blocks.sort_by_key(|of| of.block.instants.first().copied());
        let of_group = blocks.len().div_ceil(threads).max(1);
        let mut groups = Vec::with_capacity(threads);
        while !blocks.is_empty() {
            let rest = blocks.split_off(of_group.min(blocks.len()));
            groups.push(Group { blocks, counts: vec![0; (last_key >> bits) + 1] });
            blocks = rest;
        }

        on_each(groups.iter_mut(), |group| group.count(&common, bits));
        let all = groups.iter().flat_map(|group| &group.counts).sum();
        let mut parted = Self { records: vec![[0; W]; all], bits, groups };
        let mut rest = &mut parted.records[..];
        let places = places(&parted.groups, |count| {
            let (records, more) = std::mem::take(&mut rest).split_at_mut(count);
            rest = more;
            records.iter_mut()
        });
        on_each(parted.groups.iter_mut().zip(places), |(group, mut places)| {
            for of in &mut group.blocks {
                of.write_records(&ranks[of.labeller], bits, &mut places);
            }
        });
        parted
    }

    /// The events in runs.
    pub(super) fn runs(&mut self) -> Vec<Run<'_, W>> {
        let runs = self.groups.first().map_or(0, |group| group.counts.len());
        let mut rest = &mut self.records[..];
        let run = |run| {
            let count = self.groups.iter().map(|group| group.counts[run]).sum();
            let (records, more) = std::mem::take(&mut rest).split_at_mut(count);
            rest = more;
            Run { first_key: run << self.bits, keys: 1 << self.bits, records }
        };
        (0..runs).map(run).collect()
    }

    /// Writes the session of every event to where the labellers have it, or [`NO_SESSION`]. In records they are counted from
    /// zero within a share of the runs; `offsets` has for each run how many come before.
    pub(super) fn write_sessions(self, offsets: &[u32]) {
        let Self { records, bits, mut groups } = self;
        let mut rest = &records[..];
        let places = places(&groups, |count| {
            let (records, more) = rest.split_at(count);
            rest = more;
            records.iter()
        });
        on_each(groups.iter_mut().zip(places), |(group, mut places)| {
            for PlacedBlock { block, sessions, .. } in &mut group.blocks {
                for (session, key) in sessions.iter_mut().zip(&block.keys) {
                    let run = (key >> bits) as usize;
                    let found = places[run].next().map_or(NO_SESSION, |record| record[SESSION]);
                    *session = if found == NO_SESSION { found } else { found + offsets[run] };
                }
            }
        });
    }
}

/// For each group the places of its events in every run, of which `take` gives one after another.
fn places<T>(groups: &[Group<'_>], mut take: impl FnMut(usize) -> T) -> Vec<Vec<T>> {
    let runs = groups.first().map_or(0, |group| group.counts.len());
    let mut places: Vec<Vec<T>> = groups.iter().map(|_| Vec::with_capacity(runs)).collect();
    for run in 0..runs {
        for (places, group) in places.iter_mut().zip(groups) {
            places.push(take(group.counts[run]));
        }
    }
    places
}

impl Group<'_> {
    /// Counts the events of every run, and makes keys the common ones.
    fn count(&mut self, common: &[Option<Vec<u32>>], bits: u32) {
        for PlacedBlock { labeller, block, .. } in &mut self.blocks {
            if let Some(common) = &common[*labeller] {
                block.keys.iter_mut().for_each(|key| *key = common[*key as usize]);
            }
            for key in &block.keys {
                self.counts[(key >> bits) as usize] += 1;
            }
        }
    }
}

impl PlacedBlock<'_> {
    /// Writes a record for each event to the next place of its run. Of the block only the keys are left then.
    fn write_records<const W: usize>(
        &mut self,
        ranks: &[Vec<u32>],
        bits: u32,
        places: &mut [std::slice::IterMut<'_, Record<W>>],
    ) {
        let Block { keys, instants, flags, gaps, values } = std::mem::take(&mut self.block);
        for (event, (key, instant)) in keys.iter().zip(instants).enumerate() {
            let Some(record) = places[(key >> bits) as usize].next() else { continue };
            let of_flags = flags.get(event).copied().unwrap_or_default();
            let of_gap = gaps.get(event).copied().unwrap_or_default();
            let [a, b, c, d, e, f, g, h] = instant.to_le_bytes();
            record[0] = u32::from_le_bytes([a, b, c, d]);
            record[1] = u32::from_le_bytes([e, f, g, h]);
            record[2] = (key & ((1 << bits) - 1)) << (GAP_BITS + FLAG_BITS)
                | u32::from(of_gap) << FLAG_BITS
                | u32::from(of_flags);
            for ((value, codes), ranks) in record[HEAD..].iter_mut().zip(&values).zip(ranks) {
                *value = ranks[codes[event] as usize];
            }
        }
        self.block.keys = keys;
    }
}
