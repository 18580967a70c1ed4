//! What stands between the command and a server, and gets in the way.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (requests, answers) = match trouble {
        Trouble::CutAnswers { after, times } => (None, Some((after, times))),
        Trouble::CutRequests { after, times } => (Some((after, times)), None),
        _ => (None, None),
    };
    let pause = if matches!(trouble, Trouble::Slow) { Duration::from_millis(2) } else { Duration::ZERO };
    let (from, to, counted) =
        (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(troubles));
    let sending = std::thread::spawn(move || pass(from, to, requests, pause, &counted));
    pass(server, client, answers, pause, troubles);
    let _ = sending.join();
}

fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    cut: Option<(u64, u64)>,
    pause: Duration,
    troubles: &AtomicU64,
) {
    let mut passed = 0;
    let mut buffer = [0; 4 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
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
