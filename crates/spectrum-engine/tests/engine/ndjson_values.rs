//! NDJSON to formats with types: the values are those of the lines.

use arrow_array::cast::AsArray;
use spectrum_core::IdScheme;

use crate::outcome;
use crate::runs::Folder;

/// A line of key `k` and time `t` per value of `x`, as it comes out as CSV and Parquet.
fn converted(values: &[&str]) -> Folder {
    let folder = Folder::new();
    let line = |x: &&str| format!("{{\"k\":\"a\",\"t\":\"2026-01-01\",\"x\":{x}}}\n");
    folder.write("in.ndjson", values.iter().map(line).collect::<String>());
    for output in ["out.csv", "out.parquet"] {
        folder.run("in.ndjson", output).key(["k"]).time("t").id(IdScheme::Encoded).done();
    }
    folder
}

fn texts(folder: &Folder) -> Vec<String> {
    let rows = outcome::rows(&folder.path("out.csv"));
    rows.iter().map(|row| row["x"].clone().unwrap_or_default()).collect()
}

/// Python's json escapes all that is not ASCII, which makes two escapes of one character here.
#[test]
fn characters_beyond_16_bits_may_be_escaped() {
    let folder = converted(&[
        r#""\ud842\udfb7""#, // a common name's first character
        r#""\uDBFF\uDFFF""#,
        r#""\ud83d\ude00 \u00e9 \\ud842\\udfb7""#,
    ]);
    let expected = ["\u{20bb7}", "\u{10ffff}", "\u{1f600} é \\ud842\\udfb7"];
    assert_eq!(texts(&folder), expected);
    let batches = outcome::parquet_batches(&folder.path("out.parquet"));
    let column = batches[0].column_by_name("x").unwrap().as_string::<i32>();
    assert_eq!(column.iter().flatten().collect::<Vec<_>>(), expected);
}

/// As it is with columns themselves.
#[test]
fn an_integer_that_no_double_holds_keeps_its_digits_at_any_depth() {
    let folder = converted(&[
        r#"{"id":18446744073709551615,"in":[{"id":-9223372036854775809,"n":0.5}],"n":1}"#,
        r#"{"id":1,"in":[{"id":2.5,"n":1.5},{"id":null}],"n":2.5}"#,
        r#"{"in":[]}"#,
    ]);
    let objects = texts(&folder);
    assert_eq!(
        objects,
        [
            r#"{"id":"18446744073709551615","in":[{"id":"-9223372036854775809","n":0.5}],"n":1.0}"#,
            r#"{"id":"1","in":[{"id":"2.5","n":1.5},{"id":null,"n":null}],"n":2.5}"#,
            r#"{"id":null,"in":[],"n":null}"#,
        ]
    );
    let batches = outcome::parquet_batches(&folder.path("out.parquet"));
    let ids = batches[0].column_by_name("x").unwrap().as_struct().column_by_name("id").unwrap().clone();
    assert_eq!(
        ids.as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("18446744073709551615"), Some("1"), None]
    );
}

/// A list of numbers of which one is too wide.
#[test]
fn lists_of_wide_integers_are_lists_of_texts() {
    let folder = converted(&["[1,18446744073709551615]", "[0.5]"]);
    assert_eq!(texts(&folder), [r#"["1","18446744073709551615"]"#, r#"["0.5"]"#]);
    let doubles = converted(&["[1,9007199254740992]", "[0.5]"]);
    assert_eq!(texts(&doubles), ["[1.0,9.007199254740992e15]", "[0.5]"]);
}
