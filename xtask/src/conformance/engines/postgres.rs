//! PostgreSQL, by its own dialect. What is right is said by the testkit's reference SQL, which is another text.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{Case, ColumnType, TimeUnit};

use super::{Engine, How, Native};

pub(super) const POSTGRES: Engine = Engine {
    name: "postgres",
    dialect: Dialect::Postgres,
    plan: Plan::Window,
    how: How::Server,
    native,
    cannot_hold,
};

fn native(ty: &ColumnType) -> Result<Native, &'static str> {
    // The testkit makes the table of a case, with these types.
    match ty {
        ColumnType::Timestamp(TimeUnit::Nanosecond, _) => Err("times end at microseconds"),
        _ => Ok(Native { name: ty.postgres().to_owned(), cast: String::new() }),
    }
}

fn cannot_hold(case: &Case) -> Option<&'static str> {
    let mut texts = case.events.iter().flat_map(|event| &event.values).flatten();
    if texts.any(|text| text.contains('\0')) {
        return Some("text cannot hold U+0000");
    }
    let instants = case.instants();
    let (first, last) = (instants.iter().flatten().min()?, instants.iter().flatten().max()?);
    if *first < FIRST * 1000 || *last > LAST * 1000 {
        return Some("the calendar is from 4714 BC to 294276");
    }
    (last - first > i128::from(i64::MAX) * 1000)
        .then_some("times more than 64 bits of microseconds apart cannot be subtracted")
}

/// The first and the last instant, in microseconds since 1970.
const FIRST: i128 = -210_866_803_200_000_000;
const LAST: i128 = 9_224_318_015_999_999_999;
