//! The digest of a run: of the events alone, whatever they come in, and PostgreSQL's for the same events.

use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::{
    ArrayRef, Decimal128Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, types::Int32Type,
};
use spectrum_core::{Digest, IdScheme, SessionDefinition};
use spectrum_engine::{NullTime, RunOptions};
use spectrum_generate::{Ids, Order};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, digest_query, sessions_query};
use spectrum_testkit::PrivatePostgres;

use crate::generated::{events, expected, permuted, split};
use crate::runs::{Folder, Run};
use crate::write_inputs;

const FORMATS: [&str; 3] = ["parquet", "csv", "ndjson"];

/// Writes the events under a name that tells the format.
fn write(folder: &Folder, name: &str, batch: &RecordBatch, row_group_rows: usize) {
    let batches = std::slice::from_ref(batch);
    match name.rsplit_once('.').unwrap().1 {
        "parquet" => {
            folder.write(name, []);
            write_inputs::parquet(&folder.path(name), batches, row_group_rows);
        }
        "csv" => drop(folder.write(name, write_inputs::csv(batches))),
        _ => drop(folder.write(name, write_inputs::ndjson(batches))),
    }
}

fn digest(run: Run) -> Digest {
    run.options(|options| options.digest = true).done().digest.unwrap()
}

/// The digest of events with these texts for ids and these sessions.
fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Digest {
    let mut digest = Digest::default();
    for (event, session) in pairs {
        let bytes = |hex: &str| {
            spectrum_core::SessionId::from_bytes(u128::from_str_radix(hex, 16).unwrap().to_be_bytes())
        };
        digest.add(Some(event.as_bytes()), session.map(bytes));
    }
    digest
}

#[test]
fn order_files_formats_and_threads_change_nothing() {
    for (ids, scheme) in [(Ids::Uuid, IdScheme::Sequence), (Ids::Int, IdScheme::Start)] {
        let batch = events(3_000, ids, Order::Time);
        let definition = SessionDefinition::builder().id(scheme).build().unwrap();
        let sessions = expected(&batch, &definition);
        let expected = of(sessions.iter().map(|(event, (_, id))| (event.as_str(), id.as_deref())));
        assert_eq!(expected.events(), 3_000);
        for (seed, format) in (0..).zip(FORMATS) {
            let folder = Folder::new();
            let permuted = permuted(&batch, seed);
            write(&folder, &format!("one.{format}"), &permuted, 170);
            for (at, part) in split(&permuted, 7).iter().enumerate() {
                write(&folder, &format!("many/{at}.{format}"), part, 50 + at);
            }
            let one = format!("one.{format}");
            for threads in [1, 2, 5] {
                for (input, output) in [(one.as_str(), "out.csv"), ("many", "out.parquet"), ("many", "out/")]
                {
                    let run = folder.run(input, output).id(scheme).options(|options| {
                        options.threads = threads;
                        options.force = true;
                    });
                    assert_eq!(digest(run), expected, "{input} to {output}, {threads} threads");
                }
            }
            assert_eq!(folder.run(&one, "out.ndjson").id(scheme).done().digest, None, "nobody asked");
        }
    }
}

/// What a run writes has the digest of what it read, though text gets a type on its way to Parquet.
#[test]
fn outputs_have_the_digest_of_their_inputs() {
    for ids in [["007", "8", ""], ["7", "-8", ""], ["A0EE", "true", ""]] {
        let folder = Folder::new();
        let [a, b, c] = ids;
        folder.write(
            "in.csv",
            format!("event_id,user_id,account_id,occurred_at\n{a},u,1,2026-01-01\n{b},,1,2026-01-01\n{c},,,2026-01-01\n"),
        );
        let of = |input: &str, output: &str, session_column: &str| {
            digest(folder.run(input, output).id(IdScheme::Encoded).options(|options| {
                options.session_column = session_column.into();
                options.with_sequence = false;
            }))
        };
        let first = of("in.csv", "out.parquet", "session_id");
        assert_eq!(of("out.parquet", "out.ndjson", "again"), first, "{ids:?}");
        assert_eq!(of("out.ndjson", "out.csv", "once_more"), first, "{ids:?}");
    }
}

fn force(options: &mut RunOptions) {
    options.force = true;
}

/// Ids in dictionaries, and in the names of folders.
#[test]
fn dictionaries_and_folder_names_have_event_ids() {
    let folder = Folder::new();
    let names = [Some("a"), None, Some("ü"), Some("a")];
    let others: [ArrayRef; 2] =
        [Arc::new(StringArray::from(vec!["u"; 4])), Arc::new(TimestampMicrosecondArray::from(vec![0; 4]))];
    let batch = |ids: ArrayRef| {
        let [user, at] = others.clone();
        RecordBatch::try_from_iter_with_nullable([
            ("event_id", ids, true),
            ("user", user, false),
            ("at", at, false),
        ])
        .unwrap()
    };
    write(&folder, "plain.parquet", &batch(Arc::new(StringArray::from(names.to_vec()))), 3);
    let dictionary: DictionaryArray<Int32Type> = names.into_iter().collect();
    write(&folder, "dictionary.parquet", &batch(Arc::new(dictionary)), 3);
    let run = |input: &str, output: &str| folder.run(input, output).key(["user"]).time("at");
    let plain = digest(run("plain.parquet", "1.parquet"));
    assert_eq!(digest(run("dictionary.parquet", "2.csv")), plain);

    folder.write("named/event_id=a/1.csv", "user,at\nu,1970-01-01\nu,1970-01-01\n");
    folder.write("named/event_id=%C3%BC/2.csv", "user,at\nu,1970-01-01\n");
    folder.write("named/event_id=__HIVE_DEFAULT_PARTITION__/3.csv", "user,at\nu,1970-01-01\n");
    assert_eq!(digest(run("named", "3.csv")), plain);
}

/// What databases export numbers as has the text of an integer.
#[test]
fn decimals_without_a_fraction_are_event_ids() {
    let folder = Folder::new();
    let large: i128 = 12_345_678_901_234_567_890_123;
    let batch = |ids: ArrayRef| {
        let users: ArrayRef = Arc::new(StringArray::from(vec!["u"; 3]));
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0; 3]));
        RecordBatch::try_from_iter_with_nullable([
            ("event_id", ids, true),
            ("user", users, false),
            ("at", at, false),
        ])
        .unwrap()
    };
    let decimals = Decimal128Array::from(vec![Some(7), None, Some(large)]);
    write(&folder, "in.parquet", &batch(Arc::new(decimals.with_precision_and_scale(38, 0).unwrap())), 2);
    let large = large.to_string();
    let texts = StringArray::from(vec![Some("7"), None, Some(large.as_str())]);
    write(&folder, "texts.parquet", &batch(Arc::new(texts)), 3);
    let run = |input: &str, output: &str| folder.run(input, output).key(["user"]).time("at");
    assert_eq!(digest(run("in.parquet", "1.parquet")), digest(run("texts.parquet", "2.parquet")));
}

/// An event without a time has no session and is not written, so it does not count.
#[test]
fn events_that_are_left_out_do_not_count() {
    let folder = Folder::new();
    let header = "event_id,user_id,account_id,occurred_at\n";
    folder.write("all.csv", format!("{header}1,u,a,2026-01-01\n2,u,a,\n3,u,a,2026-01-02\n4,,a,\n"));
    folder.write("kept.csv", format!("{header}1,u,a,2026-01-01\n3,u,a,2026-01-02\n"));
    let all = folder.run("all.csv", "1.csv").options(|options| options.null_time = NullTime::Drop);
    let all = digest(all);
    assert_eq!(all.events(), 2);
    assert_eq!(all, digest(folder.run("kept.csv", "2.csv")));
}

/// Times finer than microseconds are found out in the middle of text, and the pass begins again.
#[test]
fn a_pass_that_begins_again_counts_once() {
    let folder = Folder::new();
    let mut text = "event_id,user_id,account_id,occurred_at\n".to_owned();
    for row in 0..200_000 {
        text.push_str(&format!("{row},u,a,2026-01-01T00:00:00.{row:06}Z\n"));
    }
    folder.write("coarse.csv", &text);
    text.push_str("200000,u,a,2026-01-01T00:00:00.000000001Z\n");
    folder.write("fine.csv", &text);
    let run = |input: &str| folder.run(input, "out.csv").id(IdScheme::Sequence).options(force);
    let (coarse, fine) = (digest(run("coarse.csv")), digest(run("fine.csv")));
    assert_eq!((coarse.events(), fine.events()), (200_000, 200_001));
    let session = &crate::outcome::csv_rows(&folder.text("out.csv")[..200], ',')[0]["session_id"];
    assert_eq!(coarse.merge(of([("200000", session.as_deref())])), fine);
}

#[test]
fn ids_that_have_no_settled_text_are_refused() {
    let folder = Folder::new();
    let columns: [(&str, ArrayRef); 4] = [
        ("event_id", Arc::new(Float64Array::from(vec![1.5]))),
        ("user_id", Arc::new(StringArray::from(vec!["u"]))),
        ("account_id", Arc::new(StringArray::from(vec!["a"]))),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![0]))),
    ];
    write(&folder, "in.parquet", &RecordBatch::try_from_iter(columns).unwrap(), 1);
    folder.run("in.parquet", "without.parquet").done();
    let run = folder.run("in.parquet", "out.parquet").options(|options| options.digest = true);
    let message = run.refusal();
    assert!(message.starts_with("column 'event_id' in "), "{message}");
    assert!(message.ends_with(
        "in.parquet is of type Float64, whose text is not settled, so it cannot be digested; use text, an integer, \
         a boolean or a uuid (FixedSizeBinary(16)), or leave out the digest"
    ));
    assert_eq!(folder.files(), ["in.parquet", "without.parquet"]);
}

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % end
    }

    /// One in `rarity` is `None`.
    fn mostly<T>(&mut self, rarity: u64, value: T) -> Option<T> {
        (self.below(rarity) > 0).then_some(value)
    }
}

const ROWS: usize = 4_000;

/// Event ids of one type, as Arrow has them and as PostgreSQL calls the type.
fn event_ids(kind: &str, dice: &mut Dice) -> (ArrayRef, &'static str) {
    match kind {
        "text" => {
            let forms =
                ["", "-", "e", "日本", "Ünï'\"\\", "two\nlines", "a,b\t\r\nc", "\u{1f600}", "A0EE", " "];
            let ids = (0..ROWS).map(|row| {
                let form = forms[dice.below(forms.len() as u64) as usize];
                // Some ids are there twice.
                let id = if row % 3 == 0 { form.to_owned() } else { format!("{form}{row}") };
                dice.mostly(12, id)
            });
            (Arc::new(ids.collect::<StringArray>()), "TEXT")
        }
        "integer" => {
            let extremes = [i64::MIN, -1, 0, i64::MAX];
            let ids = (0..ROWS).map(|row| {
                let id = extremes.get(row).copied().unwrap_or(dice.below(1 << 30) as i64 - (1 << 29));
                dice.mostly(12, id)
            });
            (Arc::new(ids.collect::<Int64Array>()), "BIGINT")
        }
        _ => {
            let mut ids = FixedSizeBinaryBuilder::new(16);
            for _ in 0..ROWS {
                let halves =
                    [dice.below(1 << 31), dice.below(1 << 31)].map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let uuid = (u128::from(halves[0]) << 64 | u128::from(halves[1])).to_be_bytes();
                match dice.mostly(12, uuid) {
                    Some(uuid) => ids.append_value(uuid).unwrap(),
                    None => ids.append_null(),
                }
            }
            (Arc::new(ids.finish()), "UUID")
        }
    }
}

/// The promise itself: a file, and the file loaded into PostgreSQL, have one digest.
#[test]
fn postgresql_digests_the_same_events_to_the_same() {
    let server = PrivatePostgres::shared().unwrap();
    let mut dice = Dice(42);
    for kind in ["text", "integer", "uuid"] {
        let (event_ids, event_id_type) = event_ids(kind, &mut dice);
        let users = ["u", "ü", "", "U"];
        let user = (0..ROWS).map(|_| {
            let user = users[dice.below(4) as usize];
            dice.mostly(9, user)
        });
        let user: StringArray = user.collect();
        let account: Int64Array = (0..ROWS)
            .map(|_| {
                let account = dice.below(40) as i64 - 5;
                dice.mostly(9, account)
            })
            .collect();
        let at: TimestampMicrosecondArray = (0..ROWS)
            .map(|_| {
                let at = 1_760_000_000_000_000 + dice.below(1 << 31) as i64 * 200 + dice.below(3) as i64;
                dice.mostly(30, at)
            })
            .collect();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("event_id", event_ids, true),
            ("user_id", Arc::new(user) as ArrayRef, true),
            ("account_id", Arc::new(account), true),
            ("occurred_at", Arc::new(at), true),
        ])
        .unwrap();
        let csv = write_inputs::csv(std::slice::from_ref(&batch));
        let table = format!("digest_of_{kind}");
        server.run_script(&format!(
            "CREATE TABLE {table} (event_id {event_id_type}, user_id TEXT, account_id BIGINT, occurred_at TIMESTAMP);\n\
             COPY {table} FROM STDIN (FORMAT csv, HEADER);\n{csv}\\.\n",
        ))
        .unwrap();

        let folder = Folder::new();
        for format in FORMATS {
            write(&folder, &format!("in.{format}"), &batch, 700);
        }
        for scheme in IdScheme::OF_EVENTS {
            let definition = SessionDefinition::builder().id(scheme).build().unwrap();
            let in_table =
                Events::new(&definition, TableName::parse(&table).unwrap()).without_null_times(true);
            let relation = format!("({})", sessions_query(&in_table));
            let row = server.query(&digest_query("event_id", &relation)).unwrap().remove(0);
            let number = |at: usize| -> i128 { row[at].as_ref().unwrap().parse().unwrap() };
            let expected = Digest::from_sums(number(0) as u64, number(1), number(2));
            for format in FORMATS {
                let run = folder.run(&format!("in.{format}"), "out.csv").id(scheme).options(|options| {
                    options.null_time = NullTime::Drop;
                    options.allow_id_collisions = true;
                    options.force = true;
                });
                assert_eq!(digest(run), expected, "{kind} ids in {format} under {scheme}");
            }
        }
    }
}
