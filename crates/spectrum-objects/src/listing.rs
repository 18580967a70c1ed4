//! What lies below a prefix.

use std::io;
use std::path::PathBuf;

use object_store::ObjectMeta;
use object_store::list::PaginatedListOptions;
use spectrum_store::{Problem, StoreError};

use crate::client::Client;
use crate::place::Place;

/// Objects, and the folders that keep tables' logs among them.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) objects: Vec<(PathBuf, ObjectMeta)>,
    /// Folders of tables, with the kind of each.
    pub(crate) tables: Vec<(PathBuf, &'static str)>,
}

/// Lists what lies below a place and has a name that begins with `beginning` right below it, no more than `depth` folders
/// deep. Names that begin with `.` or `_` are left out.
pub(crate) async fn list(
    client: &Client,
    place: Place,
    beginning: String,
    depth: usize,
) -> io::Result<Listing> {
    let Some(pages) = &client.pages else {
        let words = "a web server does not tell which files it has; name each of them";
        return Err(StoreError::new(Problem::Other, words).into());
    };
    let folder = if place.key.is_empty() { String::new() } else { format!("{}/", place.key) };
    let mut found = Listing::default();
    let mut metas = Vec::new();
    let mut page_token = None;
    loop {
        let options = PaginatedListOptions {
            delimiter: (depth == 1).then(|| "/".into()),
            page_token,
            ..PaginatedListOptions::default()
        };
        let prefix = format!("{folder}{beginning}");
        let page = pages.list_paginated((!prefix.is_empty()).then_some(prefix.as_str()), options).await;
        let page = page.map_err(|failure| not_listed(client, &failure))?;
        metas.extend(page.result.objects);
        page_token = page.page_token;
        if page_token.is_none() {
            break;
        }
    }
    metas.sort_unstable_by(|a, b| a.location.as_ref().cmp(b.location.as_ref()));
    for (at, meta) in metas.iter().enumerate() {
        let key = meta.location.as_ref();
        let Some(relative) = key.strip_prefix(&folder) else { continue };
        if let Some((table, kind)) = table_of(relative) {
            let table = format!("{folder}{table}");
            let path = PathBuf::from(place.name_of(table.trim_end_matches('/')));
            if found.tables.last().is_none_or(|(last, _)| *last != path) {
                found.tables.push((path, kind));
            }
        }
        let parts = relative.split('/');
        let is_hidden = parts.clone().any(|part| part.starts_with(['.', '_']));
        // An empty object with a slash at its end is how some programs make a folder.
        let is_folder = meta.size == 0
            && metas[at + 1..]
                .iter()
                .take_while(|next| next.location.as_ref().starts_with(key))
                .any(|next| next.location.as_ref()[key.len()..].starts_with('/'));
        if !is_hidden && !is_folder && !relative.is_empty() && parts.count() <= depth {
            found.objects.push((PathBuf::from(place.name_of(key)), meta.clone()));
        }
    }
    // As a walk through folders has it: what is in a folder comes where the folder's name does.
    found.objects.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Whether something lies below a place.
pub(crate) async fn is_folder(client: &Client, place: &Place) -> io::Result<bool> {
    let Some(pages) = &client.pages else { return Ok(false) };
    let prefix = if place.key.is_empty() { None } else { Some(format!("{}/", place.key)) };
    let options = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
    let page = pages.list_paginated(prefix.as_deref(), options).await;
    let page = page.map_err(|failure| not_listed(client, &failure))?.result;
    Ok(place.key.is_empty() || !page.objects.is_empty() || !page.common_prefixes.is_empty())
}

/// A key that the client cannot name makes the whole page unreadable.
fn not_listed(client: &Client, failure: &object_store::Error) -> io::Error {
    let whole = format!("{failure:?}");
    if let Some((_, rest)) = whole.split_once("EmptySegment { path: ") {
        let key = rest.split(" }").next().unwrap_or_default();
        let words = format!(
            "the key {key} has an empty part between slashes, and what lies beside it cannot be listed"
        );
        return StoreError::new(Problem::Other, words)
            .or(spectrum_store::StoreRemedy::Say("name a folder or pattern that does not contain it".into()))
            .into();
    }
    client.problem(failure)
}

/// The folder of a table whose log an object belongs to.
fn table_of(relative: &str) -> Option<(&str, &'static str)> {
    for (log, kind) in [("_delta_log/", "Delta"), (".hoodie/", "Hudi")] {
        let at = match relative.starts_with(log) {
            true => Some(0),
            false => relative.find(&format!("/{log}")),
        };
        if let Some(at) = at {
            return Some((&relative[..at], kind));
        }
    }
    let folder = relative.ends_with(".metadata.json").then(|| relative.rsplit_once('/'))??.0;
    let table = folder.strip_suffix("metadata")?;
    (table.is_empty() || table.ends_with('/')).then_some((table, "Iceberg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_tables_are_known_by_their_keys() {
        assert_eq!(table_of("_delta_log/0.json"), Some(("", "Delta")));
        assert_eq!(table_of("a/b/.hoodie/x"), Some(("a/b", "Hudi")));
        assert_eq!(table_of("a/metadata/v1.metadata.json"), Some(("a/", "Iceberg")));
        assert_eq!(table_of("my_delta_log/a.parquet"), None);
        assert_eq!(table_of("a/xmetadata/v1.metadata.json"), None);
    }
}
