//! Sessions that are known from before take part in finding those of new events.
//!
//! Under a rule of instants a session is an interval, and joining intervals asks for nothing else. So the sessions of all
//! events before stand for these events, whatever their number.

use arrow_array::ArrayRef;
use arrow_schema::TimeUnit;

use crate::column_codes::ColumnCodes;
use crate::intervals::Interval;
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;
use crate::label_forest::Label;
use crate::labeller::Labeller;
use crate::numbering::{MOST, number};
use crate::rule::RuleKind;

/// Sessions of earlier events, a row each, in the order of their starts.
#[derive(Clone, Copy, Debug)]
pub struct PastSessions<'a> {
    /// First instants, in the labeller's unit.
    pub start: &'a [i64],
    /// Last instants.
    pub end: &'a [i64],
    /// Events, at least one each.
    pub events: &'a [u64],
}

impl Labeller {
    /// Takes in sessions as if their events came once more, and appends a label for each to `labels`, which leads to the
    /// session that it is, or is a part of, by now. Their events do not count as taken in.
    ///
    /// Batches come in the order of starts, and before any event.
    ///
    /// # Errors
    /// [`LabelError::NotSessions`] when the rule could not have made them: where two of a key overlap or belong together,
    /// where one ends before it begins or has no event, and under rules that are not [`RuleKind::OrderFree`]; and as
    /// [`Labeller::observe`].
    pub fn remember(
        &mut self,
        key: &[ArrayRef],
        past: PastSessions<'_>,
        labels: &mut Vec<Label>,
    ) -> Result<(), LabelError> {
        if self.session_rule.kind() != RuleKind::OrderFree {
            return Err(LabelError::NotSessions { row: 0 });
        }
        let keys = self.keys_of(key, past.start.len())?;
        if labels.len() + keys.len() > MOST {
            return Err(LabelError::TooManyEvents);
        }
        let rows = keys.iter().zip(past.start).zip(past.end.iter().zip(past.events));
        for (row, ((key, start), (end, events))) in rows.enumerate() {
            let label = self.labels.plant();
            let events = u32::try_from(*events).map_err(|_| LabelError::TooManyEvents)?;
            let interval = Interval { start: *start, end: *end, events, label };
            let rule = &self.rule;
            let intervals = Self::of_key(&mut self.intervals, &mut self.labels, *key);
            if events == 0 || end < start || !intervals.remember(interval, rule) {
                return Err(LabelError::NotSessions { row });
            }
            labels.push(label);
        }
        Ok(())
    }

    /// Says how many sessions keys have had in all. Those of them that are not remembered lie before, and those that are
    /// found are numbered after them. All that lie later must be remembered.
    ///
    /// # Errors
    /// [`LabelError::NotSessions`] when there are fewer than are remembered; and as [`Labeller::observe`].
    pub fn remember_totals(&mut self, key: &[ArrayRef], totals: &[u64]) -> Result<(), LabelError> {
        let keys = self.keys_of(key, totals.len())?;
        for (row, (key, total)) in keys.iter().zip(totals).enumerate() {
            let remembered = self.intervals.get(*key as usize).map_or(0, |known| known.count() as u64);
            let before = total.checked_sub(remembered).ok_or(LabelError::NotSessions { row })?;
            let at = *key as usize;
            self.before.resize(self.before.len().max(at + 1), 0);
            self.before[at] = before;
        }
        Ok(())
    }

    /// All keys, once each, one array per column as in [`crate::Sessions::key_column`].
    pub fn distinct_keys(&self) -> Vec<ArrayRef> {
        let mut codes = vec![0; self.keys.columns().len()];
        let columns = self.keys.columns().iter().enumerate().map(|(at, column)| {
            column.array((0..number(self.keys.len())).map(|key| {
                self.keys.codes(key, &mut codes);
                codes[at]
            }))
        });
        columns.collect()
    }

    /// The unit that it counts time in.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// What each key column holds; `None` where no event said it.
    pub fn key_kinds(&self) -> Vec<Option<KeyKind>> {
        self.keys.columns().iter().map(ColumnCodes::kind).collect()
    }

    /// The first and the last instant of every run of events that belong together, of all keys in no order. What was
    /// deferred must be settled.
    pub fn stretches(&self) -> Vec<(i64, i64)> {
        let mut of_key = Vec::new();
        let mut all = Vec::new();
        for intervals in &self.intervals {
            of_key.clear();
            intervals.append_to(&mut of_key);
            all.extend(of_key.iter().map(|interval| (interval.start, interval.end)));
        }
        all
    }

    fn keys_of(&mut self, key: &[ArrayRef], rows: usize) -> Result<Vec<u32>, LabelError> {
        if let Some(column) = key.iter().find(|column| column.len() != rows) {
            return Err(LabelError::Lengths { key: column.len(), time: rows });
        }
        let mut keys = Vec::with_capacity(rows);
        self.keys.keys_of(key, &mut keys)?;
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, TimestampSecondArray};

    use super::*;
    use crate::gap::Gap;
    use crate::id_scheme::IdScheme;
    use crate::resolve::resolve;
    use crate::rule::SessionRule;

    fn column(keys: &[i64]) -> [ArrayRef; 1] {
        [Arc::new(Int64Array::from(keys.to_vec()))]
    }

    fn labeller() -> Labeller {
        Labeller::new(1, &SessionRule::of_gap(Gap::DEFAULT), TimeUnit::Second)
    }

    /// Key 1 has had three sessions, of which the last is remembered; key 2 one, and key 3 is new.
    #[test]
    fn new_events_extend_bridge_and_follow_what_is_remembered() {
        let mut past = labeller();
        let mut labels = Vec::new();
        let sessions =
            PastSessions { start: &[0, 9_000, 20_000], end: &[600, 9_000, 20_100], events: &[3, 1, 2] };
        past.remember(&column(&[2, 1, 2]), sessions, &mut labels).unwrap();
        past.remember_totals(&column(&[1, 2]), &[3, 2]).unwrap();
        let mut new = labeller();
        let mut of_events = Vec::new();
        let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![10_000, 50_000, 2_000, 5]));
        new.observe(&column(&[1, 1, 2, 3]), &time, &mut of_events).unwrap();
        let found = resolve(vec![new, past], IdScheme::Encoded, 1).unwrap();
        let sessions = &found.sessions;
        let described = |labeller, label| {
            let at = found.session(labeller, label).unwrap();
            (sessions.start(at), sessions.end(at), sessions.events(at), sessions.number(at))
        };
        let events: Vec<_> = of_events.iter().map(|label| described(0, *label)).collect();
        assert_eq!(events, [(9_000, 10_000, 2, 3), (50_000, 50_000, 1, 4), (0, 2_000, 4, 1), (5, 5, 1, 1)]);
        let past: Vec<_> = labels.iter().map(|label| described(1, *label)).collect();
        assert_eq!(past, [(0, 2_000, 4, 1), (9_000, 10_000, 2, 3), (20_000, 20_100, 2, 2)]);
        let (keys, totals) = sessions.totals();
        assert_eq!((keys[0].len(), totals), (3, vec![4, 2, 1]));
    }

    #[test]
    fn what_no_rule_made_is_refused() {
        let refused = |start: &[i64], end: &[i64], events: &[u64]| {
            let keys = vec![7; start.len()];
            labeller().remember(&column(&keys), PastSessions { start, end, events }, &mut Vec::new())
        };
        assert_eq!(refused(&[0, 1800], &[0, 1800], &[1, 1]), Err(LabelError::NotSessions { row: 1 }));
        assert_eq!(refused(&[0, 5], &[10, 20], &[1, 1]), Err(LabelError::NotSessions { row: 1 }));
        assert_eq!(refused(&[9_000, 0], &[9_000, 0], &[1, 1]), Err(LabelError::NotSessions { row: 1 }));
        assert_eq!(refused(&[10], &[0], &[1]), Err(LabelError::NotSessions { row: 0 }));
        assert_eq!(refused(&[10], &[10], &[0]), Err(LabelError::NotSessions { row: 0 }));
        assert_eq!(refused(&[0, 1801], &[0, 1801], &[1, 1]), Ok(()));
        assert_eq!(
            labeller().remember_totals(&column(&[1]), &[0]).and_then(|()| {
                let mut past = labeller();
                past.remember(
                    &column(&[1]),
                    PastSessions { start: &[0], end: &[0], events: &[1] },
                    &mut Vec::new(),
                )?;
                past.remember_totals(&column(&[1]), &[0])
            }),
            Err(LabelError::NotSessions { row: 0 })
        );
    }
}
