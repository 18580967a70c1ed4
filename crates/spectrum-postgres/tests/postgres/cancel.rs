//! How a cancel request is made, seen by a server that does nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use spectrum_postgres::{Connection, Server};

const PROCESS: i32 = 4711;
const SECRET: i32 = -42;

/// A message of a server.
fn message(kind: u8, says: &[u8]) -> Vec<u8> {
    let length = (says.len() as u32 + 4).to_be_bytes();
    [&[kind], &length[..], says].concat()
}

/// Lets a client in, and answers what it asks: who it is with the process of the key, all else with nothing.
fn serve(mut stream: TcpStream) {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    stream.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4]).unwrap();
    let key = [PROCESS.to_be_bytes(), SECRET.to_be_bytes()].concat();
    let ready = message(b'Z', b"I");
    let welcome = [message(b'R', &[0; 4]), message(b'K', &key), ready.clone()].concat();
    stream.write_all(&welcome).unwrap();
    let mut head = [0; 5];
    while stream.read_exact(&mut head).is_ok() && head[0] == b'Q' {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let mut asked = vec![0; length - 4];
        stream.read_exact(&mut asked).unwrap();
        let mut answer = Vec::new();
        if String::from_utf8_lossy(&asked).contains("pg_backend_pid") {
            let column = [b"\0", &[0; 6][..], &[0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]].concat();
            let pid = PROCESS.to_string();
            let value = [&(pid.len() as u32).to_be_bytes(), pid.as_bytes()].concat();
            answer.extend(message(b'T', &[&[0, 2], &column[..], &column].concat()));
            answer.extend(message(b'D', &[&[0, 2], &value[..], &value].concat()));
        }
        answer.extend(message(b'C', b"SELECT 1\0"));
        answer.extend(&ready);
        stream.write_all(&answer).unwrap();
    }
}

/// Lets a client in, and takes one cancel request, which it ends only when it sees that the client waits. Then `closed` is
/// set. `came` hears of the request.
fn serve_and_be_cancelled(listener: &TcpListener, closed: &AtomicBool, came: &Sender<()>) {
    let (client, _) = listener.accept().unwrap();
    std::thread::spawn(|| serve(client));
    let (mut request, _) = listener.accept().unwrap();
    let mut bytes = [0; 16];
    request.read_exact(&mut bytes).unwrap();
    let numbers: Vec<i32> =
        bytes.chunks(4).map(|bytes| i32::from_be_bytes(bytes.try_into().unwrap())).collect();
    assert_eq!(numbers, [16, 80_877_102, PROCESS, SECRET]);
    came.send(()).unwrap();
    // Whoever has closed, or says more, is read from at once.
    request.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let waits = request.read(&mut bytes).unwrap_err();
    assert_eq!(waits.kind(), ErrorKind::WouldBlock);
    closed.store(true, Ordering::SeqCst);
}

fn connect(listener: &TcpListener) -> Connection {
    let port = listener.local_addr().unwrap().port();
    let url = format!("host=127.0.0.1 port={port} user=ann dbname=events sslmode=disable");
    Server::resolve(Some(&url), |_| None).unwrap().connect("spectrum test").unwrap()
}

#[test]
fn a_cancel_request_waits_until_the_server_has_closed_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = AtomicBool::new(false);
    let (came, _heard) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| serve_and_be_cancelled(&listener, &closed, &came));
        connect(&listener).canceller().cancel();
        assert!(closed.load(Ordering::SeqCst));
    });
}

#[test]
fn a_connection_is_not_let_go_before_its_cancel_requests_have_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = AtomicBool::new(false);
    let (came, heard) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| serve_and_be_cancelled(&listener, &closed, &came));
        let connection = connect(&listener);
        let (canceller, again) = (connection.canceller(), connection.canceller());
        scope.spawn(move || canceller.cancel());
        heard.recv().unwrap();
        // The process could end here, as it does when the statement was cancelled.
        drop(connection);
        assert!(closed.load(Ordering::SeqCst));
        // And nothing is left to cancel.
        again.cancel();
    });
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().map(drop).unwrap_err().kind(), ErrorKind::WouldBlock);
}
