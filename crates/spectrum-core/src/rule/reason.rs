//! Why a session begins where it does.

use std::fmt;

/// What made a session begin: the first of these that is true at its first moment, in this order, or what had ended the
/// session before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Reason {
    /// It is the first of its key.
    First,
    /// The pause was longer than the gap, or as long where that is apart.
    Gap,
    /// The last moment of the session before had an event that ends one.
    EndWhen,
    /// A time of day at which sessions end lay between.
    SplitAt,
    /// It has an event that begins a session.
    StartWhen,
    /// A column has another value.
    SplitOn,
    /// The session before would have become longer than the longest.
    MaxDuration,
    /// The session before would have had more events than the most.
    MaxEvents,
}

impl Reason {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 8] = [
        Self::First,
        Self::Gap,
        Self::EndWhen,
        Self::SplitAt,
        Self::StartWhen,
        Self::SplitOn,
        Self::MaxDuration,
        Self::MaxEvents,
    ];

    /// As it stands in the column `started_by`.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Gap => "gap",
            Self::EndWhen => "end_when",
            Self::SplitAt => "split_at",
            Self::StartWhen => "start_when",
            Self::SplitOn => "split_on",
            Self::MaxDuration => "max_duration",
            Self::MaxEvents => "max_events",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a column of `split_on` changed when a session began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueChange {
    /// Which of the columns, counted from zero.
    pub column: usize,
    /// The text of its value in the session before; `None` for NULL.
    pub before: Option<String>,
    /// The text of the value that differs.
    pub now: Option<String>,
}

/// Several of them at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reasons(u8);

impl Reasons {
    pub(crate) fn add_if(&mut self, holds: bool, reason: Reason) {
        self.0 |= u8::from(holds) << reason as u8;
    }

    /// The first, in the order in which they are asked.
    pub fn first(self) -> Option<Reason> {
        self.iter().next()
    }

    /// All of them, in that order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.0 & (1 << *reason as u8) != 0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
