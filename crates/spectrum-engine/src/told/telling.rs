//! A pass that tells, opened before the sessions are found.

use spectrum_core::{ColumnRole, SessionDefinition};

use super::{Plan, Told, tell};
use crate::check_event_id;
use crate::error::{ColumnError, EngineError, Result};
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Scan, Wanted};
use crate::watch::Watch;

/// What will be read of an input to tell what its sessions have besides.
pub(crate) struct Telling<'a> {
    input: &'a Input,
    plan: Plan<'a>,
    wanted: Wanted,
}

/// The same with the files open, so that a column that is not there is missed before the work and not after it.
pub(crate) struct Opened<'a> {
    telling: &'a Telling<'a>,
    scan: Scan<'a>,
}

impl<'a> Telling<'a> {
    /// `None` where the summary tells nothing besides.
    pub(crate) fn of(input: &'a Input, definition: &'a SessionDefinition) -> Result<Option<Self>> {
        let Some(plan) = Plan::of(definition) else { return Ok(None) };
        let wanted = plan.wanted(has_event_ids(input, definition)?);
        Ok(Some(Self { input, plan, wanted }))
    }

    pub(crate) fn open(&'a self) -> Result<Opened<'a>> {
        Ok(Opened { telling: self, scan: Scan::open(self.input, &self.wanted)? })
    }
}

impl Opened<'_> {
    /// Reads the events once more.
    pub(crate) fn tell(&self, labelled: &Labelled, threads: usize, watch: &Watch) -> Result<Told> {
        let Telling { input, plan, wanted } = self.telling;
        tell(input, plan, &self.scan, wanted, labelled, threads, watch)
    }
}

/// Whether events have ids, which settle which of those of one time is the first.
fn has_event_ids(input: &Input, definition: &SessionDefinition) -> Result<bool> {
    match check_event_id(input, definition) {
        Ok(()) => Ok(true),
        Err(EngineError::Column(ColumnError::NoSuchColumn { role: ColumnRole::EventId, .. })) => Ok(false),
        Err(other) => Err(other),
    }
}
