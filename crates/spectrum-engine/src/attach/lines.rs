//! CSV to CSV and NDJSON to NDJSON: every line goes out as it came in, with the session added at its end, and before it
//! what the names of folders tell.

use arrow_buffer::Buffer;
use spectrum_core::{SessionIndex, Sessions};

use super::sessions_ahead::{SessionAndId, SessionsAhead};
use super::told_cells::{ToldCells, ToldMembers};
use super::{AddedColumns, Job, SecondPass};
use crate::error::{EngineError, OutputError, Result};
use crate::format::Format;
use crate::input::InputFile;
use crate::output::run_outputs::OutputFile;
use crate::output::text_file::{Packed, TextFile};
use crate::parallel::in_order;
use crate::text::blocks::{Block, Blocks};
use crate::text::csv::{Field, Records};
use crate::text::csv_file::{CommonHeader, after_header, common_header};
use crate::text::dialect::Dialect;
use crate::text::field_text::{Unwritable, write_field};
use crate::text::ndjson_file::line_ranges;

pub(super) fn write(pass: &SecondPass<'_>, job: &Job, out: OutputFile) -> Result<OutputFile> {
    let files = pass.files(job);
    let name = out.name.clone();
    let line_end = first_line_end(files, pass.input.format)?;
    // One header stands for all files.
    let csv = match pass.input.format {
        Format::Csv(dialect) => {
            let header = common_header(files, dialect, &pass.input.text)?;
            let told_files = if job.with_partition { files } else { &[] };
            let told = ToldCells::of(told_files, &header.names, dialect, &name)?;
            Some(CsvEnds { dialect, header, told, line_end, out: &name })
        }
        _ => None,
    };
    let mut out = TextFile::begin(out, job.compression)?;
    pass.watch.begin("writing", files.iter().map(|file| file.bytes).sum());
    let parts = pass.parts(job);
    let count = parts.len();
    let blocks = Blocks::new(files, pass.input.format).zip(parts).map(|(block, part)| Ok((block?, part)));
    let mut written = 0;
    in_order(
        blocks,
        pass.threads,
        |(block, part)| {
            let lines = match &csv {
                Some(ends) => csv_lines(pass, &files[block.file], &block, part, ends)?,
                None => ndjson_lines(pass, &files[block.file], &block, part, job.with_partition, line_end)?,
            };
            Ok((Packed::of(lines, job.compression, &name)?, block.bytes.len() as u64))
        },
        |(lines, bytes)| {
            written += 1;
            out.write(&lines)?;
            pass.watch.advance(bytes)
        },
    )?;
    if written != count {
        return Err(EngineError::Changed(files[0].name.clone()));
    }
    out.finish()
}

/// What lines of CSV are like, and what is added to them.
struct CsvEnds<'a> {
    dialect: Dialect,
    header: CommonHeader,
    told: ToldCells,
    /// For a last record that has none.
    line_end: &'static [u8],
    /// The output's name.
    out: &'a str,
}

/// Writes what is added to the events' lines.
struct Cells<'a> {
    sessions: &'a Sessions,
    added: &'a AddedColumns,
}

impl Cells<'_> {
    fn number(&self, session: Option<SessionIndex>, null: &[u8], line: &mut Vec<u8>) {
        match session {
            Some(session) => line.extend_from_slice(self.sessions.number(session).to_string().as_bytes()),
            None => line.extend_from_slice(null),
        }
    }

    fn csv(&self, (session, id): SessionAndId, delimiter: &[u8], line: &mut Vec<u8>) {
        if self.added.nothing {
            return;
        }
        line.extend_from_slice(delimiter);
        if let Some(id) = id {
            line.extend_from_slice(&id.hex());
        }
        if self.added.session_seq.is_some() {
            line.extend_from_slice(delimiter);
            self.number(session, b"", line);
        }
        if self.added.started_by.is_some() {
            line.extend_from_slice(delimiter);
            line.extend_from_slice(self.reason(session).unwrap_or_default().as_bytes());
        }
    }

    fn reason(&self, session: Option<SessionIndex>) -> Option<&'static str> {
        session.map(|session| self.sessions.started_by(session).name())
    }

    /// Members to stand before the closing brace, each after a comma but for the first of an empty object.
    fn ndjson(&self, names: &[Buffer], (session, id): SessionAndId, line: &mut Vec<u8>) {
        let Some(name) = names.first() else { return };
        line.extend_from_slice(name);
        match id {
            Some(id) => {
                line.push(b'"');
                line.extend_from_slice(&id.hex());
                line.push(b'"');
            }
            None => line.extend_from_slice(b"null"),
        }
        if let Some(name) = names.get(1).filter(|_| self.added.session_seq.is_some()) {
            line.push(b',');
            line.extend_from_slice(name);
            self.number(session, b"null", line);
        }
        if let Some(name) = names.last().filter(|_| self.added.started_by.is_some()) {
            line.push(b',');
            line.extend_from_slice(name);
            match self.reason(session) {
                Some(reason) => {
                    line.push(b'"');
                    line.extend_from_slice(reason.as_bytes());
                    line.push(b'"');
                }
                None => line.extend_from_slice(b"null"),
            }
        }
    }
}

fn csv_lines(
    pass: &SecondPass<'_>,
    file: &InputFile,
    block: &Block,
    part: usize,
    ends: &CsvEnds<'_>,
) -> Result<Vec<u8>> {
    let CsvEnds { dialect, header, told, .. } = ends;
    let dialect = *dialect;
    let told_here = told.cells.get(block.file).map_or(&[][..], Vec::as_slice);
    let cells = Cells { sessions: &pass.labelled.resolution.sessions, added: pass.added };
    let delimiter = dialect.delimiter.as_bytes();
    let mut sessions = SessionsAhead::new(cells.sessions, pass.sessions(part));
    let mut lines = Vec::with_capacity(block.bytes.len() + sessions.len() * 56 + 64);
    let mut records = if block.is_first() && block.file == 0 && dialect.has_header {
        csv_header(pass, block, ends, &mut lines)?
    } else {
        if block.is_first() && block.file == 0 {
            // A byte order mark stays where there is no header either.
            lines.extend_from_slice(&block.bytes[..block.text_start()]);
        }
        after_header(block, dialect)
    };
    let order = header.order(block.file);
    let mut fields = Vec::new();
    let mut next = |fields: &mut Vec<Field>| match order {
        None => records.skip_record(),
        Some(_) => records.next_record(fields),
    };
    while let Some(record) = next(&mut fields) {
        // An event without a time is left out; it was counted before.
        let Some(session) = sessions.next().ok_or_else(|| EngineError::Changed(file.name.clone()))? else {
            continue;
        };
        let line_end = line_end(&block.bytes[record.end..]).unwrap_or(ends.line_end);
        match order {
            None => lines.extend_from_slice(&block.bytes[record]),
            Some(order) => {
                for (column, at) in order.iter().enumerate() {
                    let field = fields.get(*at).ok_or_else(|| EngineError::Changed(file.name.clone()))?;
                    if column > 0 {
                        lines.extend_from_slice(delimiter);
                    }
                    lines.extend_from_slice(&block.bytes[field.start..field.end]);
                }
            }
        }
        lines.extend_from_slice(told_here);
        cells.csv(session, delimiter, &mut lines);
        lines.extend_from_slice(line_end);
    }
    if sessions.len() > 0 { Err(EngineError::Changed(file.name.clone())) } else { Ok(lines) }
}

/// The line end of a record that is followed by these bytes, if it has one. Half of one, where a file was cut, is made whole.
fn line_end(after: &[u8]) -> Option<&'static [u8]> {
    after.first().map(|first| if *first == b'\r' { &b"\r\n"[..] } else { b"\n" })
}

/// The line end of the first record, which a last one gets that has none: some readers want all of them to be the same.
fn first_line_end(files: &[InputFile], format: Format) -> Result<&'static [u8]> {
    let Some(block) = Blocks::new(files, format).next().transpose()? else { return Ok(b"\n") };
    let end = match format {
        Format::Csv(dialect) => {
            Records::new(&block.bytes, block.text_start(), dialect).skip_record().map(|record| record.end)
        }
        _ => line_ranges(&block).next().map(|(start, _)| {
            let end =
                memchr::memchr(b'\n', &block.bytes[start..]).map_or(block.bytes.len(), |end| start + end);
            if end < block.bytes.len() && block.bytes[start..end].ends_with(b"\r") { end - 1 } else { end }
        }),
    };
    Ok(end.and_then(|end| line_end(&block.bytes[end..])).unwrap_or(b"\n"))
}

/// Writes the header with the added names, and returns the records after it.
fn csv_header<'b>(
    pass: &SecondPass<'_>,
    block: &'b Block,
    ends: &CsvEnds<'_>,
    lines: &mut Vec<u8>,
) -> Result<Records<'b>> {
    let CsvEnds { dialect, told, out, .. } = ends;
    let dialect = *dialect;
    let begin = block.text_start();
    lines.extend_from_slice(&block.bytes[..begin]);
    let mut records = Records::new(&block.bytes, begin, dialect);
    if let Some(header) = records.skip_record() {
        let line_end = line_end(&block.bytes[header.end..]).unwrap_or(ends.line_end);
        lines.extend_from_slice(&block.bytes[header]);
        for name in told.names.iter().chain(pass.added.names()) {
            lines.extend_from_slice(dialect.delimiter.as_bytes());
            write_field(name.as_bytes(), dialect, lines).map_err(|Unwritable| OutputError::Unwritable {
                column: name.clone(),
                value: name.clone(),
                name: (*out).to_owned(),
            })?;
        }
        lines.extend_from_slice(line_end);
    }
    Ok(records)
}

fn ndjson_lines(
    pass: &SecondPass<'_>,
    file: &InputFile,
    block: &Block,
    part: usize,
    with_partition: bool,
    line_end: &[u8],
) -> Result<Vec<u8>> {
    let told = (with_partition && !pass.added.nothing).then(|| ToldMembers::of(file));
    let cells = Cells { sessions: &pass.labelled.resolution.sessions, added: pass.added };
    let quoted = |name: &String| {
        let mut quoted = serde_json::to_vec(name).unwrap_or_default();
        quoted.push(b':');
        Buffer::from_vec(quoted)
    };
    let names: Vec<Buffer> = pass.added.names().map(quoted).collect();
    let mut sessions = SessionsAhead::new(cells.sessions, pass.sessions(part));
    let mut lines = Vec::with_capacity(block.bytes.len() + sessions.len() * 72);
    for (start, object) in line_ranges(block) {
        let Some(session) = sessions.next().ok_or_else(|| EngineError::Changed(file.name.clone()))? else {
            continue;
        };
        // The first pass has seen that the line is one object, so its last character is the closing brace. The
        // new members stand behind the last one; blanks and the line end around them stay where they are.
        let members = block.bytes[start..object.end].strip_suffix(b"}");
        let members = members.ok_or_else(|| EngineError::Changed(file.name.clone()))?.trim_ascii_end();
        let after = &block.bytes[start + members.len()..];
        lines.extend_from_slice(members);
        if !members.ends_with(b"{") && !names.is_empty() {
            lines.push(b',');
        }
        if let Some(told) = &told {
            told.write(&block.bytes[object], &mut lines);
        }
        cells.ndjson(&names, session, &mut lines);
        match memchr::memchr(b'\n', after) {
            Some(end) => lines.extend_from_slice(&after[..=end]),
            None => {
                lines.extend_from_slice(after);
                // Half of a line end, where a file was cut, is made whole.
                lines.extend_from_slice(if after.ends_with(b"\r") { b"\n" } else { line_end });
            }
        }
    }
    if sessions.len() > 0 { Err(EngineError::Changed(file.name.clone())) } else { Ok(lines) }
}
