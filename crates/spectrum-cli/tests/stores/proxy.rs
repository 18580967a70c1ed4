//! What stands between the command and a server, and gets in the way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    /// The connection ends after so many bytes of answers, as often as is said, and no more after that.
    CutAnswers { after: u64, times: u64 },
    /// The same with bytes of requests.
    CutRequests { after: u64, times: u64 },
    /// So many requests are answered that there are too many.
    Busy { times: u64 },
    /// Bytes of answers come slowly.
    Slow,
    /// Nothing is answered at all.
    Dead,
    /// The answer to a request that begins so is lost with its connection, as often as is said.
    LoseAnswer { to: &'static str, times: u64 },
    /// A gateway says in its place that it has failed.
    GatewayFails { to: &'static str },
    /// It comes so many seconds later.
    HoldAnswer { to: &'static str, seconds: u64 },
    /// Nothing is passed on after it.
    DeadAfter { to: &'static str },
}

impl Trouble {
    /// What requests begin with whose answers are what it is about.
    fn is_about(self) -> Option<&'static str> {
        match self {
            Self::LoseAnswer { to, .. }
            | Self::GatewayFails { to }
            | Self::HoldAnswer { to, .. }
            | Self::DeadAfter { to } => Some(to),
            _ => None,
        }
    }
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// How often it has got in the way.
    pub(crate) troubles: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy before a port. It ends with the process.
    pub(crate) fn before(port: u16, trouble: Trouble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let troubles = Arc::new(AtomicU64::new(0));
        let proxy = Self { port: listener.local_addr().unwrap().port(), troubles: Arc::clone(&troubles) };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, troubles) = (client.unwrap(), Arc::clone(&troubles));
                std::thread::spawn(move || serve(client, port, trouble, &troubles));
            }
        });
        proxy
    }
}

fn serve(mut client: TcpStream, port: u16, trouble: Trouble, troubles: &Arc<AtomicU64>) {
    match trouble {
        Trouble::Dead => {
            let _ = std::io::copy(&mut client, &mut std::io::sink());
            return;
        }
        Trouble::Busy { times } if troubles.fetch_add(1, Ordering::Relaxed) < times => {
            let mut head = [0; 1 << 14];
            let _ = client.read(&mut head);
            let body =
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
            let _ = write!(
                client,
                "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            return;
        }
        _ => {}
    }
    if matches!(trouble, Trouble::DeadAfter { .. }) && troubles.load(Ordering::Relaxed) > 0 {
        return;
    }
    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (requests, answers) = match trouble {
        Trouble::CutAnswers { after, times } => (None, Some((after, times))),
        Trouble::CutRequests { after, times } => (Some((after, times)), None),
        _ => (None, None),
    };
    let pause = if matches!(trouble, Trouble::Slow) { Duration::from_millis(2) } else { Duration::ZERO };
    let (from, to, counted) =
        (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(troubles));
    let asked = Arc::new(AtomicBool::new(false));
    let is_asked = Arc::clone(&asked);
    let sending = std::thread::spawn(move || {
        pass(from, to, requests, pause, &counted, |bytes| {
            if trouble.is_about().is_some_and(|to| bytes.starts_with(to.as_bytes())) {
                is_asked.store(true, Ordering::Relaxed);
            }
            // A connection that was there before is dead as well.
            !matches!(trouble, Trouble::DeadAfter { .. }) || counted.load(Ordering::Relaxed) == 0
        });
    });
    let mut answers_to = client.try_clone().unwrap();
    pass(server, client, answers, pause, troubles, |_| {
        if !asked.swap(false, Ordering::Relaxed) {
            return true;
        }
        let before = troubles.fetch_add(1, Ordering::Relaxed);
        match trouble {
            Trouble::LoseAnswer { times, .. } => before >= times,
            Trouble::GatewayFails { .. } if before == 0 => {
                let answer = "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                let _ = answers_to.write_all(answer.as_bytes());
                false
            }
            Trouble::HoldAnswer { seconds, .. } => {
                std::thread::sleep(Duration::from_secs(seconds));
                true
            }
            _ => true,
        }
    });
    let _ = sending.join();
}

/// Passes bytes on as long as `is_passed` says so of a piece.
fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    cut: Option<(u64, u64)>,
    pause: Duration,
    troubles: &AtomicU64,
    mut is_passed: impl FnMut(&[u8]) -> bool,
) {
    let mut passed = 0;
    let mut buffer = [0; 4 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || !is_passed(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
        passed += read as u64;
        if let Some((after, times)) = cut
            && passed > after
            && troubles
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < times).then_some(n + 1))
                .is_ok()
        {
            break;
        }
        std::thread::sleep(pause);
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
