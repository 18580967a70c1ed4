//! The times of all events, session by session: the second pass.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use spectrum_core::{SessionDefinition, SessionIndex, Sessions};

use super::clock::Hours;
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Scan, Wanted};
use crate::told::pass::Pass;
use crate::watch::Watch;

/// The instants of the events of each session, in order. Eight bytes each.
pub(super) struct Instants {
    /// Where each session's begin, and the end of the last.
    first: Vec<u32>,
    instants: Vec<i64>,
}

/// Room for the instants of each session, into which threads put them as they come.
struct Room {
    first: Vec<u32>,
    /// Where the next instant of a session goes.
    next: Vec<AtomicU32>,
    instants: Vec<AtomicI64>,
}

impl Instants {
    /// Reads them, and counts events of sessions by hour on the way.
    pub(super) fn read(
        input: &Input,
        definition: &SessionDefinition,
        labelled: &Labelled,
        threads: usize,
        watch: &Watch,
    ) -> Result<(Self, Hours)> {
        let wanted = Wanted { time: definition.time().to_owned(), ..Wanted::default() };
        let scan = Scan::open(input, &wanted)?;
        let pass = Pass { input, scan: &scan, reads_times: true, labelled, threads, watch };
        let changed = || EngineError::Changed(input.files[0].name.clone());
        let room = Room::of(&labelled.resolution.sessions);
        let hours = pass.each_batch(
            |_| true,
            |number, unit| {
                // All begins again where a time is finer than those before.
                if number == 0 {
                    room.empty();
                }
                Hours::of(unit)
            },
            |hours: &mut Hours, _, moments| {
                let rows = moments.before..moments.before + moments.rows;
                for (session, instant) in labelled.sessions(moments.part, rows).zip(moments.times) {
                    let Some(session) = session.flatten() else { continue };
                    hours.note(*instant);
                    room.put(session, *instant).ok_or_else(changed)?;
                }
                Ok(())
            },
        )?;
        if !room.is_full() {
            return Err(changed());
        }
        let hours = hours.into_iter().reduce(Hours::merge);
        let instants = room.instants.into_iter().map(AtomicI64::into_inner).collect();
        let mut all = Self { first: room.first, instants };
        all.sort(threads);
        Ok((all, hours.unwrap_or_else(|| Hours::of(labelled.resolution.sessions.unit()))))
    }

    /// The instants of a session, the earliest first.
    pub(super) fn of(&self, session: SessionIndex) -> &[i64] {
        let at = session.index();
        &self.instants[self.first[at] as usize..self.first[at + 1] as usize]
    }

    /// Puts the instants of every session in order. They mostly are.
    fn sort(&mut self, threads: usize) {
        let sessions = self.first.len() - 1;
        let per_thread = sessions.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let mut rest = &mut self.instants[..];
            for firsts in (0..sessions).step_by(per_thread) {
                let bounds = &self.first[firsts..=(firsts + per_thread).min(sessions)];
                let (mut own, others) = rest.split_at_mut((bounds[bounds.len() - 1] - bounds[0]) as usize);
                rest = others;
                scope.spawn(move || {
                    for pair in bounds.windows(2) {
                        let (of_session, others) = own.split_at_mut((pair[1] - pair[0]) as usize);
                        own = others;
                        if !of_session.is_sorted() {
                            of_session.sort_unstable();
                        }
                    }
                });
            }
        });
    }
}

impl Room {
    fn of(sessions: &Sessions) -> Self {
        let mut first = Vec::with_capacity(sessions.len() + 1);
        let mut next = 0_u32;
        first.push(0);
        for session in sessions.all() {
            // A labeller takes in no more events than 32 bits can number.
            next = next.saturating_add(u32::try_from(sessions.events(session)).unwrap_or(u32::MAX));
            first.push(next);
        }
        let instants = (0..next).map(|_| AtomicI64::new(0)).collect();
        let next = first[..sessions.len()].iter().map(|first| AtomicU32::new(*first)).collect();
        Self { first, next, instants }
    }

    fn empty(&self) {
        for (next, first) in self.next.iter().zip(&self.first) {
            next.store(*first, Relaxed);
        }
    }

    /// Puts an instant where its session's are; `None` if there is no room for it.
    #[inline]
    fn put(&self, session: SessionIndex, instant: i64) -> Option<()> {
        let at = session.index();
        let place = self.next[at].fetch_add(1, Relaxed);
        (place < self.first[at + 1]).then(|| self.instants[place as usize].store(instant, Relaxed))
    }

    fn is_full(&self) -> bool {
        self.next.iter().zip(&self.first[1..]).all(|(next, end)| next.load(Relaxed) == *end)
    }
}
