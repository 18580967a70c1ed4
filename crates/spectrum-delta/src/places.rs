//! Places as the kernel names them, by URLs, and as a store does, by paths.

use std::path::{Path, PathBuf};

use delta_kernel::{KernelError, KernelResult};
use percent_encoding::percent_decode_str;
use spectrum_engine::store::Store;
use url::Url;

use crate::LogError;
use crate::kernel::through;

/// The URL of a path that is absolute, or names a place elsewhere.
pub(crate) fn url_of(store: &dyn Store, path: &Path) -> KernelResult<Url> {
    let cannot = || KernelError::InvalidTableLocation(path.display().to_string());
    if !store.is_elsewhere(path) {
        return Url::from_file_path(path).map_err(|()| cannot());
    }
    let (scheme, rest) = path.to_str().and_then(|name| name.split_once("://")).ok_or_else(cannot)?;
    let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
    let mut url = Url::parse(&format!("{scheme}://{host}/"))?;
    // Whatever is in a key is a part of its name.
    url.path_segments_mut().map_err(|()| cannot())?.clear().extend(key.split('/'));
    Ok(url)
}

/// The path of a URL.
pub(crate) fn path_of(url: &Url) -> KernelResult<PathBuf> {
    let elsewhere = || through(LogError::Elsewhere(url.to_string()));
    if url.scheme() == "file" {
        return url.to_file_path().map_err(|()| elsewhere());
    }
    let key = percent_decode_str(url.path()).decode_utf8().map_err(|_| elsewhere())?;
    let host = &url[url::Position::BeforeUsername..url::Position::AfterPort];
    Ok(PathBuf::from(format!("{}://{host}{key}", url.scheme())))
}

/// What messages call a file.
pub(crate) fn named(file: &Url) -> String {
    path_of(file).map_or_else(|_| file.to_string(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spectrum_engine::store::LocalFiles;

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["/lake/a b/100%/x%20y#?+=&.parquet", "/lake/Köln"] {
            let url = url_of(&LocalFiles, Path::new(name)).unwrap();
            assert_eq!(path_of(&url).unwrap(), Path::new(name), "{url}");
        }
        for (url, name) in [
            ("s3://bucket/a%20b/100%25/x%2520y", "s3://bucket/a b/100%/x%20y"),
            ("abfss://c@a.dfs.core.windows.net/K%C3%B6ln", "abfss://c@a.dfs.core.windows.net/Köln"),
        ] {
            assert_eq!(path_of(&Url::parse(url).unwrap()).unwrap(), Path::new(name));
        }
    }
}
