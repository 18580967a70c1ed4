//! The names of all checks, and how grave what they find is.

use std::fmt;
use std::str::FromStr;

use spectrum_core::internals::or_near;

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Sessions are wrong, or a run refuses the events.
    Error,
    /// Something that bends numbers, most likely.
    Warning,
    /// Something that people should know and that may be right.
    Note,
}

impl Severity {
    /// All, the gravest first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// Its name, which never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that is looked for. docs/check.md defines each with its formula.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Check {
    /// Events without a time.
    NullTimes,
    /// Events that have not happened yet.
    FutureTimes,
    /// Events from before there were any.
    AncientTimes,
    /// Several events under one id.
    RepeatedEventIds,
    /// Nearly all times are whole minutes, hours or days.
    CoarseTimes,
    /// Many times are midnight to the microsecond.
    MidnightTimes,
    /// A mass of events whole hours away from where the same keys act.
    ShiftedTimes,
    /// Events that are the same in key, time and type.
    RepeatedEvents,
    /// A value that stands for nobody, with the events of many.
    StandInKeys,
    /// A key with an outsized share of all events.
    OutsizedKeys,
    /// Keys faster than people are.
    FastKeys,
    /// Keys whose events are one constant pause apart.
    SteadyKeys,
    /// Sessions of days.
    LongSessions,
    /// Keys that are active all around the clock.
    SleeplessKeys,
    /// Keys whose clock is wrong, by when their events arrived.
    ClockSkew,
    /// Events that come long after they happened.
    LateEvents,
    /// Stretches without any event where many were expected.
    Outages,
    /// Days with no or few keys.
    QuietDays,
    /// A sudden change of the keys per day.
    KeysPerDay,
    /// A sudden change of the events per key and day.
    EventsPerKey,
    /// A sudden change of a type's share.
    TypeShare,
    /// A sudden change of the share of sessions with a single event.
    SingleEventShare,
    /// The gap lies within a peak of the pauses.
    GapInPeak,
}

impl Check {
    /// All, in the order in which findings of one severity are shown: what is wrong with times, then keys, then days.
    pub const ALL: [Self; 23] = [
        Self::NullTimes,
        Self::FutureTimes,
        Self::AncientTimes,
        Self::RepeatedEventIds,
        Self::CoarseTimes,
        Self::MidnightTimes,
        Self::ShiftedTimes,
        Self::RepeatedEvents,
        Self::StandInKeys,
        Self::OutsizedKeys,
        Self::FastKeys,
        Self::SteadyKeys,
        Self::LongSessions,
        Self::SleeplessKeys,
        Self::ClockSkew,
        Self::LateEvents,
        Self::Outages,
        Self::QuietDays,
        Self::KeysPerDay,
        Self::EventsPerKey,
        Self::TypeShare,
        Self::SingleEventShare,
        Self::GapInPeak,
    ];

    /// Its name, which never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::NullTimes => "null-times",
            Self::FutureTimes => "future-times",
            Self::AncientTimes => "ancient-times",
            Self::RepeatedEventIds => "repeated-event-ids",
            Self::CoarseTimes => "coarse-times",
            Self::MidnightTimes => "midnight-times",
            Self::ShiftedTimes => "shifted-times",
            Self::RepeatedEvents => "repeated-events",
            Self::StandInKeys => "stand-in-keys",
            Self::OutsizedKeys => "outsized-keys",
            Self::FastKeys => "fast-keys",
            Self::SteadyKeys => "steady-keys",
            Self::LongSessions => "long-sessions",
            Self::SleeplessKeys => "sleepless-keys",
            Self::ClockSkew => "clock-skew",
            Self::LateEvents => "late-events",
            Self::Outages => "outages",
            Self::QuietDays => "quiet-days",
            Self::KeysPerDay => "keys-per-day",
            Self::EventsPerKey => "events-per-key",
            Self::TypeShare => "type-share",
            Self::SingleEventShare => "single-event-share",
            Self::GapInPeak => "gap-in-peak",
        }
    }

    /// How grave its findings are.
    pub fn severity(self) -> Severity {
        match self {
            Self::NullTimes | Self::FutureTimes | Self::AncientTimes | Self::RepeatedEventIds => {
                Severity::Error
            }
            Self::LateEvents | Self::KeysPerDay | Self::TypeShare => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no check has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no check '{name}'{}", known(name))]
pub struct UnknownCheck {
    /// The name.
    pub name: String,
}

/// A name that is near, or all.
fn known(name: &str) -> String {
    match or_near(name, Check::ALL.map(Check::name)) {
        near if near.is_empty() => format!("; there are {}", Check::ALL.map(Check::name).join(", ")),
        near => near,
    }
}

impl FromStr for Check {
    type Err = UnknownCheck;

    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        let found = Self::ALL.into_iter().find(|check| check.name() == name);
        found.ok_or_else(|| UnknownCheck { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_slips_are_told() {
        for (at, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!(check.name().parse(), Ok(check));
            assert!(Check::ALL[..at].iter().all(|before| *before < check && before.name() != check.name()));
        }
        let unknown = "outage".parse::<Check>().unwrap_err().to_string();
        assert_eq!(unknown, "there is no check 'outage'; did you mean outages?");
    }
}
