//! The moments next to an event, while the events of its key pass in any order.

use std::collections::BTreeMap;

use spectrum_core::Label;

use super::standing::{AllowedGap, Standing};
use crate::error::Result;

/// What was seen of a key around the instant of one of its events.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// A label of the own instant, that of the event itself once it was seen, and the number of the labeller that gave it.
    pub(super) label: Option<Label>,
    pub(super) labeller: usize,
    /// What the event with that label is to the rule.
    pub(super) standing: Option<Standing>,
    /// The longest pause that may follow the own instant.
    pub(super) allowed: Option<AllowedGap>,
    is_own: bool,
    /// Events at the own instant.
    pub(super) events: u64,
    /// The moments before it that may be the last that counted: the latest active one, and passive ones after it.
    before: BTreeMap<i64, Moment>,
    /// The latest instant before it, whoever has it.
    pub(super) latest_before: Option<i64>,
    /// The earliest moment after it.
    pub(super) after: Option<Moment>,
}

/// Events of one key at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) instant: i64,
    pub(super) events: u64,
    pub(super) is_active: bool,
    /// The longest pause that may follow.
    pub(super) allowed: AllowedGap,
    /// The part of the first of its events in the order of the input.
    pub(super) part: usize,
    /// Its id.
    pub(super) event_id: Option<String>,
    /// Its label, and the number of the labeller that gave it.
    pub(super) label: Label,
    pub(super) labeller: usize,
}

impl Around {
    /// Takes in an event of the own instant, which may be the event itself.
    pub(super) fn meet(&mut self, label: Label, standing: Standing, allowed: AllowedGap, is_own: bool) {
        if self.label.is_none() || is_own && !self.is_own {
            (self.label, self.standing, self.is_own) = (Some(label), Some(standing), is_own);
        }
        if matches!(standing, Standing::Active | Standing::Passive) {
            self.allowed = self.allowed.max(Some(allowed));
        }
        self.events += 1;
    }

    /// Takes in an event of another instant than `own`; `describe` makes a moment of it alone, and is only asked for events
    /// that may be told of. Events of one part come in order, so the first of equals stays the first.
    pub(super) fn pass(
        &mut self,
        own: i64,
        instant: i64,
        standing: Standing,
        describe: impl FnOnce() -> Result<Moment>,
    ) -> Result<()> {
        if instant > own {
            if self.after.as_ref().is_none_or(|after| instant <= after.instant) {
                self.after = nearest_after(self.after.take(), Some(describe()?));
            }
            return Ok(());
        }
        self.latest_before = self.latest_before.max(Some(instant));
        if standing != Standing::Ignored && self.active_before().is_none_or(|active| instant >= active) {
            self.count(describe()?);
        }
        Ok(())
    }

    /// The latest active moment before; earlier ones have no say.
    fn active_before(&self) -> Option<i64> {
        self.before.first_key_value().filter(|(_, moment)| moment.is_active).map(|(instant, _)| *instant)
    }

    fn count(&mut self, moment: Moment) {
        let instant = moment.instant;
        let moment = match self.before.remove(&instant) {
            Some(known) => known.and(moment),
            None => moment,
        };
        if moment.is_active {
            self.before = self.before.split_off(&instant);
        }
        self.before.insert(instant, moment);
    }

    /// The last moment before that counted: one that is active, or belongs to a session.
    pub(super) fn last_counted(&self, has_session: impl Fn(&Moment) -> bool) -> Option<&Moment> {
        self.before.values().rev().find(|moment| moment.is_active || has_session(moment))
    }

    /// Says which labeller gave the labels.
    pub(super) fn by_labeller(&mut self, labeller: usize) {
        self.labeller = labeller;
        self.before.values_mut().chain(&mut self.after).for_each(|moment| moment.labeller = labeller);
    }

    /// Joins what another thread saw around the same event.
    pub(super) fn merge(&mut self, other: Self) {
        if self.label.is_none() || other.is_own && !self.is_own {
            (self.label, self.labeller) = (other.label, other.labeller);
            (self.standing, self.is_own) = (other.standing, other.is_own);
        }
        self.events += other.events;
        self.allowed = self.allowed.max(other.allowed);
        self.latest_before = self.latest_before.max(other.latest_before);
        let active = self.active_before();
        for (instant, moment) in other.before {
            if active.is_none_or(|active| instant >= active) {
                self.count(moment);
            }
        }
        self.after = nearest_after(self.after.take(), other.after);
    }
}

impl Moment {
    /// This and other events of the same instant.
    fn and(self, other: Self) -> Self {
        let (events, is_active) = (self.events + other.events, self.is_active || other.is_active);
        let allowed = self.allowed.max(other.allowed);
        Moment { events, is_active, allowed, ..if self.part <= other.part { self } else { other } }
    }
}

/// The earlier of two moments, or both as one when they share their instant.
fn nearest_after(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) if a.instant == b.instant => Some(a.and(b)),
        (Some(a), Some(b)) => Some(if a.instant < b.instant { a } else { b }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use spectrum_core::Gap;

    use super::*;

    /// An event: its instant, part and standing.
    type Event = (i64, usize, Standing);

    /// Events seen from instant 50 by one thread.
    fn seen(events: &[Event]) -> Around {
        let allowed = AllowedGap { gap: Gap::DEFAULT, gap_when: Reverse(None) };
        let mut around = Around::default();
        for (instant, part, standing) in events.iter().copied() {
            if instant == 50 {
                around.meet(Label::NONE, standing, allowed, true);
                continue;
            }
            let moment = Moment {
                instant,
                events: 1,
                is_active: standing == Standing::Active,
                allowed,
                part,
                event_id: Some(format!("{instant} in {part}")),
                label: Label::NONE,
                labeller: 0,
            };
            around.pass(50, instant, standing, || Ok(moment)).unwrap();
        }
        around
    }

    /// Moments before in which passive events belong to no session, those in which they do, and the one after.
    fn described(around: &Around) -> [Option<(i64, u64, &str)>; 3] {
        [around.last_counted(|_| false), around.last_counted(|_| true), around.after.as_ref()]
            .map(|moment| moment.map(|m| (m.instant, m.events, m.event_id.as_deref().unwrap_or_default())))
    }

    /// However the parts are shared among threads, and whichever thread is asked first.
    #[test]
    fn threads_change_nothing() {
        use Standing::{Active, Ignored, Passive};
        let parts: [&[(i64, Standing)]; 4] = [
            &[(10, Active), (50, Active), (90, Active), (47, Ignored), (44, Passive)],
            &[(40, Passive), (60, Ignored), (40, Active), (45, Passive)],
            &[(60, Active), (50, Passive), (40, Active), (-5, Active), (45, Passive)],
            &[(60, Passive), (200, Active), (20, Passive)],
        ];
        let of_part = |(part, events): (usize, &&[(i64, Standing)])| -> Vec<Event> {
            events.iter().map(|(instant, standing)| (*instant, part, *standing)).collect()
        };
        let all: Vec<Event> = parts.iter().enumerate().flat_map(of_part).collect();
        let alone = seen(&all);
        let expected = [Some((40, 3, "40 in 1")), Some((45, 2, "45 in 1")), Some((60, 3, "60 in 1"))];
        assert_eq!(described(&alone), expected);
        assert_eq!((alone.events, alone.latest_before), (2, Some(47)));
        for shares in 0..16_u32 {
            let of = |thread| -> Vec<Event> {
                all.iter().copied().filter(|(_, part, _)| (shares >> part) & 1 == thread).collect()
            };
            for order in [[0, 1], [1, 0]] {
                let mut merged = Around::default();
                order.iter().for_each(|thread| merged.merge(seen(&of(*thread))));
                assert_eq!(described(&merged), expected, "{shares:b} {order:?}");
                assert_eq!((merged.events, merged.latest_before), (2, Some(47)));
            }
        }
    }
}
