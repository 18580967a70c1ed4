//! The events that one labeller was given, in the order in which it was.

use super::facts::{Facts, FactsReader};
use crate::column_codes::ColumnCodes;

/// All events with a time that take part: 12 bytes each, one more for conditions and one for `gap_when` where there are any,
/// and 4 for every column of `split_on`.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// In blocks, because one list would be copied over and over while it grows.
    pub(super) blocks: Vec<Block>,
    events: usize,
    /// The values of each column of `split_on`.
    pub(super) codes: Vec<ColumnCodes>,
}

/// Events of one batch, or of several small ones; lists that the rule does not need are empty.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) keys: Vec<u32>,
    pub(super) instants: Vec<i64>,
    pub(super) flags: Vec<u8>,
    pub(super) gaps: Vec<u8>,
    pub(super) values: Vec<Vec<u32>>,
}

/// Batches go into one block up to so many events. Not into one that would have more: the batch may be from quite another
/// place of the input.
const MOST_JOINED: usize = 16_384;

impl Gathered {
    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.events
    }

    /// Takes in the rows of a batch, or those of them that are `kept`.
    pub(crate) fn append(&mut self, keys: &[u32], instants: &[i64], facts: &Facts, kept: Option<&[bool]>) {
        if self.blocks.last().is_none_or(|last| last.keys.len() + keys.len() > MOST_JOINED) {
            self.blocks.push(Block::default());
        }
        let Some(block) = self.blocks.last_mut() else { return };
        let before = block.keys.len();
        extend(&mut block.keys, keys, kept);
        extend(&mut block.instants, instants, kept);
        extend(&mut block.flags, &facts.flags, kept);
        extend(&mut block.gaps, &facts.gaps, kept);
        block.values.resize_with(facts.values.len(), Vec::new);
        for (values, of_batch) in block.values.iter_mut().zip(&facts.values) {
            extend(values, of_batch, kept);
        }
        self.events += block.keys.len() - before;
    }

    /// Takes over what the values are.
    pub(crate) fn finish(&mut self, reader: FactsReader) {
        self.codes = reader.codes;
    }
}

fn extend<T: Copy>(list: &mut Vec<T>, of_batch: &[T], kept: Option<&[bool]>) {
    match kept {
        None => list.extend_from_slice(of_batch),
        Some(kept) => list.extend(of_batch.iter().zip(kept).filter(|(_, kept)| **kept).map(|(one, _)| *one)),
    }
}
