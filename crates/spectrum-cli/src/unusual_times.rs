//! Times that nobody expects: a warning, which --quiet does not silence, because a wrong unit makes a session of every
//! event and shows in nothing else.

use arrow_schema::TimeUnit;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use spectrum_engine::{UnusualTimes, UsualTimes, WrongUnit};

use crate::commands::note;
use crate::numbers::{count, counted};

/// From 1990 to a year from now.
pub(crate) fn usual_times() -> UsualTimes {
    const YEAR: i64 = 366 * 24;
    let now = Timestamp::now();
    UsualTimes::until(now.saturating_add(YEAR.hours()).unwrap_or(now).as_second())
}

/// Warns on standard error, if there is something to warn of.
pub(crate) fn warn(unusual: Option<&UnusualTimes>, column: &str) {
    if let Some(unusual) = unusual {
        note(&format!("warning: {}", told(unusual, column)));
    }
}

/// What a warning says.
pub(crate) fn told(unusual: &UnusualTimes, column: &str) -> String {
    let (first, last) = unusual.usual.bounds();
    let (earliest, latest) = (year(unusual.span.0), year(unusual.span.1));
    let years = match earliest == latest {
        true => format!("in the year {earliest}"),
        false => format!("in the years {earliest} to {latest}"),
    };
    let reason = unusual.reason.map(|reason| format!("; {}", explained(reason))).unwrap_or_default();
    format!(
        "{} of {} {} '{column}' outside of {} to {}, {years}{reason}",
        count(unusual.events),
        counted(unusual.of, "event", "events"),
        if unusual.events == 1 { "has a time in" } else { "have a time in" },
        date(first),
        date(last),
    )
}

fn explained(reason: WrongUnit) -> String {
    match reason {
        WrongUnit::Said(unit) => {
            let flag = flag(unit);
            format!("with --time-unit {flag} most of them would be inside")
        }
        WrongUnit::Written { factor, too_small } => {
            let (factor, how) = (count(factor.into()), if too_small { "small" } else { "large" });
            format!(
                "most of them look as if they were {factor} times too {how}, because one unit was taken for another"
            )
        }
    }
}

/// How `--time-unit` calls it.
pub(crate) fn flag(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// The same for programs.
pub(crate) fn as_json(unusual: Option<&UnusualTimes>) -> Value {
    let Some(unusual) = unusual else { return Value::Null };
    let (unit, factor) = match unusual.reason {
        Some(WrongUnit::Said(unit)) => (Some(flag(unit)), None),
        Some(WrongUnit::Written { factor, too_small: true }) => (None, Some(f64::from(factor))),
        Some(WrongUnit::Written { factor, too_small: false }) => (None, Some(f64::from(factor).recip())),
        _ => (None, None),
    };
    let (first, last) = unusual.usual.bounds();
    json!({
        "events": unusual.events,
        "of": unusual.of,
        "usual": { "first": date(first), "last": date(last) },
        "years": { "first": year(unusual.span.0), "last": year(unusual.span.1) },
        "fitting_time_unit": unit,
        "fitting_factor": factor,
    })
}

fn date(second: i64) -> String {
    Timestamp::from_second(second)
        .map_or_else(|_| format!("the year {}", year(second)), |at| at.strftime("%Y-%m-%d").to_string())
}

/// The year of a second since 1970, which may be far beyond any calendar; at the turn of a year it can be the next one.
fn year(second: i64) -> i64 {
    const SECONDS: i64 = 31_556_952; // of a Gregorian year, on average
    1970 + second.div_euclid(SECONDS)
}
