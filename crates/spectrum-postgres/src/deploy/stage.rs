//! What a deployment does, one stage after another.

/// One statement, or several that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What it does, as in `building analytics.mv_sessions`.
    pub does: String,
    /// Its SQL, without a semicolon at the end.
    pub sql: String,
}

/// Steps that are run in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    pub(super) fn new(does: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { does: does.into(), sql: sql.into() }
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
