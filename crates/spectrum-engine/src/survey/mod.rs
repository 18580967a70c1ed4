//! Everything that a picture of an input's sessions shows: two passes, the first for the sessions and the second for the times
//! of their events.
//!
//! Memory grows with keys and sessions, plus four bytes per event for its label and eight for its time.

mod clock;
mod instants;
mod keys;
mod log_bins;
mod over_time;
mod pauses;
mod timeline;

use spectrum_core::{Gap, Reason, SessionDefinition, Sessions};

use self::instants::Instants;
pub use self::keys::KeyFigures;
pub use self::log_bins::Bin;
use self::log_bins::{doublings, half_octaves, in_bins};
pub use self::over_time::{OverTime, PeriodFigures};
pub use self::pauses::Pauses;
pub use self::timeline::{Timeline, TimelineSession};
use crate::counted::Counted;
use crate::error::Result;
use crate::input::Input;
use crate::labelled::label;
use crate::run_options::NullTime;
use crate::summary::{Summary, all_gaps, attributes, of_counted};
use crate::told::Telling;
use crate::watch::Watch;

/// What to look at beside the sessions as a whole.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SurveyOptions {
    /// Gaps for which sessions are counted; the definition's own is always among them.
    pub gaps: Vec<Gap>,
    /// Values of key columns; what happened to keys with such a value in any column is shown.
    pub key_values: Vec<String>,
    /// How many keys are listed, those with most sessions.
    pub most_keys: usize,
    /// Of how many of these it is shown what happened.
    pub most_timelines: usize,
    /// Into how many periods the time is cut at most.
    pub most_periods: u32,
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// What to do with events without a time.
    pub null_time: NullTime,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self {
            gaps: Vec::new(),
            key_values: Vec::new(),
            most_keys: 100,
            most_timelines: 5,
            most_periods: 120,
            threads: 1,
            null_time: NullTime::default(),
        }
    }
}

/// The sessions of an input, looked at from all sides. Instants and lengths are in [`Summary::unit`]s.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Survey {
    /// What a summary says.
    pub summary: Summary,
    /// Sessions, keys and events by day, week or longer; `None` without events, and where times are outside the calendar.
    pub over_time: Option<OverTime>,
    /// How many events there are by weekday (from Monday) and hour, in UTC or as times stand.
    pub week: [[u64; 24]; 7],
    /// How many sessions have which length, in seconds; those of a single moment are not among them.
    pub lengths: Vec<Bin>,
    /// How many sessions have their first and their last event at the same instant.
    pub of_one_moment: u64,
    /// How many sessions have how many events.
    pub events: Vec<Bin>,
    /// The pauses between events of a key.
    pub pauses: Pauses,
    /// For each gap, shortest first, how many sessions it alone would make, whatever else the rule says.
    pub gaps: Vec<(Gap, u64)>,
    /// Why sessions began, in the order of [`Reason::ALL`]; reasons that no session has are left out.
    pub reasons: Vec<(Reason, u64)>,
    /// The keys with most sessions.
    pub keys: Vec<KeyFigures>,
    /// What happened lately to some keys: those that were asked for, then those with most sessions.
    pub timelines: Vec<Timeline>,
    /// Values that were asked for and no key has.
    pub unknown_values: Vec<String>,
}

/// Looks at the sessions of an input from all sides. Reads the input twice, and once or twice more where the definition declares
/// columns for its summary.
///
/// # Errors
/// As for a run: input that cannot be sessionized cannot be looked at.
pub fn survey(
    input: &Input,
    definition: &SessionDefinition,
    options: &SurveyOptions,
    watch: &Watch,
) -> Result<Survey> {
    let threads = options.threads.max(1);
    let telling = Telling::of(input, definition)?;
    let telling = telling.as_ref().map(Telling::open).transpose()?;
    let mut labelled = label(input, definition, &[], threads, watch)?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    let attributes = match telling {
        Some(telling) => attributes(definition.summary(), &telling.tell(&labelled, threads, watch)?)?,
        None => Vec::new(),
    };
    let (instants, hours) = Instants::read(input, definition, &labelled, threads, watch)?;
    watch.begin("counting", 0);
    let counted = Counted::of(labelled);
    let sessions = &counted.sessions;
    let gaps = all_gaps(definition.gap(), &options.gaps);
    let columns = definition.key().len();
    let rule = definition.rule();
    let tally = pauses::tally(sessions, &instants, rule, &gaps, threads, watch)?;
    let (keys, chosen, unknown_values) = keys::of(sessions, columns, options);
    watch.advance(0)?;
    let timelines = chosen.into_iter().map(|key| timeline::of(sessions, columns, key, &instants)).collect();
    let lengths = || sessions.all().map(|session| sessions.end(session).abs_diff(sessions.start(session)));
    let per_second = 1e9 / spectrum_core::nanoseconds_per(sessions.unit()) as f64;
    let summary = of_counted(&counted, definition, attributes, watch)?;
    Ok(Survey {
        over_time: over_time::of(sessions, &hours, options.most_periods),
        week: hours.week(),
        lengths: in_bins(lengths().filter(|length| *length > 0), &half_octaves(per_second), per_second),
        of_one_moment: lengths().filter(|length| *length == 0).count() as u64,
        events: in_bins(sessions.all().map(|session| sessions.events(session)), &doublings(), 1.0),
        pauses: tally.pauses,
        gaps: tally.gaps,
        reasons: reasons(sessions),
        keys,
        timelines,
        unknown_values,
        summary,
    })
}

fn reasons(sessions: &Sessions) -> Vec<(Reason, u64)> {
    let mut counts = [0; Reason::ALL.len()];
    for session in sessions.all() {
        counts[sessions.started_by(session) as usize] += 1;
    }
    Reason::ALL.into_iter().zip(counts).filter(|(_, sessions)| *sessions > 0).collect()
}
