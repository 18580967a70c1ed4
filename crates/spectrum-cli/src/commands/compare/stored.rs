//! What a database has for a comparison: the definition that is deployed, and the events.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context, Result};
use clap::Args;
use spectrum_engine::Side;
use spectrum_postgres::{Connection, Deployment, Exported, export_events, find_deployment};
use tempfile::TempDir;

use super::sides::{Deployed, Sides};
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::interrupt;

/// Which database, and which deployment in it.
#[derive(Args, Debug)]
pub(super) struct StoredFlags {
    #[command(flatten)]
    database: DatabaseFlags,
    /// Schema of the relations that Spectrum made [default: analytics]
    #[arg(long, value_name = "NAME", help_heading = "Database")]
    schema: Option<String>,
}

impl StoredFlags {
    /// Whether a flag says that a database is meant.
    pub(super) fn are_given(&self) -> bool {
        self.database.is_given() || self.schema.is_some()
    }

    pub(super) fn open(&self) -> Result<Stored> {
        let place = DeployedFlags::new(None, self.schema.clone()).resolve()?;
        let mut connection = self.database.server()?.connect("spectrum compare")?;
        interrupt::cancelling(connection.canceller());
        let deployment = find_deployment(&mut connection, &place)?;
        Ok(Stored { connection, deployment })
    }
}

/// A deployment, and the way to its events.
pub(super) struct Stored {
    connection: Connection,
    deployment: Deployment,
}

impl Stored {
    pub(super) fn deployed(&self) -> Deployed {
        let definition = &self.deployment.definition;
        // Sessions depend on neither ids nor what the summary tells.
        let definition = spectrum_core::SessionDefinition::builder()
            .key(definition.key())
            .time(definition.time())
            .event_id(definition.event_id())
            .rule(definition.rule().to_parts());
        Deployed { definition, time_unit: self.deployment.time_unit }
    }

    /// The events as a file, which is there as long as the folder is. It has what both sides read of them, and nothing else.
    pub(super) fn events(&mut self, sides: &Sides) -> Result<Events> {
        let folder = TempDir::new().context("making a folder for the events")?;
        // Errors name the file, so it has the name of the table.
        let name = self.deployment.events.to_string().replace(['/', '\\', '"'], "_");
        let path = folder.path().join(format!("{name}.ndjson"));
        let exported = |side: &Side| Exported {
            definition: side.definition.clone(),
            columns: side.recorded.iter().cloned().collect(),
        };
        let mut to =
            BufWriter::new(File::create(&path).with_context(|| format!("writing {}", path.display()))?);
        export_events(
            &mut self.connection,
            &self.deployment,
            &[exported(&sides.a), exported(&sides.b)],
            &mut to,
        )?;
        to.flush().with_context(|| format!("writing {}", path.display()))?;
        Ok(Events { path: path.display().to_string(), _folder: folder })
    }
}

/// Events that were copied out of the database.
pub(super) struct Events {
    pub(super) path: String,
    _folder: TempDir,
}
