//! The help of every command.

use crate::spectrum::Folder;

#[test]
fn help() {
    let folder = Folder::with(&[]);
    let all = folder.prints("--help");
    insta::assert_snapshot!("spectrum", all);
    let commands = all.lines().skip_while(|line| *line != "Commands:").skip(1);
    // A summary that takes two lines is indented on the second.
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        insta::assert_snapshot!(name, folder.prints(&format!("{name} --help")));
    }
}
