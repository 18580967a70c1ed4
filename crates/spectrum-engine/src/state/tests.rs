//! Whatever way events are cut into files and in whatever order these come, the state is that of one run over all of them;
//! and where ids stay, they are those of a model that knows anchors alone.

mod attributes;
mod faults;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use spectrum_core::{AtGap, IdScheme, RuleParts, SessionDefinition};

use super::run::run_in_leaves;
use super::{IdFate, State, StateOptions, StateReport};
use crate::{Input, InputOptions, RunOptions, Target, Watch, run};

/// A small generator of numbers that are random enough (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// How many times more is tried than by default.
fn times() -> u64 {
    std::env::var("SPECTRUM_TEST_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// A key and a minute.
type Event = (u64, i64);

fn events(numbers: &mut Numbers, count: u64) -> Vec<Event> {
    let (keys, minutes) = (1 + numbers.below(6), 200 + numbers.below(3_000));
    (0..count).map(|_| (numbers.below(keys), numbers.below(minutes) as i64)).collect()
}

fn write(path: &Path, events: &[Event]) {
    let mut text = "k,t\n".to_owned();
    for (key, minute) in events {
        let key = if *key == 0 { String::new() } else { key.to_string() };
        let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
        text += &format!("{key},2026-01-{day:02}T{hour:02}:{minute:02}:00Z\n");
    }
    fs::write(path, text).unwrap();
}

fn find(path: &Path) -> Input {
    Input::find(&[path.display().to_string()], &InputOptions::default(), &Watch::default()).unwrap()
}

fn definition(numbers: &mut Numbers, id: IdScheme) -> SessionDefinition {
    let mut rule = RuleParts::default();
    if numbers.below(3) == 0 {
        rule.at_gap = Some(AtGap::New);
    }
    if numbers.below(3) == 0 {
        rule.split_at = Some(Some("06:00".to_owned()));
    }
    let builder = SessionDefinition::builder().key(["k"]).time("t").id(id).rule(rule);
    builder.gap(format!("{}m", 10 + numbers.below(60)).parse().unwrap()).build().unwrap()
}

/// Where there is such a place: the system is asked to write every state to the disk.
fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

struct Files {
    folder: tempfile::TempDir,
    taken: usize,
    most: usize,
    definition: SessionDefinition,
    threads: usize,
    rewrite: bool,
}

impl Files {
    fn new(numbers: &mut Numbers, id: IdScheme) -> Self {
        Self {
            folder: folder_in_memory(),
            taken: 0,
            most: 1 + numbers.below(30) as usize,
            definition: definition(numbers, id),
            threads: 1 + numbers.below(2) as usize,
            rewrite: numbers.below(2) == 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn take(&mut self, events: &[Event]) -> StateReport {
        self.taken += 1;
        let (input, out) =
            (self.path(&format!("{}.csv", self.taken)), self.path(&format!("out-{}.csv", self.taken)));
        write(&input, events);
        let mut options = RunOptions::new(Target::File(out));
        options.threads = self.threads;
        let mut state = StateOptions::new(self.path("state"));
        state.rewrite = self.rewrite;
        let watch = Watch::default();
        run_in_leaves(self.most, find(&input), &self.definition, &options, &state, &watch).unwrap()
    }

    /// The ids that a run's output has, line by line.
    fn ids(&self, run: usize) -> Vec<String> {
        let text = fs::read_to_string(self.path(&format!("out-{run}.csv"))).unwrap();
        text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
    }

    fn state(&self) -> State {
        State::open(&self.path("state")).unwrap()
    }

    fn sessions(&self) -> String {
        let table = self.path("sessions.csv");
        self.state().write_sessions(&Target::File(table.clone()), None, true, &Watch::default()).unwrap();
        fs::read_to_string(table).unwrap()
    }
}

#[test]
fn the_state_is_that_of_one_run_over_all_files() {
    for seed in 0..30 * times() {
        let mut numbers = Numbers(seed);
        let id = IdScheme::OF_EVENTS[numbers.below(3) as usize];
        let count = 1 + numbers.below(400);
        let all = events(&mut numbers, count);
        let mut files = Files::new(&mut numbers, id);
        // In order, or shuffled as they are; in pieces of any size, empty ones too.
        let mut left = all.clone();
        if numbers.below(2) == 0 {
            left.sort_by_key(|(_, minute)| *minute);
        }
        while !left.is_empty() {
            let size = numbers.below(left.len() as u64 + 1).min(1 + numbers.below(120)) as usize;
            files.take(&left.drain(..size).collect::<Vec<_>>());
        }
        let whole = files.path("whole.csv");
        write(&whole, &all);
        let mut options = RunOptions::new(Target::File(files.path("whole-out.csv")));
        options.sessions = Some(Target::File(files.path("expected.csv")));
        let report = run(&find(&whole), &files.definition, &options, &Watch::default()).unwrap();
        let expected = fs::read_to_string(files.path("expected.csv")).unwrap();
        assert_eq!(files.sessions(), expected, "seed {seed}");
        // What the last run wrote has the final ids, and so have all others where they are written anew.
        let table = fs::read_to_string(files.path("whole-out.csv")).unwrap();
        let of_event: BTreeMap<&str, &str> =
            table.lines().skip(1).map(|line| line.rsplit_once(',').unwrap()).collect();
        let mut outputs = 0;
        for run in if files.rewrite { 1..=files.taken } else { files.taken..=files.taken } {
            let Ok(lines) = fs::read_to_string(files.path(&format!("{run}.csv"))) else { continue };
            if !files.path(&format!("out-{run}.csv")).exists() {
                // Two empty files are one.
                assert_eq!(lines.lines().count(), 1);
                continue;
            }
            let ids = files.ids(run);
            for (line, id) in lines.lines().skip(1).zip(&ids) {
                assert_eq!(of_event[line], id, "seed {seed}: {line}");
            }
            assert_eq!(ids.len(), lines.lines().count() - 1);
            outputs += 1;
        }
        assert!(outputs > 0);
        let description = files.state().describe().unwrap();
        assert_eq!((description.events, description.sessions), (report.events, report.sessions));
        let verified = files.state().verify(&find(&whole), 1, &Watch::default()).unwrap();
        assert!(verified.is_right() && verified.sessions == report.sessions, "seed {seed}: {verified:?}");
    }
}

/// What LASTING says of ids: an anchor is a moment that began a session when it was first seen, and a session has the id of the
/// anchor in it that is the oldest.
#[derive(Default)]
struct Model {
    /// All moments, by key.
    moments: BTreeMap<u64, Vec<i64>>,
    /// The run, the minute and the id, by key.
    anchors: BTreeMap<u64, Vec<(usize, i64, String)>>,
}

impl Model {
    /// The first and last minute of the session that a minute lies in.
    fn session(&self, key: u64, minute: i64, together: &dyn Fn(i64, i64) -> bool) -> (i64, i64) {
        let moments = &self.moments[&key];
        let at = moments.binary_search(&minute).unwrap();
        let (mut first, mut last) = (at, at);
        while first > 0 && together(moments[first - 1], moments[first]) {
            first -= 1;
        }
        while last + 1 < moments.len() && together(moments[last], moments[last + 1]) {
            last += 1;
        }
        (moments[first], moments[last])
    }

    fn id(&self, key: u64, (first, last): (i64, i64)) -> Option<&str> {
        let anchors = self.anchors.get(&key)?.iter();
        let within = anchors.filter(|(_, minute, _)| (first..=last).contains(minute));
        within.min().map(|(_, _, id)| id.as_str())
    }
}

#[test]
fn ids_that_stay_are_those_of_their_anchors() {
    for seed in 1_000..1_000 + 12 * times() {
        let mut numbers = Numbers(seed);
        let mut files = Files::new(&mut numbers, IdScheme::Persistent);
        let rule = files.definition.rule().clone();
        let gap = (files.definition.gap().nanoseconds() / 60_000_000_000) as i64;
        let together = move |a: i64, b: i64| {
            let apart = if rule.at_gap() == AtGap::New { b - a >= gap } else { b - a > gap };
            let day = |minute: i64| (minute - 360).div_euclid(1440);
            !apart && (rule.split_at().is_none() || day(a) == day(b))
        };
        let mut model = Model::default();
        let mut published: Vec<(u64, i64, String)> = Vec::new();
        let steps = 10;
        for run in 1..=steps {
            let count = 1 + numbers.below(60);
            let new = events(&mut numbers, count);
            // Ids of sessions that no new event joins stay.
            let before: BTreeMap<(u64, i64, i64), String> = model
                .moments
                .iter()
                .flat_map(|(key, moments)| moments.iter().map(|minute| (*key, *minute)))
                .map(|(key, minute)| {
                    let (first, last) = model.session(key, minute, &together);
                    ((key, first, last), model.id(key, (first, last)).unwrap().to_owned())
                })
                .collect();
            for (key, minute) in &new {
                let moments = model.moments.entry(*key).or_default();
                if let Err(at) = moments.binary_search(minute) {
                    moments.insert(at, *minute);
                }
            }
            let report = files.take(&new);
            assert_eq!(report.run, run as u64);
            let ids = files.ids(run);
            for ((key, minute), id) in new.iter().zip(&ids) {
                let bounds = model.session(*key, *minute, &together);
                if model.id(*key, bounds).is_none() {
                    model.anchors.entry(*key).or_default().push((run, bounds.0, id.clone()));
                    published.push((*key, bounds.0, id.clone()));
                }
                assert_eq!(model.id(*key, bounds), Some(id.as_str()), "seed {seed}, run {run}");
            }
            for ((key, first, last), id) in before {
                if model.session(key, first, &together) == (first, last) {
                    assert_eq!(model.id(key, (first, last)), Some(id.as_str()), "seed {seed}, run {run}");
                }
            }
        }
        // No id was given twice, and each leads to the session that its anchor lies in.
        let state = files.state();
        let mut all: Vec<&String> = published.iter().map(|(_, _, id)| id).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), published.len(), "seed {seed}");
        for (key, minute, id) in &published {
            let bounds = model.session(*key, *minute, &together);
            let now = model.id(*key, bounds).unwrap();
            match state.resolve(id).unwrap() {
                IdFate::Current(session) => {
                    assert_eq!((session.id.as_str(), now), (id.as_str(), id.as_str()))
                }
                IdFate::Alias { now: session, .. } => {
                    assert_ne!(id, now);
                    assert_eq!(session.id, now);
                }
                IdFate::Unknown => panic!("seed {seed}: {id} leads nowhere"),
            }
        }
        assert_eq!(state.resolve("0123456789abcdef0123456789abcdef").unwrap(), IdFate::Unknown);
        let paths: Vec<String> =
            (1..=files.taken).map(|at| files.path(&format!("{at}.csv")).display().to_string()).collect();
        let input = Input::find(&paths, &InputOptions::default(), &Watch::default()).unwrap();
        let verified = state.verify(&input, 1, &Watch::default()).unwrap();
        assert!(verified.is_right(), "seed {seed}: {verified:?}");
    }
}
