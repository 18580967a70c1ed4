//! Passwords from a file such as ~/.pgpass (PostgreSQL's manual, "The Password File").

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Whom a password is looked up for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// A host as it was named; `localhost` for the default socket folder.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// What a password file had to say.
pub(super) enum Answer {
    /// The password of the first line that fits.
    Found(String),
    /// There is no file, or no line in it fits.
    Nothing,
    /// The file is not used, for this reason.
    Unusable(String),
}

/// Looks up a password. As in libpq, a file that others can read is not used.
pub(super) fn look_up(path: &Path, wanted: Wanted<'_>) -> Answer {
    let Ok(file) = File::open(path) else { return Answer::Nothing };
    let Ok(metadata) = file.metadata() else { return Answer::Nothing };
    if !metadata.is_file() {
        return Answer::Unusable(format!("{} is not used, because it is not a plain file", path.display()));
    }
    if others_can_read(&metadata) {
        let path = path.display();
        return Answer::Unusable(format!(
            "{path} is not used, because others can read it; run chmod 600 {path}"
        ));
    }
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let found = lines.filter_map(|line| password(&String::from_utf8_lossy(&line), wanted)).next();
    found.map_or(Answer::Nothing, Answer::Found)
}

#[cfg(unix)]
fn others_can_read(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn others_can_read(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// The password of a line `host:port:database:user:password`, if it fits.
fn password(line: &str, wanted: Wanted<'_>) -> Option<String> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let port = wanted.port.to_string();
    let mut rest = line;
    for wanted in [wanted.host, &port, wanted.database, wanted.user] {
        let (is_any, field, after) = field(rest)?;
        if !is_any && field != wanted {
            return None;
        }
        rest = after;
    }
    let password = field_text(rest);
    (!password.is_empty()).then_some(password)
}

/// Whether the first field is `*`, its text, and what follows its colon.
fn field(line: &str) -> Option<(bool, String, &str)> {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ':' => return Some((&line[..at] == "*", field_text(&line[..at]), &line[at + 1..])),
            _ => {}
        }
    }
    None
}

/// A field without the backslashes that escape.
fn field_text(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted { host: "db", port: 5432, database: "events", user: "ann" };

    #[test]
    fn lines_fit_field_by_field() {
        let password = |line: &str| password(line, WANTED);
        assert_eq!(password("db:5432:events:ann:secret").as_deref(), Some("secret"));
        assert_eq!(password("*:*:*:*:secret\r").as_deref(), Some("secret"));
        assert_eq!(password(r"db:5432:events:ann:se\:c\\ret").as_deref(), Some(r"se:c\ret"));
        assert_eq!(password("db:5432:events:ann:with:colons").as_deref(), Some("with:colons"));
        for other in [
            "db2:*:*:*:x",
            "db:5433:*:*:x",
            "db:*:event:*:x",
            "*:*:*:bob:x",
            "#*:*:*:*:x",
            "*:*:*:*:",
            "junk",
            "",
        ] {
            assert_eq!(password(other), None, "{other}");
        }
    }

    #[test]
    fn escapes_in_names() {
        let wanted = Wanted { host: "::1", database: "*", ..WANTED };
        assert_eq!(password(r"\:\:1:5432:\*:ann:x", wanted).as_deref(), Some("x"));
        assert_eq!(password(r"::1:5432:*:ann:x", wanted), None);
        assert_eq!(password(r"*:*:\*:*:x", WANTED), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_private_file_is_used_and_its_first_fitting_line() {
        use std::os::unix::fs::PermissionsExt;

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# passwords\nother:*:*:*:wrong\ndb:*:*:ann:first\n*:*:*:*:second\n")
            .unwrap();
        let mode = |mode| std::fs::set_permissions(file.path(), PermissionsExt::from_mode(mode)).unwrap();
        mode(0o600);
        assert!(matches!(look_up(file.path(), WANTED), Answer::Found(password) if password == "first"));
        mode(0o640);
        assert!(matches!(look_up(file.path(), WANTED), Answer::Unusable(why) if why.contains("chmod 600")));
        assert!(matches!(look_up(Path::new("/nonexistent/pgpass"), WANTED), Answer::Nothing));
    }
}
