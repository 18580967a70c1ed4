//! The moments next to an event, while the events of its key pass in any order.

use spectrum_core::Label;

/// What was seen of a key around the instant of one of its events.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// A label of the own instant, that of the event itself once it was seen, and the number of the labeller that gave it.
    pub(super) label: Option<Label>,
    pub(super) labeller: usize,
    is_own: bool,
    /// Events at the own instant.
    pub(super) events: u64,
    /// The latest moment before it.
    pub(super) before: Option<Moment>,
    /// The earliest moment after it.
    pub(super) after: Option<Moment>,
}

/// Events of one key at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) instant: i64,
    pub(super) events: u64,
    /// The part of the first of them in the order of the input.
    pub(super) part: usize,
    /// Its id.
    pub(super) event_id: Option<String>,
}

impl Around {
    /// Takes in an event of the own instant, which may be the event itself.
    pub(super) fn meet(&mut self, label: Label, is_own: bool) {
        if self.label.is_none() || is_own && !self.is_own {
            (self.label, self.is_own) = (Some(label), is_own);
        }
        self.events += 1;
    }

    /// Takes in an event of another instant than `own`. When it is nearer than all before it, this returns where
    /// to describe it. Events of one part come in order, so the first of equals stays the first.
    pub(super) fn pass(&mut self, own: i64, instant: i64) -> Option<&mut Option<Moment>> {
        let side = if instant < own { &mut self.before } else { &mut self.after };
        match side {
            Some(moment) if moment.instant == instant => {
                moment.events += 1;
                None
            }
            Some(moment) if instant.abs_diff(own) > moment.instant.abs_diff(own) => None,
            _ => Some(side),
        }
    }

    /// Joins what another thread saw around the same event.
    pub(super) fn merge(&mut self, other: Self) {
        if self.label.is_none() || other.is_own && !self.is_own {
            (self.label, self.labeller, self.is_own) = (other.label, other.labeller, other.is_own);
        }
        self.events += other.events;
        self.before = nearer(self.before.take(), other.before, |a, b| a > b);
        self.after = nearer(self.after.take(), other.after, |a, b| a < b);
    }
}

/// The nearer of two moments of one side, or both as one when they share their instant.
fn nearer(a: Option<Moment>, b: Option<Moment>, is_nearer: impl Fn(i64, i64) -> bool) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) if a.instant == b.instant => {
            let events = a.events + b.events;
            Some(Moment { events, ..if a.part < b.part { a } else { b } })
        }
        (Some(a), Some(b)) => Some(if is_nearer(a.instant, b.instant) { a } else { b }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as (instant, part), seen from instant 50 by one thread.
    fn seen(events: &[(i64, usize)]) -> Around {
        let mut around = Around::default();
        for (instant, part) in events {
            if *instant == 50 {
                around.meet(Label::NONE, true);
            } else if let Some(moment) = around.pass(50, *instant) {
                let event_id = Some(format!("{instant} in {part}"));
                *moment = Some(Moment { instant: *instant, events: 1, part: *part, event_id });
            }
        }
        around
    }

    fn described(around: &Around) -> [Option<(i64, u64, &str)>; 2] {
        [&around.before, &around.after].map(|moment| {
            moment.as_ref().map(|m| (m.instant, m.events, m.event_id.as_deref().unwrap_or_default()))
        })
    }

    /// However the parts are shared among threads, and whichever thread is asked first.
    #[test]
    fn threads_change_nothing() {
        let parts: [&[i64]; 4] = [&[10, 50, 90], &[40, 60, 40], &[60, 50, 40, -5], &[60, 200]];
        let all: Vec<_> =
            (0..).zip(parts).flat_map(|(part, events)| events.iter().map(move |e| (*e, part))).collect();
        let alone = seen(&all);
        assert_eq!(described(&alone), [Some((40, 3, "40 in 1")), Some((60, 3, "60 in 1"))]);
        assert_eq!(alone.events, 2);
        for shares in 0..16_u32 {
            let of = |thread| -> Vec<_> {
                all.iter().copied().filter(|(_, part)| (shares >> part) & 1 == thread).collect()
            };
            for order in [[0, 1], [1, 0]] {
                let mut merged = Around::default();
                order.iter().for_each(|thread| merged.merge(seen(&of(*thread))));
                assert_eq!(described(&merged), described(&alone), "{shares:b} {order:?}");
                assert_eq!(merged.events, 2);
            }
        }
    }

    #[test]
    fn the_ends_of_i64_are_far_apart() {
        let mut around = Around::default();
        assert!(around.pass(i64::MIN, i64::MAX).is_some());
        assert!(around.pass(i64::MAX, i64::MIN).is_some());
    }
}
