//! What the summary tells of sessions is what one run over all files tells, whatever way they are cut.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use spectrum_core::{IdScheme, SessionDefinition, SummaryColumn};

use super::{Numbers, find, folder_in_memory, times};
use crate::state::run::run_in_leaves;
use crate::state::{State, StateOptions};
use crate::{RunOptions, Target, Watch, run};

const COLUMNS: &str = "
views = { count = \"kind = 'view'\" }
large = { count = \"amount >= 10\", where = \"kind <> 'view'\" }
bought = { any = \"kind = 'buy'\" }
revenue = { sum = 'amount', where = \"kind = 'buy'\" }
all = { sum = 'amount' }
good = { when = \"revenue > 20 and views < 3\" }
";

struct Event {
    key: u64,
    minute: u64,
    kind: &'static str,
    amount: Option<String>,
}

fn event(numbers: &mut Numbers) -> Event {
    let digits = numbers.below(4) as usize;
    let amount = format!("{}", numbers.below(5_000) as i64 - 1_000);
    let amount = match digits {
        0 => amount,
        digits => format!("{amount}.{}", "372".get(..digits).unwrap()),
    };
    Event {
        key: numbers.below(4),
        minute: numbers.below(1_300),
        kind: ["view", "buy", "look"][numbers.below(3) as usize],
        amount: (numbers.below(3) > 0).then_some(amount),
    }
}

fn write(path: &Path, events: &[Event]) {
    let mut text = "k,t,kind,amount\n".to_owned();
    for Event { key, minute, kind, amount } in events {
        let (hour, minute) = (minute / 60, minute % 60);
        let amount = amount.as_deref().unwrap_or_default();
        writeln!(text, "{key},2026-01-01T{hour:02}:{minute:02}:00Z,{kind},{amount}").unwrap();
    }
    fs::write(path, text).unwrap();
}

#[test]
fn what_is_told_is_what_one_run_tells() {
    for seed in 2_000..2_000 + 15 * times() {
        let mut numbers = Numbers(seed);
        let folder = folder_in_memory();
        let path = |name: &str| folder.path().join(name);
        let id = [IdScheme::Start, IdScheme::Encoded][numbers.below(2) as usize];
        let definition = SessionDefinition::builder().key(["k"]).time("t").id(id);
        let definition = definition.summary(SummaryColumn::read_all(COLUMNS).unwrap());
        let definition =
            definition.gap(format!("{}m", 5 + numbers.below(20)).parse().unwrap()).build().unwrap();
        let most = 1 + numbers.below(20) as usize;
        let mut all = Vec::new();
        for number in 0..2 + numbers.below(6) {
            let events: Vec<Event> = (0..numbers.below(60)).map(|_| event(&mut numbers)).collect();
            let file = path(&format!("{number}.csv"));
            write(&file, &events);
            all.extend(events);
            let options = RunOptions::new(Target::File(path("out/")));
            let state = StateOptions::new(path("state"));
            run_in_leaves(most, find(&file), &definition, &options, &state, &Watch::default()).unwrap();
        }
        write(&path("whole.csv"), &all);
        let whole = find(&path("whole.csv"));
        let mut options = RunOptions::new(Target::File(path("whole-out.csv")));
        options.sessions = Some(Target::File(path("expected.csv")));
        run(&whole, &definition, &options, &Watch::default()).unwrap();
        let state = State::open(&path("state")).unwrap();
        state.write_sessions(&Target::File(path("kept.csv")), None, true, &Watch::default()).unwrap();
        let read = |name: &str| fs::read_to_string(path(name)).unwrap();
        assert_eq!(read("kept.csv"), read("expected.csv"), "seed {seed}");
        assert!(state.verify(&whole, 1, &Watch::default()).unwrap().is_right(), "seed {seed}");
        // And it is looked at: another amount, of the same sessions, is found.
        if let Some(event) = all.iter_mut().find(|event| event.amount.is_some()) {
            event.amount = Some("123456789".to_owned());
            write(&path("whole.csv"), &all);
            let verified = state.verify(&find(&path("whole.csv")), 1, &Watch::default()).unwrap();
            assert_eq!((verified.wrong_values, verified.missing), (1, 0), "seed {seed}");
        }
    }
}
