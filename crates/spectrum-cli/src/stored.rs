//! The events of a deployment as a file, for commands that look at events themselves.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::{Context, Result};
use clap::Args;
use spectrum_postgres::{Connection, Deployment, Exported, export_events, find_deployment};
use tempfile::TempDir;

use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::interrupt;

/// Which database, and which deployment in it.
#[derive(Args, Debug)]
pub(crate) struct StoredFlags {
    #[command(flatten)]
    database: DatabaseFlags,
    /// Schema of the relations that Spectrum made [default: analytics]
    #[arg(long, value_name = "NAME", help_heading = "Database")]
    schema: Option<String>,
}

impl StoredFlags {
    /// Whether a flag says that a database is meant.
    pub(crate) fn are_given(&self) -> bool {
        self.database.is_given() || self.schema.is_some()
    }

    /// Connects as what `spectrum COMMAND` is called, and finds the deployment.
    pub(crate) fn open(&self, command: &str) -> Result<Stored> {
        let place = DeployedFlags::new(None, self.schema.clone()).resolve()?;
        let mut connection = self.database.server()?.connect(&format!("spectrum {command}"))?;
        interrupt::cancelling(connection.canceller());
        let deployment = find_deployment(&mut connection, &place)?;
        Ok(Stored { connection, deployment })
    }
}

/// A deployment, and the way to its events.
pub(crate) struct Stored {
    connection: Connection,
    deployment: Deployment,
}

impl Stored {
    /// What is deployed.
    pub(crate) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The events as a file, which is there as long as the folder is. It has what these read of them, and nothing else.
    pub(crate) fn events(&mut self, read: &[Exported]) -> Result<StoredEvents> {
        let deployment = self.deployment.clone();
        self.copied(&deployment, read)
    }

    /// The same of all events, with those that share an id and those without a time, which a deployment can leave out.
    pub(crate) fn all_events(&mut self, read: &[Exported]) -> Result<StoredEvents> {
        let deployment =
            Deployment { deduplicated: false, without_null_times: false, ..self.deployment.clone() };
        self.copied(&deployment, read)
    }

    fn copied(&mut self, deployment: &Deployment, read: &[Exported]) -> Result<StoredEvents> {
        let folder = private_folder().context("making a folder for the events")?;
        interrupt::removing(folder.path());
        // Errors name the file, so it has the name of the table.
        let name = deployment.events.to_string().replace(['/', '\\', '"'], "_");
        let path = folder.path().join(format!("{name}.ndjson"));
        let file = File::create_new(&path).with_context(|| format!("writing {}", path.display()))?;
        let mut to = BufWriter::new(file);
        export_events(&mut self.connection, deployment, read, &mut to)?;
        to.flush().with_context(|| format!("writing {}", path.display()))?;
        Ok(StoredEvents { path: path.display().to_string(), _folder: folder })
    }
}

/// A temporary folder into which nobody else on this machine may look, whatever the umask is.
fn private_folder() -> std::io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("spectrum-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        folder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    folder.tempdir()
}

/// Events that were copied out of the database.
pub(crate) struct StoredEvents {
    pub(crate) path: String,
    _folder: TempDir,
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_may_look_at_the_events() {
        let folder = private_folder().unwrap();
        let mode = folder.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
