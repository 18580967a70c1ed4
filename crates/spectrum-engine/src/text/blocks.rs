//! A text file in blocks that hold whole records, so that each block can be worked on by itself.
//!
//! Where a block ends depends on the file alone, so two passes over a file see the same blocks.

use arrow_buffer::Buffer;
use std::io::Read;

use memchr::{memchr, memrchr};

use super::csv::{Records, after_closing_quote};
use super::dialect::Dialect;
use crate::error::{Result, TextError};
use crate::format::Format;
use crate::input::{InputFile, line_of_text, open_text};

/// Long enough that the work done once per block is negligible, short enough that threads share a file evenly.
const BLOCK: usize = 4 << 20;

/// A longer record is taken for a quote that was never closed.
const LONGEST_RECORD: usize = 256 << 20;

/// The byte order mark that some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole records of one file.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) bytes: Buffer,
    /// Which file, counted in the input.
    pub(crate) file: usize,
    /// Where the block begins in the plain text of the file.
    pub(crate) offset: u64,
    is_first: bool,
}

impl Block {
    /// Whether the file's records begin here.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first
    }

    /// Where the text begins: after the byte order mark, if there is one.
    pub(crate) fn text_start(&self) -> usize {
        text_start(&self.bytes, self.is_first())
    }

    /// The block as text. One that is not UTF-8 is refused, with its line named.
    pub(crate) fn text(&self, file: &InputFile) -> Result<&str> {
        std::str::from_utf8(&self.bytes).or_else(|error| {
            let at = error.valid_up_to();
            Err(TextError::NotUtf8 {
                name: file.name.clone(),
                line: line_at(file, self.offset + at as u64)?,
                byte: self.bytes[at],
                is_utf16: self.offset == 0 && begins_as_utf16(&self.bytes),
            }
            .into())
        })
    }
}

/// The blocks of several files, one after another.
pub(crate) struct Blocks<'a> {
    files: std::iter::Enumerate<std::slice::Iter<'a, InputFile>>,
    format: Format,
    open: Option<OpenFile<'a>>,
    /// About how long a block is.
    block: usize,
}

struct OpenFile<'a> {
    at: usize,
    file: &'a InputFile,
    reader: Box<dyn Read + Send>,
    /// What was read and belongs to no block yet.
    rest: Vec<u8>,
    offset: u64,
    is_first: bool,
}

impl<'a> Blocks<'a> {
    pub(crate) fn new(files: &'a [InputFile], format: Format) -> Self {
        Self { files: files.iter().enumerate(), format, open: None, block: BLOCK }
    }

    fn next_block(&mut self) -> Result<Option<Block>> {
        loop {
            if let Some(open) = &mut self.open {
                if let Some(block) = open.next_block(self.format, self.block)? {
                    return Ok(Some(block));
                }
                self.open = None;
            }
            let Some((at, file)) = self.files.next() else { return Ok(None) };
            let mut open =
                OpenFile { at, file, reader: open_text(file)?, rest: Vec::new(), offset: 0, is_first: true };
            if let Format::Csv(dialect) = self.format {
                open.skip_lines(dialect.skipped_lines)?;
            }
            self.open = Some(open);
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_block().transpose()
    }
}

impl OpenFile<'_> {
    /// Reads past lines that are no records. The last line may have no end.
    fn skip_lines(&mut self, all: u32) -> Result<()> {
        let (mut lines, mut is_within_line) = (all, false);
        while lines > 0 {
            let mut piece = Vec::new();
            let read = (&mut self.reader).take(1 << 16).read_to_end(&mut piece);
            if read.map_err(|error| self.file.unreadable(error))? == 0 {
                let missing = lines - u32::from(is_within_line);
                return match missing {
                    0 => Ok(()),
                    missing => Err(TextError::TooFewLines {
                        name: self.file.name.clone(),
                        lines: all - missing,
                        skipped: all,
                    }
                    .into()),
                };
            }
            // Half a character would be left of UTF-16, and what follows might even be UTF-8.
            if self.offset == 0 && begins_as_utf16(&piece) {
                let (name, byte) = (self.file.name.clone(), piece[0]);
                return Err(TextError::NotUtf8 { name, line: 1, byte, is_utf16: true }.into());
            }
            let mut skipped = 0;
            while lines > 0 {
                let Some(end) = memchr(b'\n', &piece[skipped..]) else {
                    skipped = piece.len();
                    break;
                };
                skipped += end + 1;
                lines -= 1;
            }
            is_within_line = !piece[..skipped].ends_with(b"\n");
            self.offset += skipped as u64;
            self.rest = piece.split_off(skipped);
        }
        Ok(())
    }

    fn next_block(&mut self, format: Format, block: usize) -> Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = block;
        let end = loop {
            let missing = wanted.saturating_sub(bytes.len()) as u64;
            bytes.reserve(missing as usize + 1);
            let read = (&mut self.reader)
                .take(missing)
                .read_to_end(&mut bytes)
                .map_err(|error| self.file.unreadable(error))?;
            if (read as u64) < missing {
                break bytes.len();
            }
            if let Some(end) = end_of_last_record(&bytes, format, self.is_first) {
                break end;
            }
            if bytes.len() > LONGEST_RECORD {
                return Err(TextError::Line {
                    name: self.file.name.clone(),
                    line: line_at(self.file, self.offset)?,
                    problem: "a record that begins here is longer than 256 MiB; is a quote never closed?"
                        .into(),
                }
                .into());
            }
            wanted = bytes.len() * 2;
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        self.rest = bytes[end..].to_vec();
        bytes.truncate(end);
        let bytes = Buffer::from_vec(bytes);
        let block = Block { file: self.at, offset: self.offset, is_first: self.is_first, bytes };
        self.offset += end as u64;
        self.is_first = false;
        Ok(Some(block))
    }
}

/// One past the line end of the last whole record; the bytes begin with a record.
fn end_of_last_record(bytes: &[u8], format: Format, first: bool) -> Option<usize> {
    match format {
        Format::Csv(dialect) if !dialect.has_a_record_a_line() => {
            end_of_last_csv_record(bytes, dialect, text_start(bytes, first))
        }
        _ => memrchr(b'\n', bytes).map(|at| at + 1),
    }
}

/// Whether a file begins with the byte order mark of UTF-16, or half of it.
fn begins_as_utf16(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0xff | 0xfe))
}

fn text_start(bytes: &[u8], first: bool) -> usize {
    if first && bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Line ends inside quotes do not end a record. A quote opens a quoted field only where a field begins.
fn end_of_last_csv_record(bytes: &[u8], dialect: Dialect, begin: usize) -> Option<usize> {
    let Dialect { delimiter, quote: Some(quote), escape: None, comment: None, .. } = dialect else {
        return Records::new(bytes, begin, dialect).end_of_whole_records();
    };
    let mut end = None;
    let mut at = begin;
    loop {
        // Outside of quotes here.
        let found = memchr(quote, &bytes[at..]).map(|found| at + found);
        let plain = &bytes[at..found.unwrap_or(bytes.len())];
        if let Some(newline) = memrchr(b'\n', plain) {
            end = Some(at + newline + 1);
        }
        let Some(found) = found else { return end };
        let opens =
            found == begin || bytes[..found].ends_with(delimiter.as_bytes()) || bytes[found - 1] == b'\n';
        at = found + 1;
        if opens {
            match after_closing_quote(bytes, at, dialect) {
                Some(after) => at = after,
                None => return end,
            }
        }
    }
}

/// The number of the line at an offset of a file's plain text, counted from 1. Reads the file again, which
/// only messages ask for.
pub(crate) fn line_at(file: &InputFile, offset: u64) -> Result<u64> {
    line_of_text(file, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::csv::Fault;
    use crate::text::encoding::Encoding;

    fn end(text: &str) -> Option<usize> {
        end_of_last_record(text.as_bytes(), Format::CSV, true)
    }

    #[test]
    fn records_end_at_line_ends_outside_of_quotes() {
        assert_eq!(end("a,b\nc,d\ne"), Some(8));
        assert_eq!(end("a,\"b\nc\",d\ne"), Some(10));
        assert_eq!(end("a,b\nc,\"d\ne"), Some(4));
        assert_eq!(end("a,\"b\"\"\n\"\nc"), Some(9)); // a doubled quote does not close
        assert_eq!(end("a,5\" pipe\nb,\"c\nd"), Some(10)); // a quote inside a plain field opens nothing
        assert_eq!(end("\u{feff}\"a\nb\"\nc"), Some(9));
        assert_eq!(end("a,b"), None);
    }
    /// Whatever a block's length, blocks hold whole records and no byte is lost.
    #[test]
    fn blocks_of_any_length_hold_whole_records() {
        let texts = [
            (
                "\u{feff}\"a\nb\",c\r\n\n1,\"x\n\"\"y\"\"\r\n\"\r\n5\" pipe,\",\"\n\"\",\n\"\n\n\n\",2\n,é",
                Dialect::CSV,
                6,
            ),
            (
                "# \"\n\"a\n# b\",c\r\n\n1,\"x\n\\\"y\\\\\"\r\n#\"\r\n#,\"\n5,\",\"\n\"\",\n\"\n\n\n\",2\n",
                Dialect { escape: Some(b'\\'), comment: Some(b'#'), ..Dialect::CSV },
                5,
            ),
            (
                "a\\\nb\tc\r\n\n\"\t\\\t\\\\\n\t\"\n\n5\\n\t\n,\té\nx\ty\\\\",
                Dialect { escape: Some(b'\\'), ..Dialect::TSV },
                6,
            ),
        ];
        for (text, dialect, records) in texts {
            check_blocks(text, dialect, records);
        }
    }

    fn check_blocks(csv: &str, dialect: Dialect, count: usize) {
        use crate::format::Compression;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, csv).unwrap();
        let file = InputFile {
            store: std::sync::Arc::new(crate::store::LocalFiles),
            name: path.display().to_string(),
            path,
            compression: Compression::None,
            bytes: csv.len() as u64,
            relative: "text".into(),
            partition: Vec::new(),
            encoding: Encoding::Utf8,
            is_json: false,
            table: None,
            in_table: None,
        };
        let records_of = |bytes: &[u8], start: usize| {
            let (mut records, mut fields) = (Records::new(bytes, start, dialect), Vec::new());
            let mut all: Vec<Vec<u8>> = Vec::new();
            while let Some(record) = records.next_record(&mut fields) {
                all.push(bytes[record].to_vec());
            }
            assert!(!matches!(records.fault(), Some(Fault::Unclosed(_))));
            all
        };
        let whole = records_of(csv.as_bytes(), text_start(csv.as_bytes(), true));
        assert_eq!(whole.len(), count, "{csv:?}");
        for length in 1..=csv.len() + 2 {
            let mut blocks = Blocks::new(std::slice::from_ref(&file), Format::Csv(dialect));
            blocks.block = length;
            let (mut bytes, mut records) = (Vec::new(), Vec::new());
            for block in blocks.map(Result::unwrap) {
                assert_eq!(block.offset, bytes.len() as u64, "blocks of {length}");
                bytes.extend_from_slice(&block.bytes);
                records.extend(records_of(&block.bytes, block.text_start()));
            }
            assert_eq!(bytes, csv.as_bytes(), "blocks of {length}");
            assert_eq!(records, whole, "blocks of {length}");
        }
    }
}
