//! A page over HTTP, for whoever scrapes metrics.
//!
//! Two pages, GET only, one answer a connection: a few lines over the standard library's sockets. The small HTTP
//! servers among the crates are no longer looked after, and those that are bring an async runtime with them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// Whoever is slower than this gets no answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A request is no longer than this, in bytes.
const LONGEST: usize = 8 * 1024;
/// So many are answered at once; others are sent away.
const MOST: usize = 16;

/// A socket that listens already, so that a bad address is an error before anything else is done.
#[derive(Debug)]
pub(super) struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

impl Endpoint {
    /// Listens on an address such as `127.0.0.1:9187`.
    pub(super) fn bind(address: &str) -> Result<Self> {
        let bind = || {
            let listener = TcpListener::bind(address)?;
            let address = listener.local_addr()?;
            io::Result::Ok(Self { listener, address })
        };
        bind().map_err(|error| {
            anyhow!(
                "cannot listen on '{address}': {error}; give --metrics an address and a free port, as in 127.0.0.1:9187"
            )
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers on threads of its own from here on, so that nobody who is slow holds up anything else.
    pub(super) fn serve(self, page: impl Fn() -> String + Send + Sync + 'static) {
        let page = Arc::new(page);
        let busy = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in self.listener.incoming() {
                let Ok(stream) = stream else {
                    // Out of file descriptors, most likely: others must give some back first.
                    thread::sleep(Duration::from_millis(100));
                    continue;
                };
                if busy.fetch_add(1, Ordering::Relaxed) >= MOST {
                    busy.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (page, answering) = (Arc::clone(&page), Arc::clone(&busy));
                let answered = thread::Builder::new().spawn(move || {
                    // Whoever asked and left is no concern of ours.
                    let _ = answer(stream, &*page);
                    answering.fetch_sub(1, Ordering::Relaxed);
                });
                if answered.is_err() {
                    // There is no thread to be had now; the next who asks may have better luck.
                    busy.fetch_sub(1, Ordering::Relaxed);
                }
            }
        });
    }
}

/// All of a request: a socket closed with something unread resets the connection, and the answer with it.
fn request(stream: &mut TcpStream) -> io::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut request = Vec::new();
    let mut part = [0; 1024];
    loop {
        let length = stream.read(&mut part)?;
        request.extend_from_slice(&part[..length]);
        if length == 0 || request.ends_with(b"\r\n\r\n") {
            return Ok(String::from_utf8_lossy(&request).into_owned());
        }
        if request.len() > LONGEST || Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

fn answer(mut stream: TcpStream, page: &dyn Fn() -> String) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = request(&mut stream)?;
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics") => ("200 OK", page()),
        ("GET" | "HEAD", "/healthz") => ("200 OK", "ok\n".to_owned()),
        ("GET" | "HEAD", _) => ("404 Not Found", "there is /metrics and /healthz\n".to_owned()),
        _ => ("405 Method Not Allowed", "only GET\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}
