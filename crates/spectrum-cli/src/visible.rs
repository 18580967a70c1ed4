//! Texts of the events as a terminal may be given them: it obeys control characters, and they can be anybody's.

/// A value, with control characters and line breaks written out.
pub(crate) fn visible(text: &str) -> String {
    without(text, char::is_control)
}

/// Lines with values in them, with control characters written out.
pub(crate) fn visible_lines(text: &str) -> String {
    without(text, |letter| letter.is_control() && letter != '\n')
}

fn without(text: &str, is_written_out: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_written_out(letter) {
            true => shown.extend(letter.escape_default()),
            false => shown.push(letter),
        }
    }
    shown
}
