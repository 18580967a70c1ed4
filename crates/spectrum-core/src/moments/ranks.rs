//! The values of `split_on`, in the order of their texts.

use super::gathered::Gathered;
use super::machine::{Moment, MomentRule};
use crate::column_codes::ColumnCodes;
use crate::key_text::write_text;
use crate::label_error::LabelError;
use crate::numbering::number;
use crate::rule::{Reason, Reasons, ValueChange};

/// What the codes of several labellers are together.
#[derive(Debug)]
pub(super) struct Ranks {
    /// For each labeller and column of `split_on` the rank of every code; NULL is 0.
    pub(super) of_code: Vec<Vec<Vec<u32>>>,
    pub(super) texts: Texts,
}

/// The texts of each column of `split_on` in the order of their bytes; the first has rank 1.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<Vec<Vec<u8>>>);

impl Ranks {
    /// Ranks the values of `split_on` among the texts of all labellers.
    pub(super) fn of<'g>(gathered: impl Iterator<Item = &'g Gathered> + Clone) -> Result<Self, LabelError> {
        let mut sorted = Vec::new();
        let columns = gathered.clone().map(|events| events.codes.len()).max().unwrap_or_default();
        let mut ranks: Vec<Vec<Vec<u32>>> = gathered.clone().map(|_| Vec::with_capacity(columns)).collect();
        for column in 0..columns {
            let mut all = ColumnCodes::default();
            let mut common = Vec::with_capacity(ranks.len());
            for events in gathered.clone() {
                common.push(events.codes.get(column).map_or(Ok(vec![0]), |codes| all.absorb(codes))?);
            }
            let mut texts: Vec<(Vec<u8>, usize)> =
                (1..all.len()).map(|code| (text(&all, code), code)).collect();
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
        Ok(Self { of_code: ranks, texts: Texts(sorted) })
    }
}

impl Texts {
    /// How the values of the moment at which a session began differ from those of the session before.
    pub(super) fn changes<const N: usize>(
        &self,
        rule: &MomentRule,
        reasons: Reasons,
        before: [u32; N],
        moment: &Moment<N>,
    ) -> Vec<ValueChange> {
        if !reasons.iter().any(|reason| reason == Reason::SplitOn) {
            return Vec::new();
        }
        let of_column = before.into_iter().zip(moment.low.into_iter().zip(moment.high));
        let changed =
            of_column.take(self.0.len()).enumerate().filter_map(|(column, (before, (low, high)))| {
                let now = if high == before { low } else { high };
                rule.differ(before, (low, high)).then(|| ValueChange {
                    column,
                    before: self.text(column, before),
                    now: self.text(column, now),
                })
            });
        changed.collect()
    }

    fn text(&self, column: usize, rank: u32) -> Option<String> {
        let at = (rank as usize).checked_sub(1)?;
        let text = self.0.get(column)?.get(at)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

fn text(codes: &ColumnCodes, code: usize) -> Vec<u8> {
    let mut text = Vec::new();
    write_text(codes, number(code), &mut text);
    text
}
