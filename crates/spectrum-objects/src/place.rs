//! Names of objects: which store, and which key.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use object_store::path::Path as Key;
use spectrum_store::{Problem, Scheme, StoreError, StoreRemedy, scheme, without_secrets};

use crate::client::azure;

/// An object's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) scheme: Scheme,
    /// The bucket with its scheme, as it was written: `s3://bucket`. Of a web server the whole name.
    pub(crate) root: String,
    /// The bucket's own name, or what stands in its place.
    pub(crate) host: String,
    /// The key; nothing for the bucket itself. A slash at its end is left out.
    pub(crate) key: String,
}

impl Place {
    /// The place of a name that leads away from this machine.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let not_text = || io::Error::other("the name is not text");
        let scheme = scheme(path).ok_or_else(not_text)?;
        let text = path.to_str().ok_or_else(not_text)?;
        // A folder and a name are joined by the system's own separator.
        #[cfg(windows)]
        let text = &text.replace('\\', "/");
        let (before, rest) = text.split_once("://").ok_or_else(not_text)?;
        if scheme == Scheme::Http {
            return Ok(Self { scheme, root: text.to_owned(), host: rest.to_owned(), key: String::new() });
        }
        let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(StoreError::new(Problem::Missing, "no bucket is named")
                .or(StoreRemedy::Say(format!("write {before}://BUCKET/KEY")))
                .into());
        }
        Ok(Self {
            scheme,
            root: format!("{before}://{host}"),
            host: host.to_owned(),
            key: key.strip_suffix('/').unwrap_or(key).to_owned(),
        })
    }

    /// The key as requests have it.
    pub(crate) fn key(&self) -> io::Result<Key> {
        Key::parse(&self.key).map_err(|_| {
            let words = format!(
                "the key '{}' has an empty part, '.' or '..' between slashes, or a control character, and cannot be asked for",
                self.key.escape_debug()
            );
            StoreError::new(Problem::Other, words).into()
        })
    }

    /// The one name of what lies there, however it was written. `own_account` is the account of Azure that is meant where
    /// none is named.
    pub(crate) fn real_name(&self, own_account: Option<&str>) -> String {
        let root = match self.scheme {
            Scheme::S3 => format!("s3://{}", self.host),
            Scheme::Gs => format!("gs://{}", self.host),
            Scheme::Azure => match azure::container_and_account(&self.host) {
                (container, Some(account)) if Some(account.as_str()) != own_account => {
                    format!("abfss://{container}@{account}.dfs.core.windows.net")
                }
                (container, _) => format!("az://{container}"),
            },
            Scheme::Http => real_address(&self.root),
        };
        if self.key.is_empty() { root } else { format!("{root}/{}", self.key) }
    }

    /// The name of an object in the same bucket.
    pub(crate) fn name_of(&self, key: &str) -> String {
        format!("{}/{key}", self.root)
    }
}

/// The address of a web server's file, of which only the path tells large letters from small ones.
fn real_address(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let usual_port = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{path}", host.strip_suffix(usual_port).unwrap_or(&host))
}

/// Names in which something secret stands, by the names that may be shown.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    urls: HashMap<String, String>,
}

impl Secrets {
    /// The name that may be shown, by which the other is known from here on. What is no URL, or has nothing to hide, keeps
    /// its name.
    pub(crate) fn hide(&mut self, name: &str) -> String {
        let mut shown = without_secrets(name);
        if shown == name {
            return shown;
        }
        let plain = shown.clone();
        let mut number = 1;
        while self.urls.get(&shown).is_some_and(|known| known != name) {
            number += 1;
            shown = format!("{plain}#{number}");
        }
        self.urls.insert(shown.clone(), name.to_owned());
        shown
    }

    /// Whether something secret stood in a name of this bucket.
    pub(crate) fn is_hidden_below(&self, root: &str) -> bool {
        self.urls.keys().any(|shown| shown.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')))
    }

    /// The whole name of one that was shown.
    pub(crate) fn whole(&self, shown: &str) -> Option<&str> {
        self.urls.get(shown).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_bucket_and_a_key_that_is_taken_as_it_stands() {
        let of = |name: &str| {
            let place = Place::of(Path::new(name)).unwrap();
            (place.root, place.host, place.key)
        };
        let own = |root: &str, host: &str, key: &str| (root.to_owned(), host.to_owned(), key.to_owned());
        assert_eq!(of("s3://b/a b%20+#?ü.csv"), own("s3://b", "b", "a b%20+#?ü.csv"));
        assert_eq!(of("gs://b/x/"), own("gs://b", "b", "x"));
        assert_eq!(of("s3://b"), own("s3://b", "b", ""));
        assert_eq!(
            of("abfss://c@a.dfs.core.windows.net/x/y"),
            own("abfss://c@a.dfs.core.windows.net", "c@a.dfs.core.windows.net", "x/y")
        );
        assert!(Place::of(Path::new("s3:///key")).is_err());
        assert!(Place::of(Path::new("s3://b/a//b")).unwrap().key().is_err());
    }

    #[test]
    fn an_object_has_one_name_however_it_was_written() {
        let of = |name: &str| Place::of(Path::new(name)).unwrap().real_name(Some("lake"));
        for name in ["s3://b/x.csv", "s3a://b/x.csv", "S3://b/x.csv", "S3A://b/x.csv"] {
            assert_eq!(of(name), "s3://b/x.csv");
        }
        assert_eq!(of("s3a://b/x/"), "s3://b/x");
        assert_eq!(of("s3a://b"), "s3://b");
        assert_eq!(of("GS://b/X.csv"), "gs://b/X.csv");
        for name in [
            "az://c/x.csv",
            "AZ://c/x.csv",
            "abfss://c/x.csv",
            "abfs://c@lake.dfs.core.windows.net/x.csv",
            "ABFSS://c@Lake.blob.core.windows.net/x.csv",
        ] {
            assert_eq!(of(name), "az://c/x.csv");
        }
        assert_eq!(
            of("abfs://c@pond.blob.core.windows.net/x.csv"),
            "abfss://c@pond.dfs.core.windows.net/x.csv"
        );
        for name in ["https://host/X.csv?A", "HTTPS://Host:443/X.csv?A"] {
            assert_eq!(of(name), "https://host/X.csv?A");
        }
        assert_eq!(of("http://host:8080/x"), "http://host:8080/x");
    }

    #[test]
    fn nothing_secret_is_left_in_a_name_that_is_shown() {
        let mut secrets = Secrets::default();
        let signed = "https://ann:pass@host:8080/a/b.csv?X-Amz-Signature=abc#x";
        assert_eq!(secrets.hide(signed), "https://host:8080/a/b.csv");
        assert_eq!(secrets.whole("https://host:8080/a/b.csv"), Some(signed));
        // Another query of the same name is another file.
        assert_eq!(secrets.hide("https://host:8080/a/b.csv?id=2"), "https://host:8080/a/b.csv#2");
        assert_eq!(secrets.hide(signed), "https://host:8080/a/b.csv");
        assert_eq!(secrets.hide("az://c/b.csv?sv=1&sig=abc"), "az://c/b.csv");
        assert_eq!(secrets.hide("s3://KEY:secret@b/x.csv"), "s3://b/x.csv");
        for plain in [
            "s3://b/what?.csv",
            "abfss://c@a.dfs.core.windows.net/x",
            "a?sig=b",
            "https://host/a.csv",
            "gs://b/a#b",
        ] {
            assert_eq!(secrets.hide(plain), plain);
            assert_eq!(secrets.whole(plain), None);
        }
    }
}
