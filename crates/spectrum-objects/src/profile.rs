//! The profiles of `~/.aws/credentials` and `~/.aws/config`, as far as they hold keys that last.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use spectrum_store::{Problem, StoreError, StoreRemedy};

use crate::settings::variable;

/// What a profile says. Debug shows no value of it.
#[derive(Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    values: HashMap<String, String>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Settings of profiles that lead to credentials by way of a program or another service.
const NOT_TAKEN: [&str; 4] = ["credential_process", "sso_session", "sso_start_url", "source_profile"];

impl Profile {
    /// The profile that AWS_PROFILE names, or the one for everybody else. Who names one means one that is there.
    pub(crate) fn of_environment() -> io::Result<Self> {
        let named = variable("AWS_PROFILE");
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from);
        let file = |name: &str, ending: &str| {
            let path = variable(name).map(PathBuf::from);
            path.or_else(|| Some(home.as_ref()?.join(".aws").join(ending)))
        };
        let read = |path: Option<PathBuf>| {
            path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
        };
        let credentials = read(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        let config = read(file("AWS_CONFIG_FILE", "config"));
        let profile = Self::of_texts(&name, &credentials, &config);
        if profile.values.is_empty() && named.is_some() {
            let words = format!("there is no profile '{name}' in the files of AWS");
            return Err(StoreError::new(Problem::NoCredentials, words)
                .or(StoreRemedy::Say("correct AWS_PROFILE".into()))
                .into());
        }
        Ok(profile)
    }

    /// What the two files say of a profile; the first has the last word.
    fn of_texts(name: &str, credentials: &str, config: &str) -> Self {
        let mut values = HashMap::new();
        let in_config = if name == "default" { "default".to_owned() } else { format!("profile {name}") };
        for (text, section) in [(config, in_config.as_str()), (credentials, name)] {
            let mut is_within = false;
            for line in text.lines() {
                let trimmed = line.trim();
                if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                    continue;
                }
                if let Some(head) = trimmed.strip_prefix('[') {
                    let head = head.split(']').next().unwrap_or_default();
                    let words: Vec<&str> = head.split_whitespace().collect();
                    is_within = words.join(" ") == section;
                    continue;
                }
                // What is set in from the left belongs to the setting above it, as those of `s3 =` do.
                let is_nested = line.starts_with([' ', '\t']);
                if let (true, false, Some((key, value))) = (is_within, is_nested, trimmed.split_once('=')) {
                    values.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
                }
            }
        }
        Self { name: name.to_owned(), values }
    }

    /// A setting.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The key's name and the secret, if it has both.
    pub(crate) fn keys(&self) -> Option<(&str, &str)> {
        Some((self.get("aws_access_key_id")?, self.get("aws_secret_access_key")?))
    }

    /// What the profile has instead of keys, and what to do about it.
    pub(crate) fn refused(&self) -> Option<StoreError> {
        let setting = NOT_TAKEN.iter().find(|setting| self.get(setting).is_some())?;
        let words = format!(
            "profile '{}' has {setting}, by which only AWS's own tools come to credentials",
            self.name
        );
        let way = format!(
            "run eval \"$(aws configure export-credentials --profile {} --format env)\" before it",
            self.name
        );
        Some(StoreError::new(Problem::NoCredentials, words).or(StoreRemedy::Say(way)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "\
# for everybody
[default]
aws_access_key_id = A
aws_secret_access_key=S
[work]
aws_access_key_id = B
aws_secret_access_key = T/x=+
aws_session_token = long==
";
    const CONFIG: &str = "\
[default]
region = eu-west-1
[profile work]
region=eu-central-1
aws_access_key_id = of the other file
s3 =
  region = nested
endpoint_url = http://localhost:9000
[profile sso]
sso_session = corp
[sso-session corp]
sso_start_url = https://corp
";

    #[test]
    fn a_profile_is_what_both_files_say_of_it() {
        let of = |name| Profile::of_texts(name, CREDENTIALS, CONFIG);
        let work = of("work");
        assert_eq!(work.keys(), Some(("B", "T/x=+")));
        assert_eq!(work.get("aws_session_token"), Some("long=="));
        assert_eq!(work.get("region"), Some("eu-central-1"));
        assert_eq!(work.get("endpoint_url"), Some("http://localhost:9000"));
        assert!(work.refused().is_none());
        assert_eq!(
            (of("default").keys(), of("default").get("region")),
            (Some(("A", "S")), Some("eu-west-1"))
        );
        assert!(of("corp").values.is_empty());
        let sso = of("sso").refused().unwrap();
        assert_eq!(
            sso.words,
            "profile 'sso' has sso_session, by which only AWS's own tools come to credentials"
        );
        assert!(!format!("{work:?}").contains("T/x"));
    }
}
