//! `spectrum state`: what a state holds, its sessions as a table, and whether it is right.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spectrum_core::SessionDefinition;
use spectrum_engine::{Format, State, StateDescription, StateVerified, Watch};

use super::{note, print, target};
use crate::exit::Partly;
use crate::inputs::{ReadingFlags, ThreadFlags, TypeFlags};
use crate::interrupt::watched;
use crate::numbers::{bytes, count, counted, instant};
use crate::progress::Progress;
use crate::rule_words::{listed, rules};

/// Look at a state that `spectrum run --state` keeps
///
/// Nothing is changed, and a run may go on meanwhile.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The state's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write all its sessions, one row each, as `spectrum run --sessions` over all files would
    #[arg(long, value_name = "OUT")]
    sessions: Option<String>,
    /// Format of the sessions table, where its name does not tell: parquet, csv, tsv or ndjson
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,
    /// Replace the table if it exists
    #[arg(long)]
    force: bool,
    /// Compute the sessions of these files anew, which must be all that the state has taken, and compare [default: the files as
    /// the state remembers them]
    #[arg(long, value_name = "FILE", num_args = 0..)]
    verify: Option<Vec<String>>,
    #[command(flatten)]
    reading: ReadingFlags,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress, and nothing unless --json asks for it
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum state state/
  spectrum state state/ --sessions sessions.parquet
  spectrum state state/ --verify
  spectrum state state/ --verify 'incoming/*.parquet'

Exit code 3 says that --verify found something. How files are read has to be said as it was to the runs.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let watch = watched();
    let progress = Progress::show(&watch, arguments.quiet);
    let looked = State::look(&arguments.folder, |state| look(arguments, state, &watch))?;
    drop(progress);
    let Looked { definition, description, verified, written } = looked;
    let to_stdout = arguments.sessions.as_deref() == Some("-");
    let text = match (arguments.json, arguments.quiet) {
        (true, _) => Some(as_json(&definition, &description, verified.as_ref()).to_string()),
        (false, true) => None,
        (false, false) => Some(as_text(arguments, &definition, &description, written, verified.as_ref())),
    };
    match text {
        Some(text) if to_stdout => note(&text),
        Some(text) => print(&text)?,
        None => {}
    }
    match verified {
        Some(verified) if !verified.is_right() => {
            Err(Partly("the state is not what its files give".to_owned()).into())
        }
        _ => Ok(()),
    }
}

/// What was found.
struct Looked {
    definition: SessionDefinition,
    description: StateDescription,
    verified: Option<StateVerified>,
    written: Option<u64>,
}

fn look(arguments: &Arguments, state: &State, watch: &Watch) -> Result<Looked> {
    let description = state.describe()?;
    let verified = match &arguments.verify {
        Some(names) => {
            let names = match names[..] {
                [] => description.files.iter().map(|file| file.path.display().to_string()).collect(),
                _ => names.clone(),
            };
            let input = arguments.reading.find(&names, None, &TypeFlags::default())?;
            Some(state.verify(&input, arguments.threads.count(), watch)?)
        }
        None => None,
    };
    // Last, because the rest can be done twice.
    let written = match &arguments.sessions {
        Some(out) => Some(state.write_sessions(&target(out), arguments.to, arguments.force, watch)?),
        None => None,
    };
    Ok(Looked { definition: state.definition().clone(), description, verified, written })
}
fn as_text(
    arguments: &Arguments,
    definition: &SessionDefinition,
    description: &StateDescription,
    written: Option<u64>,
    verified: Option<&StateVerified>,
) -> String {
    let mut lines = vec![
        format!(
            "{} of {} after {} over {}",
            counted(description.sessions, "session", "sessions"),
            counted(description.events, "event", "events"),
            counted(description.runs, "run", "runs"),
            counted(description.files.len() as u64, "file", "files"),
        ),
        format!("  key    {}, time {}", definition.key().join(", "), definition.time()),
        format!("  gap    {}, ids {}", definition.gap(), definition.id()),
    ];
    lines.extend(listed(definition));
    if let Some(latest) = description.latest {
        lines.push(format!(
            "  latest {}; {} not over then",
            instant(latest, description.unit, description.zoned),
            counted(description.open_sessions, "session was", "sessions were"),
        ));
    }
    if description.aliases > 0 {
        lines.push(format!(
            "  ids    {} now",
            counted(description.aliases, "leads to another", "lead to others")
        ));
    }
    lines.push(format!(
        "  size   {} in {} of sessions",
        bytes(description.bytes),
        counted(description.leaves, "file", "files"),
    ));
    if let Some(last) = description.files.last() {
        lines.push(format!(
            "  last   {} in run {}: {}",
            last.path.display(),
            count(last.run),
            counted(last.events, "event", "events"),
        ));
    }
    if !description.outdated.is_empty() {
        let (outputs, them) = match description.outdated.len() {
            1 => ("1 output".to_owned(), "it"),
            outputs => (format!("{} outputs", count(outputs as u64)), "them"),
        };
        lines.push(format!(
            "  behind {outputs} with ids from before; a run with --rewrite writes {them} anew"
        ));
    }
    if let Some(folder) = &description.copy_of {
        lines.push(format!("  copy   of the state in {}, whose outputs are left alone", folder.display()));
    }
    if let (Some(_), Some(out)) = (written, &arguments.sessions) {
        lines.push(format!("  wrote  {}", target(out).name()));
    }
    if let Some(verified) = verified {
        let findings = [
            (verified.missing, "missing or otherwise"),
            (verified.unexpected, "that the files do not give so"),
            (verified.wrong_ids, "with an id that is not theirs"),
            (verified.wrong_values, "of which the summary tells something else"),
            (verified.lost_aliases, "ids that lead to no session"),
        ];
        let findings: Vec<String> = findings
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, words)| format!("{} {words}", count(*number)))
            .collect();
        lines.push(match &findings[..] {
            [] => format!(
                "  verify all {} of the files are here, and no other",
                counted(verified.sessions, "session", "sessions")
            ),
            _ => {
                let left_out = match verified.left_out {
                    0 => String::new(),
                    events => format!(
                        "; {} left out when the files were taken, too late or without a time or key, and may be the reason",
                        counted(events, "event was", "events were")
                    ),
                };
                format!("  verify of {} sessions: {}{left_out}", count(verified.sessions), findings.join(", "))
            }
        });
        let changed = verified.changed.iter();
        lines.extend(changed.map(|(file, run)| {
            format!("  changed since run {}, which took it: {}", count(*run), file.display())
        }));
        let (not_given, not_taken) = (verified.not_given.iter(), verified.not_taken.iter());
        lines.extend(not_given.map(|file| format!("  not given, and taken: {}", file.display())));
        lines.extend(not_taken.map(|file| format!("  given, and never taken: {}", file.display())));
    }
    lines.join("\n")
}

fn as_json(
    definition: &SessionDefinition,
    description: &StateDescription,
    verified: Option<&StateVerified>,
) -> Value {
    json!({
        "runs": description.runs,
        "key": definition.key(),
        "time": definition.time(),
        "gap": definition.gap().to_string(),
        "rules": rules(definition),
        "id": definition.id().to_string(),
        "events": description.events,
        "sessions": description.sessions,
        "open_sessions": description.open_sessions,
        "latest": description.latest.map(|at| instant(at, description.unit, description.zoned)),
        "aliases": description.aliases,
        "outdated": paths(&description.outdated),
        "copy_of": description.copy_of.as_ref().map(|folder| folder.display().to_string()),
        "bytes": description.bytes,
        "files": description.files.iter().map(|file| json!({
            "path": file.path.display().to_string(),
            "md5": file.md5,
            "bytes": file.bytes,
            "events": file.events,
            "run": file.run,
            "output": file.output.as_deref().map(|path: &Path| path.display().to_string()),
        })).collect::<Vec<_>>(),
        "verify": verified.map(|verified| json!({
            "sessions": verified.sessions,
            "missing": verified.missing,
            "unexpected": verified.unexpected,
            "wrong_ids": verified.wrong_ids,
            "wrong_values": verified.wrong_values,
            "lost_aliases": verified.lost_aliases,
            "left_out": verified.left_out,
            "changed": verified.changed.iter().map(|(file, run)| json!({
                "file": file.display().to_string(),
                "run": run,
            })).collect::<Vec<_>>(),
            "not_given": paths(&verified.not_given),
            "not_taken": paths(&verified.not_taken),
        })),
    })
}

fn paths(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}
