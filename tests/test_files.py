"""Files are whole or absent: whoever writes at the same time, wherever it stops; what is read is a file that can be."""

from __future__ import annotations

import multiprocessing
import os
import stat
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from ouro_spice._util import files
from ouro_spice._util.files import OutputError, check_file, make_folder, read_text, write_text, write_whole


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_the_return(tmp_path, monkeypatch):
    events, path = [], tmp_path / "a.txt"
    flush = os.fsync

    def fsync(number):
        events.append(("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file", path.exists()))
        flush(number)

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(path, "whole")
    assert events == [("file", False), ("folder", True)]
    assert path.read_text() == "whole"


def test_threads_that_write_one_path_do_not_collide(tmp_path):
    path = tmp_path / "same.txt"
    texts = [f"{k}\n" * 1000 for k in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda k: write_text(path, texts[k % 8]), range(64)))
    assert path.read_text() in texts
    assert left(tmp_path) == ["same.txt"]


def test_forked_children_do_not_collide_either(tmp_path):
    path = tmp_path / "same.txt"
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=write_text, args=(path, str(k) * 1000)) for k in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of newer Pythons: a fork among threads
        for child in children:
            child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    assert path.read_text() in [str(k) * 1000 for k in range(4)]
    assert left(tmp_path) == ["same.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("no")])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, error):
    path = write_text(tmp_path / "a.txt", "before")

    def half(temporary):
        temporary.write_text("half")
        raise error

    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        write_whole(path, half)
    assert left(tmp_path) == ["a.txt"] and path.read_text() == "before"


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    path = write_text(tmp_path / ("n" * 251 + ".txt"), "x")
    assert left(tmp_path) == [path.name]
    with pytest.raises(OutputError, match="File name too long"):
        write_text(tmp_path / ("n" * 300), "x")


def test_a_device_or_a_pipe_is_never_replaced_by_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for write in (lambda: write_text(pipe, "x"), lambda: check_file(pipe)):
        with pytest.raises(OutputError, match="no regular file"):
            write()
    assert left(tmp_path) == ["pipe"] and not pipe.is_file()
    with pytest.raises(OutputError, match="it is a folder"):
        check_file(tmp_path)
    with pytest.raises(ValueError, match="no regular file"):
        read_text(pipe)


def test_a_file_is_checked_without_being_touched(tmp_path):
    path = write_text(tmp_path / "a.txt", "before")
    assert check_file(path, 1000) == path and check_file(tmp_path / "b" / "c.txt")
    assert path.read_text() == "before" and left(tmp_path) == ["a.txt", "b"] and left(tmp_path / "b") == []
    for place in (path / "below.txt", tmp_path / ("n" * 300)):
        with pytest.raises(OutputError, match="cannot write"):
            check_file(place)


def test_a_disk_without_room_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_to_disk", lambda path: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match=r"cannot write .*net\.npz: No space left on device"):
        check_file(tmp_path / "net.npz", 1 << 17)
    assert left(tmp_path) == []


def test_a_folder_that_links_to_itself(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for place in ("loop", "loop/below"):
        with pytest.raises(OutputError, match="cannot write to"):
            make_folder(tmp_path / place)
    with pytest.raises(ValueError, match="cannot read"):
        read_text(tmp_path / "loop")


def test_what_is_no_text(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ValueError, match="no UTF-8 text"):
        read_text(tmp_path / "a")
    with pytest.raises(ValueError, match="is a folder"):
        read_text(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nowhere")
