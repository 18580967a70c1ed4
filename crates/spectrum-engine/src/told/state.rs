//! What is known of a session for one column of the summary, while events are read in any order.

use std::cmp::Ordering;
use std::collections::HashSet;

use spectrum_core::{Decimal, Measure};

use super::value::Value;

/// What is known so far.
#[derive(Debug)]
pub(super) enum State {
    Count(u64),
    Any(bool),
    /// The texts of the values.
    Distinct(HashSet<Box<str>>),
    /// The sum of exact numbers; `None` where there is none yet.
    Sum(Option<Decimal>),
    /// Numbers of floating point, which are added in the order of their events.
    Floats(Vec<(Moment, f64)>),
    Least(Option<Value>),
    Greatest(Option<Value>),
    /// Of texts that may stand for numbers: by their bytes, and as numbers.
    Extreme {
        wanted: Ordering,
        text: Option<Box<str>>,
        number: Option<(Decimal, Box<str>)>,
    },
    First(Option<Picked>),
    Last(Option<Picked>),
}

/// When an event was, and which of those at one time it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment {
    pub(super) instant: i64,
    pub(super) id: EventId,
}

/// What orders events of one time: whole numbers, texts by their bytes, and nothing where there are no event ids.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum EventId {
    Number(i64),
    Text(Box<str>),
    None,
}

/// A value, or none, of an event.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    moment: Moment,
    value: Option<Value>,
}

/// That a sum has more digits than there is room for.
#[derive(Debug)]
pub(super) struct TooManyDigits;

impl State {
    /// Nothing, for a measure. In a format without types texts may stand for numbers.
    pub(super) fn of(measure: &Measure, is_text: bool) -> Option<Self> {
        let extreme = |wanted| Self::Extreme { wanted, text: None, number: None };
        Some(match measure {
            Measure::Count(_) => Self::Count(0),
            Measure::Any(_) => Self::Any(false),
            Measure::CountDistinct(_) => Self::Distinct(HashSet::new()),
            Measure::Sum(_) => Self::Sum(None),
            Measure::Min(_) if is_text => extreme(Ordering::Less),
            Measure::Max(_) if is_text => extreme(Ordering::Greater),
            Measure::Min(_) => Self::Least(None),
            Measure::Max(_) => Self::Greatest(None),
            Measure::First(_) => Self::First(None),
            Measure::Last(_) => Self::Last(None),
            Measure::When(_) => return None,
        })
    }

    /// Whether an event at this instant with this text, if its value is one, could change anything. It spares making values that
    /// nobody keeps.
    pub(super) fn wants(&self, instant: i64, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::First(Some(kept)), _) => instant <= kept.moment.instant,
            (Self::Last(Some(kept)), _) => instant >= kept.moment.instant,
            (Self::Distinct(values), Some(text)) => !values.contains(text),
            (Self::Least(Some(Value::Text(kept))), Some(text)) => text.as_bytes() < kept.as_bytes(),
            (Self::Greatest(Some(Value::Text(kept))), Some(text)) => text.as_bytes() > kept.as_bytes(),
            (Self::Any(any), _) => !any,
            _ => true,
        }
    }

    /// Takes an event. Its id is asked for where the order of events matters.
    pub(super) fn take(
        &mut self,
        value: Option<Value>,
        instant: i64,
        id: impl FnOnce() -> EventId,
    ) -> Result<(), TooManyDigits> {
        match self {
            Self::Count(count) => *count += 1,
            Self::Any(any) => *any = true,
            Self::First(picked) => pick(picked, value, instant, id, Ordering::Less),
            Self::Last(picked) => pick(picked, value, instant, id, Ordering::Greater),
            _ => {
                if let Some(value) = value {
                    self.take_value(value, instant, id)?;
                }
            }
        }
        Ok(())
    }

    fn take_value(
        &mut self,
        value: Value,
        instant: i64,
        id: impl FnOnce() -> EventId,
    ) -> Result<(), TooManyDigits> {
        match (&mut *self, value) {
            (Self::Distinct(values), value) => drop(values.insert(value.text())),
            (Self::Least(least), value) => keep(least, value, Ordering::Less),
            (Self::Greatest(greatest), value) => keep(greatest, value, Ordering::Greater),
            (Self::Extreme { wanted, text, number }, Value::Text(value)) => {
                if let Some(read) = Decimal::parse(&value)
                    && number.as_ref().is_none_or(|(kept, _)| read.cmp(kept) == *wanted)
                {
                    *number = Some((read, value.clone()));
                }
                if text.as_ref().is_none_or(|kept| value.as_bytes().cmp(kept.as_bytes()) == *wanted) {
                    *text = Some(value);
                }
            }
            (Self::Sum(None), Value::Float(number)) => {
                *self = Self::Floats(vec![(Moment { instant, id: id() }, number)]);
            }
            (Self::Floats(all), Value::Float(number)) => all.push((Moment { instant, id: id() }, number)),
            (Self::Sum(sum), Value::Number(number)) => {
                *sum = Some(match sum {
                    None => number,
                    Some(sum) => sum.checked_add(number).ok_or(TooManyDigits)?,
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// What it comes to. Texts compare as numbers where `are_numbers`, all of the column.
    pub(super) fn told(self, are_numbers: bool) -> Option<Value> {
        match self {
            Self::Count(count) => Some(whole(count)),
            Self::Any(any) => Some(Value::Boolean(any)),
            Self::Distinct(values) => Some(whole(values.len() as u64)),
            Self::Sum(sum) => sum.map(Value::Number),
            Self::Floats(mut all) => {
                all.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.total_cmp(y)));
                Some(Value::Float(all.into_iter().fold(0.0, |sum, (_, number)| sum + number)))
            }
            Self::Least(value) | Self::Greatest(value) => value,
            Self::Extreme { number, .. } if are_numbers => number.map(|(_, text)| Value::Text(text)),
            Self::Extreme { text, .. } => text.map(Value::Text),
            Self::First(picked) | Self::Last(picked) => picked.and_then(|picked| picked.value),
        }
    }
}

fn whole(number: u64) -> Value {
    Value::Number(Decimal::new(number.into(), 0))
}

fn keep(kept: &mut Option<Value>, value: Value, wanted: Ordering) {
    if kept.as_ref().is_none_or(|kept| value.order(kept) == wanted) {
        *kept = Some(value);
    }
}

/// Keeps the event that is `wanted` beside the one that was; of two at one moment the lesser value, and a value before none.
fn pick(
    picked: &mut Option<Picked>,
    value: Option<Value>,
    instant: i64,
    id: impl FnOnce() -> EventId,
    wanted: Ordering,
) {
    match picked {
        Some(kept) if instant.cmp(&kept.moment.instant) == wanted.reverse() => {}
        Some(kept) if instant == kept.moment.instant => {
            let moment = Moment { instant, id: id() };
            let is_better = match moment.cmp(&kept.moment) {
                Ordering::Equal => match (&value, &kept.value) {
                    (Some(value), Some(kept)) => value.order(kept) == Ordering::Less,
                    (value, kept) => value.is_some() && kept.is_none(),
                },
                other => other == wanted,
            };
            if is_better {
                *kept = Picked { moment, value };
            }
        }
        _ => *picked = Some(Picked { moment: Moment { instant, id: id() }, value }),
    }
}
