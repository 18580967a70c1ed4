//! Text that stays text, whatever it contains.

use std::fmt::{self, Display, Write};

/// A value of more characters is broken into lines.
const LONG: usize = 40;
/// So many characters of a value are shown.
const SHOWN: usize = 120;

/// A text within HTML or within a quoted attribute. Characters that HTML does not allow are replaced.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(letter)?,
                _ if letter.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                // Not characters, by Unicode.
                '\u{fdd0}'..='\u{fdef}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                _ if u32::from(letter) & 0xfffe == 0xfffe => f.write_char(char::REPLACEMENT_CHARACTER)?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// A value of the data as HTML: by itself, so that its direction does not turn the text around it, and only its beginning
/// where it is long.
pub(crate) struct Value<'a>(pub(crate) Option<&'a str>);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("<i>NULL</i>"),
            Some("") => f.write_str("<i>empty</i>"),
            Some(value) => {
                let class = if value.chars().nth(LONG).is_some() { " class=\"long\"" } else { "" };
                write!(f, "<bdi{class}>{}</bdi>", Text(&shortened(value)))
            }
        }
    }
}

/// The same as plain text, for titles. It keeps marks of direction to itself.
pub(crate) fn plain(key: &[Option<String>]) -> String {
    let value = |value: &Option<String>| match value {
        None => "NULL".to_owned(),
        Some(value) => format!("\u{2068}{}\u{2069}", shortened(value)),
    };
    key.iter().map(value).collect::<Vec<_>>().join(", ")
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some((end, _)) => {
            let all = value.chars().count() as u64;
            format!("{}… ({} characters)", &value[..end], crate::numbers::count(all))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let text = Text("</script><b a='x' b=\"y\">&amp;\0\u{1b}\u{ffff}").to_string();
        assert_eq!(
            text,
            "&lt;/script&gt;&lt;b a=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;\u{fffd}\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn long_values_say_how_long_they_are() {
        let long = "ä".repeat(10_000);
        let shown = Value(Some(&long)).to_string();
        assert_eq!(shown, format!("<bdi class=\"long\">{}… (10,000 characters)</bdi>", "ä".repeat(120)));
        assert_eq!(
            Value(Some(&"ä".repeat(120))).to_string(),
            format!("<bdi class=\"long\">{}</bdi>", "ä".repeat(120))
        );
        assert_eq!(Value(None).to_string() + &Value(Some("")).to_string(), "<i>NULL</i><i>empty</i>");
    }
}
