//! `spectrum refresh`: sessions and materialized views made fresh, once or on a schedule.

pub(super) mod counts;
mod endpoint;
mod every;
mod metrics;
mod page;
mod report;
mod taken_in;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use spectrum_postgres::{Deployment, Event, Outcome, RefreshOptions, RefreshReport, Server};
use spectrum_sql::TableName;

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::exit::Partly;
use crate::interrupt;
use crate::period::Period;
use crate::postgres_remedy::{all_told, told};
use crate::steps::Steps;
use crate::timeouts::TimeoutFlags;

/// Refresh the sessions and other materialized views, in the order in which they read each other
///
/// Views that are populated and have a unique index are refreshed CONCURRENTLY, so that readers go on. A view that
/// fails does not stop those that do not read it. Sessions deployed with --mode incremental are updated with the
/// events written since the last refresh, and the report counts what changed; --concurrently does not apply to them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Refresh this view too, beside those of the deployment; may be given again
    #[arg(long, value_name = "NAME", value_parser = TableName::parse, help_heading = "What to refresh")]
    view: Vec<TableName>,
    /// Refresh all materialized views of this schema, which is then also where the sessions are looked for
    /// [default: the sessions and their summary in analytics]
    #[arg(long, value_name = "NAME", help_heading = "What to refresh")]
    schema: Option<String>,
    // Not a doc comment: rustdoc would take the brackets for links.
    #[arg(
        long,
        value_name = "FILE",
        help = "Read names of relations and views to refresh from [postgres] and [refresh] of a spectrum.toml",
        help_heading = "What to refresh"
    )]
    definition: Option<PathBuf>,
    /// Refresh only what --view and --schema name
    #[arg(long, help_heading = "What to refresh")]
    only: bool,
    /// Whether views are refreshed CONCURRENTLY where they can be
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = "How")]
    concurrently: Concurrently,
    /// Wait while another command works on these sessions, instead of giving up
    #[arg(long, help_heading = "How")]
    wait: bool,
    /// Refresh now and then again at this interval, as in 5m, until Ctrl-C or SIGTERM
    #[arg(long, value_name = "DURATION", help_heading = "On a schedule")]
    every: Option<Period>,
    /// Serve metrics for Prometheus on this address, as in 127.0.0.1:9187
    #[arg(long, value_name = "ADDRESS", requires = "every", help_heading = "On a schedule")]
    metrics: Option<String>,
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print the report as one JSON object; with --every one object per run, each on its own line
    #[arg(long)]
    json: bool,
    /// Print no report, only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Concurrently {
    /// Where a view is populated and has a unique index
    Auto,
    /// Nowhere: quicker when most of a view changes, but readers wait
    Never,
}

const EXAMPLES: &str = "\
Examples:
  spectrum refresh
  spectrum refresh --view analytics.daily_sessions --view analytics.funnel
  spectrum refresh --schema analytics --lock-timeout 30s --statement-timeout 1h
  spectrum refresh --only --view analytics.funnel
  spectrum refresh --every 5m --metrics 127.0.0.1:9187

Views to refresh every time can be listed in spectrum.toml:
  [refresh]
  views = [\"analytics.daily_sessions\", \"analytics.funnel\"]

Exit codes: 3 when a view was not refreshed though others were, or when what is written to the events does not \
reach the sessions (triggers that are disabled, a table that took the place of the events), 4 when another \
command is working on these sessions. With --every, Ctrl-C and SIGTERM end with 0.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let deployed = DeployedFlags::new(arguments.definition.clone(), arguments.schema.clone());
    let deployment = deployed.resolve()?;
    let options = arguments.options()?;
    let server = arguments.database.server()?;
    match arguments.every {
        Some(every) => every::run(arguments, &server, &deployment, &options, every.length()),
        None => once(arguments, &server, &deployment, &options),
    }
}

impl Arguments {
    fn options(&self) -> Result<RefreshOptions> {
        Ok(RefreshOptions {
            views: self.view.clone(),
            schema: self.schema.clone(),
            only: self.only,
            never_concurrently: self.concurrently == Concurrently::Never,
            wait: self.wait,
            limits: self.timeouts.limits(),
        })
    }
}

fn once(
    arguments: &Arguments,
    server: &Server,
    deployment: &Deployment,
    options: &RefreshOptions,
) -> Result<()> {
    let stop = interrupt::stoppable();
    let mut connection = server.connect("spectrum refresh")?;
    let steps = Steps::show(arguments.quiet);
    let done =
        spectrum_postgres::refresh(&mut connection, deployment, options, &stop, &mut |event| match event {
            Event::Waiting { holder, since } if !arguments.quiet => {
                note(&format!("waiting for {holder}{since}"));
            }
            Event::RefreshBegun { relation, method, .. } => steps.begin(&report::begun(relation, method)),
            _ => {}
        });
    drop(steps);
    let report = done?;
    match (arguments.json, arguments.quiet) {
        (true, _) => print(&report::as_json(&report).to_string())?,
        (false, false) => print(&report::as_text(&report))?,
        (false, true) => {
            report::troubles(&report)
                .iter()
                .chain(&all_told(&report.missed))
                .for_each(|trouble| note(trouble));
        }
    }
    if !arguments.json {
        report.notes.iter().for_each(|text| note(&format!("note: {}", told(text))));
    }
    verdict(&report)
}

/// What the exit code is to say.
fn verdict(report: &RefreshReport) -> Result<()> {
    if report.interrupted {
        bail!(spectrum_postgres::PgError::Interrupted);
    }
    if report.is_complete() && report.missed.is_empty() {
        return Ok(());
    }
    if report.is_complete() {
        bail!(Partly("the sessions may lack what was written to the events".to_owned()));
    }
    let undone = report.views.len() - report.count(Outcome::Ok);
    let all = report::all(report);
    bail!(Partly(format!("{undone} of {all} {} not refreshed", if undone == 1 { "was" } else { "were" })))
}
