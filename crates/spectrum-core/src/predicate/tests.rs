use std::sync::Arc;

use arrow_array::{
    BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int64Array, StringArray, types::Int32Type,
};

use super::*;

fn predicate(text: &str) -> Predicate {
    text.parse().unwrap()
}

fn refusal(text: &str) -> String {
    text.parse::<Predicate>().unwrap_err().to_string()
}

/// Four events; the third has nothing but an id.
fn truths(text: &str) -> String {
    let names = ["kind", "n", "price", "bot", "ratio", "kind_d"].map(EventColumn::whole);
    let kinds = vec![Some("login"), Some("Click"), None, Some("it's")];
    let columns: [arrow_array::ArrayRef; 6] = [
        Arc::new(StringArray::from(kinds.clone())),
        Arc::new(Int64Array::from(vec![Some(1), Some(-5), None, Some(i64::MAX)])),
        Arc::new(
            Decimal128Array::from(vec![Some(150), Some(99), None, Some(100)])
                .with_precision_and_scale(10, 2)
                .unwrap(),
        ),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(false)])),
        Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None, Some(-0.0)])),
        Arc::new(kinds.into_iter().collect::<DictionaryArray<Int32Type>>()),
    ];
    let rows = Rows { names: &names, columns: &columns, count: 4 };
    let truths = predicate(text).truths(rows).unwrap();
    let letter = |truth: &Truth| match truth {
        Truth::True => 't',
        Truth::False => 'f',
        Truth::Unknown => '?',
    };
    truths.iter().map(letter).collect()
}

#[test]
fn conditions_have_sqls_three_truths() {
    for (text, expected) in [
        ("kind = 'login'", "tf?f"),
        ("kind <> 'login'", "ft?t"),
        ("kind = 'it''s'", "ff?t"),
        ("kind IN ('login', 'it''s')", "tf?t"),
        ("kind NOT IN ('login')", "ft?t"),
        ("kind LIKE '%i%'", "tt?t"),
        ("kind NOT LIKE 'l_gin'", "ft?t"),
        ("lower(kind) = 'click'", "ft?f"),
        ("upper(kind) >= 'LOGIN'", "tf?f"),
        ("kind > 'Z'", "tf?t"), // by bytes, capitals come first
        ("kind IS NULL", "fftf"),
        ("kind IS NOT NULL", "ttft"),
        ("coalesce(kind, 'none') = 'none'", "fftf"),
        ("n = 1", "tf?f"),
        ("n < 0.5", "ft?f"),
        ("n BETWEEN -5 AND 1", "tt?f"),
        ("n NOT BETWEEN -5 AND 1", "ff?t"),
        ("n = 9223372036854775807", "ff?t"),
        ("price >= 1", "tf?t"),
        ("price = 1.50", "tf?f"),
        ("price = n AND n <> 7", "ff?f"),
        ("ratio = 0.1", "tf?f"),
        ("ratio > 1", "ft?f"), // NaN is greater than everything
        ("ratio = 0", "ff?t"),
        ("bot", "tf?f"),
        ("NOT bot", "ft?t"),
        ("bot IS NOT TRUE", "fttt"),
        ("bot = false", "ft?t"),
        ("(kind = 'login') IS FALSE", "ftft"),
        ("kind = 'login' OR bot IS NULL", "tftf"),
        ("bot AND kind = 'x'", "ff?f"),
        ("NOT kind = 'login' AND n > 0", "ff?t"),
        ("bot OR n > 0 AND kind = 'x'", "tf?f"),
        ("true", "tttt"),
        ("kind = kind_d", "tt?t"),
    ] {
        assert_eq!(truths(text), expected, "{text}");
        if !text.contains("kind_d") {
            let over_dictionary = text.replace("kind", "kind_d");
            assert_eq!(truths(&over_dictionary), expected, "{over_dictionary}");
        }
    }
}

#[test]
fn texts_are_numbers_where_numbers_are_asked_for() {
    let names = [EventColumn::whole("n")];
    let column: arrow_array::ArrayRef = Arc::new(StringArray::from(vec![Some("1.50"), Some("x"), None]));
    let rows = |column| Rows { names: &names, columns: std::slice::from_ref(column), count: 2 };
    let good = column.slice(0, 1);
    assert_eq!(predicate("n = 1.5").truths(rows(&good)).unwrap()[0], Truth::True);
    let error = predicate("n = 1.5").truths(rows(&column)).unwrap_err();
    assert_eq!(error.row, Some(1));
    assert_eq!(error.to_string(), "column 'n' is used as a number by the rule, and 'x' is not");
    let number: arrow_array::ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let error = predicate("n = 'a'").truths(rows(&number)).unwrap_err();
    assert_eq!(error.to_string(), "column 'n' is used as a text by the rule, and type Int64 is not");
}

/// Values of a dictionary are judged once each, but only those that rows have can be wrong, and errors name the row.
#[test]
fn dictionaries_are_judged_as_their_rows() {
    let names = [EventColumn::whole("n")];
    let column = |keys: Vec<Option<i32>>, values: Vec<Option<&str>>| -> arrow_array::ArrayRef {
        Arc::new(DictionaryArray::<Int32Type>::new(keys.into(), Arc::new(StringArray::from(values))))
    };
    let judged = |condition: &str, column: arrow_array::ArrayRef| {
        let rows = Rows { names: &names, columns: std::slice::from_ref(&column), count: column.len() };
        predicate(condition).truths(rows)
    };
    use Truth::{False, True, Unknown};
    let keys = vec![Some(0), None, Some(1), Some(0), Some(2)];
    let values = vec![Some("1.50"), None, Some("2")];
    for (condition, expected) in [
        ("n < 2", [True, Unknown, Unknown, True, False]),
        ("n IS NULL", [False, True, True, False, False]),
        ("coalesce(n, '2') = n OR NOT n > '1'", [True, Unknown, Unknown, True, True]),
    ] {
        assert_eq!(judged(condition, column(keys.clone(), values.clone())).unwrap(), expected, "{condition}");
    }
    let with_x = vec![Some("1"), Some("x")];
    assert_eq!(judged("n = 1", column(vec![Some(0); 3], with_x.clone())).unwrap(), [True; 3]);
    let error = judged("n = 1", column(vec![Some(0), Some(0), Some(1)], with_x)).unwrap_err();
    assert_eq!((error.row, error.value.as_deref()), (Some(2), Some("x")));
    // More values than rows, and none at all.
    let many = vec![Some("3"), Some("4"), Some("x")];
    assert_eq!(judged("n = 4", column(vec![Some(1), None], many)).unwrap(), [True, Unknown]);
    assert_eq!(judged("n = 4 OR n IS NULL", column(vec![None; 2], Vec::new())).unwrap(), [True; 2]);
}

#[test]
fn what_is_compared_says_what_columns_have() {
    let kinds = |text: &str| -> Vec<String> {
        let predicate = predicate(text);
        let kind = |kind: Option<ValueKind>| kind.map_or("anything", ValueKind::words);
        predicate.columns().map(|(column, of)| format!("{column}: {}", kind(of))).collect()
    };
    assert_eq!(kinds("a = 1 AND b IS NULL"), ["a: a number", "b: anything"]);
    assert_eq!(kinds("a = b AND b = c AND c > 5"), ["a: a number", "b: a number", "c: a number"]);
    assert_eq!(kinds("a = b"), ["a: a text", "b: a text"]);
    assert_eq!(kinds("coalesce(a, b) = true"), ["a: a boolean", "b: a boolean"]);
    assert_eq!(kinds(r#""a b" ->> 'x''y' = 'z'"#), ["a b ->> 'x''y': a text"]);
}

#[test]
fn refusals_say_where_and_why() {
    insta::assert_snapshot!(
        [
            "",
            "event_type == 'login'",
            "event_type = login'",
            "a = 1 && b = 2",
            "a ~ '^x'",
            "a::int = 1",
            "a ILIKE 'x%'",
            "a = \u{2018}x\u{2019}",
            "event_type = 'a' AND",
            "event_type = 5 OR event_type = 'a'",
            "n = 'a' AND 5 = 'b'",
            "'a' = event_type AND event_type",
            "event_type = NULL",
            "event_type IN ()",
            "event_type IN (kind)",
            "'text'",
            "n + 1 = 2",
            "n = 1; DROP TABLE events",
            "n = 1 -- or not",
            "substr(a, 1) = 'b'",
            "a LIKE b",
            r"a LIKE 'b\'",
            "(a = 1",
            "a = 1)",
            "a NOT 5",
            "a IS 5",
            "a = 1 IS NULL",
            "a = 12abc",
            "CASE WHEN a THEN b END",
            "a = DATE '2026-01-01'",
            "bot > false",
            "a ->> b = 'c'",
            r#""" = 1"#,
        ]
        .map(|text| format!("{text:?}: {}\n", refusal(text)))
        .concat()
    );
}

/// `event_type` above is a boolean column on its own; with something to compare with it is not.
#[test]
fn a_bare_column_is_a_boolean() {
    let refused = refusal("event_type AND event_type = 'x'");
    assert!(refused.contains("'event_type' is used as a boolean and as a text"), "{refused}");
}

#[test]
fn depth_and_length_have_bounds() {
    let nested = |deep: usize| format!("{}a = 1{}", "(".repeat(deep), ")".repeat(deep));
    assert!(nested(DEEPEST).parse::<Predicate>().is_ok());
    assert!(refusal(&nested(DEEPEST + 1)).contains("nested more than 32 deep"));
    assert!(refusal(&format!("{}a", "NOT ".repeat(100))).contains("nested more than 32 deep"));
    assert!(refusal(&"(".repeat(10_000)).contains("nested more than 32 deep"));
    assert!(refusal(&format!("a = '{}'", "x".repeat(1_000_000))).contains("1000006 bytes"));
    let long = vec!["a = 1"; 5_000].join(" OR ");
    assert!(long.parse::<Predicate>().is_ok());
}

#[test]
fn a_caret_stands_under_the_place_in_long_and_wide_texts() {
    let text = format!(
        "{} AND ä = 5 AND ä = 'b' AND {}",
        vec!["a = 1"; 50].join(" AND "),
        vec!["a = 1"; 50].join(" AND ")
    );
    let error = text.parse::<Predicate>().unwrap_err();
    let shown = error.to_string();
    let mut lines = shown.lines().skip(1);
    let (line, caret) = (lines.next().unwrap(), lines.next().unwrap());
    let at = caret.chars().position(|c| c == '^').unwrap();
    assert_eq!(line.chars().nth(at), Some('\''), "{shown}");
    assert!(line.chars().count() < 140, "{shown}");
}
