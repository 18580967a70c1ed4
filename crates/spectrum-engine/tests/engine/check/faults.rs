//! Faults that are laid into clean events: each is found with its count, and nothing else is.

use std::collections::HashSet;

use spectrum_engine::spectrum_check::{Check, Fact, Finding, Severity};
use spectrum_generate::Order;

use super::events::{
    DAY, Dice, FIRST, HOUR, How, MINUTE, NOW, Row, SECOND, checked, counts, findings, rows, same_events,
};

fn base() -> Vec<Row> {
    let rows = rows(50_000, 21, Order::Time);
    assert_eq!(findings(&rows), []);
    rows
}

/// The only finding, which has this check and count.
fn only(findings: &[Finding], check: Check, count: u64) -> &Finding {
    assert_eq!(counts(findings), [(check, count)]);
    &findings[0]
}

fn text<'a>(finding: &'a Finding, name: &str) -> &'a str {
    match finding.known(name) {
        Some(Fact::Text(text)) => text,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn events_without_a_time() {
    let mut rows = base();
    rows.iter_mut().step_by(5_000).for_each(|row| row.at = None);
    let found = findings(&rows);
    let finding = only(&found, Check::NullTimes, 10);
    assert_eq!((finding.severity, finding.of), (Severity::Error, 50_000));
    let places: Vec<_> = finding.examples.iter().map(|example| example.place.clone().unwrap()).collect();
    let ends = [" row 1", " row 5001", " row 10001"];
    assert!(places.iter().zip(ends).all(|(place, end)| place.ends_with(end)), "{places:?}");
    assert_eq!(finding.examples[0].key, Some(vec![rows[0].user.clone(), Some(rows[0].account.clone())]));
}

#[test]
fn events_of_the_future() {
    let mut rows = base();
    for (at, after) in [(7, 5 * MINUTE), (70, 5 * MINUTE + 1), (700, 400 * DAY)] {
        rows[at].at = Some(NOW + after);
    }
    let found = findings(&rows);
    let finding = only(&found, Check::FutureTimes, 2);
    assert_eq!(finding.examples[0].time, Some(NOW + 5 * MINUTE + 1));
}

#[test]
fn events_of_the_past() {
    let mut rows = base();
    let floor = 7_305 * DAY; // 1990-01-01
    for (at, time) in [(7, floor), (70, floor - 1), (700, 0), (7_000, -DAY), (40_000, i64::MIN / 2)] {
        rows[at].at = Some(time);
    }
    // One event of 1990 is not forbidden, and does not make an outage of the years between.
    only(&findings(&rows), Check::AncientTimes, 4);
}

#[test]
fn a_file_that_was_loaded_twice_in_part() {
    let mut rows = base();
    let again: Vec<Row> = rows[20_000..20_900].to_vec();
    rows.extend(again);
    // They also stand far behind in the order of the file.
    let found = findings(&rows);
    assert_eq!(counts(&found), [(Check::RepeatedEventIds, 900), (Check::LateEvents, 900)]);
    let example = &found[0].examples[0];
    assert_eq!((example.count, found[0].of), (Some(2), 50_900));
    let at: usize = example.place.as_ref().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(example.value.as_deref(), Some(rows[at - 1].id.as_str()));
    assert!(at > 50_000, "the second one is named");
}

#[test]
fn ids_that_were_given_twice() {
    let mut rows = base();
    for at in 1..=9 {
        rows[at * 3_000].id = rows[at].id.clone();
    }
    rows[45_000].id = rows[1].id.clone();
    let found = findings(&rows);
    let finding = only(&found, Check::RepeatedEventIds, 10);
    assert_eq!((finding.examples[0].count, finding.examples[0].value.as_ref()), (Some(3), Some(&rows[1].id)));
}

#[test]
fn times_that_were_cut_off() {
    for (unit, length) in [("minutes", MINUTE), ("hours", HOUR), ("days", DAY)] {
        let mut rows = base();
        rows.iter_mut().for_each(|row| row.at = row.at.map(|at| at - at.rem_euclid(length)));
        let found = findings(&rows);
        assert_eq!(text(only(&found, Check::CoarseTimes, 50_000), "unit"), unit);
    }
    // Nine of ten are enough.
    let mut rows = base();
    rows.iter_mut().enumerate().filter(|(at, _)| at % 20 != 0).for_each(|(_, row)| {
        row.at = row.at.map(|at| at - at.rem_euclid(MINUTE));
    });
    let whole = rows.iter().filter(|row| row.time() % MINUTE == 0).count() as u64;
    only(&findings(&rows), Check::CoarseTimes, whole);
}

#[test]
fn dates_among_times() {
    let mut rows = base();
    rows.iter_mut().step_by(40).for_each(|row| row.at = row.at.map(|at| at - at.rem_euclid(DAY)));
    let midnights = rows.iter().filter(|row| row.time() % DAY == 0).count() as u64;
    let found = findings(&rows);
    let finding = only(&found, Check::MidnightTimes, midnights);
    assert_eq!(finding.examples[0].time, rows.iter().map(Row::time).filter(|at| at % DAY == 0).min());
}

#[test]
fn a_type_in_local_time() {
    for hours in [-7, 1, 5] {
        let mut rows = base();
        rows.iter_mut().filter(|row| row.event_type == "click").for_each(|row| {
            row.at = row.at.map(|at| at + hours * HOUR);
        });
        let clicks = rows.iter().filter(|row| row.event_type == "click").count() as u64;
        let found = findings(&rows);
        let finding = only(&found, Check::ShiftedTimes, clicks);
        assert_eq!(finding.known("hours"), Some(&Fact::Number(hours as f64)));
        assert_eq!((text(finding, "stream"), finding.examples[0].value.as_deref()), ("type", Some("click")));
    }
}

#[test]
fn a_file_in_local_time() {
    let mut rows = base();
    // Two servers take turns, and the second one's clock is that of Los Angeles.
    let mut dice = Dice(3);
    let second: HashSet<usize> = (0..rows.len()).filter(|_| dice.below(3) == 0).collect();
    for at in &second {
        rows[*at].at = rows[*at].at.map(|at| at - 8 * HOUR);
    }
    let of = |is_second: bool| -> Vec<Row> {
        (0..rows.len()).filter(|at| second.contains(at) == is_second).map(|at| rows[at].clone()).collect()
    };
    let found = checked(&[&of(false), &of(true)], &How::default()).findings;
    let finding = only(&found, Check::ShiftedTimes, second.len() as u64);
    assert_eq!((finding.known("hours"), text(finding, "stream")), (Some(&Fact::Number(-8.0)), "file"));
    assert!(finding.examples[0].value.as_ref().unwrap().ends_with("1.parquet"));
}

/// As logs are that are written in a file per day, one of them on a machine in another zone.
#[test]
fn a_day_in_local_time() {
    let all = rows(200_000, 22, Order::Time);
    for (shifted, hours) in [(None, 0), (Some(40), 5), (Some(47), -8)] {
        let mut days: Vec<Vec<Row>> =
            (0..90).map(|day| all.iter().filter(|row| row.day() == day).cloned().collect()).collect();
        if let Some(day) = shifted {
            days[day as usize].iter_mut().for_each(|row| row.at = row.at.map(|at| at + hours * HOUR));
        }
        let files: Vec<&[Row]> = days.iter().map(Vec::as_slice).collect();
        let mut found = checked(&files, &How::default()).findings;
        // The hours that it left are empty, and that is found as well.
        found.retain(|finding| shifted.is_none() || finding.check != Check::Outages);
        let Some(day) = shifted else {
            assert_eq!(found, []);
            continue;
        };
        let finding = only(&found, Check::ShiftedTimes, days[day as usize].len() as u64);
        assert_eq!(
            (finding.known("hours"), text(finding, "stream")),
            (Some(&Fact::Number(hours as f64)), "file")
        );
        assert!(finding.examples[0].value.as_ref().unwrap().ends_with(&format!("/{day}.parquet")));
    }
}

#[test]
fn some_events_in_local_time() {
    let mut rows = base();
    let mut dice = Dice(4);
    let mut shifted = 0;
    for row in &mut rows {
        if dice.below(25) == 0 {
            row.at = row.at.map(|at| at + 3 * HOUR);
            shifted += 1;
        }
    }
    let found = findings(&rows);
    assert_eq!(found.iter().map(|finding| finding.check).collect::<Vec<_>>(), [Check::ShiftedTimes]);
    // Only those whose session has other events can be known by these.
    assert!((shifted * 7 / 10..=shifted).contains(&found[0].count), "{} of {shifted}", found[0].count);
    assert_eq!((found[0].known("hours"), text(&found[0], "stream")), (Some(&Fact::Number(3.0)), "event"));
}

#[test]
fn events_that_are_sent_twice() {
    let mut rows = base();
    let mut dice = Dice(5);
    rows = rows
        .into_iter()
        .flat_map(|row| {
            let copy = Row { id: format!("{}-again", row.id), ..row.clone() };
            if dice.below(50) == 0 { vec![row, copy] } else { vec![row] }
        })
        .collect();
    let found = findings(&rows);
    let finding = only(&found, Check::RepeatedEvents, same_events(&rows));
    assert!(finding.count > 900);
}

/// Unrelated events under one id are no copies, so they take nothing away from those that are.
#[test]
fn repeated_events_beside_ids_that_others_share() {
    let mut rows = base();
    for row in rows.iter_mut().step_by(25).take(701) {
        row.id = "constant".to_owned();
    }
    let again = |(at, row): (usize, &Row)| Row { id: format!("again{at}"), ..row.clone() };
    let copies: Vec<Row> = rows[18_000..].iter().step_by(40).take(700).enumerate().map(again).collect();
    rows.extend(copies);
    rows.sort_by_key(|row| row.at);
    let found = findings(&rows);
    assert_eq!(counts(&found), [(Check::RepeatedEventIds, 700), (Check::RepeatedEvents, same_events(&rows))]);
    assert!(found[1].count >= 700);

    // Copies of copies, with their ids: these are told by their ids.
    let copies: Vec<Row> = rows.iter().filter(|row| row.id.starts_with("again")).cloned().collect();
    let once = same_events(&rows);
    rows.extend(copies);
    rows.sort_by_key(|row| row.at);
    assert_eq!(counts(&findings(&rows)), [(Check::RepeatedEventIds, 1_400), (Check::RepeatedEvents, once)]);
}

#[test]
fn keys_that_stand_for_nobody() {
    for (value, every) in
        [(None, 90), (Some(""), 90), (Some("0"), 90), (Some("undefined"), 90), (Some("NULL"), 40)]
    {
        let mut rows = base();
        rows.iter_mut().step_by(every).for_each(|row| row.user = value.map(str::to_owned));
        let count = rows.iter().filter(|row| row.user.as_deref() == value).count() as u64;
        let found = findings(&rows);
        let finding = only(&found, Check::StandInKeys, count);
        let example = &finding.examples[0];
        assert_eq!(example.key, Some(vec![value.map(str::to_owned)]));
        assert_eq!((example.value.as_deref(), example.count), (Some("user_id"), Some(count)));
    }
}

#[test]
fn an_account_of_zeros() {
    let mut rows = base();
    rows.iter_mut().step_by(30).for_each(|row| row.account = "00000000-0000-0000-0000-000000000000".into());
    only(&findings(&rows), Check::StandInKeys, rows.len().div_ceil(30) as u64);
}

#[test]
fn a_key_of_many_people() {
    let mut rows = base();
    for row in rows.iter_mut().step_by(8) {
        (row.user, row.account) = (Some("front-desk".into()), "hotel".into());
    }
    let found = findings(&rows);
    let finding = only(&found, Check::OutsizedKeys, 1);
    assert_eq!(finding.examples[0].key, Some(vec![Some("front-desk".into()), Some("hotel".into())]));
}

#[test]
fn keys_that_are_too_fast() {
    for (pause, is_found) in [(990_000, true), (SECOND, true), (SECOND + 20_000, false)] {
        let mut rows = base();
        let mut dice = Dice(6);
        // A little uneven, or it would be steady.
        for at in 0..101 {
            let uneven = if at == 0 || at == 100 { 0 } else { dice.below(900_000) };
            rows.push(Row::new(format!("f{at}"), "loop", "click", FIRST + 30 * DAY + at * pause + uneven));
        }
        rows.sort_by_key(Row::time);
        let found = findings(&rows);
        let expected: &[_] = if is_found { &[(Check::FastKeys, 1)] } else { &[] };
        assert_eq!(counts(&found), expected, "{pause}");
        if is_found {
            assert_eq!(found[0].examples[0].count, Some(101));
        }
    }
}

#[test]
fn keys_that_are_machines() {
    for (pauses, is_found) in [(100, true), (99, false)] {
        let mut rows = base();
        rows.extend((0..=pauses).map(|at| {
            Row::new(
                format!("m{at}"),
                "monitor",
                "ping",
                FIRST + 30 * DAY + at * 5 * MINUTE + at % 3 * SECOND,
            )
        }));
        rows.sort_by_key(Row::time);
        let found = findings(&rows);
        let expected: &[_] = if is_found { &[(Check::SteadyKeys, 1)] } else { &[] };
        assert_eq!(counts(&found), expected, "{pauses}");
    }
}

/// Events of one key at random pauses.
fn wanderer(name: &str, from: i64, length: i64, pauses: std::ops::Range<i64>) -> Vec<Row> {
    let mut dice = Dice(7);
    let (mut at, mut rows) = (from, Vec::new());
    while at <= from + length {
        rows.push(Row::new(format!("{name}{at}"), name, "page_view", at));
        at += pauses.start + dice.below(pauses.end - pauses.start);
    }
    rows
}

#[test]
fn sessions_of_days() {
    let mut rows = base();
    rows.extend(wanderer("kiosk", FIRST + 10 * DAY, 40 * HOUR, 3 * MINUTE..29 * MINUTE));
    rows.extend(wanderer("kiosk", FIRST + 20 * DAY, 30 * HOUR, 3 * MINUTE..29 * MINUTE));
    rows.extend(wanderer("traveller", FIRST + 30 * DAY, 22 * HOUR, 3 * MINUTE..29 * MINUTE));
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    let finding = only(&found, Check::LongSessions, 2);
    let longest = &finding.examples[0];
    assert_eq!(
        (longest.key.clone(), longest.time),
        (Some(vec![Some("kiosk".into()), Some("a".into())]), Some(FIRST + 10 * DAY))
    );
}

#[test]
fn keys_that_never_sleep() {
    let mut rows = base();
    rows.extend(wanderer("shared", FIRST + 10 * DAY, 40 * HOUR, 31 * MINUTE..59 * MINUTE));
    rows.extend(wanderer("awake", FIRST + 10 * DAY + 20 * MINUTE, 22 * HOUR, 31 * MINUTE..59 * MINUTE));
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    let finding = only(&found, Check::SleeplessKeys, 1);
    assert_eq!(finding.examples[0].count, Some(40));
}

#[test]
fn clocks_that_are_wrong() {
    let mut rows = base();
    let mut dice = Dice(8);
    let mut busy: Vec<_> = rows.iter().map(Row::key).collect::<HashSet<_>>().into_iter().collect();
    busy.retain(|key| rows.iter().filter(|row| row.key() == *key).count() >= 30);
    busy.sort();
    for row in &mut rows {
        row.received = row.at.map(|at| at + SECOND + dice.below(20 * SECOND));
        let skew = busy.iter().position(|key| *key == row.key()).unwrap_or(usize::MAX);
        row.at = row.at.map(|at| match skew {
            0 => at + 2 * HOUR + 17 * MINUTE,
            1 => at + 11 * MINUTE,
            2 => at + 4 * MINUTE,
            // Behind, which a slow network is too; and loads by night make all of them late.
            3 => at - 3 * HOUR,
            _ => at,
        });
    }
    let found = checked(&[&rows], &How { with_received: true, ..How::default() }).findings;
    let finding = only(&found, Check::ClockSkew, 2);
    let seconds: Vec<_> = finding.examples.iter().map(|example| example.seconds.unwrap().round()).collect();
    assert!(
        (-8_220.0..-8_190.0).contains(&seconds[0]) && (-660.0..-630.0).contains(&seconds[1]),
        "{seconds:?}"
    );
}

#[test]
fn events_that_arrive_days_later() {
    let mut rows = base();
    let mut dice = Dice(9);
    for (at, row) in rows.iter_mut().enumerate() {
        let late = if at % 200 == 0 { 2 * DAY } else { 0 };
        row.received = row.at.map(|at| at + SECOND + dice.below(20 * SECOND) + late);
    }
    let how = How { with_received: true, ..How::default() };
    let found = checked(&[&rows], &how).findings;
    let finding = only(&found, Check::LateEvents, 250);
    assert_eq!((finding.severity, text(finding, "known_by")), (Severity::Note, "arrival"));
    // Nobody knows when events arrived that say nothing of it.
    rows.iter_mut().step_by(200).for_each(|row| row.received = None);
    assert_eq!(checked(&[&rows], &how).findings, []);
}

#[test]
fn events_that_stand_days_later_in_their_file() {
    let rows = base();
    let mut order: Vec<(i64, usize)> = rows.iter().enumerate().map(|(at, _)| (2 * at as i64, at)).collect();
    // 50,000 events in ninety days are 1,700 in three.
    let moved: Vec<usize> = (0..40_000).step_by(400).collect();
    moved.iter().for_each(|at| order[*at].0 += 2 * 5_000 + 1);
    order.sort_unstable();
    let rows: Vec<Row> = order.into_iter().map(|(_, at)| rows[at].clone()).collect();
    let found = findings(&rows);
    let finding = only(&found, Check::LateEvents, moved.len() as u64);
    assert_eq!(text(finding, "known_by"), "order");
    assert!(finding.examples[0].place.as_ref().unwrap().contains(" row "));
}

#[test]
fn hours_without_an_event() {
    let rows = base();
    let from = FIRST + 55 * DAY + 8 * HOUR;
    let is_out = |row: &Row| (from..from + 9 * HOUR).contains(&row.time());
    let without: Vec<Row> = rows.iter().filter(|row| !is_out(row)).cloned().collect();
    let found = findings(&without);
    let finding = only(&found, Check::Outages, 1);
    let example = &finding.examples[0];
    let before = without.iter().map(Row::time).filter(|at| *at < from).max();
    let after = without.iter().map(Row::time).filter(|at| *at >= from).min();
    assert_eq!((example.time, example.until), (before, after));
    // A night of that length is none.
    let from = FIRST + 55 * DAY - 2 * HOUR;
    let is_night = |row: &Row| (from..from + 8 * HOUR).contains(&row.time());
    assert_eq!(findings(&rows.iter().filter(|row| !is_night(row)).cloned().collect::<Vec<_>>()), []);
}

#[test]
fn a_day_that_is_missing() {
    let rows: Vec<Row> = base().into_iter().filter(|row| row.day() != 40).collect();
    only(&findings(&rows), Check::Outages, 1);
}

/// Keeps keys by chance on some days.
fn thinned(rows: Vec<Row>, percent: i64, is_thin: impl Fn(i64) -> bool) -> Vec<Row> {
    let keeps = |row: &Row| {
        let name = row.user.as_ref().unwrap();
        let seed =
            name.bytes().fold(row.day() as u64, |seed, letter| seed.wrapping_mul(31) + u64::from(letter));
        !is_thin(row.day()) || Dice(seed).below(100) < percent
    };
    rows.into_iter().filter(|row| keeps(row)).collect()
}

#[test]
fn a_day_with_few_keys() {
    let found = findings(&thinned(base(), 18, |day| day == 40));
    let finding = only(&found, Check::QuietDays, 1);
    let example = &finding.examples[0];
    assert_eq!((example.day, finding.of), (Some(FIRST / DAY + 40), 88));
    assert!(example.measured.unwrap() * 4.0 < example.expected.unwrap());
    // A third is not few.
    assert_eq!(findings(&thinned(base(), 40, |day| day == 40)), []);
}

#[test]
fn fewer_keys_from_a_day_on() {
    let found = findings(&thinned(base(), 35, |day| day >= 50));
    let finding = only(&found, Check::KeysPerDay, 1);
    assert_eq!(finding.severity, Severity::Warning);
    let example = &finding.examples[0];
    assert!(example.lasts && (example.day.unwrap() - FIRST / DAY - 50).abs() <= 2, "{example:?}");
}

#[test]
fn a_day_with_many_keys() {
    let mut rows = base();
    let day: Vec<Row> = rows.iter().filter(|row| row.day() == 33).cloned().collect();
    for copy in 0..3 {
        rows.extend(day.iter().map(|row| Row {
            id: format!("{copy}-{}", row.id),
            user: row.user.as_ref().map(|user| format!("{copy}-{user}")),
            ..row.clone()
        }));
    }
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    let finding = only(&found, Check::KeysPerDay, 1);
    assert_eq!(finding.severity, Severity::Note);
    assert!(!finding.examples[0].lasts && finding.examples[0].day == Some(FIRST / DAY + 33));
}

#[test]
fn more_events_per_key_from_a_day_on() {
    let mut rows = base();
    let later: Vec<Row> = rows.iter().filter(|row| row.day() >= 50).cloned().collect();
    for copy in 1..=2 {
        rows.extend(later.iter().map(|row| Row {
            id: format!("{copy}-{}", row.id),
            at: row.at.map(|at| at + copy * 700_001),
            ..row.clone()
        }));
    }
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    let example = &only(&found, Check::EventsPerKey, 1).examples[0];
    assert!(example.lasts && (example.day.unwrap() - FIRST / DAY - 50).abs() <= 2, "{example:?}");
}

#[test]
fn a_type_that_was_renamed() {
    let mut rows = base();
    rows.iter_mut().filter(|row| row.event_type == "search" && row.day() >= 45).for_each(|row| {
        row.event_type = "find".into();
    });
    let found = findings(&rows);
    let finding = only(&found, Check::TypeShare, 1);
    let mut names: Vec<_> = finding.examples.iter().map(|example| example.value.clone().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["find", "search"]);
    assert!((finding.examples[0].day.unwrap() - FIRST / DAY - 45).abs() <= 1, "{:?}", finding.examples[0]);
}

#[test]
fn a_day_of_lost_cookies() {
    let mut rows = base();
    let mut dice = Dice(11);
    rows.extend((0..60).map(|at| {
        let time = FIRST + 41 * DAY + 7 * HOUR + dice.below(12 * HOUR);
        Row::new(format!("c{at}"), &format!("cookie-{at}"), "page_view", time)
    }));
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    let finding = only(&found, Check::SingleEventShare, 1);
    assert_eq!(finding.examples[0].day, Some(FIRST / DAY + 41));
}

#[test]
fn a_heartbeat_of_the_gap() {
    let mut rows = base();
    let mut dice = Dice(12);
    let ends: Vec<Row> = rows.iter().step_by(60).cloned().collect();
    for (at, row) in ends.into_iter().enumerate() {
        let mut time = row.time();
        for beat in 0..4 {
            time += 28 * MINUTE + dice.below(4 * MINUTE);
            rows.push(Row {
                id: format!("h{at}-{beat}"),
                event_type: "heartbeat".into(),
                at: Some(time),
                ..row.clone()
            });
        }
    }
    rows.retain(|row| row.time() < FIRST + 90 * DAY);
    rows.sort_by_key(Row::time);
    let found = findings(&rows);
    assert_eq!(found.iter().map(|finding| finding.check).collect::<Vec<_>>(), [Check::GapInPeak]);
    let definition = spectrum_core::SessionDefinition::builder().gap("45m".parse().unwrap()).build().unwrap();
    assert_eq!(checked(&[&rows], &How { definition, ..How::default() }).findings, []);
}
