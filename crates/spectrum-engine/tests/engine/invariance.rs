//! Only the events decide: not their order, the threads, the files, the formats or the compression.

use std::io::Write;
use std::path::PathBuf;

use arrow_array::RecordBatch;
use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_generate::{Ids, Order};

use crate::generated::{Sessions, event_ids, events, expected, found, permuted, split};
use crate::runs::Folder;
use crate::write_inputs;

const EVENTS: u64 = 3_000;

/// uuids under `sequence`, which is the original's, and integers under `encoded`.
fn subjects() -> [(Ids, IdScheme); 2] {
    [(Ids::Uuid, IdScheme::Sequence), (Ids::Int, IdScheme::Encoded)]
}

fn definition(scheme: IdScheme) -> SessionDefinition {
    SessionDefinition::builder().id(scheme).build().unwrap()
}

/// Writes the events under a name that tells the format.
fn write(folder: &Folder, name: &str, batches: &[RecordBatch], row_group_rows: usize) -> PathBuf {
    match name.rsplit_once('.').unwrap().1 {
        "parquet" => {
            folder.write(name, []);
            write_inputs::parquet(&folder.path(name), batches, row_group_rows);
            folder.path(name)
        }
        "csv" => folder.write(name, write_inputs::csv(batches)),
        _ => folder.write(name, write_inputs::ndjson(batches)),
    }
}

const FORMATS: [&str; 3] = ["parquet", "csv", "ndjson"];

#[test]
fn all_formats_give_the_kernels_sessions_and_keep_the_order_of_events() {
    for (ids, scheme) in subjects() {
        let batch = events(EVENTS, ids, Order::Time);
        let expected = expected(&batch, &definition(scheme));
        let folder = Folder::new();
        for format in FORMATS {
            let (input, output) = (format!("in.{format}"), format!("out.{format}"));
            write(&folder, &input, std::slice::from_ref(&batch), 700);
            let report = folder.run(&input, &output).id(scheme).done();
            assert_eq!(report.events, EVENTS);
            assert_eq!(found([folder.path(&output).as_path()]), expected, "{format}");
            let in_order: Vec<_> = crate::outcome::labels(&folder.path(&output), "event_id")
                .into_iter()
                .map(|label| label.event_id)
                .collect();
            assert_eq!(in_order, event_ids(&batch), "{format}");
        }
    }
}

#[test]
fn the_order_of_events_changes_nothing() {
    for (ids, scheme) in subjects() {
        let batch = events(EVENTS, ids, Order::Time);
        let expected = expected(&batch, &definition(scheme));
        for (seed, format) in (0..6).zip(FORMATS.into_iter().cycle()) {
            let folder = Folder::new();
            let (input, output) = (format!("in.{format}"), format!("out.{format}"));
            write(&folder, &input, &[permuted(&batch, seed)], 450);
            folder.run(&input, &output).id(scheme).sessions(folder.path("sessions.csv")).done();
            assert_eq!(found([folder.path(&output).as_path()]), expected, "{format}, seed {seed}");
        }
    }
}

/// The bytes of both outputs are the same, so everything about them is.
#[test]
fn the_number_of_threads_changes_no_byte() {
    for (ids, scheme) in subjects() {
        let batch = permuted(&events(EVENTS, ids, Order::Time), 3);
        for from in FORMATS {
            for to in FORMATS {
                let folder = Folder::new();
                write(&folder, &format!("in.{from}"), std::slice::from_ref(&batch), 200);
                let bytes = [1, 2, 3, 8].map(|threads| {
                    let (events, sessions) = (format!("{threads}.{to}"), format!("{threads}.sessions.{to}"));
                    folder
                        .run(&format!("in.{from}"), &events)
                        .id(scheme)
                        .sessions(folder.path(&sessions))
                        .options(|options| options.threads = threads)
                        .done();
                    (folder.read(&events), folder.read(&sessions))
                });
                assert!(bytes.iter().all(|other| *other == bytes[0]), "{from} to {to}");
            }
        }
    }
}

#[test]
fn row_groups_of_any_size_change_nothing() {
    let (ids, scheme) = subjects()[0];
    let batch = permuted(&events(500, ids, Order::Time), 4);
    let expected = expected(&batch, &definition(scheme));
    for rows in [1, 2, 3, 64, 499, 500, 501] {
        let folder = Folder::new();
        write(&folder, "in.parquet", std::slice::from_ref(&batch), rows);
        folder.run("in.parquet", "out.parquet").done();
        assert_eq!(found([folder.path("out.parquet").as_path()]), expected, "{rows} rows a row group");
    }
}

#[test]
fn many_files_are_as_one_into_one_and_into_a_folder() {
    for (ids, scheme) in subjects() {
        let batch = permuted(&events(EVENTS, ids, Order::Time), 5);
        let expected = expected(&batch, &definition(scheme));
        for format in FORMATS {
            for parts in [1, 2, 7, 40] {
                let folder = Folder::new();
                for (at, part) in split(&batch, parts).iter().enumerate() {
                    let name = format!("in/{}/part-{at:02}.{format}", at % 3);
                    write(&folder, &name, std::slice::from_ref(part), 90);
                }
                let one = folder.path(&format!("one.{format}"));
                folder.run("in", &format!("one.{format}")).id(scheme).done();
                assert_eq!(found([one.as_path()]), expected, "{format}, {parts} files into one");

                folder.run("in", "many/").id(scheme).done();
                let names = folder.files();
                let outputs: Vec<_> = names.iter().filter_map(|name| name.strip_prefix("many/")).collect();
                let inputs: Vec<_> = names.iter().filter_map(|name| name.strip_prefix("in/")).collect();
                assert_eq!(outputs, inputs);
                let outputs: Vec<_> =
                    outputs.iter().map(|name| folder.path(&format!("many/{name}"))).collect();
                assert_eq!(
                    found(outputs.iter().map(PathBuf::as_path)),
                    expected,
                    "{format}, {parts} files into a folder"
                );
            }
        }
    }
}

#[test]
fn compressed_text_is_as_plain_text() {
    let (ids, scheme) = subjects()[0];
    let batch = permuted(&events(EVENTS, ids, Order::Time), 6);
    let expected = expected(&batch, &definition(scheme));
    for format in ["csv", "ndjson"] {
        let folder = Folder::new();
        let plain = write(&folder, &format!("in.{format}"), std::slice::from_ref(&batch), 1);
        let plain = std::fs::read(plain).unwrap();
        folder.write(&format!("in.{format}.gz"), gzip(&plain));
        // Two members, cut in the middle of a line, are one file, as for gzip itself.
        let (left, right) = plain.split_at(plain.len() / 2);
        folder.write(&format!("members.{format}.gz"), [gzip(left), gzip(right)].concat());
        folder.write(&format!("in.{format}.zst"), zstd::encode_all(&plain[..], 1).unwrap());
        let frames = [left, right].map(|part| zstd::encode_all(part, 1).unwrap()).concat();
        folder.write(&format!("frames.{format}.zst"), frames);

        folder.run(&format!("in.{format}"), &format!("plain.{format}")).done();
        let from_plain = folder.read(&format!("plain.{format}"));
        assert_eq!(found([folder.path(&format!("plain.{format}")).as_path()]), expected);
        for input in ["in.F.gz", "members.F.gz", "in.F.zst", "frames.F.zst"] {
            let input = input.replace('F', format);
            let output = format!("{}.out.{format}", input.replace('.', "-"));
            folder.run(&input, &output).done();
            assert_eq!(folder.read(&output), from_plain, "{input}");
        }
        // Compressed as the output's name tells, whatever the input.
        folder.run(&format!("in.{format}.zst"), &format!("out.{format}.gz")).done();
        let mut unzipped = Vec::new();
        let bytes = folder.read(&format!("out.{format}.gz"));
        std::io::copy(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut unzipped).unwrap();
        assert_eq!(unzipped, from_plain);
        folder.run(&format!("in.{format}.gz"), &format!("out.{format}.zst")).done();
        let bytes = folder.read(&format!("out.{format}.zst"));
        assert_eq!(zstd::decode_all(&bytes[..]).unwrap(), from_plain);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Text is read in blocks of some megabytes. Here line ends, delimiters and quotes inside of quotes lie
/// everywhere, so also where blocks might be cut.
#[test]
fn blocks_of_text_are_cut_between_records_only() {
    let count = 15_000;
    let note = |row: usize| {
        let unit = ["line\n", "line\r\n", ",", "\"\"", "\n\n", "1,2,3\n", "x"][row % 7];
        unit.repeat(row % 400)
    };
    let instant = |row: usize| (row * 7919 % count) as i64 * 61;
    let mut csv = "event_id,note,user_id,account_id,occurred_at\n".to_owned();
    let mut ndjson = String::new();
    let mut events = Vec::new();
    for row in 0..count {
        let (user, account, at) = (row % 97, row % 5, instant(row));
        let end = if row % 2 == 0 { "\n" } else { "\r\n" };
        csv.push_str(&format!("{row},\"{}\",{user},{account},{at}{end}", note(row)));
        let note = serde_json::to_string(&note(row)).unwrap();
        ndjson.push_str(&format!(
            "{{\"event_id\":{row},\"note\":{note},\"user_id\":{user},\"account_id\":{account},\"occurred_at\":{at}}}\n"
        ));
        events.push(((user, account), at));
    }
    assert!(csv.len() > 9 << 20 && ndjson.len() > 9 << 20, "{} {}", csv.len(), ndjson.len());
    let numbers = spectrum_core::internals::session_numbers(&events, 1800);

    let folder = Folder::new();
    folder.write("in.csv", &csv);
    folder.write("in.ndjson", &ndjson);
    for format in ["csv", "ndjson"] {
        let output = format!("out.{format}");
        folder
            .run(&format!("in.{format}"), &output)
            .id(IdScheme::Encoded)
            .input_options(|options| options.text.time_unit = Some(arrow_schema::TimeUnit::Second.into()))
            .options(|options| options.threads = 3)
            .done();
        let labels = crate::outcome::labels(&folder.path(&output), "event_id");
        let found: Vec<_> = labels.iter().map(|label| label.session_seq.unwrap()).collect();
        assert_eq!(found, numbers, "{format}");
        // Without the added fields it is the input again.
        let text = folder.text(&output);
        let mut rest = text.as_str();
        let mut stripped = String::new();
        for label in &labels {
            let added = match format {
                "csv" => format!(",{},{}", label.session_id.as_ref().unwrap(), label.session_seq.unwrap()),
                _ => format!(
                    ",\"session_id\":\"{}\",\"session_seq\":{}",
                    label.session_id.as_ref().unwrap(),
                    label.session_seq.unwrap()
                ),
            };
            let (before, after) = rest.split_once(&added).unwrap();
            stripped.push_str(before);
            rest = after;
        }
        stripped.push_str(rest);
        let input = if format == "csv" { &csv } else { &ndjson };
        assert!(stripped.replace(",session_id,session_seq\n", "\n") == *input, "{format}");
    }
}

/// Keys and times that are the same in a text and in a typed column are the same events.
#[test]
fn typed_columns_give_the_same_ids_as_their_text() {
    let batch = events(800, Ids::Int, Order::Shuffled);
    let folder = Folder::new();
    let mut of_format: Vec<Sessions> = Vec::new();
    for scheme in IdScheme::OF_EVENTS {
        for format in FORMATS {
            write(&folder, &format!("in.{format}"), std::slice::from_ref(&batch), 100);
            let output = format!("{scheme}.{format}");
            let run = folder.run(&format!("in.{format}"), &output).id(scheme);
            run.options(|options| options.allow_id_collisions = true).done();
            of_format.push(found([folder.path(&output).as_path()]));
        }
        assert!(of_format.windows(2).all(|pair| pair[0] == pair[1]), "{scheme}");
        of_format.clear();
    }
}
