//! Files of web servers, and Google's store as far as a server of one's own can say.

use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::servers::{Bucket, moto};
use crate::spectrum::{Folder, failed, said, succeeded};

/// Moto answers to plain requests as a web server with ranges does.
#[test]
#[ignore = "cargo xtask stores"]
fn a_server_with_ranges_is_read_in_parts() {
    let bucket = Bucket::new("web");
    let folder = Folder::new();
    folder.done("generate -o events.parquet --events 100000");
    let file = folder.read("events.parquet");
    bucket.put("a b/events.parquet", &file);
    let secret = "X-Amz-Signature=very-secret";
    let url = format!("http://127.0.0.1:{}/web/a%20b/events.parquet?{secret}", moto().port);
    let told = succeeded(folder.bare(&format!("summary |{url}| --json")));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["events"], 100_000);
    assert!(told["object_store"]["bytes_read"].as_u64().unwrap() < file.len() as u64 * 6 / 10, "{told}");
    succeeded(folder.bare(&format!("run |{url}| -o out.parquet")));
    folder.done("run events.parquet -o local.parquet");
    assert!(folder.read("out.parquet") == folder.read("local.parquet"));
    let at = |text: String| text.replace(&moto().port.to_string(), "PORT");
    let missing = url.replace("events.parquet", "nothing.parquet");
    assert_snapshot!(at(failed(folder.bare(&format!("run |{missing}| -o out.csv")))), @"error: http://127.0.0.1:PORT/web/a%20b/nothing.parquet does not exist");
    assert_snapshot!(at(failed(folder.bare(&format!("run events.parquet -o |{missing}|")))), @"error: writing http://127.0.0.1:PORT/web/a%20b/nothing.parquet: nothing can be written to a web server");
    let pattern = url.replace("events.parquet", "*.parquet");
    assert_snapshot!(at(failed(folder.bare(&format!("run |{pattern}| -o out.csv")))), @"error: listing http://127.0.0.1:PORT/web/a%20b: a web server does not tell which files it has; name each of them");
}

/// Python's own server knows no ranges: the file is copied, and read from there.
#[test]
#[ignore = "cargo xtask stores"]
fn a_server_without_ranges_is_copied() {
    let folder = Folder::new();
    folder.done("generate -o served/events.csv --events 20000");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut server = Command::new("python3")
        .args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"])
        .arg(folder.path("served"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let output = folder.bare(&format!("run http://127.0.0.1:{port}/events.csv -o out.csv")).output().unwrap();
    server.kill().and_then(|()| server.wait()).unwrap();
    assert!(output.status.success(), "{}", said(&output));
    folder.done("run served/events.csv -o local.csv");
    assert!(folder.read("out.csv") == folder.read("local.csv"));
}

/// Google's store has no server that could be had. Moto speaks enough of its XML to be read and to be asked.
#[test]
#[ignore = "cargo xtask stores"]
fn googles_names_go_where_the_environment_says() {
    let bucket = Bucket::new("google");
    let folder = Folder::new();
    folder.done("generate -o events.csv --events 3000");
    bucket.put("in/events.csv", &folder.read("events.csv"));
    let mut command = folder.bare("run gs://google/in/*.csv -o gs://google/out.csv");
    command
        .env("GOOGLE_BASE_URL", format!("http://127.0.0.1:{}", moto().port))
        .env("GOOGLE_BEARER_TOKEN", "very-secret");
    succeeded(command);
    folder.done("run events.csv -o local.csv");
    assert!(bucket.get("out.csv") == Some(folder.read("local.csv")));
}
