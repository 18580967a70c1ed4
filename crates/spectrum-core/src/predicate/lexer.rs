//! The words of a predicate, each with where it begins.

use super::error::{PredicateProblem, Problem};

/// A word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A name without quotes, or a keyword.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// Digits, with a point perhaps.
    Number(String),
    /// One of the operators, a parenthesis or a comma.
    Symbol(&'static str),
}

/// Longer ones come before those that they begin with.
const SYMBOLS: [&str; 13] = ["->>", "<=", ">=", "<>", "!=", "(", ")", ",", "=", "<", ">", "-", "+"];

/// What people bring from other languages, and what to write instead.
const ELSEWHERE: [(&str, &str); 13] = [
    ("==", "="),
    ("&&", "AND"),
    ("||", "OR between conditions; texts are not joined"),
    ("::", "the column as it is; there are no casts"),
    ("!~", "NOT LIKE with % and _; there are no regular expressions"),
    ("~", "LIKE with % and _; there are no regular expressions"),
    ("`", "double quotes around names"),
    ("\u{2018}", "straight single quotes around texts"),
    ("\u{2019}", "straight single quotes around texts"),
    ("\u{201c}", "straight double quotes around names"),
    ("\u{201d}", "straight double quotes around names"),
    (";", "one condition, without an end"),
    ("->", "->> and the name of a member"),
];

/// What stands at the beginning of a text and is not of this language.
fn elsewhere(text: &str) -> Option<(&'static str, &'static str)> {
    let own = text.starts_with("->>");
    ELSEWHERE.into_iter().find(|(found, _)| !own && text.starts_with(found))
}

/// Takes a predicate apart; every word stands with the byte that it begins at.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Problem> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        } else if next == '\'' || next == '"' {
            let (content, length) = quoted(rest, next).map_err(|problem| Problem { at, problem })?;
            found.push((at, if next == '"' { Token::Quoted(content) } else { Token::Text(content) }));
            length
        } else if next.is_ascii_digit()
            || (next == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = end_of(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
            found.push((at, Token::Number(rest[..length].to_owned())));
            length
        } else if next.is_alphabetic() || next == '_' {
            let length = end_of(rest, |c| c.is_alphanumeric() || c == '_' || c == '$');
            found.push((at, Token::Word(rest[..length].to_owned())));
            length
        } else if rest.starts_with("--") || rest.starts_with("/*") {
            return Err(Problem { at, problem: PredicateProblem::Comment });
        } else if let Some((found, instead)) = elsewhere(rest) {
            return Err(Problem { at, problem: PredicateProblem::Instead { found, instead } });
        } else {
            let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
            let unknown = || Problem { at, problem: PredicateProblem::Character(next) };
            let symbol = symbol.ok_or_else(unknown)?;
            found.push((at, Token::Symbol(symbol)));
            symbol.len()
        };
        at += length;
    }
    Ok(found)
}

/// How many bytes at the beginning belong.
fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// What stands between two quotes, of which a doubled one stands for itself, and how many bytes it all takes.
fn quoted(text: &str, quote: char) -> Result<(String, usize), PredicateProblem> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\0' {
            return Err(PredicateProblem::Character(character));
        }
        if character != quote {
            content.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            content.push(quote);
        } else if quote == '"' && content.is_empty() {
            return Err(PredicateProblem::EmptyName);
        } else {
            return Ok((content, at + 1));
        }
    }
    Err(PredicateProblem::OpenQuote(quote))
}
