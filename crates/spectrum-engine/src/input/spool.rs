//! Standard input as a temporary file, because a run reads its input twice. The file has no name, so that nothing of it is
//! left however the run ends.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::InputFile;
use crate::error::{EngineError, InputError, Result};
use crate::format::{Compression, Format};
use crate::store::Unnamed;
use crate::text::encoding::Encoding;
use crate::watch::Watch;

/// Copies standard input.
pub(super) fn standard_input(from: Option<Format>, watch: &Watch) -> Result<(InputFile, Format)> {
    let name = "standard input";
    let format = from.ok_or_else(|| InputError::UnknownInputFormat(name.into()))?;
    let copied = "a copy of standard input (set TMPDIR to choose where)";
    let mut copy = tempfile::tempfile().map_err(EngineError::writing(copied))?;
    let pieces = pieces_of_standard_input();
    let mut bytes = 0;
    watch.begin("reading standard input", 0);
    loop {
        let piece = match pieces.recv_timeout(Duration::from_millis(50)) {
            Ok(piece) => piece.map_err(EngineError::reading(name))?,
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        copy.write_all(&piece).map_err(EngineError::writing(copied))?;
        bytes += piece.len() as u64;
        watch.advance(piece.len() as u64)?;
    }
    let file = InputFile {
        store: Arc::new(Unnamed(copy)),
        path: PathBuf::new(),
        name: name.into(),
        compression: Compression::None,
        bytes,
        relative: PathBuf::from("stdin"),
        partition: Vec::new(),
        encoding: Encoding::Utf8,
        is_json: false,
        table: None,
        in_table: None,
    };
    Ok((file, format))
}

/// Reads on a thread of its own: a read waits for as long as the writer does, and a run that is asked to stop
/// must not wait with it.
fn pieces_of_standard_input() -> Receiver<io::Result<Vec<u8>>> {
    let (pieces, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut piece = vec![0; 1 << 16];
            let read = match stdin.read(&mut piece) {
                Ok(0) => return,
                Ok(read) => {
                    piece.truncate(read);
                    Ok(piece)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = read.is_err();
            if pieces.send(read).is_err() || last {
                return;
            }
        }
    });
    receiver
}
