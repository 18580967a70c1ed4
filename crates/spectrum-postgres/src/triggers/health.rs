//! Whether the functions and triggers are there, and fire when they should.

use spectrum_sql::TableName;
use spectrum_sql::postgres::{CaptureTrigger, capture_functions_of, capture_triggers_of};

use super::Triggers;
use crate::catalog::Kind;
use crate::deployment::Deployment;

/// How a trigger stands that is wanted on a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Health {
    /// It fires when it should.
    AsMade,
    /// It is not there.
    Missing,
    /// It never fires.
    Disabled,
    /// It fires in other sessions than it should.
    Otherwise,
}

impl Triggers {
    /// The functions that are not there: those behind the triggers, and the one that refreshes.
    pub(crate) fn missing_functions(&self, deployment: &Deployment) -> Vec<TableName> {
        let wanted = capture_functions_of(&deployment.changes()).into_iter();
        let wanted = wanted.chain([deployment.refresh_function()]);
        wanted.filter(|function| !self.functions.contains(function)).collect()
    }

    /// How each of the triggers stands that are wanted on a table.
    pub(crate) fn health(
        &self,
        deployment: &Deployment,
        table: &TableName,
        kind: Kind,
    ) -> Vec<(CaptureTrigger, Health)> {
        let of = |wanted: &CaptureTrigger| {
            let found = self.triggers.iter().find(|found| found.table == *table && found.name == wanted.name);
            match found.map(|found| found.fires) {
                None => Health::Missing,
                Some('D') => Health::Disabled,
                // One that fires always fires in ordinary sessions too.
                Some(fires) if fires == wanted.fires || (fires == 'A' && wanted.fires == 'O') => {
                    Health::AsMade
                }
                Some(_) => Health::Otherwise,
            }
        };
        let wanted = capture_triggers_of(&deployment.changes(), kind == Kind::Partitioned);
        wanted.into_iter().map(|wanted| (wanted.clone(), of(&wanted))).collect()
    }
}
