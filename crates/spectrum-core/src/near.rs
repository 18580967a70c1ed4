//! Names that look like one that was not found.

/// Those of `names` that a slip of the fingers could have meant, the likeliest first; at most three.
fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = wanted.to_lowercase();
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let distance = strsim::damerau_levenshtein(&folded, &name.to_lowercase());
            let part = (wanted.len() > 1 && name.contains(wanted))
                || (wanted.len() > 3 && wanted.contains(name) && name.len() > 3);
            let letters = wanted.chars().count();
            // A name of which no letter is left is another name.
            let limit = if part { usize::MAX } else { (letters / 3 + 1).min(letters.saturating_sub(1)) };
            (distance <= limit).then_some((distance, name))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The same as the end of a message: `; did you mean a or b?`, or nothing.
pub fn or_near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match near(wanted, names)[..] {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        ref several => format!("; did you mean {}?", several.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let names = ["user_id", "account_id", "occurred_at", "event_type"];
        assert_eq!(near("userid", names), ["user_id"]);
        assert_eq!(near("USER_ID", names), ["user_id"]);
        assert_eq!(near("occured_at", names), ["occurred_at"]);
        assert_eq!(near("event", names), ["event_type"]);
        assert!(near("zzz", names).is_empty());
        assert_eq!(near("id", names), ["user_id", "account_id"]);
        assert!(near("e", ["k", "t"]).is_empty());
        assert_eq!(or_near("acount_id", names), "; did you mean account_id?");
    }
}
