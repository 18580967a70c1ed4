"""Does in the user's Spark what spectrum asks for; spark-submit runs it in client mode.

It connects to the socket named by its only argument. A request is a JSON object a line, and so is its answer: {"ok": ...} or
{"error": {"kind": ..., "cause": ...}}, and before it any number of {"progress": [step, done, total]}. When the other end
closes the socket, for whatever reason, the jobs are cancelled and what was written aside is taken away.

No Python runs on the workers: everything is SQL.
"""

import itertools
import json
import os
import queue
import re
import shutil
import socket
import sys
import threading
import time

# What results would depend on. Losing files in silence is one of them.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    # Names of folders give texts: account=007 is the text 007, as it is in a file.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}
ENDINGS = {
    "parquet": "parquet",
    "pq": "parquet",
    "parq": "parquet",
    "csv": "csv",
    "tsv": "tsv",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
}


class Refused(Exception):
    """An error that the other end has words for."""

    def __init__(self, kind, **details):
        super().__init__(kind)
        self.error = {"kind": kind, **details}

    def __str__(self):
        return self.error.get("cause") or f"{self.error['kind'].replace('_', ' ')} {self.error.get('name', '')}".strip()


class Talk:
    """The socket, read by a thread of its own so that its end is noticed while Spark works."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lock = threading.Lock()
        self.requests = queue.Queue()
        self.closed = threading.Event()
        self.on_close = None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for line in self.socket.makefile(encoding="utf-8"):
                self.requests.put(json.loads(line))
        except (OSError, ValueError):
            pass
        self.closed.set()
        self.requests.put(None)
        if self.on_close:
            self.on_close()
        else:
            # Nothing has begun, and a run that waits for a master may wait long.
            os._exit(1)

    def say(self, what):
        try:
            with self.lock:
                self.socket.sendall((json.dumps(what) + "\n").encode())
        except OSError:
            pass  # the end of the other side is noticed by reading


class Folders:
    """Folders on any file system that Spark knows."""

    def __init__(self, spark):
        self.jvm = spark._jvm
        self.settings = spark.sparkContext._jsc.hadoopConfiguration()

    def path(self, name):
        return self.jvm.org.apache.hadoop.fs.Path(name)

    def place(self, name):
        path = self.path(name)
        return path.getFileSystem(self.settings), path

    def exists(self, name):
        system, path = self.place(name)
        return system.exists(path)

    def is_empty(self, name):
        system, path = self.place(name)
        return system.getFileStatus(path).isDirectory() and not len(system.listStatus(path))

    def rename(self, old, new):
        """Fails when something has the new name: a rename would move into an existing folder."""
        system, path = self.place(new)
        if system.exists(path):
            raise Refused("failed", cause=f"{shown(new)} exists")
        if path.getParent() is not None:
            system.mkdirs(path.getParent())
        if not system.rename(self.path(old), path):
            raise Refused("failed", cause=f"the file system did not rename {shown(old)} to {shown(new)}")

    def make(self, name):
        system, path = self.place(name)
        system.mkdirs(path)

    def remove_empty(self, name):
        system, path = self.place(name)
        system.delete(path, False)

    def remove(self, name):
        system, path = self.place(name)
        system.delete(path, True)


class Step:
    """One output on its way to its name."""

    def __init__(self, aside, final):
        self.aside, self.final = aside, final
        self.replaced = None
        self.was_empty = False
        self.has_its_name = False

    def take(self, folders):
        if folders.exists(self.final):
            if folders.is_empty(self.final):
                folders.remove_empty(self.final)
                self.was_empty = True
            else:
                replaced = self.aside + "-replaced"
                folders.rename(self.final, replaced)
                self.replaced = replaced
        folders.rename(self.aside, self.final)
        self.has_its_name = True

    def take_back(self, folders):
        if self.has_its_name:
            folders.rename(self.final, self.aside)
        if self.replaced is not None:
            folders.rename(self.replaced, self.final)
        elif self.was_empty:
            folders.make(self.final)


def put_in_place(folders, outputs, check_free):
    """Gives all outputs their names, or none of them, as the crate spectrum-outputs does with those that other engines
    wrote: what stands in an output's place is set aside, all of that is taken back when one output cannot have its name,
    and what was set aside is removed when all have theirs.
    """
    steps = []
    try:
        for aside, final in outputs:
            check_free(final)
            steps.append(Step(aside, final))
            steps[-1].take(folders)
    except BaseException as error:
        misplaced = []
        for step in reversed(steps):
            try:
                step.take_back(folders)
            except Exception as reason:  # noqa: BLE001, it does not keep the rest from being taken back
                replaced = step.replaced and shown(step.replaced)
                misplaced.append({"name": shown(step.final), "set_aside": replaced, "reason": cause(reason)})
        if misplaced:
            raise Refused("not_put_back", name=shown(final), cause=cause(error), misplaced=misplaced) from error
        raise
    for step in steps:
        if step.replaced is not None:
            try:
                folders.remove(step.replaced)
            except Exception:  # noqa: BLE001, the outputs are complete and in their places
                pass


class Job:
    """One run in one Spark application."""

    def __init__(self, spark, talk, patience):
        self.spark, self.talk, self.patience = spark, talk, patience
        self.context = spark.sparkContext
        self.folders = Folders(spark)
        self.files = []
        self.aside = {}
        self.starved = False
        self.step = None
        self.force = False
        self.ended = threading.Event()

    # Requests

    def read(self, names, format, csv, view):
        found = [self.below(name) for name in names]
        files = [file for group in found for file in group]
        if len(set(files)) != len(files):
            raise Refused("named_twice", name=next(file for file in files if files.count(file) > 1))
        formats = {ending(file) for file in files if ending(file)} if format is None else {format}
        if not formats:
            raise Refused("no_match", name=names[0])
        if len(formats) > 1:
            raise Refused("mixed_formats", name=" and ".join(names))
        kind = formats.pop()
        by_ending = format is None and not all(ending(file) for file in files)
        if by_ending:
            files = [file for file in files if ending(file)]
        self.files = files
        events = None
        for base, group in self.by_base(names, found):
            part = self.load(kind, csv, base, group, by_ending)
            events = part if events is None else events.unionByName(part)
        read = len(events.inputFiles())
        if read != len(files):
            raise Refused("passed_over", read=read, all=len(files))
        events.createOrReplaceTempView(view)
        columns = [{"name": f.name, "type": f.dataType.simpleString()} for f in events.schema.fields]
        return {"columns": columns, "format": kind, "files": len(files)}

    def view(self, name, sql):
        self.spark.sql(sql).createOrReplaceTempView(name)

    def rows(self, sql):
        rows = self.spark.sql(sql).collect()
        return [[None if value is None else str(value) for value in row] for row in rows]

    def write(self, sql, path, aside, partition_by, view):
        if path is not None:
            self.check_free(path)
        rows = self.spark.sql(sql)
        schema = rows.schema
        self.aside[aside] = path
        writer = rows.write.mode("error")
        if partition_by is not None:
            writer = writer.partitionBy(partition_by)
        writer.parquet(aside)
        # With the schema that was written: a folder without files is not an error here; counting finds it.
        self.spark.read.schema(schema).parquet(aside).createOrReplaceTempView(view)

    def check(self, paths, force):
        self.force = force
        for path in paths:
            self.check_free(path)

    def publish(self):
        named = [(aside, final) for aside, final in self.aside.items() if final is not None]
        put_in_place(self.folders, named, self.check_free)
        self.aside = {aside: None for aside, final in self.aside.items() if final is None}

    # Files

    def below(self, name):
        """All files that a name means, in folders below it too; names that begin with . or _ are bookkeeping."""
        system, path = self.folders.place(name)
        if system.globStatus(path) is None or not len(system.globStatus(path)):
            raise Refused("no_such_input", name=shown(name))
        everything = self.spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        files = list(everything.load(name).inputFiles())
        if not files:
            raise Refused("no_match", name=shown(name))
        return files

    def by_base(self, names, found):
        """The names by the folder whose folders may be columns: above the first that is written as one."""
        groups = {}
        for name, files in zip(names, found):
            base = None
            if any("=" in folder for folder in files[0].split("/")[:-1]):
                fixed = itertools.takewhile(lambda part: not re.search(r"[=*?{}\[\]]", part), name.split("/"))
                base = "/".join(fixed) + "/"
            groups.setdefault(base, []).append(name)
        return groups.items()

    def load(self, kind, csv, base, names, by_ending):
        reader = self.spark.read
        if base is None:
            reader = reader.option("recursiveFileLookup", "true")
        else:
            reader = reader.option("basePath", base)
        if by_ending:
            reader = reader.option("pathGlobFilter", "*.{" + globs(kind) + "}")
        if kind == "parquet":
            try:
                return reader.option("mergeSchema", "true").parquet(*names)
            except Exception as error:  # noqa: BLE001, Spark says it in several ways
                if "(UUID)" not in str(error):
                    raise
                return reader.schema(self.schema_with_uuids(names[0])).parquet(*names)
        if kind == "ndjson":
            return reader.option("mode", "FAILFAST").json(names)
        quote = csv["quote"] if csv["quote"] is not None else ("" if kind == "tsv" else '"')
        if csv["escape"] and not quote:
            raise Refused("escape_without_quote")
        options = {
            "header": "true",
            "sep": csv["delimiter"] or ("\t" if kind == "tsv" else ","),
            # An empty text is no character at all.
            "quote": quote,
            "escape": csv["escape"] or quote,
            # Without it, text after a closing quote would be taken as a part of the field.
            "unescapedQuoteHandling": "RAISE_ERROR",
            "multiLine": "true",
            "mode": "FAILFAST",
            "enforceSchema": "false",
            # A text that no file has: otherwise the quoted empty text would be NULL as the empty field is.
            "nullValue": "\ufffdNULL\ufffd",
        }
        return reader.options(**options).csv(names)

    def schema_with_uuids(self, name):
        """The columns of a file that are marked as uuids: Spark reads them as bytes, when it is told to."""
        from pyspark.sql.types import BinaryType, StructField, StructType

        jvm = self.spark._jvm
        system, path = self.folders.place(self.below(name)[0])
        footers = jvm.org.apache.parquet.hadoop
        file = footers.util.HadoopInputFile.fromPath(path, system.getConf())
        reader = footers.ParquetFileReader.open(file)
        try:
            schema = reader.getFooter().getFileMetaData().getSchema()
        finally:
            reader.close()
        fields = [schema.getType(at) for at in range(schema.getFieldCount())]
        others = jvm.java.util.ArrayList()
        uuids = set()
        for field in fields:
            if str(field.getLogicalTypeAnnotation()) == "UUID":
                uuids.add(field.getName())
            else:
                others.add(field)
        files = jvm.org.apache.spark.sql.execution.datasources.parquet
        converter = files.ParquetToSparkSchemaConverter(self.spark._jsparkSession.sessionState().conf())
        converted = converter.convert(jvm.org.apache.parquet.schema.MessageType("others", others))
        known = {field.name: field for field in StructType.fromJson(json.loads(converted.json())).fields}
        names = [field.getName() for field in fields]
        return StructType([StructField(n, BinaryType()) if n in uuids else known[n] for n in names])

    def check_free(self, path):
        system, target = self.folders.place(path)
        if not system.exists(target):
            return
        status = system.getFileStatus(target)
        if status.isDirectory() and not len(system.listStatus(target)):
            return
        if not self.force:
            raise Refused("output_exists", name=shown(path))
        if not system.exists(self.folders.path(path + "/_SUCCESS")):
            raise Refused("output_foreign", name=shown(path))
        inside = status.getPath().toString().rstrip("/") + "/"
        if any(same_form(file).startswith(same_form(inside)) for file in self.files):
            raise Refused("output_is_input", name=shown(path))

    def clean(self):
        for aside in self.aside:
            try:
                self.folders.remove(aside)
            except Exception:  # noqa: BLE001, the next may succeed
                pass

    # Watching

    def watch(self):
        """Reports how far the stages are, and ends a job that no worker takes up."""
        tracker = self.context.statusTracker()
        local = self.context.master.startswith("local")
        idle_since = None
        while not self.talk.closed.wait(0.5):
            step = self.step
            if step is None:
                idle_since = None
                continue
            try:
                stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
                stages = [stage for stage in stages if stage]
                done = sum(stage.numCompletedTasks for stage in stages)
                total = sum(stage.numTasks for stage in stages)
                self.talk.say({"progress": [step, done, total]})
                alone = not local and stages and self.context._jsc.sc().getExecutorMemoryStatus().size() <= 1
            except Exception:  # noqa: BLE001, Spark is on its way out
                return
            if not alone:
                idle_since = None
            elif idle_since is None:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > self.patience:
                self.starved = True
                self.context.cancelAllJobs()
                return

    def stop(self):
        """Cancels until all has ended: between two jobs of a request there is none to cancel."""
        while not self.ended.wait(0.5):
            try:
                self.context.cancelAllJobs()
            except Exception:  # noqa: BLE001, Spark is gone already
                return


def globs(kind):
    """The endings of a format, as Hadoop's patterns have them, which know letter case."""
    endings = [ending for ending, of in ENDINGS.items() if of == kind]
    if kind != "parquet":
        endings += [f"{ending}.{packed}" for ending in endings for packed in ("gz", "zst")]
    return ",".join(endings)


def ending(file):
    name = file.rsplit("/", 1)[-1].lower()
    for packed in (".gz", ".zst"):
        if name.endswith(packed):
            plain = name[: -len(packed)]
            kind = ENDINGS.get(plain.rsplit(".", 1)[-1])
            return None if kind == "parquet" else kind
    return ENDINGS.get(name.rsplit(".", 1)[-1])


def same_form(path):
    return re.sub(r"^([a-z0-9]+):/+", r"\1:/", path)


def shown(path):
    """A local file is called by its path."""
    return re.sub(r"^file:/*", "/", path)


def cause(error):
    """The innermost message, without frames: of Java's causes the last, which tasks hand on as text."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    text = str(error)
    try:
        while java is not None:
            text = java.toString()
            java = java.getCause()
    except Exception:  # noqa: BLE001, Java is gone
        pass
    return text


def answer(job, request):
    (what, arguments), = request.items()
    job.step = arguments.pop("step", None)
    try:
        return {"ok": getattr(job, what)(**arguments)}
    except Refused as refused:
        return {"error": refused.error}
    except Exception as error:  # noqa: BLE001, whatever Spark says
        if job.starved:
            return {"error": {"kind": "no_workers"}}
        return {"error": {"kind": "failed", "cause": cause(error)}}
    finally:
        job.step = None


def main():
    talk = Talk(sys.argv[1])
    start = talk.requests.get()
    if start is None:
        return
    from pyspark.sql import SparkSession

    try:
        spark = SparkSession.builder.appName("spectrum").getOrCreate()
        for name, value in SETTINGS.items():
            spark.conf.set(name, value)
        job = Job(spark, talk, start["patience"])
    except Exception as error:  # noqa: BLE001, whatever Spark says
        talk.say({"error": {"kind": "failed", "cause": cause(error)}})
        return
    talk.on_close = job.stop
    talk.say({"ok": {"version": spark.version}})
    threading.Thread(target=job.watch, daemon=True).start()
    try:
        while (request := talk.requests.get()) is not None:
            talk.say(answer(job, request))
    finally:
        job.ended.set()
        job.clean()
        spark.stop()
        if talk.closed.is_set():
            # The process that made the socket's folder removes it, unless that has ended.
            shutil.rmtree(os.path.dirname(sys.argv[1]), ignore_errors=True)


if __name__ == "__main__":
    main()
