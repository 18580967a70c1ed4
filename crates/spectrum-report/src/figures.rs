//! Everything that a page shows.

/// An instant, in nanoseconds since 1970: of an instant with a zone in UTC, and of a time as it is written where there is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Instant(pub i128);

/// What times and hours of the day refer to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Zone {
    /// Times have a zone, and are shown in UTC.
    Utc,
    /// Times have none, and are shown as they are written.
    #[default]
    AsWritten,
}

/// A page's figures. Lengths are in seconds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Report {
    /// What the events are, as in `events.parquet`.
    pub title: String,
    /// What made the page, as in `spectrum 0.1.0`.
    pub made_by: String,
    /// What a session is, and what was read: names and values, in order.
    pub definition: Vec<(String, String)>,
    /// What else has to be known of the events, one sentence each.
    pub notes: Vec<String>,
    /// What times refer to.
    pub zone: Zone,
    /// The gap as it is written, as in `30m`.
    pub gap: String,
    /// The gap in seconds.
    pub gap_seconds: f64,
    /// Whether the gap alone decides where sessions begin.
    pub is_gap_alone: bool,
    /// Events with a time.
    pub events: u64,
    /// Keys of these events that have sessions.
    pub keys: u64,
    /// Their sessions.
    pub sessions: u64,
    /// Sessions with a single event.
    pub single_event_sessions: u64,
    /// The first and the last instant.
    pub span: Option<(Instant, Instant)>,
    /// How long sessions are.
    pub length: Option<Spread>,
    /// How many sessions have which length, without those of a single moment.
    pub lengths: Vec<Bin>,
    /// How many sessions have their first and their last event at the same instant.
    pub of_one_moment: u64,
    /// How many events sessions have.
    pub size: Option<Spread>,
    /// How many sessions have how many events.
    pub sizes: Vec<Bin>,
    /// Sessions, keys and events over time; `None` where they cannot be shown.
    pub over_time: Option<OverTime>,
    /// Pauses between neighbouring events of a key.
    pub pauses: Pauses,
    /// How many sessions each gap alone would make, shortest first.
    pub gaps: Vec<GapFigures>,
    /// Events by weekday, from Monday, and hour.
    pub week: [[u64; 24]; 7],
    /// Why sessions begin, in the order in which rules are asked.
    pub reasons: Vec<ReasonFigures>,
    /// What the columns tell that are declared for a summary.
    pub attributes: Vec<Attribute>,
    /// The names of the key's columns.
    pub key_columns: Vec<String>,
    /// The keys with most sessions, most first.
    pub top_keys: Vec<KeyFigures>,
    /// What happened lately to some keys.
    pub timelines: Vec<Timeline>,
    /// What is wrong or strange about the events; `None` where nobody looked.
    pub findings: Option<Vec<Finding>>,
}

/// How values are spread.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Spread {
    /// Their average.
    pub average: f64,
    /// The one in the middle.
    pub median: f64,
    /// What 95 % do not exceed.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

/// How many values are greater than `above` and at most `up_to`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// No value is this small.
    pub above: f64,
    /// No value is greater.
    pub up_to: f64,
    /// How many values there are.
    pub count: u64,
}

/// Sessions, keys and events over time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OverTime {
    /// What a period is called, as in `day`.
    pub period: String,
    /// All periods, one after another, empty ones too.
    pub periods: Vec<PeriodFigures>,
}

/// What happened in one period.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PeriodFigures {
    /// What it is called, as in `Mon 2026-01-05`.
    pub label: String,
    /// How many of its days the events cover, and how many it has, unless they cover all of it.
    pub covered: Option<(i64, i64)>,
    /// Sessions that began in it.
    pub sessions: u64,
    /// Keys of these sessions.
    pub keys: u64,
    /// Events that happened in it.
    pub events: u64,
}

/// Pauses between neighbouring events of a key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pauses {
    /// How many there are.
    pub count: u64,
    /// How many have no length.
    pub none: u64,
    /// How long the others are.
    pub bins: Vec<Bin>,
    /// How many are longer than the gap.
    pub beyond_gap: u64,
}

/// What a gap comes to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GapFigures {
    /// As it is written.
    pub gap: String,
    /// In seconds.
    pub seconds: f64,
    /// How many sessions it alone would make.
    pub sessions: u64,
    /// Whether it is the definition's.
    pub is_own: bool,
}

/// How many sessions began for a reason.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReasonFigures {
    /// Its name, as in the column `started_by`.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// The sessions.
    pub sessions: u64,
}

/// What a declared column tells of all sessions.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// How it is measured.
    pub measure: String,
    /// What it comes to.
    pub tells: String,
    /// In how many sessions it is NULL.
    pub nulls: u64,
}

/// A key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct KeyFigures {
    /// The values of its columns; `None` for NULL.
    pub key: Vec<Option<String>>,
    /// How many sessions it has.
    pub sessions: u64,
    /// How many events they have.
    pub events: u64,
    /// Its first instant.
    pub first: Instant,
    /// Its last.
    pub last: Instant,
    /// How long its sessions are on average.
    pub average: f64,
    /// How long the longest is.
    pub longest: f64,
}

/// What happened to a key lately.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Timeline {
    /// The values of its columns; `None` for NULL.
    pub key: Vec<Option<String>>,
    /// How many sessions it has in all.
    pub all_sessions: u64,
    /// The latest of them, in order.
    pub sessions: Vec<TimelineSession>,
}

/// A session with its events.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TimelineSession {
    /// Its number among those of its key.
    pub number: u64,
    /// Its first instant.
    pub start: Instant,
    /// Its last.
    pub end: Instant,
    /// How many events it has.
    pub events: u64,
    /// Why it began, as a sentence.
    pub why: String,
    /// When its events happened; some may be left out where many lie close together.
    pub instants: Vec<Instant>,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Numbers are wrong because of it.
    Error,
    /// Numbers may be wrong.
    Warning,
    /// Good to know.
    Note,
}

/// Something that is wrong or strange about the events.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What it is.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How many of what it is about, and of how many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// Some of them, in words.
    pub examples: Vec<String>,
    /// What to do about it.
    pub what_to_do: String,
    /// The picture that shows it.
    pub picture: Picture,
}

/// The pictures of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Picture {
    /// Sessions, keys and events over time.
    OverTime,
    /// The length of sessions.
    Lengths,
    /// The events of sessions.
    Sizes,
    /// Pauses, and sessions by gap.
    Gap,
    /// Hours and weekdays.
    Week,
    /// Why sessions begin.
    Reasons,
    /// The keys with most sessions.
    Keys,
}

impl Picture {
    /// Where it is in the page.
    pub fn anchor(self) -> &'static str {
        match self {
            Self::OverTime => "over-time",
            Self::Lengths => "lengths",
            Self::Sizes => "sizes",
            Self::Gap => "gap",
            Self::Week => "week",
            Self::Reasons => "reasons",
            Self::Keys => "keys",
        }
    }
}
