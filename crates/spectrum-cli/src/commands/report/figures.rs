//! What the engine found, as the figures of a page.

use arrow_schema::TimeUnit;
use spectrum_core::{SessionDefinition, nanoseconds_per};
use spectrum_engine::{Spread, Survey, Timeline};
use spectrum_report as page;
use spectrum_report::{Instant, Report, Zone, redacted};

use super::words;
use crate::numbers::counted;
use crate::rule_words::{outside, rules};
use crate::{attributes, unusual_times};

/// What was said on the command line.
pub(super) struct Said<'a> {
    pub(super) inputs: &'a [String],
    pub(super) title: Option<&'a str>,
    pub(super) files: u64,
    pub(super) redact: bool,
}

/// Instants and lengths of a unit.
#[derive(Clone, Copy)]
struct Clock(TimeUnit);

impl Clock {
    fn instant(self, units: i64) -> Instant {
        Instant(i128::from(units) * i128::from(nanoseconds_per(self.0)))
    }

    fn seconds(self, units: u64) -> f64 {
        units as f64 * nanoseconds_per(self.0) as f64 / 1e9
    }
}

pub(super) fn report(survey: &Survey, definition: &SessionDefinition, said: &Said<'_>) -> Report {
    let summary = &survey.summary;
    let clock = Clock(summary.unit);
    let key = |values: &[Option<String>]| {
        let shown = |value: &String| if said.redact { redacted(value) } else { value.clone() };
        values.iter().map(|value| value.as_ref().map(shown)).collect::<Vec<_>>()
    };
    Report {
        title: said.title.map_or_else(|| title(said.inputs), str::to_owned),
        made_by: concat!("spectrum ", env!("CARGO_PKG_VERSION")).to_owned(),
        definition: described(definition, said, summary.zoned),
        notes: notes(survey, definition, said.redact),
        zone: if summary.zoned { Zone::Utc } else { Zone::AsWritten },
        gap: definition.gap().to_string(),
        gap_seconds: definition.gap().nanoseconds() as f64 / 1e9,
        is_gap_alone: definition.rule().is_plain_gap(),
        events: summary.events,
        keys: summary.keys,
        sessions: summary.figures.sessions,
        single_event_sessions: summary.figures.single_event_sessions,
        span: summary.span.map(|(first, last)| (clock.instant(first), clock.instant(last))),
        length: summary.figures.seconds.map(spread),
        lengths: bins(&survey.lengths),
        of_one_moment: survey.of_one_moment,
        size: summary.figures.events.map(spread),
        sizes: bins(&survey.events),
        over_time: survey.over_time.as_ref().map(over_time),
        pauses: page::Pauses {
            count: survey.pauses.count,
            none: survey.pauses.none,
            bins: bins(&survey.pauses.bins),
            beyond_gap: survey.pauses.beyond_gap,
        },
        gaps: survey
            .gaps
            .iter()
            .map(|(gap, sessions)| page::GapFigures {
                gap: gap.to_string(),
                seconds: gap.nanoseconds() as f64 / 1e9,
                sessions: *sessions,
                is_own: *gap == definition.gap(),
            })
            .collect(),
        week: survey.week,
        reasons: survey
            .reasons
            .iter()
            .map(|(reason, sessions)| page::ReasonFigures {
                name: reason.name().to_owned(),
                meaning: words::meaning(*reason, definition),
                sessions: *sessions,
            })
            .collect(),
        attributes: attributes::as_rows(&summary.attributes, said.redact),
        key_columns: definition.key().to_vec(),
        top_keys: survey
            .keys
            .iter()
            .map(|of| page::KeyFigures {
                key: key(&of.key),
                sessions: of.sessions,
                events: of.events,
                first: clock.instant(of.first),
                last: clock.instant(of.last),
                average: of.total_length as f64 / of.sessions.max(1) as f64 * clock.seconds(1),
                longest: clock.seconds(of.longest),
            })
            .collect(),
        timelines: survey.timelines.iter().map(|of| timeline(of, key(&of.key), clock, definition)).collect(),
        findings: None,
    }
}

fn title(inputs: &[String]) -> String {
    match inputs {
        [one] if one == "-" => "standard input".to_owned(),
        [one] => {
            let name = one.trim_end_matches('/').rsplit('/').next().unwrap_or(one);
            // What a pattern is a part of says more than its last part.
            if name.contains('*') { one.clone() } else { name.to_owned() }
        }
        several => format!("{} and {}", several[0], counted(several.len() as u64 - 1, "other", "others")),
    }
}

fn described(definition: &SessionDefinition, said: &Said<'_>, zoned: bool) -> Vec<(String, String)> {
    let zone = if zoned { "in UTC" } else { "without a zone" };
    let mut lines = vec![
        ("key", definition.key().join(", ")),
        ("time", format!("{}, {zone}", definition.time())),
        ("gap", definition.gap().to_string()),
    ];
    lines.extend(rules(definition).into_iter().map(|rule| ("rule", rule)));
    if said.files > 1 {
        lines.push(("read", counted(said.files, "file", "files")));
    }
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn notes(survey: &Survey, definition: &SessionDefinition, redact: bool) -> Vec<String> {
    let summary = &survey.summary;
    let mut notes = Vec::new();
    if summary.dropped > 0 {
        notes.push(format!("{} without a time are left out.", counted(summary.dropped, "event", "events")));
    }
    if summary.dropped_null_keys > 0 {
        let events = counted(summary.dropped_null_keys, "event", "events");
        notes.push(format!("{events} with a NULL in the key are left out."));
    }
    if summary.null_key_events > 0 {
        let events = counted(summary.null_key_events, "event", "events");
        notes.push(format!("{events} have a NULL in the key, which counts as a value like any other."));
    }
    let of_no_session = outside(summary.not_taking_part, summary.without_session);
    notes.extend(of_no_session.into_iter().map(|events| format!("In no session: {events}.")));
    if let Some(unusual) = &summary.unusual_times {
        notes.push(format!("{}.", unusual_times::told(unusual, definition.time())));
    }
    if redact {
        notes.push(
            "Values of keys are hashed: the first 16 digits of their SHA-256. That is no anonymity: who guesses a value can \
             check the guess."
                .to_owned(),
        );
    }
    notes
}

fn spread(of: Spread) -> page::Spread {
    page::Spread { average: of.average, median: of.median, p95: of.p95, max: of.max }
}

fn bins(bins: &[spectrum_engine::Bin]) -> Vec<page::Bin> {
    bins.iter().map(|bin| page::Bin { above: bin.above, up_to: bin.up_to, count: bin.count }).collect()
}

fn over_time(of: &spectrum_engine::OverTime) -> page::OverTime {
    let period = |period: &spectrum_engine::PeriodFigures| page::PeriodFigures {
        label: period.label.clone(),
        covered: period.covered,
        sessions: period.sessions,
        keys: period.keys,
        events: period.events,
    };
    page::OverTime { period: words::period(of.period), periods: of.periods.iter().map(period).collect() }
}

fn timeline(
    of: &Timeline,
    key: Vec<Option<String>>,
    clock: Clock,
    definition: &SessionDefinition,
) -> page::Timeline {
    let session = |session: &spectrum_engine::TimelineSession| page::TimelineSession {
        number: session.number,
        start: clock.instant(session.start),
        end: clock.instant(session.end),
        events: session.events,
        why: words::why(session.started_by, session.pause.map(|pause| clock.seconds(pause)), definition),
        instants: session.instants.iter().map(|instant| clock.instant(*instant)).collect(),
    };
    page::Timeline { key, all_sessions: of.all_sessions, sessions: of.sessions.iter().map(session).collect() }
}
