//! How a time is written where it is a text or a number.

/// How a time is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeText {
    /// With a zone: an instant.
    Zoned,
    /// Without one: a date and a clock.
    Naive,
    /// A whole number that counts from 1970 in UTC.
    Epoch(EpochUnit),
}

/// What numbers count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum EpochUnit {
    Second,
    Millisecond,
    Microsecond,
}
