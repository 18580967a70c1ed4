//! `spectrum erase`: a person's rows out of everything that Spectrum keeps, with a receipt.

use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use spectrum_postgres::{EraseOptions, Receipt, erase, plan_erase, vacuum_erased};

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::exit::Partly;
use crate::interrupt;
use crate::numbers::{count, counted};
use crate::postgres_remedy::{all_told, told};
use crate::timeouts::TimeoutFlags;

/// Remove a person's rows from everything that Spectrum keeps in PostgreSQL, and print a receipt
///
/// Everything goes in one transaction, or nothing. It is refused while the events table still holds events of the
/// person, because the next refresh would make sessions of them again; --events deletes them too.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Whose rows go: a column of the key and its value; may be given again for other columns of the key
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = column_and_value, required = true, help_heading = "Who")]
    key: Vec<(String, String)>,
    /// Delete the person's events from the events table too
    #[arg(long, help_heading = "What")]
    events: bool,
    /// Run VACUUM (ANALYZE) afterwards, so that dead row versions and statistics go too
    #[arg(long, help_heading = "What")]
    vacuum: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Count what would go, and touch nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print the receipt as one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum erase --key user_id=42 --dry-run
  spectrum erase --key user_id=42 --events
  spectrum erase --key user_id=42 --key account_id=7 --events --vacuum --yes --json

Not covered: dead row versions and planner statistics, which hold values until VACUUM and ANALYZE; \
the server's log, its write-ahead log, backups and replicas; detached partitions; files that \
spectrum run made.";

/// What the receipt says of places that nothing here reaches.
const ELSEWHERE: [&str; 3] = [
    "the server's log, its write-ahead log, backups and replicas",
    "partitions that were detached from the events table",
    "files that spectrum run made",
];

/// The same of what VACUUM clears.
const UNTIL_VACUUM: &str =
    "dead row versions and planner statistics of these relations, until VACUUM (ANALYZE)";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let options = EraseOptions {
        key: arguments.key.clone(),
        events: arguments.events,
        limits: arguments.timeouts.limits(),
    };
    let mut connection = arguments.database.server()?.connect("spectrum erase")?;
    interrupt::cancelling(connection.canceller());
    if arguments.dry_run {
        let plan = plan_erase(&mut connection, &wanted, &options)?;
        return Ok(print(&match arguments.json {
            true => as_json(&plan, &not_covered(&plan, false), "would_remove").to_string(),
            false => planned(&plan, arguments.events),
        })?);
    }
    if !arguments.yes {
        if !stdin().is_terminal() {
            bail!("spectrum erase asks before it erases, and there is no terminal to ask on; say --yes");
        }
        let plan = plan_erase(&mut connection, &wanted, &options)?;
        // What is refused is refused before anybody is asked.
        if (plan.events_found == 0 || arguments.events) && !agreed(&plan, arguments.events)? {
            bail!("nothing was erased");
        }
    }
    let receipt = erase(&mut connection, &wanted, &options)?;
    let vacuumed = match arguments.vacuum {
        true => Some(vacuum_erased(&mut connection, &receipt)),
        false => None,
    };
    // A receipt is due whatever became of the vacuum.
    let passed_over = match &vacuumed {
        Some(Ok(done)) => done.iter().filter(|(_, done)| !done).map(|(name, _)| name.to_string()).collect(),
        _ => Vec::new(),
    };
    let all_vacuumed = matches!(&vacuumed, Some(Ok(_))) && passed_over.is_empty();
    let not_covered = not_covered(&receipt, all_vacuumed);
    print(&match arguments.json {
        true => as_json(&receipt, &not_covered, "removed").to_string(),
        false => as_text(&receipt, &not_covered, all_vacuumed),
    })?;
    match vacuumed {
        Some(Err(error)) => bail!(Partly(format!("erased, and not vacuumed: {}", told(&error.message())))),
        Some(Ok(_)) if !passed_over.is_empty() => bail!(Partly(format!(
            "erased, and not vacuumed for want of rights: {}; let their owner run VACUUM (ANALYZE)",
            passed_over.join(", ")
        ))),
        _ => Ok(()),
    }
}

fn column_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("write a column of the key and its value, as in user_id=42".to_owned()),
    }
}

/// Asks on the terminal.
fn agreed(plan: &Receipt, events: bool) -> Result<bool> {
    note(&planned(plan, events));
    note("Erase all of this, for good? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Whose rows they are.
fn who(receipt: &Receipt) -> String {
    let key = receipt.key.iter().map(|(column, value)| format!("{column} '{value}'"));
    key.collect::<Vec<_>>().join(" and ")
}

fn planned(plan: &Receipt, events: bool) -> String {
    let mut lines = vec![format!("would erase {} in database {}", who(plan), plan.database)];
    if events {
        lines.push(format!("  {}: {}", plan.events, rows(plan.events_found)));
    }
    lines.extend(
        plan.relations.iter().map(|erased| format!("  {}: {}", erased.relation, rows(erased.removed))),
    );
    lines.extend(texts(plan, "would be cleared"));
    if plan.events_found > 0 && !events {
        lines.push(format!(
            "refused while {} holds {} of them; delete them there first, or say --events to delete them too",
            plan.events,
            counted(plan.events_found, "event", "events")
        ));
    }
    lines.join("\n")
}

fn as_text(receipt: &Receipt, not_covered: &[String], vacuumed: bool) -> String {
    let mut lines = vec![
        format!("erased {} in database {}", who(receipt), receipt.database),
        format!("  at {} UTC", receipt.at),
    ];
    lines.extend(receipt.relations.iter().map(|erased| {
        format!("  {}: {} removed, {} remain", erased.relation, rows(erased.removed), count(erased.remain))
    }));
    if receipt.events_found == 0 {
        lines.push(format!("  {}: held no event of them", receipt.events));
    }
    lines.extend(texts(receipt, "cleared"));
    if vacuumed {
        lines.push("  vacuumed".to_owned());
    }
    lines.push("not covered:".to_owned());
    lines.extend(not_covered.iter().map(|what| format!("  {what}")));
    lines.join("\n")
}

fn rows(number: u64) -> String {
    counted(number, "row", "rows")
}

/// The line about the refresh log, if there is anything to say.
fn texts(receipt: &Receipt, done: &str) -> Option<String> {
    (receipt.log_texts > 0).then(|| {
        let texts = counted(receipt.log_texts, "error text", "error texts");
        format!("  the refresh log: {texts} that named them or their events, {done}")
    })
}

fn not_covered(receipt: &Receipt, vacuumed: bool) -> Vec<String> {
    let until_vacuum = (!vacuumed).then(|| UNTIL_VACUUM.to_owned());
    let elsewhere = ELSEWHERE.iter().map(|text| (*text).to_owned());
    all_told(&receipt.not_covered).into_iter().chain(until_vacuum).chain(elsewhere).collect()
}

fn as_json(receipt: &Receipt, not_covered: &[String], verb: &str) -> serde_json::Value {
    let key: serde_json::Map<_, _> =
        receipt.key.iter().map(|(column, value)| (column.clone(), json!(value))).collect();
    let relations: Vec<_> = receipt
        .relations
        .iter()
        .map(|erased| json!({ "relation": erased.relation.to_string(), verb: erased.removed, "remain": erased.remain }))
        .collect();
    json!({
        "at": format!("{} UTC", receipt.at),
        "database": receipt.database,
        "key": key,
        "relations": relations,
        "events": { "relation": receipt.events.to_string(), "found": receipt.events_found },
        "refresh_log_texts": receipt.log_texts,
        "not_covered": not_covered,
    })
}
