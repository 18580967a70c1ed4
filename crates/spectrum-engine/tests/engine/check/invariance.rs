//! Only the events decide what is found: not their order, the threads, the format or the files, but for what is about order
//! in files.

use std::path::PathBuf;

use spectrum_engine::Checked;
use spectrum_engine::spectrum_check::{Check, Example, Finding, Stream, Tallies};
use spectrum_generate::Order;

use super::events::{DAY, Dice, FIRST, HOUR, How, MINUTE, NOW, Row, batch, check_files, checked, rows};
use crate::runs::Folder;
use crate::write_inputs;

/// Events with many faults.
fn faulty() -> Vec<Row> {
    let mut rows = rows(20_000, 31, Order::Time);
    let mut dice = Dice(13);
    for (at, row) in rows.iter_mut().enumerate() {
        match at % 50 {
            1 => row.at = row.at.map(|at| at + 3 * HOUR),
            2 => row.user = Some("undefined".into()),
            3 if at < 1_000 => row.at = None,
            4 if at < 300 => row.at = Some(NOW + dice.below(DAY) + HOUR),
            5 if at < 300 => row.at = Some(dice.below(DAY)),
            6 => row.at = row.at.map(|at| at - at.rem_euclid(DAY)),
            _ => {}
        }
    }
    rows.extend(
        (0..400).map(|at| Row::new(format!("m{at}"), "monitor", "ping", FIRST + 30 * DAY + at * 5 * MINUTE)),
    );
    rows.extend(
        (0..150).map(|at| Row::new(format!("f{at}"), "loop", "click", FIRST + 31 * DAY + at * at * 3_000)),
    );
    let again: Vec<Row> = rows[5_000..5_300].to_vec();
    rows.extend(again);
    rows.retain(|row| row.at.is_none_or(|at| !(FIRST + 60 * DAY..FIRST + 62 * DAY).contains(&at)));
    rows
}

/// What does not depend on files.
fn independent(checked: Checked) -> (Vec<Finding>, Tallies) {
    let (mut findings, mut tallies) = (checked.findings, checked.tallies);
    findings.retain(|finding| finding.check != Check::LateEvents);
    let without_place =
        |examples: &mut Vec<Example>| examples.iter_mut().for_each(|example| example.place = None);
    for finding in &mut findings {
        // These are the first in the input, whichever come first.
        let is_first = matches!(finding.check, Check::NullTimes | Check::FutureTimes | Check::AncientTimes);
        if is_first {
            finding.examples.clear();
        }
        without_place(&mut finding.examples);
    }
    for sample in [&mut tallies.null_times, &mut tallies.future, &mut tallies.ancient] {
        sample.examples.clear();
    }
    tallies.late = Default::default();
    tallies.repeated_ids.iter_mut().for_each(|ids| without_place(&mut ids.examples));
    tallies.shifts.retain(|shift| !matches!(shift.stream, Stream::File(_)));
    (findings, tallies)
}

fn write(folder: &Folder, name: &str, rows: &[Row], row_group_rows: usize) -> PathBuf {
    let batches = [batch(rows)];
    match name.rsplit_once('.').unwrap().1 {
        "parquet" => {
            let path = folder.path(name);
            write_inputs::parquet(&path, &batches, row_group_rows);
            path
        }
        "csv" => folder.write(name, write_inputs::csv(&batches)),
        _ => folder.write(name, write_inputs::ndjson(&batches)),
    }
}

fn permuted(rows: &[Row], seed: u64) -> Vec<Row> {
    let mut dice = Dice(seed);
    let mut all: Vec<(i64, &Row)> = rows.iter().map(|row| (dice.below(i64::MAX), row)).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, row)| row.clone()).collect()
}

fn of(paths: &[PathBuf], threads: usize) -> Checked {
    let paths: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    check_files(&paths, &How { threads, ..How::default() }).unwrap()
}

#[test]
fn only_the_events_decide() {
    let rows = faulty();
    let folder = Folder::new();
    let alone = write(&folder, "alone.parquet", &rows, 100_000);
    let expected = independent(of(&[alone], 1));
    let found: Vec<Check> = expected.0.iter().map(|finding| finding.check).collect();
    assert_eq!(
        found,
        [
            Check::NullTimes,
            Check::FutureTimes,
            Check::AncientTimes,
            Check::RepeatedEventIds,
            Check::MidnightTimes,
            Check::ShiftedTimes,
            Check::StandInKeys,
            Check::FastKeys,
            Check::SteadyKeys,
            Check::Outages,
        ]
    );
    for (seed, format) in [(1, "parquet"), (2, "csv"), (3, "ndjson")] {
        let rows = permuted(&rows, seed);
        let all = write(&folder, &format!("{seed}.{format}"), &rows, 700);
        for threads in [1, 2, 3, 8] {
            assert_eq!(
                independent(of(std::slice::from_ref(&all), threads)),
                expected,
                "{format}, {threads} threads"
            );
        }
        for parts in [2, 7] {
            let cut = |part: usize| rows.len() * part / parts;
            let paths: Vec<PathBuf> = (0..parts)
                .map(|part| {
                    write(
                        &folder,
                        &format!("{seed}-{parts}-{part}.{format}"),
                        &rows[cut(part)..cut(part + 1)],
                        900,
                    )
                })
                .collect();
            assert_eq!(independent(of(&paths, 2)), expected, "{parts} files of {format}");
        }
    }
}

/// All of a finding, its places among it, is the same for any number of threads.
#[test]
fn threads_change_nothing_at_all() {
    let rows = faulty();
    let folder = Folder::new();
    for format in ["parquet", "csv", "ndjson"] {
        let path = write(&folder, &format!("in.{format}"), &rows, 700);
        let expected = of(std::slice::from_ref(&path), 1);
        assert!(expected.findings.iter().any(|finding| finding.check == Check::LateEvents));
        for threads in [2, 5] {
            assert_eq!(of(std::slice::from_ref(&path), threads), expected, "{format}, {threads} threads");
        }
    }
}

/// Which thread meets a type first is chance, so types that are as frequent as each other stand in the order of their texts.
#[test]
fn types_of_one_size_are_told_the_same_by_all_threads() {
    let mut dice = Dice(5);
    let mut rows = Vec::new();
    for (at, (user, day)) in (0..60).flat_map(|user| (1..40).map(move |day| (user, day))).enumerate() {
        let time = FIRST + day * DAY + dice.below(18 * HOUR);
        let user = format!("u{user}");
        rows.push(Row::new(format!("v{at}"), &user, "view", time));
        rows.push(Row::new(format!("c{at}"), &user, "click", time + 3 * HOUR + dice.below(MINUTE)));
    }
    let folder = Folder::new();
    let path = write(&folder, "in.parquet", &rows, 100);
    let expected = of(std::slice::from_ref(&path), 1);
    assert_eq!(expected.tallies.types, ["click", "view"]);
    let shifted = expected.findings.iter().find(|finding| finding.check == Check::ShiftedTimes).unwrap();
    assert_eq!(shifted.examples[0].value.as_deref(), Some("click"));
    assert_eq!(of(std::slice::from_ref(&path), 4), expected);
}

/// However events of two files take turns, and whatever their types' numbers are, an hour of a file counts once.
#[test]
fn the_hours_of_a_key_count_once_per_file() {
    let row =
        |minute: i64, event_type: &str| Row::new(minute, "u", event_type, FIRST + 9 * HOUR + minute * MINUTE);
    let one = [row(0, "a"), row(2, "a"), row(3, "a"), row(3, "c"), row(70, "a")];
    let other = [row(1, "a"), row(3, "b"), row(4, "a")];
    let tallies = checked(&[&one, &other], &How::default()).tallies;
    let files: Vec<_> =
        tallies.shifts.iter().filter(|shift| matches!(shift.stream, Stream::File(_))).collect();
    assert_eq!(files.iter().map(|file| file.key_hours).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        (files[0].rhythm[0], files[0].rhythm[1], files[1].rhythm[0], files[1].rhythm[23]),
        (1, 1, 1, 1)
    );
}
