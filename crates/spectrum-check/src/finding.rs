//! What a check found, as data: whoever shows it has the words.

use crate::check::{Check, Severity};

/// What one check found.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How grave it is.
    pub severity: Severity,
    /// How many are at fault: events, keys, sessions, days or pauses, as docs/check.md says of the check.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// Up to three of them: the first, or the worst.
    pub examples: Vec<Example>,
    /// What else is known, under names that never change.
    pub facts: Vec<(&'static str, Fact)>,
}

impl Finding {
    /// How many examples a finding shows.
    pub const EXAMPLES: usize = 3;

    pub(crate) fn new(check: Check, count: u64, of: u64) -> Self {
        Self { check, severity: check.severity(), count, of, examples: Vec::new(), facts: Vec::new() }
    }

    pub(crate) fn with(mut self, examples: impl IntoIterator<Item = Example>) -> Self {
        self.examples.extend(examples.into_iter().take(Self::EXAMPLES));
        self
    }

    pub(crate) fn fact(mut self, name: &'static str, fact: impl Into<Fact>) -> Self {
        self.facts.push((name, fact.into()));
        self
    }

    /// Which share is at fault.
    pub fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }

    /// A fact by its name.
    pub fn known(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
    }
}

/// One of what was found. Times are microseconds since 1970.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Example {
    /// The values of the key columns, in their order; `None` for NULL.
    pub key: Option<Vec<Option<String>>>,
    /// When, or since when.
    pub time: Option<i64>,
    /// Until when, of a stretch of time.
    pub until: Option<i64>,
    /// The day, counted from 1970.
    pub day: Option<i64>,
    /// A value: an event id, a type, a value of a key column, a file.
    pub value: Option<String>,
    /// Where, in words, as in `events.csv line 7`.
    pub place: Option<String>,
    /// How many.
    pub count: Option<u64>,
    /// Of how many, or instead of how many that were expected.
    pub of: Option<u64>,
    /// How long, in seconds.
    pub seconds: Option<f64>,
    /// What was measured on the day, or from that day on.
    pub measured: Option<f64>,
    /// What days like it have, or what was measured before.
    pub expected: Option<f64>,
    /// Whether it is so from that day on, and not on that day alone.
    pub lasts: bool,
}

/// Something that is known of a finding.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Fact {
    /// A number of something.
    Count(u64),
    /// A share or a factor.
    Number(f64),
    /// A length of time in seconds, which may be negative.
    Seconds(f64),
    /// Microseconds since 1970.
    Time(i64),
    /// A word.
    Text(String),
}

impl From<u64> for Fact {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
