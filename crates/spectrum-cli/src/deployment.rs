//! The flags that say what is deployed, and where.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use spectrum_core::SessionDefinition;
use spectrum_postgres::Deployment;

use crate::definition::DefinitionFlags;

const HEADING: &str = "Where it stands";

/// What a deployment is made of: the definition with its database parts.
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
}

impl DeploymentFlags {
    /// The checked deployment.
    pub(crate) fn resolve(&self) -> Result<Deployment> {
        let mut definition = self.definition.resolve()?;
        if let Some(table) = &self.table {
            definition = definition.to_builder().table(table).build()?;
        }
        deployment(definition, self.definition.file(), self.schema.as_deref())
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

    /// The deployment to look for.
    pub(crate) fn resolve(&self) -> Result<Deployment> {
        let definition = match &self.definition {
            Some(path) => crate::definition::read(path)?,
            None => SessionDefinition::default(),
        };
        deployment(definition, self.definition.as_deref(), self.schema.as_deref())
    }

    /// Whether a file says what the definition should be.
    pub(crate) fn has_definition(&self) -> bool {
        self.definition.is_some()
    }
}

fn deployment(
    definition: SessionDefinition,
    file: Option<&Path>,
    schema: Option<&str>,
) -> Result<Deployment> {
    let mut deployment = match file {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Deployment::from_toml(definition, &text).with_context(|| format!("in {}", path.display()))?
        }
        None => Deployment::new(definition)?,
    };
    if let Some(schema) = schema {
        schema.clone_into(&mut deployment.names.schema);
    }
    Ok(deployment.checked()?)
}
