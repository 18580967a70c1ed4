//! What to do about an error, as data: whoever shows it knows what its own switches are called.

use std::fmt;

use spectrum_core::ColumnRole;

/// A way out of an error. It is shown in words that fit any caller; one with names of its own for what can be asked
/// for, such as flags, says it in those.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Remedy {
    /// Name another column of the events for this.
    NameColumn(ColumnRole),
    /// Give the column of session ids another name.
    NameSessionColumn,
    /// Do without session numbers.
    LeaveOutSequence,
    /// Name a column of the events to partition the output by, or `date`.
    NamePartitionColumn,
    /// Do not partition the output.
    LeaveOutPartition,
    /// Do without the digest.
    LeaveOutDigest,
    /// Say what numbers in the time column count since 1970.
    GiveTimeUnit,
    /// Correct events without a time, or leave them out.
    DropNullTimes,
    /// Let outputs replace files.
    AllowOverwrite,
    /// Let outputs replace those of an earlier run.
    ReplaceEarlierRun,
    /// Use an id scheme that does not collide, or accept that ids are shared.
    AvoidCollisions,
    /// Let Spectrum itself do it.
    LeaveOutEngine,
    /// Name the spark-submit to use.
    NameSparkSubmit,
    /// Ask the cluster for less, by Spark's own settings.
    AskForLess,
    /// Wait longer for the master and its workers.
    WaitLonger,
    /// Keep all that the engine says in a file.
    KeepLog,
    /// What is the same wherever it is said, in words.
    Other(&'static str),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameColumn(ColumnRole::Rule) => "correct the name in the rule",
            Self::NameColumn(role) => return write!(f, "name the column that is the {role}"),
            Self::NameSessionColumn => "give the column of session ids another name",
            Self::LeaveOutSequence => "leave out the session numbers",
            Self::NamePartitionColumn => "name a column of theirs, or date for the day of the event",
            Self::LeaveOutPartition => "do not partition the output",
            Self::LeaveOutDigest => "leave out the digest",
            Self::GiveTimeUnit => "say what unit numbers in the time column count",
            Self::DropNullTimes => "fix them or drop events without a time",
            Self::AllowOverwrite => "allow outputs to replace files",
            Self::ReplaceEarlierRun => "allow outputs to replace those of an earlier run",
            Self::AvoidCollisions => "use the id scheme encoded or start, or allow ids to be shared",
            Self::LeaveOutEngine => "run it without another engine",
            Self::NameSparkSubmit => "name the spark-submit to use",
            Self::AskForLess => "ask for less (spark.executor.memory=1g, spark.cores.max=2)",
            Self::WaitLonger => "wait longer",
            Self::KeepLog => "keep all that it says in a file",
            Self::Other(words) => words,
        })
    }
}
