//! Connection URLs, taken apart as libpq does (PostgreSQL's manual, "Connection URIs").
//!
//! A password can stand at a wrong place of a URL, where a character of it was not escaped. So no error repeats
//! anything of the URL.

use super::setting::Setting;

const NOT_ESCAPED: &str =
    "write %40 for an @, %3A for a :, %2F for a / and %25 for a % inside a user, password or name";

/// The settings of a URL, in order; `None` when the text is none.
pub(super) fn settings(text: &str) -> Option<Result<Vec<Setting>, String>> {
    let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))?;
    Some(parts(rest))
}

fn parts(rest: &str) -> Result<Vec<Setting>, String> {
    let mut settings = Vec::new();
    let (rest, query) = split_query(rest);
    let (place, database) = match after_user(rest) {
        Some((user, rest)) => {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            push(&mut settings, "user", name)?;
            push(&mut settings, "password", password)?;
            rest.split_once('/').unwrap_or((rest, ""))
        }
        None => rest.split_once('/').unwrap_or((rest, "")),
    };
    if place.contains('@') || database.contains('@') {
        return Err(format!("the URL has an @ too many; {NOT_ESCAPED}"));
    }
    hosts(place, &mut settings)?;
    push(&mut settings, "dbname", database)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(
                "what follows the ? of the URL must be settings such as sslmode=require, with & between"
                    .into(),
            );
        };
        let name = decoded(name)?;
        match (name.as_str(), value) {
            // JDBC's way, which libpq takes too.
            ("ssl", "true") => push(&mut settings, "sslmode", "require")?,
            (name, value) => push(&mut settings, name, value)?,
        }
    }
    Ok(settings)
}

/// What stands before the query, and the query. A `?` in a password does not begin a query, as in libpq.
fn split_query(rest: &str) -> (&str, &str) {
    let user_end = after_user(rest).map_or(0, |(user, _)| user.len());
    match rest[user_end..].find('?') {
        Some(at) => (&rest[..user_end + at], &rest[user_end + at + 1..]),
        None => (rest, ""),
    }
}

/// User and password, and what follows their `@`.
fn after_user(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(['@', '/'])?;
    rest[end..].strip_prefix('@').map(|after| (&rest[..end], after))
}

/// Hosts with their ports, as in `db1:5432,[::1],%2Ftmp`.
fn hosts(place: &str, settings: &mut Vec<Setting>) -> Result<(), String> {
    if place.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for host in place.split(',') {
        let (host, port) = match host.strip_prefix('[') {
            Some(ip) => {
                let (ip, after) =
                    ip.split_once(']').ok_or("an IPv6 address in the URL has no closing bracket")?;
                match (after, after.strip_prefix(':')) {
                    ("", _) => (ip, ""),
                    (_, Some(port)) => (ip, port),
                    _ => return Err("after an IPv6 address in the URL only :port can follow".into()),
                }
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        let (host, port) = (decoded(host)?, decoded(port)?);
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("a port in the URL is not a number; {NOT_ESCAPED}"));
        }
        hosts.push(host);
        ports.push(port);
    }
    settings.push(Setting { name: "host".into(), value: hosts.join(",") });
    if ports.iter().any(|port| !port.is_empty()) {
        settings.push(Setting { name: "port".into(), value: ports.join(",") });
    }
    Ok(())
}

/// Adds a setting unless it is empty.
fn push(settings: &mut Vec<Setting>, name: &str, value: &str) -> Result<(), String> {
    if !value.is_empty() {
        settings.push(Setting { name: name.to_owned(), value: decoded(value)? });
    }
    Ok(())
}

/// A text with its percent signs resolved.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(byte) = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            return Err(format!("the URL has a % that no two hexadecimal digits follow; {NOT_ESCAPED}"));
        };
        bytes.push(byte);
        rest = &after[2..];
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => {
            Err("a part of the URL is not UTF-8, or holds a NUL, once its percent signs are resolved".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> String {
        let settings = settings(url).unwrap().unwrap();
        settings
            .iter()
            .map(|setting| format!("{}={}", setting.name, setting.value))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_part_is_found_and_all_may_be_missing() {
        assert_eq!(of("postgresql://"), "");
        assert_eq!(of("postgres://ann@"), "user=ann");
        assert_eq!(
            of("postgresql://ann:s3cret@db.example.com:5433/events?sslmode=require&connect_timeout=3"),
            "user=ann password=s3cret host=db.example.com port=5433 dbname=events sslmode=require connect_timeout=3"
        );
        assert_eq!(of("postgres:///events"), "dbname=events");
        assert_eq!(of("postgres:///events?host=/tmp"), "dbname=events host=/tmp");
        assert_eq!(of("postgres://db?ssl=true"), "host=db sslmode=require");
    }

    #[test]
    fn escapes_several_hosts_and_socket_folders() {
        assert_eq!(of("postgres://a%40b:p%40s%2Fs%25@h/d%20b"), "user=a@b password=p@s/s% host=h dbname=d b");
        assert_eq!(of("postgres://a:what?@h/db?port=1"), "user=a password=what? host=h dbname=db port=1");
        assert_eq!(of("postgres://h1:1,h2,[::1]:3/db"), "host=h1,h2,::1 port=1,,3 dbname=db");
        assert_eq!(of("postgres://%2Fvar%2Frun%2Fpostgresql/db"), "host=/var/run/postgresql dbname=db");
        assert!(settings("host=h").is_none() && settings("mysql://h").is_none());
    }

    #[test]
    fn no_error_repeats_a_password() {
        for url in [
            "postgres://ann:sec@ret@h/db",
            "postgres://ann:sec/ret@h/db",
            "postgres://ann:5432/secret@h/db",
            "postgres://ann:sec%ret@h/db",
            "postgres://ann:sec%zzret@h/db",
            "postgres://ann:%FFsec@h/db",
            "postgres://ann:x@h:secret/db",
            "postgres://ann:x@[secret/db",
            "postgres://ann:x@h/db?secret",
        ] {
            let error = settings(url).unwrap().err().unwrap();
            assert!(
                !error.contains("sec") && !error.contains("ret") && !error.contains("5432"),
                "{url}: {error}"
            );
        }
    }
}
