//! CSV to CSV and NDJSON to NDJSON: every line goes out as it came in, with its session at the end.

use spectrum_core::IdScheme;
use spectrum_engine::NullTime;

use crate::outcome;
use crate::runs::Folder;

/// Ids of `printf 'e1:a#1' | md5sum` and its kin.
const A1: &str = "0d91386d75ae57479e0e6292fdca5784";
const B1: &str = "fc286f806e55d95790144a01a76b92d2";

/// Runs a text with key `k` and time `t`, and returns what came out.
fn text(name: &str, text: &str) -> String {
    let folder = Folder::new();
    folder.write(name, text);
    let output = format!("out.{}", name.rsplit_once('.').unwrap().1);
    folder.run(name, &output).key(["k"]).time("t").id(IdScheme::Encoded).done();
    folder.text(&output)
}

#[test]
fn csv_keeps_quotes_blanks_and_line_ends() {
    let input = "k,note,t\n\
                 a,plain,2026-01-01 10:00\n\
                 \"a\",\"quoted for no reason\", 2026-01-01 10:00\n\
                 a,\"two\nlines, \"\"quoted\"\"\",\"2026-01-01 10:00\"\r\n\
                 b,\"5\"\" pipe\",2026-01-01T10:00:00Z\n";
    let input = &input.replace("10:00\n", "10:00Z\n").replace("10:00\"", "10:00Z\"");
    assert_eq!(
        text("in.csv", input),
        format!(
            "k,note,t,session_id,session_seq\n\
             a,plain,2026-01-01 10:00Z,{A1},1\n\
             \"a\",\"quoted for no reason\", 2026-01-01 10:00Z,{A1},1\n\
             a,\"two\nlines, \"\"quoted\"\"\",\"2026-01-01 10:00Z\",{A1},1\r\n\
             b,\"5\"\" pipe\",2026-01-01T10:00:00Z,{B1},1\n"
        )
    );
}

#[test]
fn csv_with_a_byte_order_mark_and_windows_line_ends_stays_so() {
    assert_eq!(
        text("in.csv", "\u{feff}\"k\",t\r\na,2026-01-01\r\nb,2026-01-01\r\n"),
        format!("\u{feff}\"k\",t,session_id,session_seq\r\na,2026-01-01,{A1},1\r\nb,2026-01-01,{B1},1\r\n")
    );
}

#[test]
fn the_last_line_of_csv_needs_no_line_end_and_empty_lines_are_no_events() {
    assert_eq!(
        text("in.csv", "k,t\n\n\na,2026-01-01\n\r\n\nb,2026-01-01"),
        format!("k,t,session_id,session_seq\na,2026-01-01,{A1},1\nb,2026-01-01,{B1},1\n")
    );
    assert_eq!(text("in.csv", "k,t"), "k,t,session_id,session_seq\n");
    // A last field that is empty is a field: here a NULL time would be the next thing to be refused.
    assert_eq!(
        text("in.csv", "t,k\n2026-01-01,"),
        format!("t,k,session_id,session_seq\n2026-01-01,,{},1\n", "e1255adc6a91e426a39e96ee6434556a")
    );
}

/// An empty field is NULL, an empty text in quotes is a text; other spellings of NULL have to be named.
/// DuckDB and others refuse a file whose line ends differ.
#[test]
fn a_last_line_without_line_end_gets_that_of_the_others() {
    assert_eq!(
        text("in.csv", "\"k\",\"two\nlines\",t\r\na,x,2026-01-01"),
        format!("\"k\",\"two\nlines\",t,session_id,session_seq\r\na,x,2026-01-01,{A1},1\r\n")
    );
    assert_eq!(
        text("in.csv", "k,t\r\na,2026-01-01\r\nb,2026-01-01"),
        format!("k,t,session_id,session_seq\r\na,2026-01-01,{A1},1\r\nb,2026-01-01,{B1},1\r\n")
    );
    let line = |k: &str, id: &str| {
        format!("{{\"k\":\"{k}\",\"t\":\"2026-01-01\",\"session_id\":\"{id}\",\"session_seq\":1}}\r\n")
    };
    assert_eq!(
        text("in.ndjson", "{\"k\":\"a\",\"t\":\"2026-01-01\"}\r\n{\"k\":\"b\",\"t\":\"2026-01-01\"}"),
        line("a", A1) + &line("b", B1)
    );
}

#[test]
fn null_and_the_empty_text_are_different_keys() {
    let input = "k,t\n,2026-01-01\n\"\",2026-01-01\nNULL,2026-01-01\n\"NULL\",2026-01-01\n\\N,2026-01-01\n";
    let keys = |nulls: &[&str]| {
        let folder = Folder::new();
        folder.write("in.csv", input);
        let run = folder.run("in.csv", "out.csv").key(["k"]).time("t").id(IdScheme::Sequence);
        let nulls = nulls.iter().map(|null| (*null).to_owned()).collect();
        let report = run.input_options(|options| options.text.nulls = nulls).done();
        let ids: Vec<_> =
            outcome::labels(&folder.path("out.csv"), "t").into_iter().map(|l| l.session_id).collect();
        // The bytes of the fields stay, whatever they mean.
        let text = folder.text("out.csv");
        for (line, before) in text.lines().zip(input.lines()).skip(1) {
            assert!(line.starts_with(&format!("{before},")), "{line}");
        }
        (ids.iter().map(Option::is_none).collect::<Vec<_>>(), report.null_key_events, report.keys)
    };
    assert_eq!(keys(&[]), (vec![true, false, false, false, false], 1, 4));
    assert_eq!(keys(&["NULL"]), (vec![true, false, true, false, false], 2, 4));
    assert_eq!(keys(&["NULL", "\\N"]), (vec![true, false, true, false, true], 3, 3));
}

#[test]
fn delimiters_may_be_others() {
    let folder = Folder::new();
    folder.write("in.tsv", "k\tt\tn\na\t2026-01-01\t1,5\n");
    folder.run("in.tsv", "out.tsv").key(["k"]).time("t").id(IdScheme::Encoded).done();
    assert_eq!(
        folder.text("out.tsv"),
        format!("k\tt\tn\tsession_id\tsession_seq\na\t2026-01-01\t1,5\t{A1}\t1\n")
    );

    // A delimiter that was named is that of all CSV, in and out.
    folder.write("in.csv", "k;t;n\na;2026-01-01;01,50\n\"b;b\";2026-01-01;\n");
    folder
        .run("in.csv", "out.csv")
        .key(["k"])
        .time("t")
        .id(IdScheme::Encoded)
        .input_options(|options| options.text.dialect.delimiter = ";".parse().ok())
        .sessions(folder.path("s.csv"))
        .done();
    let lines: Vec<_> = folder.text("out.csv").lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "k;t;n;session_id;session_seq");
    assert_eq!(lines[1], format!("a;2026-01-01;01,50;{A1};1"));
    assert!(lines[2].starts_with("\"b;b\";2026-01-01;;"));
    assert_eq!(
        folder.text("s.csv").lines().next(),
        Some("session_id;k;session_seq;started_at;ended_at;duration_seconds;events")
    );
}

/// A name with a delimiter or a quote in it is quoted in the header, as any name would be.
#[test]
fn the_name_of_the_added_column_is_quoted_where_it_must_be() {
    let folder = Folder::new();
    folder.write("in.csv", "k,t\na,2026-01-01\n");
    folder.write("in.ndjson", "{\"k\":\"a\",\"t\":\"2026-01-01\"}\n");
    for format in ["csv", "ndjson"] {
        let run = folder.run(&format!("in.{format}"), &format!("out.{format}"));
        let run = run.key(["k"]).time("t").id(IdScheme::Encoded);
        run.options(|o| (o.session_column, o.with_sequence) = ("my, \"id\"".into(), false)).done();
    }
    assert_eq!(folder.text("out.csv"), format!("k,t,\"my, \"\"id\"\"\"\na,2026-01-01,{A1}\n"));
    assert_eq!(
        folder.text("out.ndjson"),
        format!("{{\"k\":\"a\",\"t\":\"2026-01-01\",\"my, \\\"id\\\"\":\"{A1}\"}}\n")
    );
}

#[test]
fn several_files_of_csv_become_one_with_one_header() {
    let folder = Folder::new();
    folder.write("in/1.csv", "\u{feff}k,t\na,2026-01-01\n");
    folder.write("in/2.csv", "\u{feff}k,t\r\nb,2026-01-01");
    folder.write("in/3.csv", "k,t\n");
    folder.write("in/4.csv", "k,t\na,2026-01-01\n");
    folder.run("in", "out.csv").key(["k"]).time("t").id(IdScheme::Encoded).done();
    assert_eq!(
        folder.text("out.csv"),
        format!(
            "\u{feff}k,t,session_id,session_seq\na,2026-01-01,{A1},1\nb,2026-01-01,{B1},1\na,2026-01-01,{A1},1\n"
        )
    );
    folder.write("in/5.csv", "t,k,x\n2026-01-01,a,\n");
    let message = folder.run("in", "other.csv").key(["k"]).time("t").refusal();
    assert!(message.contains("1.csv and ") && message.contains("(k, t) and (t, k, x)"), "{message}");
}

#[test]
fn ndjson_keeps_every_byte() {
    let input = "{\"k\":\"a\",\"t\":\"2026-01-01\"}\n\
                 {\"big\": 123456789012345678901234567890, \"tiny\":1e-400,\"k\":\"a\",\"t\":\"2026-01-01\"}\n\
                 \t{ \"k\" : \"\\u0061\", \"t\":\"2026-01-01\", \"e\":\"\\u00e9é\\n\\/\" } \r\n\
                 {\"nested\":{\"k\":\"z\",\"t\":[1,{}]},\"t\":\"2026-01-01\",\"k\":\"b\"}\n\
                 {\"k\":\"z\",\"t\":\"2026-01-01\",\"k\":\"b\"}";
    let added = |id: &str| format!(",\"session_id\":\"{id}\",\"session_seq\":1");
    assert_eq!(
        text("in.ndjson", input),
        format!(
            "{{\"k\":\"a\",\"t\":\"2026-01-01\"{a}}}\n\
             {{\"big\": 123456789012345678901234567890, \"tiny\":1e-400,\"k\":\"a\",\"t\":\"2026-01-01\"{a}}}\n\
             \t{{ \"k\" : \"\\u0061\", \"t\":\"2026-01-01\", \"e\":\"\\u00e9é\\n\\/\"{a} }} \r\n\
             {{\"nested\":{{\"k\":\"z\",\"t\":[1,{{}}]}},\"t\":\"2026-01-01\",\"k\":\"b\"{b}}}\n\
             {{\"k\":\"z\",\"t\":\"2026-01-01\",\"k\":\"b\"{b}}}\n",
            a = added(A1),
            b = added(B1)
        )
    );
}

#[test]
fn blank_lines_of_ndjson_are_no_events() {
    let line = "{\"k\":\"a\",\"t\":\"2026-01-01\"}";
    let out = format!("{{\"k\":\"a\",\"t\":\"2026-01-01\",\"session_id\":\"{A1}\",\"session_seq\":1}}\n");
    assert_eq!(text("in.ndjson", &format!("\n  \n{line}\n\r\n\t\n{line}")), format!("{out}{out}"));
    assert_eq!(text("in.ndjson", ""), "");
    // JSON allows no byte order mark, so it is read and not passed on.
    assert_eq!(text("in.jsonl", &format!("\u{feff}{line}\n")), out);
}

/// A member that is missing is NULL, as one that is null.
#[test]
fn members_that_are_missing_are_null() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        "{\"t\":\"2026-01-01\"}\n{\"k\":null,\"t\":\"2026-01-01\"}\n{}\n{ }\n{\"k\":\"a\",\"t\":null}\n{\"k\":\"a\",\"t\":\"2026-01-01\"}\n",
    );
    let run = |output: &str| folder.run("in.ndjson", output).key(["k"]).time("t");
    let message = run("refused.ndjson").refusal();
    assert!(message.contains("3 events have no time") && message.contains("line 3, "), "{message}");
    let report = run("out.ndjson").options(|options| options.null_time = NullTime::Drop).done();
    assert_eq!((report.events, report.dropped, report.null_key_events, report.null_id_events), (3, 3, 2, 2));
    assert_eq!(
        folder.text("out.ndjson"),
        "{\"t\":\"2026-01-01\",\"session_id\":null,\"session_seq\":1}\n\
         {\"k\":null,\"t\":\"2026-01-01\",\"session_id\":null,\"session_seq\":1}\n\
         {\"k\":\"a\",\"t\":\"2026-01-01\",\"session_id\":\"8a8bb7cd343aa2ad99b7d762030857a2\",\"session_seq\":1}\n"
    );
}

/// Strings, integers of any size and booleans are keys by their text, so 1 and "1" are one key.
#[test]
fn scalars_of_ndjson_are_keys_by_their_text() {
    let folder = Folder::new();
    let keys = ["1", "\"1\"", "true", "\"true\"", "-0", "123456789012345678901234567890", "\"\\u0031\""];
    let lines: String = keys.iter().map(|key| format!("{{\"k\":{key},\"t\":\"2026-01-01\"}}\n")).collect();
    folder.write("in.ndjson", lines);
    let report = folder.run("in.ndjson", "out.ndjson").key(["k"]).time("t").id(IdScheme::Encoded).done();
    assert_eq!(report.keys, 4);
    for (key, what) in [
        ("1.5", "a number with a fraction or exponent"),
        ("1e3", "a number with a fraction or exponent"),
        ("{}", "an object"),
        ("[1]", "an array"),
        ("\"\\ud800\"", "half a character"),
    ] {
        folder.write(
            "in.ndjson",
            format!("{{\"k\":1,\"t\":\"2026-01-01\"}}\n{{\"k\":{key},\"t\":\"2026-01-01\"}}\n"),
        );
        let message = folder.run("in.ndjson", "refused.ndjson").key(["k"]).time("t").refusal();
        assert!(message.contains("line 2: ") && message.contains(&format!("'k' is {what}")), "{message}");
    }
}

#[test]
fn dropped_events_leave_no_line() {
    let folder = Folder::new();
    folder.write("in.csv", "k,t\na,\nb,2026-01-01\r\n\"c\n\",\n");
    let run = folder.run("in.csv", "out.csv").key(["k"]).time("t").id(IdScheme::Encoded);
    let report = run.options(|options| options.null_time = NullTime::Drop).done();
    assert_eq!((report.events, report.dropped), (1, 2));
    assert_eq!(folder.text("out.csv"), format!("k,t,session_id,session_seq\nb,2026-01-01,{B1},1\r\n"));
}
