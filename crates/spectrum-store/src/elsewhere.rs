//! Names of what does not lie on this machine.

use std::path::Path;

/// Where a name leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Amazon S3 and what speaks its language: `s3://bucket/key`.
    S3,
    /// Google Cloud Storage: `gs://bucket/key`.
    Gs,
    /// Azure Blob Storage: `az://container/blob`, `abfss://container@account.dfs.core.windows.net/blob`.
    Azure,
    /// A file of a web server, which can be read alone: `https://host/path`.
    Http,
}

/// The schemes of names, all that begin so.
const SCHEMES: [(&str, Scheme); 8] = [
    ("s3", Scheme::S3),
    ("s3a", Scheme::S3),
    ("gs", Scheme::Gs),
    ("az", Scheme::Azure),
    ("abfs", Scheme::Azure),
    ("abfss", Scheme::Azure),
    ("http", Scheme::Http),
    ("https", Scheme::Http),
];

/// Where a name leads, if it leads away from this machine.
pub fn scheme(path: &Path) -> Option<Scheme> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    SCHEMES.iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name)).map(|(_, scheme)| *scheme)
}

/// A name without what must not be shown: a user and a password, and what comes after `?` on the web or holds a signature.
pub fn without_secrets(name: &str) -> String {
    let (Some(scheme), Some((before, rest))) = (scheme(Path::new(name)), name.split_once("://")) else {
        return name.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // In abfss://container@account the part before @ is no secret, unless there is a password in it.
    let is_container =
        scheme == Scheme::Azure && !authority.split('@').next().is_some_and(|user| user.contains(':'));
    let host = if is_container { authority } else { authority.rsplit('@').next().unwrap_or(authority) };
    let path = match scheme {
        Scheme::Http => &path[..path.find(['?', '#']).unwrap_or(path.len())],
        _ if has_signature(path) => &path[..path.find('?').unwrap_or(path.len())],
        _ => path,
    };
    format!("{before}://{host}{path}")
}

/// Whether the end of a name is a signature that lets whoever knows it read.
fn has_signature(path: &str) -> bool {
    let query = path.split_once('?').map(|(_, query)| query.to_ascii_lowercase()).unwrap_or_default();
    query.split('&').any(|pair| {
        ["sig=", "x-amz-signature=", "x-goog-signature=", "signature="]
            .iter()
            .any(|name| pair.starts_with(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_schemes_of_stores_lead_away() {
        let of = |name: &str| scheme(Path::new(name));
        assert_eq!(of("s3://bucket/a.csv"), Some(Scheme::S3));
        assert_eq!(of("S3A://bucket/a.csv"), Some(Scheme::S3));
        assert_eq!(of("abfss://c@a.dfs.core.windows.net/a"), Some(Scheme::Azure));
        assert_eq!(of("https://host/a.csv"), Some(Scheme::Http));
        for local in [
            "a.csv",
            "./s3://bucket/a.csv",
            "C:\\x\\a.csv",
            "C:/x",
            "ftp://host/a",
            "s3:/a",
            "odd://",
            "a/s3://b",
        ] {
            assert_eq!(of(local), None, "{local}");
        }
    }
}
