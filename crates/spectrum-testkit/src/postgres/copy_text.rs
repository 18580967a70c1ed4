//! The text format of COPY: tabs between columns, `\N` for NULL, backslashes for what is special
//! (PostgreSQL's manual, "COPY", "Text Format").

use anyhow::{Result, bail};

/// Appends one row with its line break.
pub(super) fn write_row<'a>(out: &mut String, row: impl IntoIterator<Item = Option<&'a str>>) {
    for (index, value) in row.into_iter().enumerate() {
        if index > 0 {
            out.push('\t');
        }
        match value {
            None => out.push_str("\\N"),
            Some(text) => {
                for c in text.chars() {
                    match c {
                        '\\' => out.push_str("\\\\"),
                        '\t' => out.push_str("\\t"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        c => out.push(c),
                    }
                }
            }
        }
    }
    out.push('\n');
}

/// Reads one row, given without its line break.
pub(super) fn read_row(line: &str) -> Result<Vec<Option<String>>> {
    line.split('\t').map(read_value).collect()
}

fn read_value(text: &str) -> Result<Option<String>> {
    if text == "\\N" {
        return Ok(None);
    }
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        value.push(match chars.next() {
            Some('\\') => '\\',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            other => bail!("COPY printed a backslash before {other:?}"),
        });
    }
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        let row = [Some("plain"), None, Some(""), Some("\\N"), Some("a\tb\nc\rd\\.")];
        let mut line = String::new();
        write_row(&mut line, row);
        let row: Vec<_> = row.into_iter().map(|value| value.map(str::to_owned)).collect();
        assert_eq!(read_row(line.strip_suffix('\n').unwrap()).unwrap(), row);
    }
}
