//! Histories: events that come in several runs, or go again, and what there is after each of them. Their form is in
//! `cases/README.md`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::Value;

/// One history of `cases/histories/*.toml`, with ids in the place of their letters.
#[derive(Debug, Clone)]
pub struct History {
    /// Its name, unique among all files.
    pub name: String,
    /// One sentence saying what it shows.
    pub shows: String,
    /// The id scheme.
    pub id: String,
    /// The longest pause inside a session.
    pub gap: String,
    /// What happens, in this order.
    pub runs: Vec<Run>,
}

/// What happens between two looks, and what there is after that.
#[derive(Debug, Clone)]
pub struct Run {
    /// What happens.
    pub happens: Happens,
    /// How late events may be, of files.
    pub lateness: Option<String>,
    /// The ids of events that come later than that.
    pub rejected: Vec<String>,
    /// All sessions, by key and start.
    pub sessions: Vec<HistorySession>,
    /// What became of sessions: what it is called, the id before, and the id now.
    pub changes: Vec<(String, Option<String>, String)>,
    /// Every id that leads to another, and where it leads.
    pub aliases: BTreeMap<String, String>,
    /// Every id whose session is gone.
    pub gone: Vec<String>,
}

/// What happens in a run.
#[derive(Debug, Clone)]
pub enum Happens {
    /// Events come: their ids, keys and times. Of files, a new file brings them.
    Events(Vec<[String; 3]>),
    /// Events are deleted, by their ids, which databases alone know.
    Delete(Vec<String>),
    /// The file of this run, from 1, comes once more under another name.
    CopyOf(usize),
}

/// A session as it is after a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistorySession {
    /// Its key.
    pub key: String,
    /// Its first instant, as `2026-01-01 10:00:00`.
    pub start: String,
    /// Its last.
    pub end: String,
    /// How many events it has.
    pub events: u64,
    /// Its id.
    pub id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    history: Vec<WrittenHistory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHistory {
    name: String,
    shows: String,
    id: String,
    #[serde(default = "thirty_minutes")]
    gap: String,
    ids: BTreeMap<String, String>,
    run: Vec<WrittenRun>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRun {
    events: Option<Vec<[String; 3]>>,
    delete: Option<Vec<String>>,
    copy_of: Option<usize>,
    lateness: Option<String>,
    #[serde(default)]
    rejected: Vec<String>,
    sessions: Vec<(String, String, String, String, u64)>,
    #[serde(default)]
    changes: Vec<(String, Value, String)>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    #[serde(default)]
    gone: Vec<String>,
}

fn thirty_minutes() -> String {
    "30m".to_owned()
}

/// Every history of the workspace.
pub fn all_histories() -> Result<Vec<History>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/histories"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let (mut histories, mut names) = (Vec::new(), HashSet::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let written: Written = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        for history in written.history {
            let place = format!("{}, {}", path.display(), history.name);
            ensure!(names.insert(history.name.clone()), "{place}: another history has that name");
            histories.push(history.read().with_context(|| place)?);
        }
    }
    ensure!(!histories.is_empty(), "no histories in {}", folder.display());
    Ok(histories)
}

impl WrittenHistory {
    fn read(self) -> Result<History> {
        let Self { name, shows, id, gap, ids, run: runs } = self;
        let mut used = HashSet::new();
        let mut id_of = |letter: &String| -> Result<String> {
            used.insert(letter.clone());
            ids.get(letter).cloned().with_context(|| format!("ids has no {letter}"))
        };
        let mut read = Vec::with_capacity(runs.len());
        for (at, run) in runs.into_iter().enumerate() {
            let happens = match (run.events, run.delete, run.copy_of) {
                (Some(events), None, None) => Happens::Events(events),
                (None, Some(delete), None) => Happens::Delete(delete),
                (None, None, Some(of)) if (1..=at).contains(&of) => Happens::CopyOf(of),
                _ => bail!("run {} has not one of events, delete and copy_of", at + 1),
            };
            let mut sessions = Vec::with_capacity(run.sessions.len());
            for (letter, key, start, end, events) in run.sessions {
                sessions.push(HistorySession { key, start, end, events, id: id_of(&letter)? });
            }
            sessions.sort();
            let mut changes = Vec::with_capacity(run.changes.len());
            for (change, before, now) in run.changes {
                let before = match before {
                    Value::String(letter) => Some(id_of(&letter)?),
                    Value::Table(table) if table.is_empty() => None,
                    other => bail!("{other:?} is not an id, and not {{}}"),
                };
                changes.push((change, before, id_of(&now)?));
            }
            changes.sort();
            let mut aliases = BTreeMap::new();
            for (alias, now) in run.aliases {
                aliases.insert(id_of(&alias)?, id_of(&now)?);
            }
            let gone = run.gone.iter().map(&mut id_of).collect::<Result<Vec<_>>>()?;
            let (lateness, rejected) = (run.lateness, run.rejected);
            read.push(Run { happens, lateness, rejected, sessions, changes, aliases, gone });
        }
        if let Some(letter) = ids.keys().find(|letter| !used.contains(*letter)) {
            bail!("{letter} is an id that nothing has");
        }
        Ok(History { name, shows, id, gap, runs: read })
    }
}

impl History {
    /// Whether files can bring it about, which never take anything away.
    pub fn is_of_files(&self) -> bool {
        !self.runs.iter().any(|run| matches!(run.happens, Happens::Delete(_)))
    }

    /// Whether a table can, which knows no files and takes whatever comes.
    pub fn is_of_tables(&self) -> bool {
        let is_file = |run: &Run| matches!(run.happens, Happens::CopyOf(_)) || run.lateness.is_some();
        !self.runs.iter().any(is_file)
    }
}
