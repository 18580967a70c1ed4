//! Bars of bins on a scale of lengths of time, with a place of their own for what has no length.

use crate::axis::{LogScale, Tick};
use crate::chart::Chart;
use crate::figures::Bin;
use crate::numbers::{count, counted, seconds, share};

/// The share of the width that what has no length takes.
const NONE: f64 = 0.1;
/// Where its bar begins and ends.
const NONE_BAR: (f64, f64) = (0.012, 0.06);

/// The longest length of a picture is at least so many times the shortest.
const LEAST_RANGE: f64 = 100.0;

/// Where lengths are within a picture.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    scale: LogScale,
    has_none: bool,
}

impl Places {
    /// Places for all bins, and for lengths from `least` to `most` at least. `None` where there is nothing to place.
    pub(crate) fn of(bins: &[Bin], has_none: bool, between: Option<(f64, f64)>) -> Option<Self> {
        let (from, to) = match (bins.first(), bins.last(), between) {
            (Some(first), Some(last), Some((from, to))) => (lower(first).min(from), last.up_to.max(to)),
            (Some(first), Some(last), None) => (lower(first), last.up_to),
            (_, _, Some(between)) => between,
            _ => return None,
        };
        // Of little range each bar would be as wide as a page.
        let room = (LEAST_RANGE * from / to).max(1.0).sqrt();
        Some(Self { scale: LogScale::new(from / room, to * room), has_none })
    }

    /// Where a length is, as a share of the width.
    pub(crate) fn at(self, length: f64) -> f64 {
        let left = if self.has_none { NONE } else { 0.0 };
        match length {
            0.0 if self.has_none => (NONE_BAR.0 + NONE_BAR.1) / 2.0,
            _ => left + (1.0 - left) * self.scale.at(length),
        }
    }

    pub(crate) fn ticks(self) -> Vec<Tick> {
        let none = self.has_none.then(|| Tick { at: self.at(0.0), label: "0".to_owned(), is_major: true });
        let of_scale = self.scale.ticks().into_iter().map(|tick| Tick {
            at: if self.has_none { NONE + (1.0 - NONE) * tick.at } else { tick.at },
            ..tick
        });
        none.into_iter().chain(of_scale).collect()
    }

    /// The bars of bins, and one for what has no length.
    pub(crate) fn bars(
        self,
        chart: &Chart<'_>,
        bins: &[Bin],
        none: u64,
        class: impl Fn(&Bin) -> &'static str,
        words: (&str, &str),
    ) -> String {
        let all = none + bins.iter().map(|bin| bin.count).sum::<u64>();
        let says = |length: &str, number: u64| {
            format!("{length}: {}, {}", counted(number, words.0, words.1), share(number, all))
        };
        let mut bars = String::new();
        if self.has_none {
            bars += &chart.bar(NONE_BAR.0, NONE_BAR.1, none as f64, "", &says("no length", none));
        }
        for bin in bins {
            let (from, to) = (self.at(lower(bin)), self.at(bin.up_to));
            // A hair of room between neighbours.
            let hair = ((to - from) * 0.04).min(0.002);
            bars += &chart.bar(
                from + hair,
                to - hair,
                bin.count as f64,
                class(bin),
                &says(&range(bin), bin.count),
            );
        }
        bars
    }
}

/// The lower bound of a bin that begins with nothing is as far below as those of others are.
fn lower(bin: &Bin) -> f64 {
    if bin.above > 0.0 { bin.above } else { bin.up_to / std::f64::consts::SQRT_2 }
}

fn range(bin: &Bin) -> String {
    match bin.above {
        0.0 => format!("up to {}", seconds(bin.up_to)),
        above => format!("over {} up to {}", seconds(above), seconds(bin.up_to)),
    }
}

/// The rows of a table of the same figures.
pub(crate) fn rows(bins: &[Bin], none: u64) -> impl Iterator<Item = Vec<String>> {
    let all = none + bins.iter().map(|bin| bin.count).sum::<u64>();
    let row = move |length: String, number: u64| vec![length, count(number), share(number, all)];
    let first = (none > 0).then(|| row("no length".to_owned(), none));
    first.into_iter().chain(bins.iter().map(move |bin| row(range(bin), bin.count)))
}

/// The highest of the bars.
pub(crate) fn highest(bins: &[Bin], none: u64) -> f64 {
    bins.iter().map(|bin| bin.count).max().unwrap_or_default().max(none) as f64
}
