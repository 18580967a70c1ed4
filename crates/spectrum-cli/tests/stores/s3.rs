//! S3: the same results as of local files, and no more read than is needed.

use crate::servers::Bucket;
use crate::spectrum::Folder;

/// Every format, alone, in folders and by patterns.
#[test]
#[ignore = "cargo xtask stores"]
fn digests_are_those_of_local_files() {
    let bucket = Bucket::new("digests");
    let folder = Folder::new();
    for (name, events) in [
        ("events.parquet", 30_000),
        ("events.csv", 20_000),
        ("events.csv.gz", 20_000),
        ("events.ndjson", 10_000),
        ("events.ndjson.zst", 10_000),
        ("days/date=2026-01-01/a.parquet", 3_000),
        ("days/date=2026-01-02/b.parquet", 2_000),
        ("days/date=2026-01-02/_hidden.parquet", 1_000),
    ] {
        folder.done(&format!("generate -o {name} --events {events} --seed {events}"));
        bucket.put(name, &folder.read(name));
    }
    for (names, out) in [
        ("events.parquet", "out.parquet"),
        ("events.parquet", "out.csv"),
        ("events.csv", "out.csv"),
        ("events.csv.gz", "out.parquet"),
        ("events.ndjson", "out.ndjson"),
        ("events.ndjson.zst", "out.csv.gz"),
        ("days", "out.parquet"),
        ("days/", "folder/"),
        ("days/*/*.parquet", "out.parquet"),
        ("days/date=2026-01-0[2-9]/**", "out.parquet"),
    ] {
        let local = folder.json(&format!("run {names} -o local-{out} --force --json --digest"));
        let there = folder.json(&format!("run s3://digests/{names} -o there-{out} --force --json --digest"));
        assert!(local["events"].as_u64().unwrap() > 0);
        for figure in ["digest", "events", "keys", "sessions", "first", "last"] {
            assert_eq!(local[figure], there[figure], "{names} {figure}");
        }
        if !out.ends_with('/') {
            assert!(folder.read(&format!("local-{out}")) == folder.read(&format!("there-{out}")), "{names}");
        }
        // And as an output, of which every byte is the same.
        folder.done(&format!("run s3://digests/{names} -o s3://digests/made/{out} --force --quiet"));
        if !out.ends_with('/') {
            assert!(
                bucket.get(&format!("made/{out}")) == Some(folder.read(&format!("local-{out}"))),
                "{names}"
            );
        }
    }
    let made = ["made/folder/date=2026-01-01/a.parquet", "made/folder/date=2026-01-02/b.parquet"];
    for name in made {
        assert!(
            bucket.get(name) == Some(folder.read(&name.replace("made/folder", "local-folder"))),
            "{name}"
        );
    }
}

/// Every other command that reads events.
#[test]
#[ignore = "cargo xtask stores"]
fn every_command_reads_what_lies_there() {
    let bucket = Bucket::new("commands");
    let folder = Folder::new();
    folder.done("generate -o events.parquet --events 5000");
    bucket.put("in/events.parquet", &folder.read("events.parquet"));
    let there = "s3://commands/in/events.parquet";
    folder.done("run events.parquet -o events.csv");
    let text = String::from_utf8(folder.read("events.csv")).unwrap();
    let event = text.lines().nth(1).unwrap().split(',').next().unwrap();
    let explain = format!("explain NAME --event {event}");
    for line in ["summary NAME", "check NAME", &explain, "compare NAME --a gap=30m --b gap=1h"] {
        let of = |name: &str| {
            let output = folder.command(&line.replace("NAME", name)).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).replace(name, "NAME");
            (output.status.code(), text, String::from_utf8_lossy(&output.stderr).replace(name, "NAME"))
        };
        assert_eq!(of("events.parquet"), of(there), "{line}");
    }
    folder.done(&format!("report {there} -o s3://commands/out/report.html"));
    folder.done("report events.parquet -o report.html");
    let shown = |page: Vec<u8>| String::from_utf8(page).unwrap().replace(there, "events.parquet");
    assert_eq!(shown(bucket.get("out/report.html").unwrap()), shown(folder.read("report.html")));
    folder.done("generate -o s3://commands/out/generated.parquet --events 5000");
    assert!(bucket.get("out/generated.parquet") == Some(folder.read("events.parquet")));
}

/// Of a wide file the first pass reads the columns of keys and times and nothing else.
#[test]
#[ignore = "cargo xtask stores"]
fn the_first_pass_reads_key_and_time_alone() {
    let bucket = Bucket::new("columns");
    let folder = Folder::new();
    folder.done("generate -o events.parquet --events 200000");
    let file = folder.read("events.parquet");
    bucket.put("events.parquet", &file);
    let of = |line: &str| {
        let told = folder.json(line);
        let count = |name: &str| told["object_store"][name].as_u64().unwrap();
        (count("reads"), count("bytes_read"))
    };
    let all = file.len() as u64;
    let (reads, bytes) = of("summary s3://columns/events.parquet --json");
    assert!(bytes < all * 6 / 10, "{bytes} of {all}");
    assert!(reads < 12, "{reads}");
    // A run reads them once more, with all others.
    let (reads, bytes_of_run) = of("run s3://columns/events.parquet -o out.parquet --json");
    assert!(bytes_of_run < bytes + all + (1 << 18), "{bytes_of_run} of {all}");
    assert!(reads < 20, "{reads}");
}

/// A listing of many pages, whose files are of no known format but for a few.
#[test]
#[ignore = "cargo xtask stores"]
fn a_listing_of_many_pages() {
    let bucket = Bucket::new("many");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 500");
    for number in 0..2_500 {
        bucket.put(&format!("logs/{number:05}.txt"), b"");
    }
    for name in ["logs/00007.csv", "logs/02400.csv", "logs/x/y.csv", "logs-not/z.csv"] {
        bucket.put(name, &folder.read("events.csv"));
    }
    let files = |names: &str| folder.json(&format!("summary {names} --json"))["events"].clone();
    assert_eq!(files("s3://many/logs"), 1500);
    assert_eq!(files("s3://many/logs/*.csv"), 1000);
    assert_eq!(files("s3://many/logs/024*.csv"), 500);
    assert_eq!(files("s3://many/logs*/**/*.csv"), 2000);
}
