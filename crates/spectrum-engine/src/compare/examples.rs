//! A few events at which two definitions part, the same ones whatever the threads and the order of the input are.

use std::cmp::Ordering;

use spectrum_core::{Reason, SessionIndex};

use super::{Example, Place, Sides};
use crate::error::Result;

/// One kind of example for each reason that either side can begin a session for, and one for either side alone.
const KINDS: usize = 2 * Reason::ALL.len() + 2;

/// The earliest examples of each kind, at most so many.
#[derive(Debug)]
pub(super) struct Examples {
    most: usize,
    of_kind: Vec<Vec<Example>>,
}

impl Examples {
    pub(super) fn new(most: usize) -> Self {
        Self { most, of_kind: vec![Vec::new(); KINDS] }
    }

    /// Takes in an event that has moved, if it is an example. `event_id` is only asked for then.
    pub(super) fn meet(
        &mut self,
        sides: &Sides,
        instant: i64,
        in_a: Option<SessionIndex>,
        in_b: Option<SessionIndex>,
        event_id: impl FnOnce() -> Result<Option<String>>,
    ) -> Result<()> {
        let (of_a, of_b) = (&sides.a.resolution.sessions, &sides.b.resolution.sessions);
        let begins_in_a = in_a.is_some_and(|session| of_a.start(session) == instant);
        let begins_in_b = in_b.is_some_and(|session| of_b.start(session) == instant);
        if in_a.is_some() && in_b.is_some() && begins_in_a == begins_in_b {
            return Ok(());
        }
        let place = |session: Option<SessionIndex>, side: usize, of| {
            session.map(|session| Place::of(session, sides.of[side], of, instant))
        };
        let (a, b) = (place(in_a, 0, of_a), place(in_b, 1, of_b));
        let Some(kind) = kind(a.as_ref(), b.as_ref()) else { return Ok(()) };
        let kept = &mut self.of_kind[kind];
        if kept.len() == self.most && kept.last().is_none_or(|last| last.instant < instant) {
            return Ok(());
        }
        let columns = sides.columns().key().len();
        let key = match (in_a, in_b) {
            (Some(session), _) => (0..columns).map(|column| of_a.key_text(session, column)).collect(),
            (None, Some(session)) => (0..columns).map(|column| of_b.key_text(session, column)).collect(),
            (None, None) => return Ok(()),
        };
        self.keep(kind, Example { event_id: event_id()?, key, instant, a, b });
        Ok(())
    }

    fn keep(&mut self, kind: usize, example: Example) {
        let kept = &mut self.of_kind[kind];
        match kept.binary_search_by(|one| by_moment(one, &example)) {
            // One example for a moment: that of the least id.
            Ok(at) => {
                if example.event_id < kept[at].event_id {
                    kept[at] = example;
                }
            }
            Err(at) => {
                kept.insert(at, example);
                kept.truncate(self.most);
            }
        }
    }

    /// Joins what another thread met.
    pub(super) fn merge(&mut self, other: Self) {
        for (kind, examples) in other.of_kind.into_iter().enumerate() {
            for example in examples {
                self.keep(kind, example);
            }
        }
    }

    /// The earliest of each kind by turns until there are enough, by time and then by key.
    pub(super) fn pick(self) -> Vec<Example> {
        let most = self.most;
        let mut kinds: Vec<_> = self.of_kind.into_iter().map(Vec::into_iter).collect();
        let mut picked = Vec::new();
        let mut found = true;
        while found && picked.len() < most {
            found = false;
            for kind in &mut kinds {
                if let (Some(example), true) = (kind.next(), picked.len() < most) {
                    picked.push(example);
                    found = true;
                }
            }
        }
        picked.sort_by(by_moment);
        picked
    }
}

fn by_moment(one: &Example, other: &Example) -> Ordering {
    one.instant.cmp(&other.instant).then_with(|| one.key.cmp(&other.key))
}

/// Which kind of example it is: by the reason of the side that begins a session, or by the side that has none.
fn kind(a: Option<&Place>, b: Option<&Place>) -> Option<usize> {
    let place = |reason: Reason| Reason::ALL.iter().position(|one| *one == reason);
    match (a, b) {
        (Some(_), None) => Some(KINDS - 2),
        (None, Some(_)) => Some(KINDS - 1),
        (Some(a), Some(_)) if a.begins => place(a.started_by),
        (Some(_), Some(b)) => place(b.started_by).map(|place| place + Reason::ALL.len()),
        (None, None) => None,
    }
}
