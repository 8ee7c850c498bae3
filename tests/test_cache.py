"What no notebook can show of `cache`: eight processes, killed ones, disks that are full or read-only, a package that lost its data"
import errno, gzip, hashlib, os, shutil, signal, socket, stat, subprocess, sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from torchvision.datasets import MNIST
from mlp_from_scratch import cache

if os.name == 'nt' and 'CI' not in os.environ: # in CI nothing may be skipped
    pytest.skip('file modes, signals and mounts are those of POSIX', allow_module_level=True)

names = list(cache.mnist_sha256)
labels = 't10k-labels-idx1-ubyte'

def raw(root): return Path(root)/'MNIST'/'raw'
def whole(path): return hashlib.sha256(path.read_bytes()).hexdigest() == cache.mnist_sha256[path.name]
def intact(root): return all(whole(raw(root)/name) for name in names)

def snapshot(root):
    "Everything below `root`; a file that was written again has another inode or time"
    return {str(p.relative_to(root)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in Path(root).rglob('*')}

def half(data): return data[:len(data)//2]
def flipped(data): return half(data) + bytes([data[len(data)//2] ^ 1]) + data[len(data)//2 + 1:]
def other(data): return gzip.compress(flipped(gzip.decompress(data)))
def empty(data): return b''
def spoil(path, damage):
    data = damage(path.read_bytes())
    path.unlink() # it may be a link
    path.write_bytes(data)

@pytest.fixture
def tmp_path():
    "Unlike pytest's own, it is removed: a cache has 55 MB, and a run makes many"
    with TemporaryDirectory() as folder: yield Path(folder)

@pytest.fixture(scope='session')
def filled():
    with TemporaryDirectory() as folder: yield cache.mnist_root(folder)

@pytest.fixture
def root(filled, tmp_path): return shutil.copytree(filled, tmp_path/'root', copy_function=os.link)

@pytest.fixture
def package(tmp_path, monkeypatch):
    "A copy of the packaged files that a test may spoil"
    folder = shutil.copytree(cache.packaged(labels).parent, tmp_path/'package')
    monkeypatch.setattr(cache, 'packaged', lambda name: folder/f'{name}.gz')
    return folder


# Many processes, and killed ones

def start(code, *args, **kwargs):
    return subprocess.Popen([sys.executable, '-c', code, *map(str, args)], stdout=PIPE, stderr=PIPE, encoding='utf-8', **kwargs)

first_use = '''
import sys
from mlp_from_scratch.cache import *
print('ready', flush=True)
sys.stdin.read() # until the test closes the pipe, for all processes at once
root = mnist_root(sys.argv[1])
assert all(intact(root/'MNIST'/'raw'/name) for name in mnist_sha256)
assert 'torch' not in sys.modules
'''

def test_eight_processes_at_first_use(tmp_path, filled):
    sizes = {name: (raw(filled)/name).stat().st_size for name in names}
    for i in range(99): # for all eight to sweep
        old = raw(tmp_path)/f'{cache.temporary_prefix}{i}'
        old.mkdir(parents=True)
        os.utime(old, (0, 0))
    gate, opener = os.pipe()
    processes = [start(first_use, tmp_path, stdin=gate) for _ in range(8)]
    ready = [process.stdout.readline() for process in processes]
    os.close(opener)
    halves = set()
    while any(process.poll() is None for process in processes):
        halves |= {name for name in names if (path := raw(tmp_path)/name).exists() and path.stat().st_size != sizes[name]}
    os.close(gate)
    assert ready == ['ready\n']*8 and not halves
    assert [(process.communicate()[1], process.returncode) for process in processes] == [('', 0)]*8
    assert intact(tmp_path) and set(os.listdir(raw(tmp_path))) == set(names)

killed = '''
import os, resource, signal, sys
from mlp_from_scratch.cache import mnist_root
moment, replace = sys.argv[2], os.replace
if moment == 'writing': # the kernel kills who writes more than this into one file
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000))
def replace_or_die(source, place):
    if moment == os.path.basename(place): os.kill(os.getpid(), signal.SIGKILL)
    replace(source, place)
os.replace = replace_or_die
mnist_root(sys.argv[1])
'''

@pytest.mark.parametrize('moment', ['writing', names[0], names[2]])
def test_killed(moment, tmp_path):
    process = start(killed, tmp_path, moment)
    assert process.communicate()[1] == ''
    assert process.returncode == -(signal.SIGXFSZ if moment == 'writing' else signal.SIGKILL)
    assert all(whole(path) for path in raw(tmp_path).iterdir() if path.name in names), 'half a file is visible'
    left, = [path for path in raw(tmp_path).iterdir() if path.name not in names]
    assert intact(cache.mnist_root(tmp_path)) and left.exists(), 'a folder this young may be in use'
    os.utime(left, (0, 0))
    cache.mnist_root(tmp_path)
    assert not left.exists() and intact(tmp_path)


# Damaged files

@pytest.mark.parametrize('damage', [half, flipped, other, empty])
def test_damaged_package(damage, package, root, tmp_path):
    spoil(package/f'{labels}.gz', damage)
    with pytest.raises(ValueError) as e: cache.mnist_root(tmp_path/'new')
    for part in (str(package/labels), cache.mnist_sha256[labels], 'Install'): assert part in str(e.value)
    assert not (tmp_path/'new').exists()
    before = snapshot(root)
    assert cache.mnist_root(root) == root and snapshot(root) == before

@pytest.mark.parametrize('damage', [half, flipped, empty, None])
@pytest.mark.parametrize('name', [names[0], labels])
def test_damaged_cache(name, damage, root):
    before = snapshot(raw(root))
    if damage: spoil(raw(root)/name, damage)
    else: (raw(root)/name).unlink()
    assert intact(cache.mnist_root(root))
    after = snapshot(raw(root))
    assert after.pop(name) != before.pop(name) and after == before

def test_intact_cache_is_left_alone(root):
    before = snapshot(root)
    assert cache.mnist_root(root) == root and snapshot(root) == before

@pytest.mark.parametrize('umask', [0o022, 0o077])
def test_modes(umask, tmp_path):
    old = os.umask(umask)
    try: cache.mnist_root(tmp_path/'root')
    finally: os.umask(old)
    for path in [tmp_path/'root', *(tmp_path/'root').rglob('*')]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o777 if path.is_dir() else 0o666) & ~umask


# Folders that cannot be written: small disks where root may mount them; file modes and an injected error, everywhere

def mount(*args): return not subprocess.run(['mount', *map(str, args)], capture_output=True).returncode

@contextmanager
def disk(size):
    with TemporaryDirectory() as folder:
        if not mount('-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder): raise PermissionError('mount')
        try: yield Path(folder)
        finally: subprocess.run(['umount', folder], check=True)

def can_mount():
    try:
        with disk('64k'): return True
    except OSError: return False

kinds = ['mounted', 'unmounted'] if can_mount() else ['unmounted']

@contextmanager
def read_only(kind, content):
    "A copy of the folder `content` that cannot be written"
    with disk('90m') if kind == 'mounted' else TemporaryDirectory(dir='/tmp') as folder: # which everybody may enter
        folder, user = Path(shutil.copytree(content, folder, dirs_exist_ok=True)), os.geteuid()
        if kind == 'mounted': assert mount('-o', 'remount,ro', folder)
        else:
            for path in [folder, *folder.rglob('*')]: path.chmod(0o555 if path.is_dir() else 0o444)
            if user == 0: os.seteuid(65534) # modes do not stop root
        try: yield folder
        finally:
            if os.geteuid() != user: os.seteuid(user)

@contextmanager
def full(kind):
    "A folder with room for the labels only"
    def write(path, data, write=Path.write_bytes):
        write(path, data[:100_000])
        if len(data) > 100_000: raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.MonkeyPatch.context() as patch, disk('1m') if kind == 'mounted' else TemporaryDirectory() as folder:
        if kind == 'unmounted': patch.setattr(Path, 'write_bytes', write)
        yield Path(folder)

def refused(root, *codes):
    "The error must keep its number, and name the folder, the reason and the ways out"
    with pytest.raises(OSError) as e: cache.mnist_root(root)
    assert e.value.errno in codes
    for part in (os.strerror(e.value.errno), f'kept in {root}', 'argument `path`', cache.data_variable): assert part in str(e.value)

@pytest.mark.parametrize('kind', kinds)
@pytest.mark.parametrize('content', ['nothing', 'damaged'])
def test_read_only(kind, content, package, root, tmp_path, monkeypatch):
    if content == 'nothing': shutil.rmtree(root)
    else: spoil(raw(root)/labels, half)
    with read_only(kind, tmp_path) as folder:
        monkeypatch.setattr(cache, 'packaged', lambda name: folder/'package'/f'{name}.gz')
        before = snapshot(folder)
        refused(folder/'root', errno.EROFS if kind == 'mounted' else errno.EACCES)
        assert snapshot(folder) == before

@pytest.mark.parametrize('kind', kinds)
def test_intact_read_only(kind, filled):
    with read_only(kind, filled) as folder:
        assert cache.mnist_root(folder) == folder
        if kind == 'mounted': assert len(MNIST(folder, download=True)) == 60_000 # somebody else may not import what it needs

@pytest.mark.parametrize('kind', kinds)
def test_full(kind, filled):
    with full(kind) as folder:
        raw(folder).mkdir(parents=True)
        shutil.copy(raw(filled)/labels, raw(folder))
        before = snapshot(raw(folder))
        refused(folder, errno.ENOSPC)
        assert snapshot(raw(folder)) == before

@pytest.mark.parametrize('place', ['file', 'file/below', 'file/far/below'])
@pytest.mark.parametrize('given', ['argument', 'variable'])
def test_path_is_a_file(place, given, tmp_path, monkeypatch):
    (tmp_path/'file').write_text('mine', encoding='utf-8')
    if given == 'variable': monkeypatch.setenv(cache.data_variable, str(tmp_path/place))
    with pytest.raises(NotADirectoryError) as e: cache.mnist_root(tmp_path/place if given == 'argument' else None)
    assert e.value.errno == errno.ENOTDIR
    for part in ('wanted a folder', f'got {tmp_path/place}', f'{tmp_path/"file"} is a file', cache.data_variable):
        assert part in str(e.value)
    assert (tmp_path/'file').read_text(encoding='utf-8') == 'mine'

@pytest.mark.parametrize('place', ['MNIST', 'MNIST/raw'])
def test_path_holds_a_file(place, tmp_path):
    (tmp_path/place).parent.mkdir(exist_ok=True)
    (tmp_path/place).touch()
    refused(tmp_path, errno.EEXIST, errno.ENOTDIR)


# torchvision, with the network and without

def test_no_network(filled, monkeypatch):
    def no_socket(*args, **kwargs): raise AssertionError('asks the network')
    monkeypatch.setattr(socket, 'socket', no_socket)
    assert [len(MNIST(filled, train, download=True)) for train in (True, False)] == [60_000, 10_000]

@pytest.fixture
def mirror(package, monkeypatch):
    "The packaged files are gone; torchvision finds them on a server of our own, and does not check what it gets"
    served = package.rename(package.with_name('served'))
    with ThreadingHTTPServer(('127.0.0.1', 0), partial(SimpleHTTPRequestHandler, directory=served)) as server:
        Thread(target=server.serve_forever, args=[0.01]).start()
        monkeypatch.setattr(MNIST, 'mirrors', [f'http://127.0.0.1:{server.server_port}/'])
        monkeypatch.setattr(MNIST, 'resources', [(f'{name}.gz', None) for name in names])
        monkeypatch.setenv('no_proxy', '*')
        yield served
        server.shutdown()

def test_download(mirror, tmp_path):
    assert intact(cache.mnist_root(tmp_path/'root'))
    assert set(os.listdir(raw(tmp_path/'root'))) == set(names)

def test_download_repairs(mirror, root):
    before = snapshot(raw(root))
    spoil(raw(root)/labels, half)
    assert intact(cache.mnist_root(root))
    after = snapshot(raw(root))
    assert after.pop(labels) != before.pop(labels) and after == before

def not_downloaded(root, reason):
    with pytest.raises(RuntimeError) as e: cache.mnist_root(root)
    for part in (reason, 'Install', f'into {raw(root)}', cache.data_variable): assert part in str(e.value)
    assert not os.listdir(raw(root))

@pytest.mark.parametrize('damage, reason', [(other, 'SHA-256'), (half, 'EOFError'), (None, '404')])
def test_download_fails(damage, reason, mirror, root, tmp_path):
    if damage: spoil(mirror/f'{labels}.gz', damage)
    else: (mirror/f'{labels}.gz').unlink()
    not_downloaded(tmp_path/'new', reason)
    before = snapshot(root)
    assert cache.mnist_root(root) == root and snapshot(root) == before

def test_no_mirror(package, tmp_path, monkeypatch):
    shutil.rmtree(package)
    with socket.socket() as closed: # bound, but nobody listens
        closed.bind(('127.0.0.1', 0))
        monkeypatch.setattr(MNIST, 'mirrors', [f'http://127.0.0.1:{closed.getsockname()[1]}/'])
        monkeypatch.setenv('no_proxy', '*')
        not_downloaded(tmp_path/'new', 'Connection refused')
