//! What will be told, with the inputs opened before the sessions are found.

use arrow_array::ArrayRef;
use arrow_schema::Field;
use spectrum_core::SessionDefinition;

use super::{Plan, Scans, Told, measure, tell};
use crate::error::Result;
use crate::event_id::has_event_ids;
use crate::input::Input;
use crate::labelled::Labelled;
use crate::watch::Watch;

/// What will be read of an input to tell what its sessions have besides.
pub(crate) struct Telling<'a> {
    input: &'a Input,
    plan: Plan<'a>,
}

/// The same with the files open, so that a column that is not there is missed before the work and not after it.
pub(crate) struct Opened<'a> {
    telling: &'a Telling<'a>,
    scans: Scans<'a>,
}

impl<'a> Telling<'a> {
    /// `None` where the summary tells nothing besides.
    pub(crate) fn of(input: &'a Input, definition: &'a SessionDefinition) -> Result<Option<Self>> {
        let plan = Plan::of(definition, || has_event_ids(input, definition))?;
        Ok(plan.map(|plan| Self { input, plan }))
    }

    pub(crate) fn open(&'a self) -> Result<Opened<'a>> {
        Ok(Opened { telling: self, scans: self.plan.open(self.input)? })
    }
}

impl Opened<'_> {
    /// Reads the events once more.
    pub(crate) fn tell(&self, labelled: &Labelled, threads: usize, watch: &Watch) -> Result<Told> {
        let Telling { input, plan } = self.telling;
        tell(input, plan, &self.scans, labelled, threads, watch)
    }
}

impl Opened<'_> {
    /// The same without the conditions on other columns of the summary.
    pub(crate) fn measure(
        &self,
        labelled: &Labelled,
        threads: usize,
        watch: &Watch,
    ) -> Result<Vec<(Field, ArrayRef)>> {
        let Telling { input, plan } = self.telling;
        measure(input, plan, &self.scans, labelled, threads, watch)
    }
}
