//! The servers, each started once for all tests and ended with them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use spectrum_testkit::engines::{node_with_azurite, python_with_moto};

/// A server of objects. It ends when its standard input does, which is when this process ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    _child: Child,
    _stdin: ChildStdin,
}

impl Server {
    fn start(mut command: Command, port: u16) -> (Self, BufReader<std::process::ChildStdout>) {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        (Self { port, _child: child, _stdin: stdin }, BufReader::new(stdout))
    }

    fn wait(&self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A port that is free now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Moto's S3, which believes everybody.
pub(crate) fn moto() -> &'static Server {
    static MOTO: OnceLock<Server> = OnceLock::new();
    MOTO.get_or_init(|| started_moto(&[]))
}

/// Another, which knows nobody.
pub(crate) fn strict_moto() -> &'static Server {
    static MOTO: OnceLock<Server> = OnceLock::new();
    MOTO.get_or_init(|| started_moto(&[("INITIAL_NO_AUTH_ACTION_COUNT", "1")]))
}

fn started_moto(environment: &[(&str, &str)]) -> Server {
    let port = port();
    let mut command = python_with_moto().unwrap().command();
    command.args(["stores/moto_server.py", &port.to_string()]).envs(environment.iter().copied());
    let (server, mut said) = Server::start(command, port);
    // What it says is of no interest, and must not fill the pipe.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    server.wait();
    server
}

/// Azurite, with a container `events`.
pub(crate) fn azurite() -> &'static Server {
    static AZURITE: OnceLock<Server> = OnceLock::new();
    AZURITE.get_or_init(|| {
        let port = port();
        let mut command = Command::new("node");
        command.current_dir(node_with_azurite().unwrap()).args(["stores/azurite.js", &port.to_string()]);
        let (server, mut said) = Server::start(command, port);
        let mut line = String::new();
        while line.trim() != "ready" {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "Azurite does not start");
            assert!(!line.starts_with("failed"), "{line}");
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        server
    })
}

/// A bucket of moto's, by plain requests: a signature is wanted, and not looked at.
pub(crate) struct Bucket {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
}

impl Bucket {
    pub(crate) fn new(name: &'static str) -> Self {
        let bucket = Self { name, port: moto().port };
        assert_eq!(bucket.ask("PUT", "", &[]).0, 200);
        bucket
    }

    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        assert_eq!(self.ask("PUT", &encoded(key), bytes).0, 200);
    }

    pub(crate) fn delete(&self, key: &str) {
        assert_eq!(self.ask("DELETE", &encoded(key), &[]).0, 204);
    }

    /// Lets everybody read an object.
    pub(crate) fn publish(&self, key: &str) {
        let path = format!("/{}/{}?acl", self.name, encoded(key));
        assert_eq!(ask_with(self.port, "PUT", &path, "x-amz-acl: public-read\r\n", &[]).0, 200);
    }

    /// An object, if there is one.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let (status, body) = self.ask("GET", &encoded(key), &[]);
        (status == 200).then_some(body)
    }

    /// The keys of all objects.
    pub(crate) fn keys(&self) -> Vec<String> {
        let (_, listing) = self.ask("GET", "?list-type=2", &[]);
        of_elements(&String::from_utf8(listing).unwrap(), "Key")
    }

    /// The keys of uploads that came to no end.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let (_, listing) = self.ask("GET", "?uploads", &[]);
        of_elements(&String::from_utf8(listing).unwrap(), "Key")
    }

    fn ask(&self, method: &str, rest: &str, body: &[u8]) -> (u16, Vec<u8>) {
        ask(self.port, method, &format!("/{}/{rest}", self.name), body)
    }
}

fn of_elements(text: &str, name: &str) -> Vec<String> {
    let of = |rest: &str| rest.split('<').next().unwrap_or_default().to_owned();
    text.split(&format!("<{name}>")).skip(1).map(of).collect()
}

pub(crate) fn encoded(key: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    key.bytes().map(byte).collect()
}

/// One request, and the whole answer.
pub(crate) fn ask(port: u16, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    ask_with(port, method, path, "", body)
}

fn ask_with(port: u16, method: &str, path: &str, header: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {}\r\n{header}\
         Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=b\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer[end + 4..].to_vec();
    (
        status,
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(&body)
        } else {
            body
        },
    )
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(at) = body.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&body[..at]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[at + 2..at + 2 + length]);
        body = &body[(at + 4 + length).min(body.len())..];
    }
    whole
}
