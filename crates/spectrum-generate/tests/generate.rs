//! What the generated events are like, seen from outside: through the public functions and the gap rule alone.

#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use spectrum_generate::{Generate, GenerateError, Ids, Order, WINDOW_START, generate, schema};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const GAP: i64 = 30 * MINUTE;

/// One row with its ids as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    event: String,
    user: String,
    account: String,
    event_type: String,
    page: String,
    campaign: Option<String>,
    at: i64,
}

fn options(events: u64, order: Order, ids: Ids) -> Generate {
    Generate { events, seed: 11, order, ids }
}

fn rows(options: &Generate, batch_rows: usize) -> Vec<Row> {
    generate(options, batch_rows).unwrap().flat_map(|batch| rows_of(&batch, options.ids)).collect()
}

fn rows_of(batch: &RecordBatch, ids: Ids) -> Vec<Row> {
    let text = |column: usize, row| batch.column(column).as_string::<i32>().value(row).to_owned();
    let id = |column: usize, row| match ids {
        Ids::Uuid => text(column, row),
        Ids::Int => batch.column(column).as_primitive::<Int64Type>().value(row).to_string(),
    };
    let row = |row| Row {
        event: id(0, row),
        user: id(1, row),
        account: id(2, row),
        event_type: text(3, row),
        page: text(4, row),
        campaign: batch.column(5).is_valid(row).then(|| text(5, row)),
        at: batch.column(6).as_primitive::<TimestampMicrosecondType>().value(row),
    };
    (0..batch.num_rows()).map(row).collect()
}

/// Each (user, account) with its rows by time.
fn by_key(rows: &[Row]) -> HashMap<(&str, &str), Vec<&Row>> {
    let mut keys: HashMap<_, Vec<&Row>> = HashMap::new();
    for row in rows {
        keys.entry((row.user.as_str(), row.account.as_str())).or_default().push(row);
    }
    for rows in keys.values_mut() {
        rows.sort_by_key(|row| row.at);
    }
    keys
}

fn events_per_user(rows: &[Row]) -> HashMap<&str, usize> {
    let mut users = HashMap::new();
    for row in rows {
        *users.entry(row.user.as_str()).or_default() += 1;
    }
    users
}

/// The pauses between neighbouring events of one user in one account.
fn pauses(rows: &[Row]) -> Vec<i64> {
    by_key(rows).values().flat_map(|rows| rows.windows(2).map(|pair| pair[1].at - pair[0].at)).collect()
}

fn assert_share(count: usize, of: usize, range: std::ops::RangeInclusive<f64>) {
    let share = count as f64 / of as f64;
    assert!(range.contains(&share), "{count} of {of} is {share}, not within {range:?}");
}

/// FNV-1a over all values, <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn digest(rows: &[Row]) -> u64 {
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |value: &str| {
        for byte in value.bytes().chain([0xff]) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    for row in rows {
        let campaign = row.campaign.as_deref().unwrap_or("\0");
        for value in [&row.event, &row.user, &row.account, &row.event_type, &row.page, campaign] {
            add(value);
        }
        add(&row.at.to_string());
    }
    digest
}

/// These numbers may change only together with a line in the changelog: people compare figures over these events.
#[test]
fn the_same_arguments_give_the_same_bytes_for_good() {
    let pinned = [
        (Order::Time, Ids::Uuid, 0x34af_cfc0_5862_2472),
        (Order::Time, Ids::Int, 0xd655_cd7d_9cb6_3697),
        (Order::Shuffled, Ids::Uuid, 0x837f_002f_ba48_5078),
        (Order::Shuffled, Ids::Int, 0x95c7_a5a1_c732_d607),
    ];
    let found =
        pinned.map(|(order, ids, _)| (order, ids, digest(&rows(&options(100_000, order, ids), 10_000))));
    assert_eq!(found, pinned);
}

#[test]
fn another_seed_gives_other_events() {
    let one = rows(&options(1_000, Order::Time, Ids::Uuid), 1_000);
    let other = rows(&Generate { seed: 12, ..options(1_000, Order::Time, Ids::Uuid) }, 1_000);
    let of_one: HashSet<&str> = one.iter().map(|row| row.event.as_str()).collect();
    assert!(other.iter().all(|row| !of_one.contains(row.event.as_str())));
    assert!(one.iter().zip(&other).all(|(one, other)| one.at != other.at));
}

#[test]
fn there_are_exactly_as_many_events_as_asked_for() {
    for order in [Order::Time, Order::Shuffled] {
        for events in [0, 1, 2, 3, 7, 8, 99, 100, 199, 200, 201, 1_000, 1_999, 54_321] {
            let rows = rows(&options(events, order, Ids::Int), 1_000);
            assert_eq!(rows.len() as u64, events, "{order}");
            assert!(rows.iter().all(|row| (0..90 * DAY).contains(&(row.at - WINDOW_START))));
        }
    }
}

#[test]
fn batches_are_full_but_the_last_and_their_size_changes_nothing_else() {
    for order in [Order::Time, Order::Shuffled] {
        let options = options(10_000, order, Ids::Uuid);
        let whole = rows(&options, usize::MAX);
        for batch_rows in [1, 999, 9_999, 10_000] {
            let batches: Vec<RecordBatch> = generate(&options, batch_rows).unwrap().collect();
            let (last, full) = batches.split_last().unwrap();
            assert!(full.iter().all(|batch| batch.num_rows() == batch_rows));
            assert!((1..=batch_rows).contains(&last.num_rows()));
            assert!(batches.iter().all(|batch| batch.schema() == schema(Ids::Uuid)));
            assert_eq!(rows(&options, batch_rows), whole);
        }
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let refusal = |options: &Generate, batch_rows| generate(options, batch_rows).err().unwrap();
    let some = options(10, Order::Time, Ids::Int);
    assert_eq!(refusal(&some, 0), GenerateError::EmptyBatches);
    let too_many = options(u64::MAX, Order::Time, Ids::Int);
    assert_eq!(refusal(&too_many, 1), GenerateError::TooManyEvents { events: u64::MAX });
}

#[test]
fn integer_ids_count_from_one() {
    let rows = rows(&options(100_000, Order::Shuffled, Ids::Int), 100_000);
    let numbers =
        |id: fn(&Row) -> &str| -> HashSet<u64> { rows.iter().map(|row| id(row).parse().unwrap()).collect() };
    let events = numbers(|row| &row.event);
    assert_eq!(events, (1..=100_000).collect());
    let users = numbers(|row| &row.user);
    assert_eq!(users, (1..=1_000).collect());
    let accounts = numbers(|row| &row.account);
    assert!(accounts.len() > 95 && accounts.iter().all(|account| (1..=100).contains(account)));
}

#[test]
fn uuids_name_the_same_events_as_integers() {
    let int = rows(&options(50_000, Order::Time, Ids::Int), 10_000);
    let uuid = rows(&options(50_000, Order::Time, Ids::Uuid), 10_000);
    let rest = |row: &Row| (row.event_type.clone(), row.page.clone(), row.campaign.clone(), row.at);
    assert!(int.iter().map(rest).eq(uuid.iter().map(rest)));
    for id in [|row: &Row| row.event.clone(), |row: &Row| row.user.clone(), |row: &Row| row.account.clone()] {
        let pairs: HashSet<(String, String)> = int.iter().map(id).zip(uuid.iter().map(id)).collect();
        let ints: HashSet<&String> = pairs.iter().map(|(int, _)| int).collect();
        let uuids: HashSet<&String> = pairs.iter().map(|(_, uuid)| uuid).collect();
        assert_eq!((ints.len(), uuids.len()), (pairs.len(), pairs.len()));
    }
}

#[test]
fn shuffled_rows_are_the_same_rows_in_no_order() {
    let mut by_time = rows(&options(50_000, Order::Time, Ids::Int), 10_000);
    let mut shuffled = rows(&options(50_000, Order::Shuffled, Ids::Int), 10_000);
    let ascending = shuffled.windows(2).filter(|pair| pair[0].at < pair[1].at).count();
    assert_share(ascending, shuffled.len(), 0.48..=0.52);
    by_time.sort();
    shuffled.sort();
    assert_eq!(by_time, shuffled);
}

#[test]
fn rows_are_in_time_order_but_for_the_late_ones() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let mut latest = i64::MIN;
    let mut late = 0;
    for row in &rows {
        if row.at < latest {
            late += 1;
            assert!(latest - row.at < 4 * HOUR, "{} hours late", (latest - row.at) / HOUR);
        }
        latest = latest.max(row.at);
    }
    assert_share(late, rows.len(), 0.004..=0.006);
}

#[test]
fn events_are_numbered_by_time() {
    let mut rows = rows(&options(50_000, Order::Time, Ids::Int), 10_000);
    rows.sort_by_key(|row| row.event.parse::<u64>().unwrap());
    assert!(rows.is_sorted_by_key(|row| row.at));
}

#[test]
fn sessions_have_eight_events_and_the_busiest_user_a_fiftieth_of_all() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let users = events_per_user(&rows);
    let mut busiest: Vec<&str> = users.keys().copied().collect();
    busiest.sort_by_key(|user| std::cmp::Reverse(users[user]));
    assert_share(users[busiest[0]], rows.len(), 0.018..=0.021);

    let bots: HashSet<&str> = busiest[..2].iter().copied().collect();
    let (mut sessions, mut events) = (0, 0);
    for rows in by_key(&rows).values().filter(|rows| !bots.contains(rows[0].user.as_str())) {
        sessions += 1 + rows.windows(2).filter(|pair| pair[1].at - pair[0].at > GAP).count();
        events += rows.len();
    }
    assert_share(events, sessions, 7.8..=8.2);
}

#[test]
fn bots_are_as_regular_as_clockwork() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let users = events_per_user(&rows);
    let busiest = users.iter().max_by_key(|(_, events)| **events).unwrap().0;
    let of_busiest: Vec<Row> = rows.iter().filter(|row| row.user == *busiest).cloned().collect();
    let intervals: HashSet<i64> =
        pauses(&of_busiest).into_iter().filter(|pause| (1..=GAP).contains(pause)).collect();
    assert_eq!(intervals.len(), 1);
    assert!(intervals.iter().all(|interval| (MINUTE / 6..=MINUTE).contains(interval)), "{intervals:?}");
}

#[test]
fn pauses_meet_the_limits_of_the_gap_rule() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let pauses = pauses(&rows);
    let exactly = |length| pauses.iter().filter(|&&pause| pause == length).count();
    assert_share(exactly(0), rows.len(), 0.004..=0.006);
    assert!(exactly(GAP) >= 20, "{} pauses of the gap", exactly(GAP));
    assert!(exactly(GAP + 1) >= 20, "{} pauses a microsecond longer", exactly(GAP + 1));
    let between = pauses.iter().filter(|&&pause| pause > GAP).count();
    let hours_to_days = pauses.iter().filter(|&&pause| pause > HOUR).count();
    assert_share(hours_to_days, between, 0.9..=1.0);
}

#[test]
fn some_users_work_in_several_accounts_at_once() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let mut accounts: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut users: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in &rows {
        accounts.entry(&row.user).or_default().insert(&row.account);
        users.entry(&row.account).or_default().insert(&row.user);
    }
    let several = accounts.values().filter(|accounts| accounts.len() > 1).count();
    assert_share(several, accounts.len(), 0.02..=0.06);
    assert!(accounts.values().all(|accounts| accounts.len() <= 3));
    assert_share(accounts.len(), users.len(), 9.0..=12.0);

    // The key has two columns for a reason: by user alone there are fewer sessions.
    let sessions =
        |rows: &[Row]| by_key(rows).len() + pauses(rows).iter().filter(|&&pause| pause > GAP).count();
    let by_user_alone: Vec<Row> =
        rows.iter().map(|row| Row { account: String::new(), ..row.clone() }).collect();
    assert!(sessions(&by_user_alone) + 50 < sessions(&rows));
}

#[test]
fn a_campaign_leads_to_a_session_and_is_forgotten_after_its_first_events() {
    let rows = rows(&options(100_000, Order::Time, Ids::Int), 10_000);
    let with_campaign = rows.iter().filter(|row| row.campaign.is_some()).count();
    assert_share(with_campaign, rows.len(), 0.02..=0.06);
    for rows in by_key(&rows).values() {
        for session in rows.chunk_by(|before, after| after.at - before.at <= GAP) {
            let campaigns: HashSet<&String> =
                session.iter().filter_map(|row| row.campaign.as_ref()).collect();
            assert!(campaigns.len() <= 1, "{campaigns:?}");
            let last = session.iter().rposition(|row| row.campaign.is_some());
            // A tie may change the order of two events.
            assert!(last.is_none_or(|last| last <= 3), "on event {last:?}");
        }
    }
}

#[test]
fn sessions_start_plausibly_and_types_have_their_pages() {
    let rows = rows(&options(100_000, Order::Time, Ids::Int), 10_000);
    for row in &rows {
        match row.event_type.as_str() {
            "page_view" | "click" => assert!(row.page.starts_with('/')),
            "search" => assert_eq!(row.page, "/search"),
            "add_to_cart" => assert!(row.page.starts_with("/products/")),
            "checkout" => assert_eq!(row.page, "/checkout"),
            "purchase" => assert_eq!(row.page, "/checkout/complete"),
            "login" => assert_eq!(row.page, "/login"),
            "signup" => assert_eq!(row.page, "/signup"),
            other => panic!("event type '{other}'"),
        }
    }
    let (mut sessions, mut purchases) = (0, 0);
    for rows in by_key(&rows).values() {
        for session in rows.chunk_by(|before, after| after.at - before.at <= GAP) {
            sessions += 1;
            purchases += usize::from(session.iter().any(|row| row.event_type == "purchase"));
            let start = session[0].event_type.as_str();
            let tied = session.get(1).is_some_and(|second| second.at == session[0].at);
            assert!(
                tied || matches!(start, "page_view" | "login" | "search" | "signup"),
                "starts with '{start}'"
            );
        }
    }
    assert_share(purchases, sessions, 0.02..=0.15);
}

#[test]
fn weekends_are_quieter() {
    let rows = rows(&options(200_000, Order::Time, Ids::Int), 10_000);
    let mut sessions_of_day = [0_u32; 90];
    for rows in by_key(&rows).values() {
        for session in rows.chunk_by(|before, after| after.at - before.at <= GAP) {
            sessions_of_day[((session[0].at - WINDOW_START) / DAY) as usize] += 1;
        }
    }
    // Weeks from Monday, 5 January 2026.
    for week in sessions_of_day[4..].chunks_exact(7) {
        let (working_days, weekend) = week.split_at(5);
        let busiest_of_weekend = weekend.iter().max().unwrap();
        assert!(working_days.iter().all(|sessions| sessions > busiest_of_weekend), "{week:?}");
    }
}
