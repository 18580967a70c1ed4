//! How long sessions are, and how many events they have.

use crate::axis::{Tick, sparse, steps};
use crate::bars::{Places, highest, rows};
use crate::chart::{Chart, Section, figures};
use crate::figures::{Bin, Report};
use crate::numbers::{count, counted, seconds, share, to_tenths};

const HEIGHT: f64 = 170.0;

pub(crate) fn lengths(report: &Report, beside: &str) -> String {
    let Some(length) = report.length else { return String::new() };
    let heading = match length.median {
        _ if length.max == 0.0 => "Every session is over at once".to_owned(),
        0.0 => "Half of the sessions are over at once".to_owned(),
        median => format!("Half of the sessions last {} or less", seconds(median)),
    };
    let drawn = "Sessions by length, from the first to the last event; each bar reaches about 1.4 times as far as the one before";
    let section = Section { anchor: "lengths", heading: &heading, drawn, class: "half" };
    let (bins, none) = (&report.lengths, report.of_one_moment);
    let Some(places) = Places::of(bins, none > 0, None) else {
        let drawn = "No bars: every session has its first and its last event at the same instant";
        return Section { drawn, ..section }.draw(beside);
    };
    let (steps, ticks) = (steps(highest(bins, none)), places.ticks());
    let label = format!(
        "Bars of sessions by length. Median {}, 95 % up to {}, longest {}.",
        seconds(length.median),
        seconds(length.p95),
        seconds(length.max)
    );
    let chart =
        Chart { label: &label, height: HEIGHT, steps: &steps, ticks: &ticks, has_vertical_lines: false };
    let bars = places.bars(&chart, bins, none, |_| "", ("session", "sessions"));
    let markers =
        chart.marker(places.at(length.median), "upper", &format!("median {}", seconds(length.median)))
            + &chart.marker(places.at(length.p95), "", &format!("95 % {}", seconds(length.p95)));
    let table = figures("Sessions by length", &["Length", "Sessions", "Share"], rows(bins, none));
    section.draw(&(chart.draw(&bars, &markers) + beside + &table))
}

pub(crate) fn sizes(report: &Report, beside: &str) -> String {
    let Some(size) = report.size else { return String::new() };
    let single = share(report.single_event_sessions, report.sessions);
    let median = to_tenths(size.median);
    let heading = match size.median {
        _ if size.max == 1.0 => "Every session has a single event".to_owned(),
        1.0 => format!("{single} of the sessions have a single event"),
        _ => format!("Half of the sessions have {median} events or fewer, {single} a single one"),
    };
    let drawn = "Sessions by number of events; from 4 on each bar reaches twice as far as the one before";
    let section = Section { anchor: "sizes", heading: &heading, drawn, class: "half" };
    let bins = &report.sizes;
    let steps = steps(highest(bins, 0));
    let room = 1.0 / bins.len().max(6) as f64;
    // The greatest number of a bar stands at its right end.
    let tick = |(at, is_major): (usize, bool)| {
        let is_single = bins[at].up_to - bins[at].above <= 1.0;
        let within = if is_single { 0.5 } else { 0.94 };
        Tick { at: (at as f64 + within) * room, label: count(bins[at].up_to as u64), is_major }
    };
    let ticks: Vec<Tick> = sparse(bins.len(), 10, 7).into_iter().map(tick).collect();
    let label = format!(
        "Bars of sessions by number of events. Median {median}, 95 % up to {}, most {}.",
        count(size.p95 as u64),
        count(size.max as u64)
    );
    let chart =
        Chart { label: &label, height: HEIGHT, steps: &steps, ticks: &ticks, has_vertical_lines: false };
    let bars: String = bins
        .iter()
        .enumerate()
        .map(|(at, bin)| {
            let from = at as f64 * room;
            let sessions = counted(bin.count, "session", "sessions");
            let says = format!("{} events: {sessions}, {}", range(bin), share(bin.count, report.sessions));
            chart.bar(from + room * 0.06, from + room * 0.94, bin.count as f64, "", &says)
        })
        .collect();
    let at = |value: f64| {
        let bin = bins.iter().position(|bin| value <= bin.up_to).unwrap_or_default();
        let within = bins.get(bin).map_or(0.5, |bin| (value - bin.above - 0.5) / (bin.up_to - bin.above));
        (bin as f64 + within.clamp(0.0, 1.0)) * room
    };
    let markers = chart.marker(at(size.median), "upper", &format!("median {median}"))
        + &chart.marker(at(size.p95), "", &format!("95 % {}", count(size.p95 as u64)));
    let table = figures(
        "Sessions by number of events",
        &["Events", "Sessions", "Share"],
        bins.iter().map(|bin| vec![range(bin), count(bin.count), share(bin.count, report.sessions)]),
    );
    section.draw(&(chart.draw(&bars, &markers) + beside + &table))
}

/// Bins hold whole numbers.
fn range(bin: &Bin) -> String {
    let (first, last) = (bin.above as u64 + 1, bin.up_to as u64);
    if first >= last { count(last) } else { format!("{}–{}", count(first), count(last)) }
}
