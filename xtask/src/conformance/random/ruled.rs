//! Random sets with rules beyond the gap, every other one with random conditions: keys with a few dozen events within a minute, many of them at one instant, about a
//! time at which sessions end.

use spectrum_testkit::{
    Case, Column, ColumnType, Definition, Event, Expected, Holds, Scheme, SomeRules, SummaryText, TimeUnit,
    some_summary,
};

use super::conditions::{AMOUNTS, SCORES, TEXTS, condition};
use super::keys;
use super::rng::Rng;

/// Events in each set.
pub(crate) const EVENTS: usize = 5_000;

/// The set with this number, as [`super::set`] has it.
pub(crate) fn set(seed: u64, number: usize, events: usize) -> Case {
    let mut rng = Rng::new(seed ^ 0x5EC7, number);
    let zone = |name: &str| Some(name.into());
    let (time, time_unit) = rng.pick(&[
        (ColumnType::Timestamp(TimeUnit::Microsecond, None), None),
        (ColumnType::Timestamp(TimeUnit::Microsecond, zone("UTC")), None),
        (ColumnType::Timestamp(TimeUnit::Millisecond, zone("Europe/Berlin")), None),
        (ColumnType::Timestamp(TimeUnit::Second, None), None),
        (ColumnType::Timestamp(TimeUnit::Nanosecond, None), None),
        (ColumnType::Timestamp(TimeUnit::Nanosecond, zone("UTC")), None),
        (ColumnType::Int64, Some(TimeUnit::Second)),
        (ColumnType::Int64, Some(TimeUnit::Millisecond)),
        (ColumnType::Int64, Some(TimeUnit::Nanosecond)),
    ]);
    let mut rules = rules(&mut rng, number);
    // Civil times have no zone.
    rules.timezone &= time_unit.is_some() || matches!(time, ColumnType::Timestamp(_, Some(_)));
    let (key, key_type) = rng.pick(&[
        ("user_id", ColumnType::Utf8),
        ("the \"account\"", ColumnType::Int64),
        ("user_id", ColumnType::Uuid),
    ]);
    let column = |name: &str, ty| Column { name: name.to_owned(), ty };
    let columns = vec![
        column("event_id", ColumnType::Int64),
        column(key, key_type.clone()),
        column("occurred_at", time.clone()),
        column("kind", ColumnType::Utf8),
        column("bot", ColumnType::Boolean),
        column("campaign", ColumnType::Utf8),
        column("plan", ColumnType::Int64),
        column("score", ColumnType::Float64),
        column("amount", ColumnType::UInt64),
    ];
    // In every other set conditions are random too, and with them the texts.
    let mut words = rules.words();
    let is_hard = number % 2 == 1;
    if is_hard {
        let slots = [
            &mut words.takes_part,
            &mut words.start_when,
            &mut words.end_when,
            &mut words.passive_when,
            &mut words.ignore_when,
        ];
        for text in slots.into_iter().flatten() {
            *text = condition(&mut rng, 3);
        }
        for entry in words.gap_when.iter_mut().flatten() {
            entry.when = condition(&mut rng, 3);
        }
    }
    let definition = Definition {
        key: vec![key.to_owned()],
        gap: rules.gap_words(),
        id: [Scheme::Sequence, Scheme::Encoded, Scheme::Start][number % 3],
        allow_id_collisions: true,
        time_unit,
        rules: words,
        ..Definition::default()
    };
    let tick = time_unit.map(TimeUnit::nanos).or(time.tick()).unwrap_or(1);
    let per_second = 1_000_000_000 / i64::try_from(tick).unwrap_or(1);
    let keys: Vec<Option<String>> = (0..1 + events / 25).map(|_| keys::value(&key_type, &mut rng)).collect();
    let event = |number: usize, rng: &mut Rng| {
        // Half seconds, where the column has such.
        let half = rng.between(-70, 70);
        let at = SomeRules::SPLIT * per_second + half * per_second / 2;
        let text = |value: Option<&str>| value.map(str::to_owned);
        let plan = rng.chance(60).then(|| rng.between(9, 11).to_string());
        let bot = [None, Some("true"), Some("false")];
        let values = vec![
            Some(number.to_string()),
            keys[rng.below(keys.len())].clone(),
            Some(if time_unit.is_some() { at.to_string() } else { format!("@{at}") }),
            text(if is_hard { rng.pick(&TEXTS) } else { rng.pick(&SomeRules::KINDS) }),
            text(rng.pick(&bot)),
            text(if is_hard { rng.pick(&TEXTS) } else { rng.pick(&SomeRules::CAMPAIGNS) }),
            plan,
            text(rng.pick(&SCORES)),
            text(rng.pick(&AMOUNTS)),
        ];
        Event { values, expected: Expected::Unknown }
    };
    Case {
        theme: "random".to_owned(),
        name: format!("set {number} of seed {seed} with rules"),
        shows: definition.to_toml().replace('\n', " "),
        events: (0..events).map(|number| event(number, &mut rng)).collect(),
        definition,
        columns,
        told: Vec::new(),
        refused: Vec::new(),
    }
}

/// The same set with one more column, and a summary that tells of all.
pub(crate) fn telling(set: &Case, seed: u64, number: usize) -> Case {
    const PRICES: [Option<&str>; 6] =
        [None, Some("0.00"), Some("-10.50"), Some("3.07"), Some("9999999999.99"), Some("-0.01")];
    let mut rng = Rng::new(seed ^ 0x7011D, number);
    let mut case = set.clone();
    case.columns.push(Column { name: "price".to_owned(), ty: ColumnType::Decimal(12, 2) });
    for event in &mut case.events {
        event.values.push(rng.pick(&PRICES).map(str::to_owned));
    }
    let conditions = [(); 4].map(|()| match number % 2 {
        0 => rng.pick(&["kind LIKE 'beat%'", "bot", "plan > 9 OR price < 0", "campaign IS NULL"]).to_owned(),
        _ => condition(&mut rng, 2),
    });
    let holds = [
        ("kind", Holds::Text),
        ("campaign", Holds::Text),
        ("bot", Holds::Boolean),
        ("plan", Holds::Number),
        ("score", Holds::Number),
        ("amount", Holds::Number),
        ("price", Holds::Number),
    ];
    let mut below = |bound: u64| rng.next() % bound;
    case.definition.summary = SummaryText(some_summary(&mut below, &holds, &conditions));
    case.name.push_str(" that tells");
    case.shows = case.definition.to_toml().replace('\n', " ");
    case
}

/// The same set with times that PostgreSQL's walk can read, which are whole microseconds in every set.
pub(crate) fn as_judged(set: &Case) -> Case {
    let is_zoned =
        set.definition.time_unit.is_some() || matches!(set.time_type(), ColumnType::Timestamp(_, Some(_)));
    let mut judged = set.clone();
    let at = set.time_index();
    judged.definition.time_unit = None;
    judged.columns[at].ty = ColumnType::Timestamp(TimeUnit::Microsecond, is_zoned.then(|| "UTC".into()));
    for (event, instant) in judged.events.iter_mut().zip(set.instants()) {
        event.values[at] = instant.map(|nanoseconds| format!("@{}", nanoseconds / 1_000));
    }
    judged
}

/// What depends on where a session began is there in every third set alone, because not every engine knows it.
fn rules(rng: &mut Rng, number: usize) -> SomeRules {
    let rules = SomeRules::from_bits(rng.next());
    let without = rules.without_limits();
    match (number % 3 == 2, rules == without) {
        (true, false) => rules,
        (true, true) => SomeRules { max_events: Some(3), ..rules },
        (false, _) if without.words().is_empty() => SomeRules { start_when: true, ..without },
        (false, _) => without,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_default_sets_have_every_rule() {
        let sets: Vec<_> = (0..50).map(|number| set(1, number, 50)).collect();
        let names: BTreeSet<_> = sets.iter().flat_map(|case| case.definition.rules.names()).collect();
        assert_eq!(names.len(), 13, "{names:?}");
        assert!(sets.iter().all(|case| !case.definition.rules.is_empty()));
        for set in &sets {
            let judged = as_judged(set);
            assert_eq!(judged.instants(), set.instants());
        }
        assert_eq!(format!("{:?}", sets[7]), format!("{:?}", set(1, 7, 50)));
    }
}
