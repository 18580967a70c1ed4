//! Random sets with rules beyond the gap, every other one with random conditions: keys with a few dozen events within a minute, many of them at one instant, about a
//! time at which sessions end.

use spectrum_testkit::{Case, Column, ColumnType, Definition, Event, Expected, Scheme, SomeRules, TimeUnit};

use super::conditions::{AMOUNTS, SCORES, TEXTS, condition};
use super::keys;
use super::rng::Rng;

/// Events in each set.
pub(crate) const EVENTS: usize = 5_000;

/// The set with this number, as [`super::set`] has it.
pub(crate) fn set(seed: u64, number: usize, events: usize) -> Case {
    let mut rng = Rng::new(seed ^ 0x5EC7, number);
    let zone = |name: &str| Some(name.into());
    let time = rng.pick(&[
        ColumnType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Timestamp(TimeUnit::Microsecond, zone("UTC")),
        ColumnType::Timestamp(TimeUnit::Millisecond, zone("Europe/Berlin")),
        ColumnType::Timestamp(TimeUnit::Second, None),
    ]);
    let mut rules = rules(&mut rng, number);
    // Civil times have no zone.
    rules.timezone &= matches!(time, ColumnType::Timestamp(_, Some(_)));
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
        rules: words,
        ..Definition::default()
    };
    let per_second = 1_000_000_000 / i64::try_from(time.tick().unwrap_or(1)).unwrap_or(1);
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
            Some(format!("@{at}")),
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
        refused: Vec::new(),
    }
}

/// Each rule is there in about every third set. A longest session has only every sixth, because few engines know one.
fn rules(rng: &mut Rng, number: usize) -> SomeRules {
    let limits = number % 6 == 5;
    let columns = if limits { 3 } else { 2 };
    let mut rules = SomeRules {
        gap: 4 + rng.below(12) as u64,
        new_at_gap: rng.chance(35),
        gap_when: rng.chance(35),
        split_at: rng.chance(35),
        timezone: rng.chance(50),
        takes_part: rng.chance(35),
        start_when: rng.chance(35),
        end_when: rng.chance(35),
        split_on: rng.below(columns),
        null_splits: rng.chance(35),
        max_duration: (limits && rng.chance(60)).then(|| 1 + rng.below(60) as u64),
        max_events: (limits && rng.chance(60)).then(|| 1 + rng.below(6) as u64),
        passive_when: rng.chance(35),
        ignore_when: rng.chance(35),
    };
    if rules.words().is_empty() {
        rules.start_when = true;
    }
    rules
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
        assert_eq!(format!("{:?}", sets[7]), format!("{:?}", set(1, 7, 50)));
    }
}
