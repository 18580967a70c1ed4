//! Generated events have no fault, whatever their number, their seed and their length, and nothing is found in them. Their
//! bots are there on purpose and are found.

use spectrum_engine::spectrum_check::{Check, Fact};
use spectrum_generate::{Generate, Ids, Order, generate};

use super::events::{DAY, How, Row, check_files, checked, counts, findings, rows};
use crate::runs::Folder;
use crate::write_inputs;

#[test]
fn ninety_days_of_any_size_and_seed() {
    for events in [0, 1, 2, 50, 300, 3_000, 20_000, 60_000] {
        for seed in 1..=4 {
            assert_eq!(findings(&rows(events, seed, Order::Time)), [], "{events} events, seed {seed}");
        }
    }
}

#[test]
fn many_events() {
    for seed in [1, 2] {
        assert_eq!(findings(&rows(400_000, seed, Order::Time)), [], "seed {seed}");
    }
}

#[test]
fn in_no_order() {
    assert_eq!(findings(&rows(30_000, 5, Order::Shuffled)), []);
}

#[test]
fn a_day_a_week_a_month() {
    for seed in 1..=3 {
        let all = rows(120_000, seed, Order::Time);
        for (first, days) in [(3, 1), (20, 1), (2, 2), (0, 7), (13, 7), (40, 14), (10, 30), (59, 31)] {
            let cut: Vec<Row> =
                all.iter().filter(|row| (first..first + days).contains(&row.day())).cloned().collect();
            assert_eq!(findings(&cut), [], "{days} days from {first}, seed {seed}");
        }
    }
}

/// Quarters of ninety days with thirteen weeks from one to the next.
#[test]
fn a_year() {
    let quarter = rows(40_000, 6, Order::Time);
    let later = |row: &Row, quarter: i64| Row {
        id: format!("{quarter}-{}", row.id),
        at: row.at.map(|at| at + (quarter - 4) * 91 * DAY),
        ..row.clone()
    };
    let year: Vec<Row> = (0..4).flat_map(|at| quarter.iter().map(move |row| later(row, at))).collect();
    // One day lies between two quarters, and has no event.
    let found = findings(&year);
    assert_eq!(counts(&found), [(Check::Outages, 3)]);
    assert_eq!(
        found[0]
            .known("seconds")
            .map(|fact| matches!(fact, Fact::Seconds(length) if *length < 3.5 * 86_400.0)),
        Some(true)
    );
}

/// Files of one day each, as logs are.
#[test]
fn a_file_per_day() {
    let all = rows(60_000, 7, Order::Time);
    let days: Vec<Vec<Row>> =
        (0..90).map(|day| all.iter().filter(|row| row.day() == day).cloned().collect()).collect();
    let days: Vec<&[Row]> = days.iter().map(Vec::as_slice).collect();
    assert_eq!(checked(&days, &How::default()).findings, []);
}

/// Files of weeks, weekends among them, halves of days, and parts of the users.
#[test]
fn files_of_other_cuts() {
    let all = rows(200_000, 9, Order::Time);
    let cut = |of: &dyn Fn(&Row) -> usize, parts: usize| {
        let mut files: Vec<Vec<Row>> = vec![Vec::new(); parts];
        all.iter().for_each(|row| files[of(row)].push(row.clone()));
        let files: Vec<&[Row]> = files.iter().map(Vec::as_slice).collect();
        checked(&files, &How::default()).findings
    };
    assert_eq!(cut(&|row| (row.day() / 7) as usize, 13), []);
    assert_eq!(cut(&|row| usize::from((row.day() + 3) % 7 >= 5), 2), [], "weekends and working days");
    assert_eq!(cut(&|row| (row.time().rem_euclid(DAY) / (DAY / 2)) as usize, 2), [], "halves of days");
    assert_eq!(cut(&|row| row.user.as_ref().unwrap().as_bytes()[0] as usize % 3, 3), [], "users");
}

/// One user in a thousand is a bot.
#[test]
fn bots_are_found_and_nothing_else() {
    for (events, bots) in [(99_999, 0), (300_000, 3)] {
        let options = Generate { events, seed: 8, order: Order::Time, ids: Ids::Int };
        let batch = generate(&options, events as usize).unwrap().next().unwrap();
        let folder = Folder::new();
        let path = folder.path("in.parquet");
        write_inputs::parquet(&path, &[batch], 50_000);
        let found = check_files(&[&path], &How::default()).unwrap().findings;
        let expected: &[_] = if bots == 0 { &[] } else { &[(Check::SteadyKeys, bots)] };
        assert_eq!(counts(&found), expected, "{events} events");
    }
}
