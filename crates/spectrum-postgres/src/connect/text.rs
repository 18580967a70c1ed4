//! A connection string of either form, as settings by name.

use super::setting::Setting;
use super::url;

/// The settings of a URL, or of `name=value` pairs with spaces between, in order.
pub(super) fn settings(text: &str) -> Result<Vec<Setting>, String> {
    let text = text.trim();
    if let Some(settings) = url::settings(text) {
        return settings;
    }
    match text.split_once("://") {
        // A password has no place before ://, so the name of another database may be shown.
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') => {
            Err(format!("the database URL begins with {scheme}://; it must begin with postgresql://"))
        }
        _ => pairs(text),
    }
}

/// `name = value` pairs; a value with spaces stands in single quotes, and `\` makes the next character a plain one
/// (PostgreSQL's manual, "Keyword/Value Connection Strings").
fn pairs(text: &str) -> Result<Vec<Setting>, String> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = (&rest[..name_end], rest[name_end..].trim_start());
        let Some(after) = after.strip_prefix('=') else {
            // This text may be a piece of a password.
            return Err("the database setting is neither a URL (postgresql://user@host/database) nor name=value pairs; \
                        put a value with spaces into single quotes"
                .into());
        };
        let (value, after) = value(after.trim_start())?;
        settings.push(Setting { name: name.to_owned(), value });
        rest = after.trim_start();
    }
    Ok(settings)
}

/// A value, and what follows it.
fn value(text: &str) -> Result<(String, &str), String> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            c if c.is_whitespace() && !quoted => return Ok((value, &text[at..])),
            c => value.push(c),
        }
    }
    match quoted {
        true => {
            Err("a quote in the database settings is never closed; write \\' for a quote inside a value"
                .into())
        }
        false => Ok((value, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, String)> {
        settings(text).unwrap().into_iter().map(|setting| (setting.name, setting.value)).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn pairs_with_quotes_and_escapes() {
        let expected = [pair("host", "h"), pair("password", r"it's a \ secret"), pair("dbname", "")];
        assert_eq!(of(r"host=h password = 'it\'s a \\ secret' dbname=''"), expected);
        assert_eq!(of(r" user=a\ b "), [pair("user", "a b")]);
        assert_eq!(of(""), []);
    }

    #[test]
    fn what_is_neither_form_is_refused_without_repeating_it() {
        for text in ["password=my secret host=h", "secret", "password='secret", "host=h secret"] {
            let error = settings(text).err().unwrap();
            assert!(!error.contains("secret"), "{error}");
        }
        let error = settings("mysql://ann:secret@h/db").err().unwrap();
        assert_eq!(error, "the database URL begins with mysql://; it must begin with postgresql://");
    }
}
