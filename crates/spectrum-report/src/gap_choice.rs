//! The pauses between events, and what a gap makes of them: two pictures over one axis.

use std::fmt::Write;

use crate::axis::steps;
use crate::bars::{Places, highest, rows};
use crate::chart::{Chart, Section, Short, WIDTH, figures};
use crate::escape::Text;
use crate::figures::{Bin, GapFigures, Report};
use crate::numbers::{count, counted, seconds, share};

const HEIGHT: f64 = 150.0;

pub(crate) fn gap_choice(report: &Report, beside: &str) -> String {
    if report.events == 0 {
        return String::new();
    }
    let pauses = &report.pauses;
    let ends = report.gaps.first().zip(report.gaps.last()).map(|(first, last)| (first.seconds, last.seconds));
    let Some(places) = Places::of(&pauses.bins, pauses.none > 0, ends) else { return String::new() };
    let heading = match pauses.count {
        0 => "No key has two events, so there is no pause between any".to_owned(),
        _ => format!(
            "{} of the pauses between a key's events are longer than the gap of {}",
            share(pauses.beyond_gap, pauses.count),
            report.gap
        ),
    };
    if pauses.count == 0 {
        let drawn = "Nothing is drawn: no gap would change anything";
        return Section { anchor: "gap", heading: &heading, drawn, class: "whole" }.draw(beside);
    }
    let drawn = "All pauses between neighbouring events of a key by length, and how many sessions a gap of each length would make";
    let gap = |chart: &Chart<'_>| {
        chart.marker(places.at(report.gap_seconds), "gap", &format!("gap {}", report.gap))
    };
    let ticks = places.ticks();

    let pause_steps = steps(highest(&pauses.bins, pauses.none));
    let label = format!(
        "Bars of pauses by length, on a logarithmic scale. {} of {} are longer than the gap of {}.",
        count(pauses.beyond_gap),
        count(pauses.count),
        report.gap
    );
    let chart =
        Chart { label: &label, height: HEIGHT, steps: &pause_steps, ticks: &ticks, has_vertical_lines: true };
    let class = |bin: &Bin| if bin.above >= report.gap_seconds * 0.999 { "beyond" } else { "" };
    let bars = places.bars(&chart, &pauses.bins, pauses.none, class, ("pause", "pauses"));
    let pictures = format!("<h3>Pauses</h3>{}", chart.draw(&bars, &gap(&chart)));

    let most = report.gaps.iter().map(|gap| gap.sessions).max().unwrap_or_default();
    let curve_steps = steps(most as f64);
    let label = format!("Curve of sessions by gap, on a logarithmic scale. {}", trade(report));
    let chart =
        Chart { label: &label, height: HEIGHT, steps: &curve_steps, ticks: &ticks, has_vertical_lines: true };
    let (line, points) = curve(report, &chart, places);
    let pictures = format!(
        "{pictures}<h3>Sessions, if the gap were {}…</h3>{}<p class=\"{}\">{}</p>",
        if report.is_gap_alone { "" } else { "alone, and " },
        chart.draw(&line, &(gap(&chart) + &points)),
        if report.is_gap_alone { "claim" } else { "drawn" },
        Text(&trade(report))
    );
    let others = match report.is_gap_alone {
        true => String::new(),
        false => "<p class=\"drawn\">The curve shows what the gap alone would make; the other rules of the definition are \
                  not in it.</p>"
            .to_owned(),
    };
    let of_pauses =
        figures("Pauses by length", &["Length", "Pauses", "Share"], rows(&pauses.bins, pauses.none));
    let of_gaps = figures(
        "Sessions by gap",
        &["Gap", "Sessions", "Against the gap now"],
        report.gaps.iter().map(|gap| vec![gap.gap.clone(), count(gap.sessions), against(report, gap)]),
    );
    let section = Section { anchor: "gap", heading: &heading, drawn, class: "whole" };
    section.draw(&format!("<div class=\"multiples\">{pictures}</div>{others}{beside}{of_pauses}{of_gaps}"))
}

fn own(report: &Report) -> Option<&GapFigures> {
    report.gaps.iter().find(|gap| gap.is_own)
}

/// What half of the gap and twice as much would change, if they were counted.
fn trade(report: &Report) -> String {
    let Some(own) = own(report) else { return String::new() };
    let near = |factor: f64| {
        let wanted = own.seconds * factor;
        report.gaps.iter().find(|gap| (gap.seconds / wanted - 1.0).abs() < 1e-6)
    };
    match (near(0.5), near(2.0)) {
        (Some(half), Some(twice)) if half.sessions == own.sessions && twice.sessions == own.sessions => {
            "Neither half the gap nor twice the gap would make another number of sessions.".to_owned()
        }
        (Some(half), Some(twice)) => format!(
            "{} would make {}; twice the gap, {}.",
            if report.is_gap_alone { "Half the gap" } else { "By the gap alone, half of it" },
            more_or_fewer(half.sessions, own.sessions),
            more_or_fewer(twice.sessions, own.sessions)
        ),
        _ => String::new(),
    }
}

fn more_or_fewer(sessions: u64, own: u64) -> String {
    match sessions.cmp(&own) {
        std::cmp::Ordering::Equal => "as many sessions".to_owned(),
        std::cmp::Ordering::Greater => format!("{} more sessions", share(sessions - own, own)),
        std::cmp::Ordering::Less => format!("{} fewer sessions", share(own - sessions, own)),
    }
}

fn against(report: &Report, gap: &GapFigures) -> String {
    let Some(own) = own(report).filter(|own| own.sessions > 0) else { return String::new() };
    let percent = 100.0 * (gap.sessions as f64 / own.sessions as f64 - 1.0);
    if gap.is_own { "the gap now".to_owned() } else { format!("{percent:+.1} %").replace('-', "−") }
}

/// The curve, which is stretched, and its points, which are not.
fn curve(report: &Report, chart: &Chart<'_>, places: Places) -> (String, String) {
    let (mut path, mut points) = (String::new(), String::new());
    for gap in &report.gaps {
        let (x, y) = (places.at(gap.seconds), chart.y(gap.sessions as f64));
        let command = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{command}{} {}", Short(WIDTH * x), Short(y));
        let says = match gap.is_own {
            true => format!(
                "{}, the gap now: {}{}",
                gap.gap,
                counted(gap.sessions, "session", "sessions"),
                if report.is_gap_alone { "" } else { " by the gap alone" }
            ),
            false => format!(
                "{}: {}, {} against {}",
                gap.gap,
                counted(gap.sessions, "session", "sessions"),
                against(report, gap),
                seconds(report.gap_seconds)
            ),
        };
        let (x, y, r) = (Short(100.0 * x), Short(y), if gap.is_own { "5" } else { "2.5" });
        let class = if gap.is_own { "m own" } else { "m" };
        let _ = write!(
            points,
            "<g class=\"{class}\"><title>{}</title><circle class=\"hit\" cx=\"{x}%\" cy=\"{y}\" r=\"11\"/>\
             <circle class=\"point\" cx=\"{x}%\" cy=\"{y}\" r=\"{r}\"/></g>",
            Text(&says)
        );
    }
    (format!("<path class=\"curve\" d=\"{path}\"/>"), points)
}
