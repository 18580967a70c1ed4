//! Texts that are mostly the same, written once, with a question where they part.

/// Several texts, each with the condition under which it is meant, the last for all other cases. Lines that all of them
/// begin and end with are written once.
pub(super) fn parted(texts: &[(&str, String)]) -> String {
    let lines: Vec<Vec<&str>> = texts.iter().map(|(_, text)| text.split('\n').collect()).collect();
    let Some(shortest) = lines.iter().map(Vec::len).min() else { return String::new() };
    let all_have =
        |line: &dyn Fn(&[&str]) -> String| lines.windows(2).all(|pair| line(&pair[0]) == line(&pair[1]));
    let before = (0..shortest).take_while(|at| all_have(&|of| of[*at].to_owned())).count();
    if lines.iter().all(|of| of.len() == before) {
        return lines[0].join("\n");
    }
    let most = shortest - before;
    let after = (1..=most).take_while(|at| all_have(&|of| of[of.len() - at].to_owned())).count();
    let mut parts: Vec<String> = lines[0][..before].iter().map(|line| (*line).to_owned()).collect();
    for (number, ((condition, _), of)) in texts.iter().zip(&lines).enumerate() {
        parts.push(match number {
            0 => format!("{{%- if {condition} %}}"),
            _ if number + 1 == texts.len() => "{%- else %}".to_owned(),
            _ => format!("{{%- elif {condition} %}}"),
        });
        parts.extend(of[before..of.len() - after].iter().map(|line| (*line).to_owned()));
    }
    parts.push("{%- endif %}".to_owned());
    parts.extend(lines[0][lines[0].len() - after..].iter().map(|line| (*line).to_owned()));
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn what_all_have_is_written_once() {
        let texts = [("a", "1\n2\n3\n9".to_owned()), ("b", "1\n2\n9".to_owned()), ("", "1\n4\n9".to_owned())];
        assert_eq!(parted(&texts), "1\n{%- if a %}\n2\n3\n{%- elif b %}\n2\n{%- else %}\n4\n{%- endif %}\n9");
        assert_eq!(parted(&[("a", "1\n2".to_owned()), ("", "1\n2".to_owned())]), "1\n2");
        assert_eq!(
            parted(&[("a", "1".to_owned()), ("", "1\n1".to_owned())]),
            "1\n{%- if a %}\n{%- else %}\n1\n{%- endif %}"
        );
    }
}
