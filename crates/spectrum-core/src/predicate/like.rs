//! Patterns of LIKE: `%`, `_` and, as in PostgreSQL, a backslash before what stands for itself.

use super::tree::Wildcard;

/// Takes a pattern apart; `None` when it ends with a backslash that escapes nothing.
pub(super) fn pattern(text: &str) -> Option<Vec<Wildcard>> {
    let mut pieces: Vec<Wildcard> = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let itself = match character {
            '%' => {
                if pieces.last() != Some(&Wildcard::Any) {
                    pieces.push(Wildcard::Any);
                }
                continue;
            }
            '_' => {
                pieces.push(Wildcard::One);
                continue;
            }
            '\\' => characters.next()?,
            other => other,
        };
        match pieces.last_mut() {
            Some(Wildcard::Text(piece)) => piece.push(itself),
            _ => pieces.push(Wildcard::Text(itself.to_string())),
        }
    }
    Some(pieces)
}

/// Whether a text looks like a pattern. Takes time by the product of both lengths at most: of all `%` only the last that
/// was met has to be tried again.
pub(super) fn matches(pattern: &[Wildcard], text: &str) -> bool {
    let (mut piece, mut rest) = (0, text);
    // Where to go on when what follows the last `%` does not fit: after it, one character later.
    let mut again: Option<(usize, &str)> = None;
    loop {
        let fits = match pattern.get(piece) {
            Some(Wildcard::Any) => {
                again = Some((piece, rest));
                Some(rest)
            }
            Some(Wildcard::One) => rest.chars().next().map(|character| &rest[character.len_utf8()..]),
            Some(Wildcard::Text(text)) => rest.strip_prefix(text.as_str()),
            None if rest.is_empty() => return true,
            None => None,
        };
        if let Some(left) = fits {
            (piece, rest) = (piece + 1, left);
            continue;
        }
        let Some((any, from)) = again else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        let from = &from[skipped.len_utf8()..];
        again = Some((any, from));
        (piece, rest) = (any + 1, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_postgresqls() {
        for (text, like, expected) in [
            ("", "", true),
            ("", "%", true),
            ("a", "", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "a_c", true),
            ("äbc", "_bc", true),
            ("abc", "a_", false),
            ("aXbXc", "a%b%c", true),
            ("ab", "%a%b%c%", false),
            ("100%", r"100\%", true),
            ("1000", r"100\%", false),
            (r"a\b", r"a\\b", true),
            ("aab", "%ab", true),
            ("a\nb", "a_b", true),
        ] {
            assert_eq!(matches(&pattern(like).unwrap(), text), expected, "{text} LIKE {like}");
        }
        assert_eq!(pattern(r"a\"), None);
    }

    #[test]
    fn patterns_that_go_back_and_forth_end() {
        let like = pattern(&"%a".repeat(2_000)).unwrap();
        assert!(!matches(&like, &format!("{}b", "a".repeat(5_000))));
    }
}
