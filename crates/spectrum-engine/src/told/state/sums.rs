//! Sums: exact of whole numbers and decimals, of floating point in the order of the events.

use std::collections::HashMap;

use arrow_array::Array;
use spectrum_core::Decimal;

use super::super::event_ids::EventId;
use super::super::moment::{Event, Moments};
use super::super::value::Values;
use super::TooManyDigits;

/// The scale where there is no sum yet.
const NOTHING: u8 = u8::MAX;

#[derive(Debug)]
pub(in super::super) struct Sums {
    digits: Vec<i128>,
    scales: Vec<u8>,
    /// Numbers of floating point, which are added when all are there.
    floats: Vec<Float>,
}

#[derive(Clone, Copy, Debug)]
struct Float {
    at: u32,
    instant: i64,
    event: Event,
    number: f64,
}

impl Sums {
    pub(super) fn new(sessions: usize) -> Self {
        Self { digits: vec![0; sessions], scales: vec![NOTHING; sessions], floats: Vec::new() }
    }

    /// Takes values; `numbers` has what texts stand for.
    pub(super) fn take(
        &mut self,
        mut rows: impl Iterator<Item = (usize, usize)>,
        values: &Values,
        numbers: &[Option<Decimal>],
        moments: &Moments<'_>,
    ) -> Result<(), TooManyDigits> {
        match values {
            Values::Whole(whole) => rows.try_for_each(|(row, at)| match whole.is_valid(row) {
                true => self.add(at, Decimal::new(whole.value(row).into(), 0)),
                false => Ok(()),
            }),
            Values::Decimal(decimals, scale) => rows.try_for_each(|(row, at)| match decimals.is_valid(row) {
                true => self.add(at, Decimal::new(decimals.value(row), *scale)),
                false => Ok(()),
            }),
            Values::Float(floats) => {
                let has_value = rows.filter(|(row, _)| floats.is_valid(*row));
                self.floats.extend(has_value.map(|(row, at)| Float {
                    at: at as u32,
                    instant: moments.times[row],
                    event: moments.event(row),
                    number: floats.value(row),
                }));
                Ok(())
            }
            Values::Texts(_) => rows.try_for_each(|(row, at)| match numbers.get(row) {
                Some(Some(number)) => self.add(at, *number),
                _ => Ok(()),
            }),
            Values::Boolean(_) => Ok(()),
        }
    }

    fn add(&mut self, at: usize, number: Decimal) -> Result<(), TooManyDigits> {
        let sum = match self.scales[at] {
            NOTHING => number,
            scale => Decimal::new(self.digits[at], scale).checked_add(number).ok_or(TooManyDigits)?,
        };
        (self.digits[at], self.scales[at]) = (sum.digits(), sum.scale());
        Ok(())
    }

    /// Puts the numbers of floating point into the order of their times, and tells the events at one time whose order
    /// matters.
    pub(in super::super) fn order_floats(&mut self) -> Vec<Event> {
        self.floats.sort_unstable_by_key(|float| (float.at, float.instant));
        let ties = self.floats.chunk_by(|a, b| (a.at, a.instant) == (b.at, b.instant));
        let differ = |tie: &&[Float]| tie.iter().any(|one| one.number.to_bits() != tie[0].number.to_bits());
        ties.filter(differ).flatten().map(|float| float.event).collect()
    }

    /// The sums of floating point, with the ids of events at one time.
    pub(in super::super) fn float_sums(&mut self, ids: &HashMap<Event, EventId>) -> Vec<Option<f64>> {
        let mut sums = vec![None; self.digits.len()];
        let of_one_time = |a: &Float, b: &Float| (a.at, a.instant) == (b.at, b.instant);
        for tie in self.floats.chunk_by_mut(of_one_time) {
            if tie.len() > 1 {
                tie.sort_by(|a, b| {
                    ids.get(&a.event).cmp(&ids.get(&b.event)).then(a.number.total_cmp(&b.number))
                });
            }
            for float in tie {
                let sum: &mut Option<f64> = &mut sums[float.at as usize];
                *sum = Some(sum.unwrap_or(0.0) + float.number);
            }
        }
        sums
    }

    /// The exact sums.
    pub(in super::super) fn into_exact(self) -> impl Iterator<Item = Option<Decimal>> {
        let sums = self.digits.into_iter().zip(self.scales);
        sums.map(|(digits, scale)| (scale != NOTHING).then(|| Decimal::new(digits, scale)))
    }
}
