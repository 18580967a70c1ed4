//! The flags that say what is deployed, and where.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use spectrum_core::EpochUnit;
use spectrum_postgres::{Connection, Deployment, Wanted, drift};

use crate::definition::{DefinitionFlags, read};

const HEADING: &str = "Deployment";

/// What a deployment is made of: the definition with its database parts. What nothing says stays as it stands.
#[derive(Args, Debug)]
pub(crate) struct DeploymentFlags {
    #[command(flatten)]
    definition: DefinitionFlags,
    /// Events table [default: warehouse.fact_events]
    #[arg(long, value_name = "SCHEMA.TABLE", help_heading = HEADING)]
    table: Option<String>,
    /// Schema of the relations that Spectrum makes [default: analytics]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    schema: Option<String>,
    /// What a time column of type bigint counts since 1970: s, ms, us or ns
    #[arg(long, value_name = "UNIT", help_heading = "What a session is")]
    time_unit: Option<EpochUnit>,
}

impl DeploymentFlags {
    /// What flags and file say.
    pub(crate) fn wanted(&self) -> Result<Wanted> {
        let mut wanted = said(self.definition.file())?;
        wanted.definition = self.definition.over(wanted.definition)?;
        if self.table.is_some() {
            wanted.events.clone_from(&self.table);
        }
        wanted.time_unit = self.time_unit.or(wanted.time_unit);
        in_schema(&mut wanted, self.schema.as_deref());
        Ok(wanted)
    }
}

/// Where a deployment stands; what it is, the database knows.
#[derive(Args, Debug)]
pub(crate) struct DeployedFlags {
    // Not a doc comment: rustdoc would take the brackets for links.
    #[arg(
        long,
        value_name = "FILE",
        help = "Read the names of the relations from the [postgres] table of a spectrum.toml",
        help_heading = HEADING
    )]
    definition: Option<PathBuf>,
    /// Schema of the relations that Spectrum made [default: analytics]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    schema: Option<String>,
}

impl DeployedFlags {
    /// The same, for a command whose flags mean more than where the deployment stands.
    pub(crate) fn new(definition: Option<PathBuf>, schema: Option<String>) -> Self {
        Self { definition, schema }
    }

    /// Where to look for the deployment.
    pub(crate) fn resolve(&self) -> Result<Deployment> {
        Ok(self.wanted()?.place()?)
    }

    /// What the file says.
    pub(crate) fn wanted(&self) -> Result<Wanted> {
        let mut wanted = said(self.definition.as_deref())?;
        in_schema(&mut wanted, self.schema.as_deref());
        Ok(wanted)
    }

    /// The file that says what the definition should be.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.definition.as_deref()
    }

    /// What the database and the file differ in, each with what brings it in; nothing without a file.
    pub(crate) fn drift(&self, connection: &mut Connection) -> Result<Vec<String>> {
        let Some(file) = self.file() else { return Ok(Vec::new()) };
        let schema = self.schema.as_ref().map(|schema| format!(" --schema {schema}")).unwrap_or_default();
        let brings = format!("spectrum deploy --definition {}{schema} brings it in", file.display());
        let differences = drift(connection, self.wanted()?)?;
        Ok(differences.iter().map(|what| format!("{what} in the definition file; {brings}")).collect())
    }
}

/// What a file says.
fn said(file: Option<&Path>) -> Result<Wanted> {
    let Some(path) = file else { return Ok(Wanted::default()) };
    Wanted::from_toml(&read(path)?).with_context(|| format!("in {}", path.display()))
}

fn in_schema(wanted: &mut Wanted, schema: Option<&str>) {
    if let Some(schema) = schema {
        wanted.names.schema = Some(schema.to_owned());
    }
}
