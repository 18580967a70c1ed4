//! What the sessions of an input look like as a whole, and what they would look like under other gaps.

mod attributes;
mod days;
mod figures;
mod glance;

use arrow_schema::TimeUnit;
use spectrum_check::{Check, Thresholds};
use spectrum_core::{Gap, RuleKind, SessionDefinition};

pub(crate) use self::attributes::attributes;
pub use self::attributes::{Attribute, AttributeValues, Total};
pub use self::days::DaySessions;
pub(crate) use self::days::day_of;
pub use self::figures::{Figures, Spread};
use crate::as_of::{AsOf, open_sessions};
use crate::counted::{Counted, count};
use crate::error::{Result, RuleError};
use crate::input::Input;
use crate::labelled::label_as_of;
use crate::null_times::refuse_null_times;
use crate::run_options::NullTime;
use crate::told::Telling;
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// What to summarise beside the definition's own sessions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SummaryOptions {
    /// Other gaps to compare; in any order and with repetitions, if you like.
    pub gaps: Vec<Gap>,
    /// A time as of which sessions are counted that could still go on.
    pub as_of: Option<AsOf>,
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// What to do with events without a time.
    pub null_time: NullTime,
    /// From where on something is a finding.
    pub thresholds: Thresholds,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            gaps: Vec::new(),
            as_of: None,
            threads: 1,
            null_time: NullTime::default(),
            thresholds: Thresholds::default(),
        }
    }
}

/// A summary of an input's sessions.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Events with a time.
    pub events: u64,
    /// Distinct keys of these events.
    pub keys: u64,
    /// The first and the last instant, in `unit`s since 1970; `None` without events.
    pub span: Option<(i64, i64)>,
    /// The unit of the span.
    pub unit: TimeUnit,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// Events left out because they had no time.
    pub dropped: u64,
    /// Events left out because they had a NULL in their key.
    pub dropped_null_keys: u64,
    /// Events that take no part in sessions, by the rule.
    pub not_taking_part: u64,
    /// Events that belong to no session by the rule, although they take part.
    pub without_session: u64,
    /// Events with a NULL in a key column; NULL is a value like any other there.
    pub null_key_events: u64,
    /// What the numbers of the time column were found to count, where their magnitude decided.
    pub found_unit: Option<TimeUnit>,
    /// Whether more than a sliver of the events has a time that nobody expects, if the input says which are usual.
    pub unusual_times: Option<UnusualTimes>,
    /// The sessions of the definition.
    pub figures: Figures,
    /// How many of them could still go on, where a time was asked about.
    pub open: Option<u64>,
    /// On which days they started, by day; days without any are left out.
    pub days: Vec<DaySessions>,
    /// The sessions of every gap that was asked for and of the definition's, shortest gap first and each once;
    /// empty when none was asked for.
    pub gaps: Vec<(Gap, Figures)>,
    /// The columns that the definition declares for its summary, in their order.
    pub attributes: Vec<Attribute>,
    /// Checks that would find something, as far as sessions tell; [`crate::check()`] looks closer.
    pub findings: Vec<Check>,
}

impl Summary {
    /// The day of an instant, counted as [`DaySessions::day`] is.
    pub fn day_of(&self, instant: i64) -> i64 {
        days::day_of(instant, self.unit)
    }
}

/// Summarises the sessions of an input in one pass, whatever the number of gaps: those of the shortest gap are
/// found, and joined into those of the longer ones. Columns that the definition declares for its summary take a pass
/// more, and another one beside shorter gaps. Nothing is written.
///
/// # Errors
/// As for a run: input that cannot be sessionized cannot be summarised. Ids that several sessions share are
/// not an error here, because a summary has no ids.
pub fn summarize(
    input: &Input,
    definition: &SessionDefinition,
    options: &SummaryOptions,
    watch: &Watch,
) -> Result<Summary> {
    let rule = definition.rule();
    if let (RuleKind::Windowed | RuleKind::Sequential, false) = (rule.kind(), options.gaps.is_empty()) {
        return Err(RuleError::GapsOfRule(rule.beyond_the_gap().last().unwrap_or_default()).into());
    }
    let gaps = all_gaps(definition.gap(), &options.gaps);
    let as_of = options.as_of.as_ref();
    let by_count = || -> Result<Counted> {
        let counted = count(input, definition, &rule.with_gap(gaps[0]), as_of, options.threads, watch)?;
        if options.null_time == NullTime::Refuse {
            refuse_null_times(counted.null_times, definition.time(), counted.null_time_rows.clone())?;
        }
        Ok(counted)
    };
    let telling = Telling::of(input, definition)?;
    let (counted, attributes) = match telling.as_ref().map(Telling::open).transpose()? {
        None => (by_count()?, Vec::new()),
        Some(telling) => {
            let threads = options.threads.max(1);
            let mut labelled = label_as_of(input, definition, &[], as_of, threads, watch)?;
            if options.null_time == NullTime::Refuse {
                labelled.refuse_null_times(definition.time())?;
            }
            let told = telling.tell(&labelled, threads, watch)?;
            let is_shortest = gaps[0] == definition.gap();
            let counted = if is_shortest { Counted::of(labelled) } else { by_count()? };
            (counted, attributes(definition.summary(), &told)?)
        }
    };

    let sessions = &counted.sessions;
    let mut of_gaps = Vec::with_capacity(gaps.len());
    for gap in &gaps {
        of_gaps.push((*gap, Figures::of(sessions, &rule.with_gap(*gap))));
        watch.advance(0)?;
    }
    let own = of_gaps.iter().find(|(gap, _)| *gap == definition.gap()).map(|(_, own)| own.clone());
    let open = as_of
        .map(|as_of| open_sessions(sessions, rule, as_of, &counted.time_type, definition.time()))
        .transpose()?;
    let mut summary = Summary {
        figures: own.unwrap_or_default(),
        open,
        days: days::days(sessions, rule),
        gaps: if options.gaps.is_empty() { Vec::new() } else { of_gaps },
        attributes,
        ..without_figures(&counted)
    };
    summary.findings = glance::at_a_glance(&summary, sessions, definition.key().len(), &options.thresholds);
    Ok(summary)
}

/// What is to say of sessions that are those of the definition.
pub(crate) fn of_counted(
    counted: &Counted,
    definition: &SessionDefinition,
    attributes: Vec<Attribute>,
    watch: &Watch,
) -> Result<Summary> {
    let figures = Figures::of_each(&counted.sessions);
    watch.advance(0)?;
    let days = days::days(&counted.sessions, definition.rule());
    Ok(Summary { figures, days, attributes, ..without_figures(counted) })
}

/// What was read, and nothing of what its sessions are like.
fn without_figures(counted: &Counted) -> Summary {
    let sessions = &counted.sessions;
    let all = || sessions.all();
    Summary {
        events: counted.events - counted.null_times - counted.dropped_null_keys,
        keys: sessions.keys() as u64,
        span: all().map(|s| sessions.start(s)).min().zip(all().map(|s| sessions.end(s)).max()),
        unit: sessions.unit(),
        zoned: counted.zoned(),
        dropped: counted.null_times,
        dropped_null_keys: counted.dropped_null_keys,
        not_taking_part: counted.not_taking_part,
        without_session: counted.without_session(),
        null_key_events: sessions.null_key_events(),
        found_unit: counted.found_unit,
        unusual_times: counted.unusual.clone(),
        figures: Figures::default(),
        open: None,
        days: Vec::new(),
        gaps: Vec::new(),
        attributes: Vec::new(),
        findings: Vec::new(),
    }
}

/// The gaps asked for and the definition's, shortest first and each once; never empty.
pub(crate) fn all_gaps(own: Gap, others: &[Gap]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = others.iter().copied().chain([own]).collect();
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}
