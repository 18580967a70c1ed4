//! `spectrum drop`: away with what Spectrum made.

use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use spectrum_postgres::{DropOptions, DropPlan, drop_deployment, plan_drop};

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::interrupt;
use crate::timeouts::TimeoutFlags;

/// Remove what Spectrum made in PostgreSQL, and nothing else
///
/// The events stay. So does everything that Spectrum did not make: an object that reads one of these relations is
/// named, and that relation is not dropped, unless --cascade is given.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Say what would go, and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Also drop objects of others that depend on these relations
    #[arg(long)]
    cascade: bool,
    /// Also drop the events of partitions that are gone, which deploy --on-detach keep kept
    #[arg(long)]
    with_kept_events: bool,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print what went as one JSON object
    #[arg(long)]
    json: bool,
    /// Print nothing of what went, unless --json asks for it
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum drop --dry-run
  spectrum drop --yes";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let mut connection = arguments.database.server()?.connect("spectrum drop")?;
    interrupt::cancelling(connection.canceller());
    let options = DropOptions {
        cascade: arguments.cascade,
        with_kept_events: arguments.with_kept_events,
        limits: arguments.timeouts.limits(),
    };
    let plan = plan_drop(&mut connection, &wanted, &options)?;
    if arguments.dry_run {
        return Ok(print(&told(&plan, "would go", arguments.json))?);
    }
    if plan.goes.is_empty() {
        return arguments.print(&plan);
    }
    if !arguments.yes && !agreed(&plan)? {
        bail!("nothing was dropped");
    }
    arguments.print(&drop_deployment(&mut connection, &wanted, &options)?)
}

impl Arguments {
    /// Says what was dropped, if anybody wants to know.
    fn print(&self, plan: &DropPlan) -> Result<()> {
        if self.quiet && !self.json {
            return Ok(());
        }
        Ok(print(&told(plan, "dropped", self.json))?)
    }
}

fn told(plan: &DropPlan, verb: &str, json: bool) -> String {
    if json {
        return json!({ verb.replace(' ', "_"): plan.goes }).to_string();
    }
    if plan.goes.is_empty() {
        return "nothing here was made by Spectrum".to_owned();
    }
    plan.goes.iter().map(|what| format!("{verb} {what}")).collect::<Vec<_>>().join("\n")
}

/// Asks on the terminal.
fn agreed(plan: &DropPlan) -> Result<bool> {
    if !stdin().is_terminal() {
        bail!("spectrum drop asks before it drops, and there is no terminal to ask on; say --yes");
    }
    note(&told(plan, "would go:", false));
    note("Drop all of this? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
