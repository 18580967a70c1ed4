//! Delta tables in a bucket: what the same table gives on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::servers::Bucket;
use crate::spectrum::Folder;

/// Tables that are checked in, with all their commits, checkpoints and deletion vectors.
const TABLES: [&str; 6] = ["plain", "vectors", "partitioned", "mapped_name", "checkpointed", "sidecars"];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spectrum-delta/tests/data")
}

/// All files of a table go into the bucket under their own names.
fn put(bucket: &Bucket, from: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            put(bucket, &path);
        } else {
            let key = path.strip_prefix(data()).unwrap().to_str().unwrap().to_owned();
            bucket.put(&key, &fs::read(&path).unwrap());
        }
    }
}

#[test]
#[ignore = "cargo xtask stores"]
fn a_table_in_a_bucket_is_the_one_here() {
    let bucket = Bucket::new("tables");
    let folder = Folder::new();
    for name in TABLES {
        put(&bucket, &data().join(name));
        let here = data().join(name).display().to_string();
        let run = |table: &str| {
            folder.json(&format!("run {table} -o out.parquet --id encoded --force --json --digest"))
        };
        let (local, there) = (run(&here), run(&format!("s3://tables/{name}")));
        assert!(local["events"].as_u64().unwrap() > 0, "{name}");
        for figure in ["digest", "events", "keys", "sessions"] {
            assert_eq!(local[figure], there[figure], "{name} {figure}");
        }
        assert_eq!(local["table"]["version"], there["table"]["version"], "{name}");
    }
    let first =
        folder.json("run s3://tables/vectors --table-version 1 -o out.parquet --id encoded --force --json");
    let last = folder.json("run s3://tables/vectors -o out.parquet --id encoded --force --json");
    assert_ne!(first["events"], last["events"]);
}
