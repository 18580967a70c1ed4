//! What a deployment does, one stage after another.

use std::time::Duration;

/// One statement, or several that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Step {
    /// Of which kind it is.
    pub kind: StepKind,
    /// What it does, as in `building analytics.mv_sessions`.
    pub does: String,
    /// Its SQL, without a semicolon at the end.
    pub sql: String,
}

/// What a step is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StepKind {
    /// A schema, table, view or function is made.
    Make,
    /// The sessions are filled; in [`Mode::Incremental`](crate::Mode::Incremental) the summary with them.
    BuildSessions,
    /// The summary is filled.
    BuildSummary,
    /// An index is made.
    Index,
    /// The planner's statistics are gathered.
    Analyze,
    /// A table's rows are given what tells them apart in a replica.
    Identify,
    /// Locks are taken that others are waited for.
    Lock,
    /// Triggers are put on a table.
    Watch,
    /// Keys or partitions are noted for the next refresh.
    Note,
    /// What was written meanwhile is taken in.
    CatchUp,
    /// The refresh log is written.
    Log,
    /// Something goes.
    Drop,
    /// Something gets the name under which it is read.
    Name,
    /// Privileges are given back.
    Grant,
    /// Comments are written that say whose something is.
    Sign,
    /// The same, on what had lost its comment.
    Adopt,
}

/// How long a step took.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Took {
    /// Of which kind it was.
    pub kind: StepKind,
    /// What it did.
    pub does: String,
    /// How long.
    pub time: Duration,
}

/// Steps that are run in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stage {
    /// How they are run.
    pub kind: StageKind,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The first of the steps that take locks which readers or writers hold.
    pub(super) exchanges_from: usize,
}

/// How the steps of a stage are run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StageKind {
    /// Each by itself, some of them because they cannot stand in a transaction.
    Apart,
    /// All of them in one transaction.
    Together,
    /// A range of the keys at a time, each in a transaction of its own, on several connections. The step is that for all
    /// keys, and no condition more.
    Parts,
    /// Each by itself, on several connections.
    Indexes,
    /// The last step again and again, until little is left to take in.
    CatchUp,
    /// All of them in one transaction, as they are found to be when their time has come.
    Exchange,
}

impl Step {
    pub(super) fn new(kind: StepKind, does: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { kind, does: does.into(), sql: sql.into() }
    }
}

impl Stage {
    /// The stage, unless it has no steps.
    pub(super) fn of(kind: StageKind, steps: Vec<Step>) -> Option<Self> {
        (!steps.is_empty()).then_some(Self { kind, exchanges_from: steps.len(), steps })
    }

    /// A transaction whose very first steps take such locks, unless it has no steps.
    pub(super) fn locking(steps: Vec<Step>) -> Option<Self> {
        (!steps.is_empty()).then(|| Self::exchanging(StageKind::Together, Vec::new(), steps))
    }

    /// A stage whose last steps exchange relations that are read.
    pub(super) fn exchanging(kind: StageKind, mut steps: Vec<Step>, exchange: Vec<Step>) -> Self {
        let exchanges_from = steps.len();
        steps.extend(exchange);
        Self { kind, steps, exchanges_from }
    }
}
