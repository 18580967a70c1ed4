//! Histories of `cases/histories/`, each run of which is a file that a state takes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spectrum_core::SessionDefinition;
use spectrum_engine::{
    IdFate, Input, InputOptions, RunOptions, State, StateOptions, Target, Watch, run_with_state,
};
use spectrum_testkit::{Happens, History, HistorySession, all_histories};

/// The fields of a CSV's lines behind its header; no value of a history holds a comma.
fn lines(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn instant(text: &str) -> String {
    text.replace('T', " ")
}

fn changes(path: &Path) -> Vec<(String, Option<String>, String)> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut changes = Vec::new();
    for batch in reader.map(Result::unwrap) {
        let column = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let (change, before, now) = (column("change"), column("session_id_before"), column("session_id"));
        let owned = |text: Option<&str>| text.map(str::to_owned);
        for ((change, before), now) in change.iter().zip(&before).zip(&now) {
            changes.push((owned(change).unwrap(), owned(before), owned(now).unwrap()));
        }
    }
    changes.sort();
    changes
}

fn hold(history: &History) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let builder = SessionDefinition::builder().key(["user_id"]).id(history.id.parse().unwrap());
    let definition = builder.gap(history.gap.parse().unwrap()).build().unwrap();
    let watch = Watch::default();
    let (mut letters_of_aliases, mut runs) = (BTreeMap::new(), 0);
    for (at, run) in history.runs.iter().enumerate() {
        let place = format!("{}, run {}: {}", history.name, at + 1, history.shows);
        let file = path(&format!("{}.csv", at + 1));
        match &run.happens {
            Happens::Events(events) => {
                let lines = events.iter().map(|event| event.join(",") + "\n").collect::<String>();
                fs::write(&file, format!("event_id,user_id,occurred_at\n{lines}")).unwrap();
            }
            Happens::CopyOf(of) => {
                fs::copy(path(&format!("{of}.csv")), &file).unwrap();
            }
            Happens::Delete(_) => unreachable!("files take nothing away"),
        }
        let input = Input::find(&[file.display().to_string()], &InputOptions::default(), &watch).unwrap();
        let options = RunOptions::new(Target::File(path("out/")));
        let mut state = StateOptions::new(path("state"));
        state.lateness = run.lateness.as_ref().map(|lateness| lateness.parse().unwrap());
        state.rejects = run.lateness.as_ref().map(|_| Target::File(path("late/")));
        let report = run_with_state(input, &definition, &options, &state, &watch).unwrap();
        let brings_something = matches!(run.happens, Happens::Events(_));
        runs += u64::from(brings_something);
        assert_eq!((report.run, report.taken.is_some()), (runs, brings_something), "{place}");

        let state = State::open(&path("state")).unwrap();
        state.write_sessions(&Target::File(path("sessions.csv")), None, true, &watch).unwrap();
        let session = |line: &Vec<String>| HistorySession {
            id: line[0].clone(),
            key: line[1].clone(),
            start: instant(&line[3]),
            end: instant(&line[4]),
            events: line[6].parse().unwrap(),
        };
        let mut sessions: Vec<HistorySession> = lines(&path("sessions.csv")).iter().map(session).collect();
        sessions.sort();
        assert_eq!(sessions, run.sessions, "{place}");

        let rejected = path(&format!("late/late-{runs}.csv"));
        let rejected = if rejected.exists() { lines(&rejected) } else { Vec::new() };
        assert_eq!(
            rejected.iter().map(|line| &line[0]).collect::<Vec<_>>(),
            run.rejected.iter().collect::<Vec<_>>()
        );
        if brings_something {
            assert_eq!(changes(&path(&format!("state/changes-{runs}.parquet"))), run.changes, "{place}");
            // What was written has the ids of its sessions.
            for line in lines(&path(&format!("out/{}.csv", at + 1))) {
                let time = instant(&line[2]);
                let holds = |session: &&HistorySession| {
                    session.key == line[1] && (&session.start..=&session.end).contains(&&time)
                };
                assert_eq!(sessions.iter().find(holds).unwrap().id, line[3], "{place}");
            }
        }
        assert_eq!(state.describe().unwrap().aliases, run.aliases.len() as u64, "{place}");
        letters_of_aliases.extend(run.aliases.clone());
        for (alias, now) in &run.aliases {
            let IdFate::Alias { now: session, .. } = state.resolve(alias).unwrap() else {
                panic!("{place}: {alias} leads to none")
            };
            assert_eq!(session.id, *now, "{place}");
        }
        for session in &sessions {
            let fate = state.resolve(&session.id).unwrap();
            assert!(matches!(fate, IdFate::Current(now) if now.events == session.events), "{place}");
        }
    }
    if definition.id().needs_memory() {
        // No alias was forgotten on the way.
        let last = history.runs.last().unwrap();
        assert_eq!(letters_of_aliases.len(), last.aliases.len(), "{}", history.name);
    }
}

#[test]
fn files_in_runs() {
    let histories = all_histories().unwrap();
    let of_files: Vec<&History> = histories.iter().filter(|history| history.is_of_files()).collect();
    assert!(of_files.len() >= 12, "there are {}", of_files.len());
    of_files.into_iter().for_each(hold);
}
