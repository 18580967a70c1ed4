//! Whether a contestant's answer is right: before its time counts.

use anyhow::{Context, Result, ensure};

use super::contestants::{Contestant, Work};
use super::tools::{Tools, output};

/// How many events of `answer` differ from what they should be: for session ids from Spectrum's answer, for copies
/// from the input. Fails where none may.
pub(super) fn differing_events(
    tools: &Tools,
    contestant: &Contestant,
    answer: &str,
    spectrum: &str,
    input: &str,
) -> Result<u64> {
    let (expected, columns) = match contestant.work {
        Work::Sessions | Work::SessionsButForTies => (spectrum, &["user_id", "account_id", "session_id"][..]),
        Work::Copy => (input, &["user_id", "account_id"][..]),
    };
    let mut compare = tools.command(&tools.python);
    compare.args(["bench/differing_rows.py", expected, answer, "event_id"]).args(columns);
    let printed = output(&mut compare)?;
    let differing = printed.parse().with_context(|| format!("bench/differing_rows.py said '{printed}'"))?;
    ensure!(
        differing == 0 || contestant.work == Work::SessionsButForTies,
        "{} gave {differing} events of {input} otherwise than {expected} has them",
        contestant.name
    );
    Ok(differing)
}
