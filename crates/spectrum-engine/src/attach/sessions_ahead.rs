//! The sessions of a part's events and their ids, looked up for a few events in a row before the first is written, so that
//! the waits for memory overlap.

use spectrum_core::{SessionId, SessionIndex, Sessions};

const IN_A_ROW: usize = 64;

/// The session of an event, and its id unless that is NULL.
pub(super) type SessionAndId = (Option<SessionIndex>, Option<SessionId>);

/// Gives for each event what the iterator gives, with ids.
pub(super) struct SessionsAhead<'a, I> {
    sessions: &'a Sessions,
    rest: I,
    row: Vec<Option<SessionAndId>>,
    at: usize,
}

impl<'a, I: ExactSizeIterator<Item = Option<Option<SessionIndex>>>> SessionsAhead<'a, I> {
    pub(super) fn new(sessions: &'a Sessions, events: I) -> Self {
        Self { sessions, rest: events, row: Vec::with_capacity(IN_A_ROW), at: 0 }
    }
}

/// Nothing within for an event that is left out.
impl<I: ExactSizeIterator<Item = Option<Option<SessionIndex>>>> Iterator for SessionsAhead<'_, I> {
    type Item = Option<SessionAndId>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.row.len() {
            let Self { sessions, rest, row, at } = self;
            *at = 0;
            row.clear();
            row.extend(rest.take(IN_A_ROW).map(|event| event.map(|session| (session, None))));
            for (session, id) in row.iter_mut().flatten() {
                *id = session.and_then(|session| sessions.id(session));
            }
        }
        let next = self.row.get(self.at).copied()?;
        self.at += 1;
        Some(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.row.len() - self.at + self.rest.len();
        (left, Some(left))
    }
}

impl<I: ExactSizeIterator<Item = Option<Option<SessionIndex>>>> ExactSizeIterator for SessionsAhead<'_, I> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, TimestampSecondArray};
    use arrow_schema::TimeUnit;
    use spectrum_core::{Gap, IdScheme, Labeller, SessionRule, resolve};

    use super::*;

    #[test]
    fn every_event_has_its_own_id() {
        let key: ArrayRef = Arc::new(Int64Array::from_iter_values(0..150));
        let time: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values(0..150));
        let mut labeller = Labeller::new(1, &SessionRule::of_gap(Gap::DEFAULT), TimeUnit::Second);
        labeller.count(&[key], &time).unwrap();
        let sessions = resolve(vec![labeller], IdScheme::Encoded, 1).unwrap().sessions;
        // Some events are left out, and some belong to no session.
        let events: Vec<_> = (0..3)
            .flat_map(|_| sessions.all())
            .map(|session| match session.index() % 7 {
                0 => None,
                1 => Some(None),
                _ => Some(Some(session)),
            })
            .collect();
        let mut ahead = SessionsAhead::new(&sessions, events.iter().copied());
        for (at, event) in events.iter().enumerate() {
            assert_eq!(ahead.len(), events.len() - at);
            let expected = event.map(|session| (session, session.and_then(|session| sessions.id(session))));
            assert_eq!(ahead.next(), Some(expected), "event {at}");
        }
        assert_eq!((ahead.len(), ahead.next()), (0, None));
    }
}
