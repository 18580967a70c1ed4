//! What each panel has to answer, from the world alone: no SQL, nothing shared with what is checked.

use std::collections::BTreeMap;

use crate::world::{HOUR, MINUTE, Refresh, SECOND, Session, Told, World, range};

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Number(f64),
    Text(String),
    /// Microseconds since the Unix epoch.
    Instant(i64),
}

use Cell::{Instant, Null, Number, Text};

/// What is chosen at the top of the dashboard.
pub(crate) struct Filter {
    pub(crate) accounts: Option<Vec<&'static str>>,
    pub(crate) contains: &'static str,
    pub(crate) bucket_seconds: i64,
    /// How far the clock of the busiest hours is ahead of UTC.
    pub(crate) zone_ahead: i64,
}

impl Default for Filter {
    fn default() -> Self {
        // Seven days through eighty buckets is about two hours.
        Self { accounts: None, contains: "", bucket_seconds: 7200, zone_ahead: 0 }
    }
}

/// What the dashboard calls the account of a session.
fn account(session: &Session) -> &str {
    match session.account.as_deref() {
        None | Some("") => "(none)",
        Some(account) => account,
    }
}

impl Filter {
    fn takes(&self, session: &Session) -> bool {
        let account = account(session);
        self.accounts.as_ref().is_none_or(|chosen| chosen.contains(&account))
            && account.to_lowercase().contains(&self.contains.to_lowercase())
    }
}

/// The rows of a panel. A title without a rule here fails the test, so no panel goes unchecked.
pub(crate) fn answer(title: &str, world: &World, filter: &Filter) -> Vec<Vec<Cell>> {
    let (from, to) = (range().from.as_microsecond(), range().to.as_microsecond());
    let sessions: Vec<&Session> = world
        .sessions
        .iter()
        .filter(|session| (from..=to).contains(&session.started) && filter.takes(session))
        .collect();
    let count = sessions.len() as f64;
    match title {
        "Sessions (stat)" => vec![vec![Number(count)]],
        "Average length (stat)" => vec![vec![mean(sessions.iter().map(|one| seconds(one.length)))]],
        "Events per session (stat)" => vec![vec![mean(sessions.iter().map(|one| one.events as f64))]],
        "Single-event share (stat)" => {
            vec![vec![mean(sessions.iter().map(|one| if one.events == 1 { 1.0 } else { 0.0 }))]]
        }
        "Active now (stat)" => vec![vec![active_now(world, filter, to)]],
        "Data age (stat)" => vec![vec![match known_until(world) {
            Some(instant) => Number(seconds(to - instant)),
            None => Null,
        }]],
        "Sessions (timeseries)" => by_bucket(&sessions, filter, |these| vec![Number(these.len() as f64)]),
        "Session length (timeseries)" => by_bucket(&sessions, filter, |these| {
            mean_and_median(these.iter().map(|one| seconds(one.length)).collect())
        }),
        "Events per session (timeseries)" => by_bucket(&sessions, filter, |these| {
            mean_and_median(these.iter().map(|one| one.events as f64).collect())
        }),
        "Session lengths in minutes (barchart)" => {
            // The lower bound of each class.
            let classes = [0, 1, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR];
            let names = ["0", "< 1", "1–5", "5–15", "15–30", "30–60", "≥ 60"];
            by_class(&sessions, &classes, &names, |one| one.length)
        }
        "Events in a session (barchart)" => {
            let classes = [1, 2, 3, 6, 11, 21, 51];
            let names = ["1", "2", "3–5", "6–10", "11–20", "21–50", "> 50"];
            by_class(&sessions, &classes, &names, |one| one.events)
        }
        "Busiest hours (${zone}) (barchart)" => busiest_hours(&sessions, filter.zone_ahead),
        "Top accounts (table)" => top_accounts(&sessions),
        "Conditions met (timeseries)" => told_by_bucket(&sessions, filter, |told| match told {
            Told::Truth(truth) => Some(f64::from(u8::from(truth))),
            _ => None,
        }),
        "Numbers per session (timeseries)" => told_by_bucket(&sessions, filter, |told| match told {
            Told::Number(hundredths) => Some(hundredths as f64 / 100.0),
            _ => None,
        }),
        "What sessions tell (table)" => told(&sessions),
        "Refresh duration (timeseries)" => {
            let mut refreshes: Vec<&Refresh> = world
                .refreshes
                .iter()
                .filter(|one| one.outcome == "ok" && (from..=to).contains(&one.started))
                .collect();
            refreshes.sort_by_key(|one| (one.started, one.relation));
            refreshes
                .iter()
                .map(|one| vec![Instant(one.started), Text(one.relation.into()), Number(seconds(one.length))])
                .collect()
        }
        "Unusual events (timeseries)" => {
            let mut buckets: BTreeMap<i64, [i64; 3]> = BTreeMap::new();
            for one in world.refreshes.iter().filter(|one| (from..=to).contains(&one.started)) {
                let Some(unusual) = one.unusual else { continue };
                let bucket = one.started.div_euclid(filter.bucket_seconds * SECOND) * filter.bucket_seconds;
                let sums = buckets.entry(bucket).or_default();
                sums.iter_mut().zip(unusual).for_each(|(sum, count)| *sum += count);
            }
            let row = |(bucket, sums): (i64, [i64; 3])| {
                [bucket].into_iter().chain(sums).map(|number| Number(number as f64)).collect()
            };
            buckets.into_iter().map(row).collect()
        }
        "Refreshes (table)" => refreshes(world, from, to),
        _ => panic!("nobody says what '{title}' has to answer"),
    }
}

/// The accounts that the variable offers: those with the most sessions in the last thirty days of the data.
pub(crate) fn offered_accounts(world: &World) -> Vec<String> {
    let newest = world.sessions.iter().map(|one| one.started).max().unwrap_or(0);
    let recent = world.sessions.iter().filter(|one| one.started >= newest - 30 * 24 * HOUR);
    let mut accounts: Vec<(&str, usize)> = Vec::new();
    for session in recent {
        match accounts.iter_mut().find(|(name, _)| *name == account(session)) {
            Some((_, sessions)) => *sessions += 1,
            None => accounts.push((account(session), 1)),
        }
    }
    accounts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    accounts.into_iter().take(200).map(|(name, _)| name.to_owned()).collect()
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / SECOND as f64
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Cell {
    match values.len() {
        0 => Null,
        count => Number(values.sum::<f64>() / count as f64),
    }
}

/// The mean, and the middle value or the middle between the two middle ones.
fn mean_and_median(mut values: Vec<f64>) -> Vec<Cell> {
    values.sort_by(f64::total_cmp);
    let (low, high) = ((values.len() - 1) / 2, values.len() / 2);
    vec![mean(values.iter().copied()), Number(f64::midpoint(values[low], values[high]))]
}

fn by_bucket(
    sessions: &[&Session],
    filter: &Filter,
    measure: impl Fn(&[&Session]) -> Vec<Cell>,
) -> Vec<Vec<Cell>> {
    let mut buckets: BTreeMap<i64, Vec<&Session>> = BTreeMap::new();
    for session in sessions {
        let bucket = session.started.div_euclid(filter.bucket_seconds * SECOND) * filter.bucket_seconds;
        buckets.entry(bucket).or_default().push(session);
    }
    buckets.iter().map(|(&bucket, these)| [vec![Number(bucket as f64)], measure(these)].concat()).collect()
}

/// For each bucket and each column that is told the mean of what `measure` makes of its values, where it makes anything.
fn told_by_bucket(
    sessions: &[&Session],
    filter: &Filter,
    measure: impl Fn(Told) -> Option<f64>,
) -> Vec<Vec<Cell>> {
    let mut values: BTreeMap<(i64, &str), Vec<f64>> = BTreeMap::new();
    for session in sessions {
        let bucket = session.started.div_euclid(filter.bucket_seconds * SECOND) * filter.bucket_seconds;
        for (name, told) in session.told() {
            if let Some(value) = measure(told) {
                values.entry((bucket, name)).or_default().push(value);
            }
        }
    }
    let row = |((bucket, name), values): (&(i64, &str), &Vec<f64>)| {
        vec![Number(*bucket as f64), Text((*name).into()), mean(values.iter().copied())]
    };
    values.iter().map(row).collect()
}

/// A row for each column that is told.
fn told(sessions: &[&Session]) -> Vec<Vec<Cell>> {
    let Some(first) = sessions.first() else { return Vec::new() };
    let all = sessions.len() as f64;
    let row = |column: usize| {
        let values: Vec<Told> = sessions.iter().map(|session| session.told()[column].1).collect();
        let known: Vec<Told> = values.into_iter().filter(|told| *told != Told::Null).collect();
        let (mut numbers, mut truths) = (Vec::new(), Vec::new());
        let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
        for told in &known {
            match told {
                Told::Number(hundredths) => numbers.push(*hundredths as f64 / 100.0),
                Told::Truth(truth) => truths.push(f64::from(u8::from(*truth))),
                Told::Text(text) => *texts.entry(text).or_default() += 1,
                Told::Null => {}
            }
        }
        let mut frequent: Vec<(&str, usize)> = texts.into_iter().collect();
        let different = frequent.len() as f64;
        // A stable sort: those that equally many have stay in the order of their bytes.
        frequent.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
        let frequent: Vec<String> = frequent
            .iter()
            .take(3)
            .map(|(text, sessions)| format!("{text} {} %", (100.0 * *sessions as f64 / all).round()))
            .collect();
        let has_texts = !frequent.is_empty();
        vec![
            Text(first.told()[column].0.into()),
            Number(known.len() as f64 / all),
            mean(numbers.into_iter()),
            mean(truths.into_iter()),
            if has_texts { Number(different) } else { Null },
            if has_texts { Text(frequent.join(", ")) } else { Null },
        ]
    };
    (0..first.told().len()).map(row).collect()
}

fn by_class(
    sessions: &[&Session],
    lower_bounds: &[i64],
    names: &[&str],
    measure: impl Fn(&Session) -> i64,
) -> Vec<Vec<Cell>> {
    if sessions.is_empty() {
        return Vec::new();
    }
    let class =
        |session: &Session| lower_bounds.iter().rposition(|bound| measure(session) >= *bound).unwrap();
    let in_class = |nth: usize| sessions.iter().filter(|one| class(one) == nth).count() as f64;
    names.iter().enumerate().map(|(nth, name)| vec![Text((*name).into()), Number(in_class(nth))]).collect()
}

fn busiest_hours(sessions: &[&Session], ahead: i64) -> Vec<Vec<Cell>> {
    if sessions.is_empty() {
        return Vec::new();
    }
    let mut hours = [[0.0; 2]; 24];
    for session in sessions {
        let local = session.started + ahead * SECOND;
        let hour = local.div_euclid(HOUR).rem_euclid(24);
        // The first of January 1970 was a Thursday.
        let weekday = (local.div_euclid(24 * HOUR) + 3).rem_euclid(7);
        hours[hour as usize][usize::from(weekday >= 5)] += 1.0;
    }
    let row = |(hour, [week, weekend]): (usize, &[f64; 2])| {
        vec![Text(format!("{hour:02}")), Number(*week), Number(*weekend)]
    };
    hours.iter().enumerate().map(row).collect()
}

fn top_accounts(sessions: &[&Session]) -> Vec<Vec<Cell>> {
    let mut accounts: BTreeMap<&str, Vec<&Session>> = BTreeMap::new();
    for session in sessions {
        accounts.entry(account(session)).or_default().push(session);
    }
    let mut accounts: Vec<_> = accounts.into_iter().collect();
    // A stable sort: accounts with equally many stay in the order of their names.
    accounts.sort_by_key(|(_, these)| std::cmp::Reverse(these.len()));
    let row = |(name, these): (&str, Vec<&Session>)| {
        vec![
            Text(name.into()),
            Number(these.len() as f64),
            Number(these.iter().map(|one| one.events).sum::<i64>() as f64),
            mean(these.iter().map(|one| seconds(one.length))),
            Instant(these.iter().map(|one| one.ended()).max().unwrap()),
        ]
    };
    accounts.into_iter().take(20).map(row).collect()
}

/// The latest refresh of a relation that went well.
fn last_good<'a>(world: &'a World, relation: &str) -> Option<&'a Refresh> {
    let good = world.refreshes.iter().filter(|one| one.relation == relation && one.outcome == "ok");
    good.max_by_key(|one| one.started)
}

/// The instant until which events can be in the summary: when the refresh began that the last good refresh of the
/// summary read.
fn known_until(world: &World) -> Option<i64> {
    let summary = last_good(world, "analytics.mv_session_summary")?;
    let read = world.refreshes.iter().filter(|one| {
        one.relation == "analytics.mv_sessions"
            && one.outcome == "ok"
            && one.started + one.length <= summary.started
    });
    read.map(|one| one.started).max()
}

fn active_now(world: &World, filter: &Filter, now: i64) -> Cell {
    let gap = 30 * MINUTE;
    let open = world.sessions.iter().filter(|one| filter.takes(one) && now - one.ended() <= gap).count();
    let known = known_until(world).is_some_and(|instant| now - instant <= gap);
    if open == 0 && !known { Null } else { Number(open as f64) }
}

fn refreshes(world: &World, from: i64, to: i64) -> Vec<Vec<Cell>> {
    let mut relations: Vec<&str> = world.refreshes.iter().map(|one| one.relation).collect();
    relations.sort_unstable();
    relations.dedup();
    let row = |relation: &str| {
        let of_it = || world.refreshes.iter().filter(|one| one.relation == relation);
        let failed: Vec<_> =
            of_it().filter(|one| one.outcome == "failed" && (from..=to).contains(&one.started)).collect();
        let last = of_it().max_by_key(|one| one.started).unwrap();
        let good = last_good(world, relation);
        let error = failed.iter().max_by_key(|one| one.started).and_then(|one| one.error);
        vec![
            Text(relation.into()),
            Text(last.outcome.into()),
            good.map_or(Null, |one| Instant(one.started)),
            good.map_or(Null, |one| Number(seconds(one.length))),
            good.and_then(|one| one.rows).map_or(Null, |rows| Number(rows as f64)),
            Number(failed.len() as f64),
            error.map_or(Null, |error| Text(error.into())),
        ]
    };
    relations.into_iter().map(row).collect()
}
