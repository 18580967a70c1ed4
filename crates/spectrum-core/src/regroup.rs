//! What sessions would be under a rule that joins more, without another look at the events.
//!
//! The sessions of an order-free rule are disjoint intervals that summarise the events exactly, so those of a longer gap
//! come from joining neighbours.

use crate::rule::{RuleKind, SessionRule};
use crate::sessions::{SessionIndex, Sessions};

/// The first and the last instant of a session, and how many events it has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    /// The first instant.
    pub start: i64,
    /// The last instant.
    pub end: i64,
    /// How many events lie between them, both included.
    pub events: u64,
}

impl Sessions {
    /// The sessions that `rule` would give, in [`Self::unit`]s, key by key and sorted by time within a key.
    ///
    /// Its gap must be at least that of these sessions: joining is all that happens here, so a shorter one
    /// gives the sessions as they are. So does a rule of which two instants alone cannot tell what it joins.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, Int64Array, TimestampSecondArray};
    /// use arrow_schema::TimeUnit;
    /// use spectrum_core::{IdScheme, Labeller, SessionRule, resolve};
    ///
    /// let key: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 1, 2]));
    /// let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 60, 300, 90]));
    /// let mut labeller = Labeller::new(1, &SessionRule::of_gap("1m".parse()?), TimeUnit::Second);
    /// labeller.count(&[key], &time)?;
    /// let sessions = resolve(vec![labeller], IdScheme::Encoded, 1)?.sessions;
    ///
    /// let longer = SessionRule::of_gap("4m".parse()?);
    /// let joined: Vec<_> = sessions.regrouped(&longer).map(|span| (span.start, span.end, span.events)).collect();
    /// assert_eq!(sessions.len(), 3);
    /// assert_eq!(joined, [(0, 300, 3), (90, 90, 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn regrouped(&self, rule: &SessionRule) -> impl Iterator<Item = Span> + use<'_> {
        let is_order_free = rule.kind() == RuleKind::OrderFree;
        let rule = rule.counted_in(self.unit());
        let mut sessions = self.all().map(|session| (self.number(session), self.span(session))).peekable();
        std::iter::from_fn(move || {
            let (_, mut open) = sessions.next()?;
            // Numbers count from one within a key, so a later number goes on with the same key.
            while let Some((_, next)) = sessions
                .next_if(|(number, next)| is_order_free && *number > 1 && rule.joins(open.end, next.start))
            {
                open.end = next.end;
                open.events += next.events;
            }
            Some(open)
        })
    }

    fn span(&self, session: SessionIndex) -> Span {
        Span { start: self.start(session), end: self.end(session), events: self.events(session) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, TimestampNanosecondArray};
    use arrow_schema::TimeUnit;
    use proptest::prelude::*;

    use super::*;
    use crate::{Gap, IdScheme, Labeller, resolve};

    fn sessions(events: &[(i32, i64)], gap: Gap) -> Sessions {
        let key: ArrayRef = Arc::new(Int32Array::from_iter_values(events.iter().map(|event| event.0)));
        let time = TimestampNanosecondArray::from_iter_values(events.iter().map(|event| event.1));
        let mut labeller = Labeller::new(1, &SessionRule::of_gap(gap), TimeUnit::Nanosecond);
        labeller.count(&[key], &(Arc::new(time) as ArrayRef)).unwrap();
        resolve(vec![labeller], IdScheme::Encoded, 1).unwrap().sessions
    }

    fn regrouped(sessions: &Sessions, gap: Gap) -> Vec<Span> {
        let mut spans: Vec<_> = sessions.regrouped(&SessionRule::of_gap(gap)).collect();
        spans.sort_unstable();
        spans
    }

    fn own(sessions: &Sessions) -> Vec<Span> {
        let mut spans: Vec<_> = sessions.all().map(|session| sessions.span(session)).collect();
        spans.sort_unstable();
        spans
    }

    proptest! {
        #[test]
        fn joining_gives_the_sessions_of_the_longer_gap(
            events in prop::collection::vec((0..4_i32, -300..300_i64), 0..150), gap in 1..20_u64, more in 0..60_u64,
        ) {
            let (gap, longer) = (Gap::from_nanoseconds(gap).unwrap(), Gap::from_nanoseconds(gap + more).unwrap());
            let of_gap = sessions(&events, gap);
            prop_assert_eq!(regrouped(&of_gap, longer), own(&sessions(&events, longer)));
            prop_assert_eq!(regrouped(&of_gap, gap), own(&of_gap));
        }
    }

    #[test]
    fn the_ends_of_i64_do_not_overflow() {
        let of_gap = sessions(&[(1, i64::MIN), (1, i64::MAX)], Gap::DEFAULT);
        assert_eq!(of_gap.len(), 2);
        let longest = Gap::from_nanoseconds(u64::MAX).unwrap();
        assert_eq!(regrouped(&of_gap, longest), [Span { start: i64::MIN, end: i64::MAX, events: 2 }]);
    }
}
