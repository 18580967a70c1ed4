"""put_in_place of Spark's script on folders of this machine, of which one operation fails, or that one and all after it.

Its only argument is the script. It prints how many failures were tried.
"""

import importlib.util
import os
import shutil
import sys
import tempfile

spec = importlib.util.spec_from_file_location("driver", sys.argv[1])
driver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(driver)


class FailingFolders:
    """Folders with the operations of driver.Folders."""

    def __init__(self, fails):
        self.fails = fails
        self.operations = 0
        self.has_failed = False

    def next(self):
        self.operations += 1
        if self.fails(self.operations):
            self.has_failed = True
            raise driver.Refused("failed", cause="the disk is tired")

    def exists(self, name):
        return os.path.exists(name)

    def is_empty(self, name):
        return not os.listdir(name)

    def rename(self, old, new):
        self.next()
        assert not os.path.exists(new)
        os.rename(old, new)

    def make(self, name):
        self.next()
        os.mkdir(name)

    def remove_empty(self, name):
        self.next()
        os.rmdir(name)

    def remove(self, name):
        self.next()
        shutil.rmtree(name)


def contents(folder):
    """Every file and folder below a folder, with the texts of files."""
    found = {}
    for at, folders, files in os.walk(folder):
        found.update({os.path.relpath(os.path.join(at, name), folder): None for name in folders})
        for name in files:
            with open(os.path.join(at, name)) as file:
                found[os.path.relpath(os.path.join(at, name), folder)] = file.read()
    return found


def fill(folder, text):
    os.mkdir(folder)
    for name in ("_SUCCESS", text):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)


class Prepared:
    """Outputs aside, and what stands in their places: "nothing", "empty" or "old"."""

    def __init__(self, kinds):
        self.holder = tempfile.TemporaryDirectory()
        self.folder = self.holder.name
        for at, kind in enumerate(kinds):
            if kind == "empty":
                os.mkdir(self.path(str(at)))
            elif kind == "old":
                fill(self.path(str(at)), "old")
        self.before = contents(self.folder)
        self.outputs = [(self.path(f".{at}.spectrum-x"), self.path(str(at))) for at in range(len(kinds))]
        for aside, _ in self.outputs:
            fill(aside, "new")

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, folders, check_free=lambda path: None):
        """What was refused, if anything was."""
        try:
            driver.put_in_place(folders, self.outputs, check_free)
        except driver.Refused as error:
            return error.error
        return None

    def found(self):
        """What there is when what is aside has been taken away, as the script does."""
        for aside, _ in self.outputs:
            shutil.rmtree(aside, ignore_errors=True)
        return contents(self.folder)


def after(kinds):
    return {
        name: text
        for at in range(len(kinds))
        for name, text in ((str(at), None), (f"{at}/_SUCCESS", "new"), (f"{at}/new", "new"))
    }


def without_hidden(found):
    return {name: text for name, text in found.items() if not name.startswith(".")}


tried = 0
for kinds in (["old"], ["nothing", "nothing"], ["old", "old", "old"], ["empty", "old", "nothing"], ["old", "empty"]):
    # One operation fails: all is as it was, or all is done.
    failing, refusals = 1, 0
    while True:
        prepared = Prepared(kinds)
        folders = FailingFolders(lambda operation: operation == failing)
        refused = prepared.put(folders)
        found = prepared.found()
        if not folders.has_failed:
            assert refused is None and found == after(kinds), (kinds, failing, refused, found)
            break
        if refused is None:
            assert without_hidden(found) == after(kinds), (kinds, failing, found)
        else:
            assert refused == {"kind": "failed", "cause": "the disk is tired"}, refused
            assert found == prepared.before, (kinds, failing, found)
            refusals += 1
        failing += 1
        tried += 1
    assert refusals >= len(kinds), (kinds, refusals)
    # All that follow fail too: what is not in its place is named with where it is.
    for stops_at in range(1, failing):
        prepared = Prepared(kinds)
        refused = prepared.put(FailingFolders(lambda operation: operation >= stops_at))
        if refused is not None and refused["kind"] == "not_put_back":
            for one in refused["misplaced"]:
                if one["set_aside"] is not None:
                    shutil.rmtree(one["name"], ignore_errors=True)
                    os.rename(one["set_aside"], one["name"])
                elif kinds[int(os.path.basename(one["name"]))] == "nothing":
                    shutil.rmtree(one["name"])
        found = prepared.found() if refused else after(kinds)
        for at, kind in enumerate(kinds):
            if kind != "empty" and refused:
                assert found.get(f"{at}/old") == prepared.before.get(f"{at}/old"), (kinds, stops_at, found)
                assert f"{at}/new" not in found, (kinds, stops_at, found)
        tried += 1


# The second name is taken by now.
def taken(path):
    if path.endswith("1"):
        raise driver.Refused("output_exists", name=path)


prepared = Prepared(["old", "old"])
refused = prepared.put(FailingFolders(lambda operation: False), taken)
assert refused["kind"] == "output_exists", refused
assert prepared.found() == prepared.before
print(tried)
