import functools
import http.server
import threading
from dataclasses import replace

import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.catalogue_entry import DataFile
from lowbit_sim.data.download import download_set
from lowbit_sim.errors import SpecError

NAMES = ("first.gz", "second.gz")


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Short(Handler):
    """Promises more than it sends."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only this")


@pytest.fixture
def serve(monkeypatch):
    """Serve by a handler on this machine and return the address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def serve(handler):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def offered(tmp_path):
    folder = tmp_path / "offered"
    folder.mkdir()
    for name, content in zip(NAMES, (b"1" * 100_000, b"22"), strict=True):
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def entry(offered, make_entry):
    return make_entry(offered, NAMES, base_url=f"{offered.as_uri()}/")


def files_under(root):
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def reason_for(entry, root):
    with pytest.raises(SpecError) as caught:
        download_set(entry, root)
    assert len(caught.value.faults) == 1
    return str(caught.value)


def test_a_set_comes_over_the_network_into_its_own_folder(offered, entry, serve, tmp_path):
    address = serve(functools.partial(Handler, directory=offered))
    told = []
    root = tmp_path / "sets"
    folder = download_set(replace(entry, base_url=address), root, lambda *part: told.append(part))
    assert folder == root / "toy"
    assert files_under(root) == list(NAMES)
    assert all((folder / name).read_bytes() == (offered / name).read_bytes() for name in NAMES)
    assert (folder / NAMES[0]).stat().st_mode & 0o777 == 0o644
    first = [count for name, count, total in told if name == NAMES[0] and total == 100_000]
    assert len(first) > 1
    assert first == sorted(first)
    assert (first[-1], told[-1]) == (100_000, (NAMES[1], 2, 2))


def test_what_is_there_is_not_downloaded_again_and_what_is_damaged_is(entry, offered, tmp_path):
    folder = download_set(entry, tmp_path)
    (folder / NAMES[1]).write_bytes(b"2x")
    (offered / NAMES[0]).unlink()
    download_set(entry, tmp_path)
    assert (folder / NAMES[1]).read_bytes() == b"22"


def test_another_file_than_the_published_one_is_not_kept(entry, offered, tmp_path):
    (offered / NAMES[1]).write_bytes(b"33")
    reason = reason_for(entry, tmp_path / "sets")
    assert f"another file came from {entry.base_url}{NAMES[1]}: its md5 is " in reason
    assert reason.endswith(f"the published one is {entry.files[1].md5}")
    assert files_under(tmp_path / "sets") == [NAMES[0]]


def test_what_stood_there_stays_if_nothing_better_comes(entry, offered, tmp_path):
    folder = download_set(entry, tmp_path)
    (folder / NAMES[1]).write_bytes(b"old")
    (offered / NAMES[1]).write_bytes(b"33")
    reason_for(entry, tmp_path)
    assert (folder / NAMES[1]).read_bytes() == b"old"


def test_an_address_with_nothing_there_is_named(entry, serve, tmp_path):
    address = serve(functools.partial(Handler, directory=tmp_path))
    reason = reason_for(replace(entry, base_url=address), tmp_path / "sets")
    assert reason == f"{address}first.gz cannot be downloaded: HTTP Error 404: File not found"
    assert files_under(tmp_path / "sets") == []


def test_a_network_that_fails_is_told(entry, serve, tmp_path):
    address = serve(Handler)
    closed = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    closed.server_close()
    gone = address.replace(address.split(":")[2], f"{closed.server_port}/")
    reason = reason_for(replace(entry, base_url=gone), tmp_path / "sets")
    assert reason.startswith(f"{gone}first.gz cannot be downloaded: ")
    assert "refused" in reason
    assert files_under(tmp_path / "sets") == []


def test_a_file_that_ends_too_early_is_told(entry, serve, tmp_path):
    address = serve(Short)
    reason = reason_for(replace(entry, base_url=address), tmp_path / "sets")
    assert reason == f"{address}first.gz ended after 9 of 100 bytes; try again"
    assert files_under(tmp_path / "sets") == []


def test_a_user_who_stops_leaves_nothing_half_written(entry, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_set(entry, tmp_path / "sets", stop)
    assert files_under(tmp_path / "sets") == []


def test_a_folder_that_cannot_be_made_is_told(entry, tmp_path):
    (tmp_path / "toy").write_text("in the way")
    assert "toy/first.gz: cannot be written: " in reason_for(entry, tmp_path)


@pytest.mark.parametrize("name", ["digits", "cifar10_jpeg"])
def test_a_set_that_nobody_offers_is_refused(name, tmp_path):
    entry = CATALOGUE[name]
    assert (
        reason_for(entry, tmp_path) == f"{name}: {entry.title} cannot be downloaded: {entry.note}"
    )


def test_every_offered_file_has_an_address_to_itself():
    offered = [entry for entry in CATALOGUE.values() if entry.base_url]
    assert [entry.name for entry in offered] == ["mnist", "fashion_mnist", "cifar10"]
    addresses = {entry.base_url + file.name for entry in offered for file in entry.files}
    assert len(addresses) == 9
    assert "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz" in addresses
    assert all(isinstance(file, DataFile) for entry in offered for file in entry.files)
