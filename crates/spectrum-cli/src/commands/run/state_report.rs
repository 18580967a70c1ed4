//! What a run with a state tells.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use spectrum_core::SessionDefinition;
use spectrum_engine::StateReport;

use crate::numbers::{self, count, counted, instant};
use crate::rule_words::{listed, outside, rules};
use crate::unusual_times;

/// What is told of a run.
pub(super) struct Told<'a> {
    pub(super) report: &'a StateReport,
    pub(super) definition: &'a SessionDefinition,
    /// The state's.
    pub(super) folder: &'a Path,
    /// How many files were looked at.
    pub(super) files: u64,
    pub(super) took: Duration,
}

/// For people; `output` is where the events went.
pub(super) fn as_text(told: &Told<'_>, output: &str) -> String {
    let Told { report, definition, folder, files, took } = *told;
    let mut lines = Vec::new();
    match &report.taken {
        None => lines.push(match files {
            1 => "nothing new: the file was taken before".to_owned(),
            files => format!("nothing new: all {} files were taken before", count(files)),
        }),
        Some(taken) => {
            lines.push(format!(
                "{} of {} new {}",
                counted(taken.events, "event", "events"),
                count(report.files),
                if report.files == 1 { "file" } else { "files" },
            ));
            lines.push(format!("  gap    {}, ids {}", definition.gap(), definition.id()));
            lines.extend(listed(definition));
            if let Some((first, last)) = taken.span {
                let at = |time| instant(time, taken.unit, taken.zoned);
                lines.push(format!(
                    "  span   {} to {}, of the sessions that they are in",
                    at(first),
                    at(last)
                ));
            }
            if taken.dropped > 0 {
                lines.push(format!("  dropped {} without a time", counted(taken.dropped, "event", "events")));
            }
            if taken.dropped_null_keys > 0 {
                let events = counted(taken.dropped_null_keys, "event", "events");
                lines.push(format!("  dropped {events} with a NULL in the key"));
            }
            lines.extend(
                outside(taken.not_taking_part, 0).into_iter().map(|events| format!("  outside {events}")),
            );
            if report.rejected > 0 {
                lines.push(format!(
                    "  rejects {} that came too late",
                    counted(report.rejected, "event", "events")
                ));
            }
            let changes = &report.changes;
            let mut changed = Vec::new();
            for (number, word) in [
                (changes.new, "new"),
                (changes.extended, "longer than before"),
                (changes.merged, "joined of several"),
                (changes.renumbered, "renumbered"),
            ] {
                changed.extend((number > 0).then(|| format!("{} {word}", count(number))));
            }
            if changed.is_empty() {
                changed.push("none is new or longer".to_owned());
            }
            lines.push(format!("  sessions: {}", changed.join(", ")));
            if report.kept_ids > 0 {
                lines.push(format!("  kept   {}", counted(report.kept_ids, "published id", "published ids")));
            }
            lines.extend(taken.digest.map(|digest| format!("  digest {digest}")));
        }
    }
    let other_names = report.left_out.iter().filter_map(|file| Some((file, file.same_as.as_ref()?)));
    for (file, same_as) in other_names {
        lines.push(format!("  left out {}, which has the bytes of {}", file.name, same_as.display()));
    }
    let again = report.left_out.iter().filter(|file| file.same_as.is_none()).count() as u64;
    if again > 0 && report.taken.is_some() {
        lines.push(format!("  left out {} taken before", counted(again, "file", "files")));
    }
    lines.push(format!(
        "  state  {} of {} after run {} in {}",
        counted(report.sessions, "session", "sessions"),
        counted(report.events, "event", "events"),
        count(report.run),
        folder.display(),
    ));
    let anew = (!report.rewritten.is_empty()).then(|| {
        let files =
            counted(report.rewritten.len() as u64, "output of an earlier run", "outputs of earlier runs");
        format!("  anew   {files}")
    });
    if let Some(taken) = &report.taken {
        lines.push(format!("  wrote  {output}"));
        lines.extend(anew);
        lines.push(format!("  took   {}", numbers::took(took, taken.events)));
    } else {
        lines.extend(anew);
    }
    lines.join("\n")
}

/// For programs: what a run without a state tells, and what became of the state.
pub(super) fn as_json(told: &Told<'_>) -> Value {
    let Told { report, definition, folder, took, .. } = *told;
    let taken = report.taken.as_ref();
    let at = |time| taken.map(|taken| instant(time, taken.unit, taken.zoned));
    let span = taken.and_then(|taken| taken.span);
    json!({
        "run": report.run,
        "gap": definition.gap().to_string(),
        "id": definition.id().to_string(),
        "new_files": report.files,
        "left_out": report.left_out.iter().map(|file| json!({
            "file": file.name,
            "same_as": file.same_as.as_ref().map(|path| path.display().to_string()),
        })).collect::<Vec<_>>(),
        "events": taken.map_or(0, |taken| taken.events),
        "first": span.and_then(|(first, _)| at(first)),
        "last": span.and_then(|(_, last)| at(last)),
        "dropped_null_time": taken.map_or(0, |taken| taken.dropped),
        "dropped_null_key": taken.map_or(0, |taken| taken.dropped_null_keys),
        "rules": rules(definition),
        "not_taking_part": taken.map_or(0, |taken| taken.not_taking_part),
        "unusual_times": unusual_times::as_json(taken.and_then(|taken| taken.unusual_times.as_ref())),
        "kept_ids": report.kept_ids,
        "rejected": report.rejected,
        "digest": taken.and_then(|taken| taken.digest).map(|digest| digest.to_string()),
        "sessions": {
            "new": report.changes.new,
            "extended": report.changes.extended,
            "merged": report.changes.merged,
            "renumbered": report.changes.renumbered,
        },
        "keys": taken.map_or(0, |taken| taken.keys),
        "without_session": taken.map_or(0, |taken| taken.without_session),
        "null_key_events": taken.map_or(0, |taken| taken.null_key_events),
        "null_id_events": taken.map_or(0, |taken| taken.null_id_events),
        "shared_ids": taken.map_or(0, |taken| taken.shared_ids),
        "lost_numbers": taken.map_or(0, |taken| taken.lost_numbers),
        "state": {
            "folder": folder.display().to_string(),
            "sessions": report.sessions,
            "events": report.events,
        },
        "outputs": paths(&report.outputs),
        "rewritten": paths(&report.rewritten),
        "not_rewritten": report.not_rewritten.iter().map(|output| json!({
            "output": output.output.display().to_string(),
            "why": output.why,
        })).collect::<Vec<_>>(),
        "brought_to_an_end": paths(&report.brought_to_an_end),
        "seconds": took.as_secs_f64(),
        "events_per_second": taken.map_or(0, |taken| taken.events) as f64 / took.as_secs_f64().max(1e-9),
    })
}

fn paths(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}
