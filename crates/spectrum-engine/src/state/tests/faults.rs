//! Runs that are killed at named places, and others that come in between.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use spectrum_core::{IdScheme, SessionDefinition};

use super::{find, folder_in_memory};
use crate::counting::Counting;
use crate::state::fault::{self, Place};
use crate::state::{State, StateError, StateOptions, StateReport, run_with_state};
use crate::{EngineError, InputOptions, Result, RunOptions, Target, Watch};

/// Ann's two visits, which are one with what she did at 10:30.
const FIRST: &str = "k,t\nann,2026-03-02T10:00:00Z\nann,2026-03-02T11:00:00Z\n";
const BETWEEN: &str = "k,t\nann,2026-03-02T10:30:00Z\n";
const OTHER: &str = "k,t\nbob,2026-03-02T10:30:00Z\n";

fn definition() -> SessionDefinition {
    SessionDefinition::builder().key(["k"]).time("t").id(IdScheme::Persistent).build().unwrap()
}

/// Takes whatever is in the folder `in`; outputs go to `out/`.
fn take(folder: &Path) -> Result<StateReport> {
    let mut options = RunOptions::new(Target::File(folder.join("out/")));
    options.clean = true;
    let mut state = StateOptions::new(folder.join("state"));
    state.rewrite = true;
    run_with_state(find(&folder.join("in")), &definition(), &options, &state, &Watch::default())
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join("in")).unwrap();
    fs::write(folder.join("in").join(name), text).unwrap();
}

fn outputs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("out")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const PLACE: &str = "SPECTRUM_TEST_DIES_AT";
const FOLDER: &str = "SPECTRUM_TEST_DIES_IN";

/// The process that is killed.
#[test]
#[ignore = "it is run by another test, and ends its process"]
fn dies() {
    let place = std::env::var(PLACE).unwrap();
    fault::on(move |here| {
        if format!("{here:?}") == place {
            std::process::abort();
        }
    });
    take(Path::new(&std::env::var(FOLDER).unwrap())).unwrap();
}

fn die(folder: &Path, place: Place) -> ExitStatus {
    let name = module_path!().split_once("::").unwrap().1;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{name}::dies"), "--ignored"])
        .env(PLACE, format!("{place:?}"))
        .env(FOLDER, folder)
        .output()
        .unwrap()
        .status
}

/// Two new outputs, and one of an earlier run that is written anew: all of them have today's ids in the end, wherever the run
/// is killed.
#[test]
fn a_run_that_is_killed_between_the_state_and_the_names_is_brought_to_its_end() {
    let whole = folder_in_memory();
    let mut expected = Vec::new();
    for place in [None, Some(Place::Written), Some(Place::Advanced), Some(Place::Named)] {
        let temporary = folder_in_memory();
        let folder = if place.is_none() { whole.path() } else { temporary.path() };
        put(folder, "first.csv", FIRST);
        take(folder).unwrap();
        let before = fs::read_to_string(folder.join("out/first.csv")).unwrap();
        put(folder, "between.csv", BETWEEN);
        put(folder, "other.csv", OTHER);
        let files = ["between.csv", "first.csv", "other.csv"];
        let read = || files.map(|name| fs::read_to_string(folder.join("out").join(name)).unwrap());
        let Some(place) = place else {
            let report = take(folder).unwrap();
            assert_eq!((report.run, report.files, report.rewritten.len()), (2, 2, 1));
            expected = read().to_vec();
            assert_ne!(expected[1], before);
            continue;
        };
        assert!(!die(folder, place).success(), "{place:?}");
        let is_in_state = State::open(&folder.join("state")).unwrap().describe().unwrap().runs == 2;
        assert_eq!(is_in_state, place != Place::Written);
        if place != Place::Named {
            assert_eq!(fs::read_to_string(folder.join("out/first.csv")).unwrap(), before, "{place:?}");
            assert!(!folder.join("out/other.csv").exists());
        }
        let report = take(folder).unwrap();
        assert_eq!(report.taken.is_some(), place == Place::Written, "{place:?}");
        let named = if place == Place::Advanced { 3 } else { 0 };
        assert_eq!(report.brought_to_an_end.len(), named, "{place:?}");
        assert_eq!(read().to_vec(), expected, "{place:?}");
        assert_eq!(outputs(folder), files, "{place:?}");
        assert!(!folder.join("state/outputs.json").exists());
    }
}

#[test]
fn a_state_that_a_run_replaces_is_looked_at_again() {
    let temporary = folder_in_memory();
    let folder = temporary.path();
    put(folder, "first.csv", FIRST);
    take(folder).unwrap();
    let mut looks = 0;
    let sessions = State::look(&folder.join("state"), |state| {
        looks += 1;
        if looks == 1 {
            put(folder, "between.csv", BETWEEN);
            take(folder).unwrap();
        }
        state.describe().map(|description| description.sessions)
    });
    assert_eq!((sessions.unwrap(), looks), (1, 2));
    // What is damaged stays so, however often it is looked at.
    let part = folder.join("state/sessions-2-1.parquet");
    fs::remove_file(&part).unwrap();
    looks = 0;
    let damaged = State::look(&folder.join("state"), |state| {
        looks += 1;
        state.describe()
    });
    let damaged = damaged.unwrap_err();
    assert!(matches!(&damaged, EngineError::State(StateError::Damaged { file, .. }) if *file == part));
    assert_eq!(looks, 1);
}

/// A file with the bytes of one that was taken is read once to find that out, and again when it has changed.
#[test]
fn what_was_seen_is_not_read_again() {
    let temporary = folder_in_memory();
    let folder = temporary.path();
    put(folder, "first.csv", FIRST);
    take(folder).unwrap();
    put(folder, "twin.csv", FIRST);
    let read = Rc::new(Cell::new(0));
    let look = || {
        let mut input = crate::Input::find(
            &[folder.join("in").display().to_string()],
            &InputOptions::default(),
            &Watch::default(),
        )
        .unwrap();
        let store = Arc::new(Counting::default());
        let bytes = Arc::clone(&store.bytes);
        input.files.iter_mut().for_each(|file| file.store = store.clone());
        let (options, state) =
            (RunOptions::new(Target::File(folder.join("out/"))), StateOptions::new(folder.join("state")));
        let report = run_with_state(input, &definition(), &options, &state, &Watch::default()).unwrap();
        assert_eq!((report.taken.is_some(), report.left_out.len()), (false, 2));
        read.set(bytes.load(Ordering::Relaxed));
        report.left_out.iter().filter(|file| file.same_as.is_some()).count()
    };
    let size = FIRST.len() as u64;
    assert_eq!(look(), 1);
    assert!(read.get() >= size);
    assert_eq!((look(), read.get()), (1, 0));
    // A file that was taken and is touched is another one until it was looked at.
    let touch = |name: &str| {
        let file = fs::File::options().append(true).open(folder.join("in").join(name)).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    };
    touch("first.csv");
    touch("twin.csv");
    assert_eq!(look(), 1);
    assert!(read.get() >= 2 * size);
    assert_eq!((look(), read.get()), (1, 0));
    // What nobody can read is as good as nothing.
    fs::write(folder.join("state/seen.json"), "{}").unwrap();
    assert_eq!(look(), 1);
    assert!(read.get() >= 2 * size);
    assert_eq!((look(), read.get()), (1, 0));
}
