//! Where the events of a command come from: files, or the events table of a deployment.

use anyhow::{Result, bail};
use spectrum_check::{Check, Finding};
use spectrum_core::SessionDefinition;
use spectrum_engine::Input;
use spectrum_postgres::Exported;

use crate::definition::DefinitionFlags;
use crate::inputs::InputFlags;
use crate::stored::{StoredEvents, StoredFlags};

/// Events, and the definition that goes with them.
pub(crate) struct EventsFrom {
    pub(crate) definition: SessionDefinition,
    pub(crate) input: Input,
    /// What the events are called: files as they were named, or the table.
    pub(crate) names: Vec<String>,
    stored: Option<StoredEvents>,
}

/// Which events of a deployment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// Those that it counts.
    Counted,
    /// All of the table: those that share an id, and those without a time, too.
    All,
}

impl EventsFrom {
    /// Finds the files that were named, with the definition of the flags. Where none was, copies the events of the deployment that
    /// `stored` means, with its definition under the flags; `columns` are read besides. `command` is what it is called.
    pub(crate) fn open(
        command: &str,
        input: &InputFlags,
        definition: &DefinitionFlags,
        stored: &StoredFlags,
        columns: &[String],
        which: Which,
    ) -> Result<Self> {
        match (input.inputs.is_empty(), stored.are_given()) {
            (true, false) => bail!(
                "no events were named; name files, folders or patterns, or take the events of a database with --database-url or \
                 --schema"
            ),
            (false, true) => bail!(
                "files were named and a database too; leave out --database-url and --schema, or the files"
            ),
            (false, false) => {
                let (session, unit) = definition.resolve_with_unit()?;
                let found = input.find(unit)?;
                definition.check_event_id(&found, &session)?;
                Ok(Self { definition: session, input: found, names: input.inputs.clone(), stored: None })
            }
            (true, true) => {
                let mut stored = stored.open(command)?;
                let (session, _) = definition.resolve_over(&stored.deployment().definition)?;
                let read = [Exported { definition: session.clone(), columns: columns.to_vec() }];
                let events = match which {
                    Which::Counted => stored.events(&read)?,
                    Which::All => stored.all_events(&read)?,
                };
                let deployment = stored.deployment();
                let found = input.reading.find_exported(&events.path, deployment.time_unit)?;
                let names = vec![deployment.events.to_string()];
                Ok(Self { definition: session, input: found, names, stored: Some(events) })
            }
        }
    }

    /// Takes from findings what is none of a table: its rows are in no order, so none is late by it, and no line of it is
    /// anywhere.
    pub(crate) fn without_order(&self, findings: &mut Vec<Finding>, knows_arrival: bool) {
        if self.stored.is_none() {
            return;
        }
        findings.retain(|finding| knows_arrival || finding.check != Check::LateEvents);
        for example in findings.iter_mut().flat_map(|finding| &mut finding.examples) {
            example.place = None;
        }
    }
}
