//! Random conditions over random rows: PostgreSQL finds them as true, false or unknown as the core does.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use spectrum_core::arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int64Array, StringArray,
};
use spectrum_core::internals::truths;
use spectrum_core::{EventColumn, Predicate};
use spectrum_sql::literal;
use spectrum_sql::postgres::condition;
use spectrum_testkit::PrivatePostgres;

#[derive(Clone, Debug)]
struct Row {
    kind: Option<&'static str>,
    other: Option<&'static str>,
    member: Option<&'static str>,
    n: Option<i64>,
    /// Hundredths.
    price: Option<i64>,
    ratio: Option<f64>,
    real: Option<f32>,
    bot: Option<bool>,
}

const TEXTS: [&str; 14] =
    ["", "a", "B", "b", "login", "Login", "it's", "a\\b", "100%", "ä", "Ä", "a_c", "abc", "日本"];

fn row() -> impl Strategy<Value = Row> {
    let text = || prop::option::weighted(0.85, select(TEXTS.to_vec()));
    let ratio = prop::option::weighted(0.85, select(vec![0.1, 0.5, f64::NAN, -0.0, 1e300, 2.0, -7.25]));
    let real = prop::option::weighted(0.85, select(vec![0.1_f32, 0.5, f32::INFINITY, 2.0]));
    let n = prop::option::weighted(0.85, select(vec![0, 1, 2, -5, i64::MAX, i64::MIN]));
    let price = prop::option::weighted(0.85, select(vec![0, 10, 50, 150, 200, -725]));
    (text(), text(), text(), n, price, ratio, real, prop::option::of(any::<bool>())).prop_map(
        |(kind, other, member, n, price, ratio, real, bot)| Row {
            kind,
            other,
            member,
            n,
            price,
            ratio,
            real,
            bot,
        },
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => select(vec!["kind", "\"Other One\"", "props ->> 'it''s'"]).prop_map(str::to_owned),
        1 => select(TEXTS.to_vec()).prop_map(quoted),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| format!("lower({of})")),
            inner.clone().prop_map(|of| format!("upper({of})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
        ]
    })
}

const NUMBERS: [&str; 9] = ["0", "1", "-5", "0.5", "0.1", "1.50", "9223372036854775807", "-7.25", "1e300"];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["n", "price", "ratio", "real"]).prop_map(str::to_owned),
        1 => select(NUMBERS[..8].to_vec()).prop_map(str::to_owned),
        1 => Just("coalesce(price, 0.5)".to_owned()),
    ]
}

fn operator() -> impl Strategy<Value = &'static str> {
    select(vec!["=", "<>", "<", "<=", ">", ">=", "!="])
}

fn not() -> impl Strategy<Value = &'static str> {
    select(vec!["", "NOT "])
}

fn predicate() -> impl Strategy<Value = String> {
    let patterns = vec!["%", "", "a%", "%b", "_", "%\\%", "a\\_c", "%o%i%", "__", "a\\\\b", "%'%"];
    let texts = || prop::collection::vec(select(TEXTS.to_vec()).prop_map(quoted), 1..4);
    let numbers = || prop::collection::vec(select(NUMBERS[..8].to_vec()).prop_map(str::to_owned), 1..4);
    let leaf = prop_oneof![
        (text(), operator(), text()).prop_map(|(a, by, b)| format!("{a} {by} {b}")),
        (number(), operator(), number()).prop_map(|(a, by, b)| format!("{a} {by} {b}")),
        (text(), not(), texts()).prop_map(|(a, not, list)| format!("{a} {not}IN ({})", list.join(", "))),
        (number(), not(), numbers()).prop_map(|(a, not, list)| format!("{a} {not}IN ({})", list.join(", "))),
        (text(), not(), text(), text()).prop_map(|(a, not, b, c)| format!("{a} {not}BETWEEN {b} AND {c}")),
        (number(), not(), number(), number())
            .prop_map(|(a, not, b, c)| format!("{a} {not}BETWEEN {b} AND {c}")),
        (text(), not(), select(patterns))
            .prop_map(|(a, not, like)| format!("{a} {not}LIKE {}", quoted(like))),
        (text(), not()).prop_map(|(a, not)| format!("{a} IS {not}NULL")),
        (number(), not()).prop_map(|(a, not)| format!("{a} IS {not}NULL")),
        select(vec!["bot", "true", "bot = false", "bot IN (true)", "coalesce(bot, false)"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let many = prop::collection::vec(inner.clone().prop_map(|of| format!("({of})")), 2..4);
        prop_oneof![
            many.clone().prop_map(|parts| parts.join(" AND ")),
            many.prop_map(|parts| parts.join(" OR ")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) AND ({b}) OR ({a})")),
            inner.clone().prop_map(|of| format!("NOT ({of})")),
            (inner, not(), select(vec!["TRUE", "FALSE"]))
                .prop_map(|(of, not, truth)| format!("({of}) IS {not}{truth}")),
        ]
    })
}

/// `None` where it takes a column to have what it does not have, as in a comparison of nothing but columns of numbers.
fn by_core(predicate: &Predicate, rows: &[Row]) -> Option<Vec<Option<bool>>> {
    let price = rows.iter().map(|row| row.price.map(i128::from)).collect::<Decimal128Array>();
    let columns: Vec<(EventColumn, ArrayRef)> = vec![
        (EventColumn::whole("kind"), Arc::new(rows.iter().map(|row| row.kind).collect::<StringArray>())),
        (
            EventColumn::whole("Other One"),
            Arc::new(rows.iter().map(|row| row.other).collect::<StringArray>()),
        ),
        (
            EventColumn { member: Some("it's".into()), ..EventColumn::whole("props") },
            Arc::new(rows.iter().map(|row| row.member).collect::<StringArray>()),
        ),
        (EventColumn::whole("n"), Arc::new(rows.iter().map(|row| row.n).collect::<Int64Array>())),
        (EventColumn::whole("price"), Arc::new(price.with_precision_and_scale(10, 2).unwrap())),
        (EventColumn::whole("ratio"), Arc::new(rows.iter().map(|row| row.ratio).collect::<Float64Array>())),
        (EventColumn::whole("real"), Arc::new(rows.iter().map(|row| row.real).collect::<Float32Array>())),
        (EventColumn::whole("bot"), Arc::new(rows.iter().map(|row| row.bot).collect::<BooleanArray>())),
    ];
    let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    truths(predicate, &names, &columns, rows.len()).ok()
}

fn by_postgresql(
    predicates: &[Predicate],
    rows: &[Row],
    json: &str,
    collation: &str,
) -> Vec<Vec<Option<bool>>> {
    let mut script = format!(
        "CREATE TEMP TABLE rows (id INT, kind TEXT {collation}, \"Other One\" VARCHAR, props {json}, n BIGINT,
                                 price NUMERIC(10, 2), ratio FLOAT8, \"real\" REAL, bot BOOLEAN);\n"
    );
    for (id, row) in rows.iter().enumerate() {
        let text = |value: Option<&str>| value.map_or("NULL".to_owned(), literal);
        let quoted = |value: Option<String>| value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
        writeln!(
            script,
            "INSERT INTO rows VALUES ({id}, {}, {}, JSON_BUILD_OBJECT('it''s', {}::TEXT)::{json}, {}, {}, {}, {}, {});",
            text(row.kind),
            text(row.other),
            text(row.member),
            quoted(row.n.map(|n| n.to_string())),
            quoted(row.price.map(|n| format!("{}e-2", n))),
            quoted(row.ratio.map(|n| n.to_string())),
            quoted(row.real.map(|n| n.to_string())),
            quoted(row.bot.map(|bot| bot.to_string())),
        )
        .unwrap();
    }
    // A float of 32 bits and a text whose collation takes other bytes for equal are cast, as a deployment has it.
    let mut casts = vec![("real".to_owned(), "FLOAT8".to_owned())];
    if !collation.is_empty() {
        casts.push(("kind".to_owned(), "TEXT COLLATE \"C\"".to_owned()));
    }
    let truths = predicates.iter().map(|predicate| format!("({})::TEXT", condition(predicate, &casts)));
    let truths = truths.collect::<Vec<_>>().join(",\n");
    write!(script, "COPY (SELECT {truths} FROM rows ORDER BY id) TO STDOUT;").unwrap();
    let server = PrivatePostgres::shared().unwrap();
    let printed = server.run_script(&script).map_err(|error| format!("{error}\n{script}")).unwrap();
    let truth = |text: &str| match text {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            assert_eq!(other, "\\N");
            None
        }
    };
    printed.lines().map(|line| line.split('\t').map(truth).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_condition_is_true_where_the_core_says_so(
        texts in prop::collection::vec(predicate(), 40..=40), rows in prop::collection::vec(row(), 1..30),
        json in select(vec!["JSON", "JSONB"]), folds in any::<bool>(),
    ) {
        // A comparison of literals alone, and the like, is refused when it is read.
        let mut predicates: Vec<Predicate> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        predicates.retain(|predicate| by_core(predicate, &rows).is_some());
        prop_assert!(predicates.len() > 10, "{:?}", texts);
        let collation = if folds { "COLLATE pg_temp.folded" } else { "" };
        let there = by_postgresql_with(&predicates, &rows, json, collation);
        for (at, predicate) in predicates.iter().enumerate() {
            let expected = by_core(predicate, &rows);
            let found: Vec<Option<bool>> = there.iter().map(|row| row[at]).collect();
            prop_assert_eq!(Some(found), expected, "{}\n{}\n{:?}", predicate, condition(predicate, &[]), rows);
        }
    }
}

/// With a collation under which letters of either case are equal, where this PostgreSQL has such.
fn by_postgresql_with(
    predicates: &[Predicate],
    rows: &[Row],
    json: &str,
    collation: &str,
) -> Vec<Vec<Option<bool>>> {
    let server = PrivatePostgres::shared().unwrap();
    let made = server.run_script(
        "CREATE COLLATION IF NOT EXISTS public.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);",
    );
    let collation = if collation.is_empty() || made.is_err() { "" } else { "COLLATE public.folded" };
    by_postgresql(predicates, rows, json, collation)
}

/// What stands in texts never becomes SQL.
#[test]
fn nothing_gets_out_of_its_quotes() {
    for text in [
        "kind = 'x'' OR TRUE --'",
        "kind = '; DROP TABLE rows; --'",
        "kind = '/* '",
        "kind LIKE '\\\\'' OR TRUE --'",
        "\"Other One\" = E''",
        "kind = '$$x$$' OR kind = '\u{2028}'",
    ] {
        let Ok(predicate) = text.parse::<Predicate>() else { continue };
        let row = Row {
            kind: Some("it's"),
            other: Some("x"),
            member: None,
            n: None,
            price: None,
            ratio: None,
            real: None,
            bot: None,
        };
        assert_eq!(by_postgresql(&[predicate], &[row], "JSONB", ""), [[Some(false)]], "{text}");
    }
}
