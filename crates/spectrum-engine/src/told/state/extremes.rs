//! Least and greatest values.

use std::cmp::Ordering;

use arrow_array::Array;
use spectrum_core::Decimal;

use super::super::moment::Moments;
use super::super::value::{Texts, Values, order_of_floats};
use super::Reading;

/// The least values of sessions, or the greatest.
#[derive(Debug)]
pub(in super::super) struct Extremes {
    wanted: Ordering,
    pub(in super::super) sessions: usize,
    pub(in super::super) kept: Kept,
}

/// What is kept, as the values are.
#[derive(Debug)]
pub(in super::super) enum Kept {
    /// No value was seen.
    Nothing,
    Texts(Vec<Option<Box<str>>>),
    Whole(Best<i64>),
    Decimal(Best<i128>),
    Floats(Best<f64>),
    Booleans(Best<bool>),
    /// Of texts that may stand for numbers: by their bytes, and as numbers.
    Either(Vec<Either>),
    /// Of texts that are the events' times: the instants, and how they are written.
    Times(Vec<Option<(i64, Box<str>)>>),
}

#[derive(Clone, Default, Debug)]
pub(in super::super) struct Either {
    text: Option<Box<str>>,
    number: Option<(Decimal, Box<str>)>,
}

#[derive(Debug)]
pub(in super::super) struct Best<T> {
    values: Vec<T>,
    has_value: Vec<bool>,
}

impl<T: Copy + Default> Best<T> {
    fn none(sessions: usize) -> Self {
        Self { values: vec![T::default(); sessions], has_value: vec![false; sessions] }
    }

    fn take(&mut self, rows: impl Iterator<Item = (usize, T)>, is_better: impl Fn(&T, &T) -> bool) {
        for (at, value) in rows {
            if !self.has_value[at] || is_better(&value, &self.values[at]) {
                (self.values[at], self.has_value[at]) = (value, true);
            }
        }
    }

    pub(in super::super) fn into_values(self) -> impl Iterator<Item = Option<T>> {
        self.values.into_iter().zip(self.has_value).map(|(value, has_value)| has_value.then_some(value))
    }
}

impl Extremes {
    pub(super) fn new(wanted: Ordering, sessions: usize, values: Reading) -> Self {
        let kept = match values {
            Reading::Typed => Kept::Nothing,
            Reading::Texts => Kept::Either(vec![Either::default(); sessions]),
            Reading::Times => Kept::Times(vec![None; sessions]),
        };
        Self { wanted, sessions, kept }
    }

    pub(super) fn take(
        &mut self,
        rows: impl Iterator<Item = (usize, usize)>,
        values: &Values,
        moments: &Moments<'_>,
    ) {
        let (wanted, sessions) = (self.wanted, self.sessions);
        if matches!(self.kept, Kept::Nothing) {
            self.kept = match values {
                Values::Texts(_) => Kept::Texts(vec![None; sessions]),
                Values::Whole(_) => Kept::Whole(Best::none(sessions)),
                Values::Decimal(..) => Kept::Decimal(Best::none(sessions)),
                Values::Float(_) => Kept::Floats(Best::none(sessions)),
                Values::Boolean(_) => Kept::Booleans(Best::none(sessions)),
            };
        }
        // A column has values of one type.
        match (&mut self.kept, values) {
            (Kept::Texts(kept), Values::Texts(texts)) => keep_texts(kept, rows, texts, wanted),
            (Kept::Either(kept), Values::Texts(texts)) => {
                for (row, at) in rows {
                    texts.at(row).into_iter().for_each(|text| kept[at].take(text, wanted));
                }
            }
            (Kept::Times(kept), Values::Texts(texts)) => {
                for (row, at) in rows {
                    let (instant, text) = (moments.times[row], texts.at(row).unwrap_or_default());
                    if kept[at].as_ref().is_none_or(|(kept, written)| match instant.cmp(kept) {
                        // Spelled the shortest way, whichever comes first.
                        Ordering::Equal => (text.len(), text) < (written.len(), written),
                        order => order == wanted,
                    }) {
                        kept[at] = Some((instant, text.into()));
                    }
                }
            }
            (Kept::Whole(kept), Values::Whole(values)) => {
                let rows = rows.filter(|(row, _)| values.is_valid(*row));
                kept.take(rows.map(|(row, at)| (at, values.value(row))), |a, b| a.cmp(b) == wanted);
            }
            (Kept::Decimal(kept), Values::Decimal(values, _)) => {
                let rows = rows.filter(|(row, _)| values.is_valid(*row));
                kept.take(rows.map(|(row, at)| (at, values.value(row))), |a, b| a.cmp(b) == wanted);
            }
            (Kept::Floats(kept), Values::Float(values)) => {
                let rows = rows.filter(|(row, _)| values.is_valid(*row));
                kept.take(rows.map(|(row, at)| (at, values.value(row))), |a, b| {
                    // Of zeros the one with a sign is the lesser, whichever comes first.
                    order_of_floats(*a, *b).then(a.total_cmp(b)) == wanted
                });
            }
            (Kept::Booleans(kept), Values::Boolean(values)) => {
                let rows = rows.filter(|(row, _)| values.is_valid(*row));
                kept.take(rows.map(|(row, at)| (at, values.value(row))), |a, b| a.cmp(b) == wanted);
            }
            _ => {}
        }
    }
}

fn keep_texts(
    kept: &mut [Option<Box<str>>],
    rows: impl Iterator<Item = (usize, usize)>,
    texts: &Texts,
    wanted: Ordering,
) {
    for (row, at) in rows {
        if let Some(text) = texts.at(row)
            && kept[at].as_ref().is_none_or(|kept| text.as_bytes().cmp(kept.as_bytes()) == wanted)
        {
            kept[at] = Some(text.into());
        }
    }
}

impl Either {
    fn take(&mut self, text: &str, wanted: Ordering) {
        if let Some(read) = Decimal::parse(text)
            && self.number.as_ref().is_none_or(|(number, kept)| match read.cmp(number) {
                // Without zeros at the end of a fraction, whichever comes first.
                Ordering::Equal => (text.len(), text) < (kept.len(), kept),
                order => order == wanted,
            })
        {
            self.number = Some((read, text.into()));
        }
        if self.text.as_ref().is_none_or(|kept| text.as_bytes().cmp(kept.as_bytes()) == wanted) {
            self.text = Some(text.into());
        }
    }

    /// As numbers where all texts of the column are some.
    pub(in super::super) fn into_text(self, are_numbers: bool) -> Option<Box<str>> {
        if are_numbers { self.number.map(|(_, text)| text) } else { self.text }
    }
}
