//! Commits on a disk that fails. Whatever step fails, and wherever a process is killed, what is found is compared with
//! what was there before.

mod failing_disk;
mod prepared;

use std::fs;

use super::*;
use Kind::{EmptyFolder, File, Folder, NewFile, NewFolder};
use failing_disk::FailingDisk;
use prepared::{Contents, Kind, Prepared, after, contents, without_hidden, written};

const SETS: [&[Kind]; 6] = [
    &[File],
    &[File, File, File],
    &[NewFile, NewFile, NewFile],
    &[Folder, Folder, Folder],
    &[NewFolder, EmptyFolder, NewFolder],
    &[EmptyFolder, File, NewFile, Folder, File],
];

#[test]
fn when_any_step_fails_all_is_as_it_was() {
    for kinds in SETS {
        for has_links in [true, false] {
            let mut refused = Vec::new();
            for fails_at in 1.. {
                let mut prepared = Prepared::new(kinds);
                let mut disk = FailingDisk::at(fails_at).with_links(has_links);
                let committed = commit_on(&mut disk, &prepared.outputs, &mut []);
                prepared.outputs.clear();
                let found = prepared.found();
                match committed {
                    Err(CommitError::Refused { name, source }) => {
                        assert_eq!(source.to_string(), "the disk is tired");
                        assert_eq!(found, prepared.before, "{kinds:?} {fails_at}");
                        refused.push(prepared.names().iter().position(|output| *output == name).unwrap());
                    }
                    Err(other) => panic!("{kinds:?} {fails_at}: {other}"),
                    Ok(()) if disk.has_failed => {
                        // Links that cannot be made, or what was set aside and cannot be removed.
                        assert_eq!(without_hidden(found), after(kinds), "{kinds:?} {fails_at}");
                    }
                    Ok(()) => {
                        assert_eq!(found, after(kinds), "{kinds:?}");
                        break;
                    }
                }
            }
            // Each output was once the one that failed: the second and the third after others had their names.
            refused.dedup();
            assert_eq!(refused, (0..kinds.len()).collect::<Vec<_>>(), "{kinds:?}");
        }
    }
}

/// Whatever is found then is old or new and complete. A folder can be missing for a moment, and a file where there are no
/// hard links; then it is under its hidden name, as the documentation says.
#[test]
fn a_process_that_is_killed_between_two_steps_leaves_what_was_or_what_will_be() {
    for kinds in SETS {
        for has_links in [true, false] {
            let mut missing = Vec::new();
            for fails_at in 1.. {
                let mut prepared = Prepared::new(kinds);
                let mut disk = FailingDisk::stops_at(fails_at).with_links(has_links);
                let _ = commit_on(&mut disk, &prepared.outputs, &mut []);
                if !disk.has_failed {
                    break;
                }
                prepared.outputs.drain(..).for_each(std::mem::forget);
                let found = prepared.found();
                for (at, kind) in kinds.iter().enumerate() {
                    let of = |contents: &Contents| -> Vec<Option<String>> {
                        let mut part = contents.clone();
                        part.retain(|name, _| name.split('/').next() == Some(&at.to_string()));
                        part.into_values().collect()
                    };
                    let is_there = of(&found) == of(&prepared.before) || of(&found) == of(&after(kinds));
                    if !is_there {
                        assert_eq!(of(&found), [], "{kinds:?} {fails_at}");
                        missing.push(*kind);
                    }
                }
                put_back_by_hand(&prepared, &found);
                rerun(&prepared);
            }
            missing.dedup();
            let may_be_missing = |kind: &Kind| *kind == Folder || (*kind == File && !has_links);
            let expected: Vec<_> = match kinds {
                [_] => vec![],
                _ => kinds.iter().copied().filter(may_be_missing).collect(),
            };
            let unexpected: Vec<_> = missing.iter().filter(|kind| !expected.contains(kind)).collect();
            assert_eq!((unexpected, missing.is_empty()), (vec![], expected.is_empty()), "{kinds:?}");
        }
    }
}

/// As long as one of the outputs is still hidden, all that was replaced is set aside, and a rename brings it back.
fn put_back_by_hand(prepared: &Prepared, found: &Contents) {
    let is_replaced = |name: &&String| name.ends_with("-replaced");
    let is_hidden = |name: &&String| name.starts_with('.') && !name.contains('/') && !is_replaced(name);
    if !found.keys().any(|name| is_hidden(&name)) {
        return;
    }
    let copy = tempfile::tempdir().unwrap();
    let status = std::process::Command::new("cp")
        .arg("-a")
        .arg(prepared.folder.path().join("."))
        .arg(copy.path())
        .status();
    assert!(status.unwrap().success());
    for name in found.keys().filter(is_replaced) {
        let called = copy.path().join(name.trim_start_matches('.').split(".spectrum-").next().unwrap());
        let _ = Disk.remove(&called);
        fs::rename(copy.path().join(name), called).unwrap();
    }
    let back = contents(copy.path());
    for (name, was) in &prepared.before {
        let kind = prepared.kinds[name.split('/').next().unwrap().parse::<usize>().unwrap()];
        if kind != EmptyFolder {
            assert_eq!(back.get(name), Some(was), "{name} of {:?}: {back:?}", prepared.kinds);
        }
    }
}

/// The same once more, with leave to replace what the first one made.
fn rerun(prepared: &Prepared) {
    commit(written(&prepared.folder, prepared.kinds, |_| true)).unwrap();
    assert_eq!(without_hidden(prepared.found()), after(prepared.kinds));
}

#[test]
fn what_cannot_be_put_back_is_named_with_the_place_where_it_is() {
    let prepared = Prepared::new(&[NewFile, Folder, File]);
    // 1 puts the first, 2 and 3 set the second aside and put it, 4 sets the third aside.
    let error = commit_on(&mut FailingDisk::stops_at(5), &prepared.outputs, &mut []).unwrap_err();
    let replaced: Vec<_> =
        prepared.outputs.iter().map(|output| output.replaced().display().to_string()).collect();
    let [first, second, third] = [0, 1, 2].map(|at| prepared.names()[at].display().to_string());
    assert_eq!(
        error.to_string(),
        format!(
            "writing {third} failed (the disk is tired), and not everything could be put back as it was: \
             what was {third} is now {}, move it back (the disk is tired); \
             what was {second} is now {}, move it back (the disk is tired); \
             {first} is new, remove it (the disk is tired)",
            replaced[2], replaced[1]
        )
    );
    drop(prepared.outputs);
    assert_eq!(fs::read_to_string(&replaced[2]).unwrap(), "old");
    assert_eq!(fs::read_to_string(Path::new(&replaced[1]).join("part")).unwrap(), "old");
}

#[test]
fn what_cannot_be_put_back_does_not_keep_the_rest_from_it() {
    let prepared = Prepared::new(&[File, File, File]);
    // Each is linked and then put. The sixth operation puts the third; 7 and 8 take that back, 9 the second.
    let mut disk = FailingDisk::new(|operation| [6, 9].contains(&operation));
    let error = commit_on(&mut disk, &prepared.outputs, &mut []).unwrap_err();
    let CommitError::NotPutBack(NotPutBack { misplaced, .. }) = error else { panic!("{error}") };
    assert_eq!(misplaced.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), prepared.names()[1..2]);
    let texts = prepared.names().into_iter().map(|name| fs::read_to_string(name).unwrap());
    assert_eq!(texts.collect::<Vec<_>>(), ["old", "new", "old"]);
}

/// Obstacles of the real disk, each in the way of the second of two outputs.
#[test]
fn what_stands_in_the_way_stays_there() {
    let with = |obstacle: &dyn Fn(&Path), kinds: &'static [Kind]| {
        let mut prepared = Prepared::new(kinds);
        let name = prepared.names()[1].clone();
        obstacle(&name);
        prepared.before = contents(prepared.folder.path());
        prepared.before.retain(|name, _| !name.starts_with('.'));
        let error = commit(std::mem::take(&mut prepared.outputs)).unwrap_err();
        assert_eq!(prepared.found(), prepared.before);
        match error {
            CommitError::Refused { name: of, source } if of == name => source.kind(),
            CommitError::Taken { name: of } if of == name => io::ErrorKind::AlreadyExists,
            other => panic!("{other}"),
        }
    };
    let file = |name: &Path| fs::write(name, "theirs").unwrap();
    let folder = |name: &Path| fs::create_dir(name).unwrap();
    let filled = |name: &Path| {
        fs::create_dir(name).unwrap();
        fs::write(name.join("theirs"), "theirs").unwrap();
    };
    let instead = |name: &Path| {
        fs::remove_file(name).unwrap();
        filled(name);
    };
    assert_eq!(with(&file, &[File, NewFile]), io::ErrorKind::AlreadyExists);
    assert_eq!(with(&file, &[Folder, NewFolder]), io::ErrorKind::NotADirectory);
    assert_eq!(with(&filled, &[Folder, NewFolder]), io::ErrorKind::DirectoryNotEmpty);
    assert_eq!(with(&instead, &[File, File]), io::ErrorKind::IsADirectory);
    assert_eq!(with(&folder, &[Folder, NewFile]), io::ErrorKind::AlreadyExists);
}

#[test]
fn an_empty_folder_that_comes_back_has_the_permissions_that_it_had() {
    use std::os::unix::fs::PermissionsExt;
    let mut prepared = Prepared::new(&[EmptyFolder, NewFile]);
    let [folder, blocked] = [0, 1].map(|at| prepared.names()[at].clone());
    fs::set_permissions(&folder, Permissions::from_mode(0o711)).unwrap();
    fs::create_dir(blocked).unwrap();
    commit(std::mem::take(&mut prepared.outputs)).unwrap_err();
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o711);
}

/// What lies elsewhere, whose second does not get its name.
#[derive(Debug)]
struct Object {
    name: PathBuf,
    fails: bool,
    shows: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Elsewhere for Object {
    fn name(&self) -> &Path {
        &self.name
    }

    fn appear(&mut self) -> io::Result<()> {
        if self.fails {
            return Err(io::Error::other("the line is cut"));
        }
        self.shows.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    fn has_replaced(&self) -> bool {
        false
    }

    fn take_back(&mut self) -> io::Result<()> {
        self.shows.store(false, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn files_and_objects_get_their_names_together_or_none_does() {
    for fails in [true, false] {
        for kinds in SETS {
            let mut prepared = Prepared::new(kinds);
            let shows = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let object = |name: &str, fails| -> Box<dyn Elsewhere> {
                Box::new(Object { name: name.into(), fails, shows: std::sync::Arc::clone(&shows) })
            };
            let mut elsewhere = [object("s3://bucket/a", false), object("s3://bucket/b", fails)];
            let committed = commit_or_keep(&prepared.outputs, &mut elsewhere);
            prepared.outputs.clear();
            let is_shown = shows.load(std::sync::atomic::Ordering::Relaxed);
            if fails {
                let Err(CommitError::Refused { name, source }) = committed else { panic!("{committed:?}") };
                assert_eq!(
                    (name, source.to_string()),
                    ("s3://bucket/b".into(), "the line is cut".to_owned())
                );
                assert_eq!((prepared.found(), is_shown), (prepared.before.clone(), false), "{kinds:?}");
            } else {
                committed.unwrap();
                assert_eq!((prepared.found(), is_shown), (after(kinds), true), "{kinds:?}");
            }
        }
    }
}
