"Wrong versions of what nbs/90_cache.ipynb exports, see `tools.prove`."

HASH = 'hashlib.sha256(path.read_bytes()).hexdigest() == mnist_sha256[path.name]'
MOVE = '        for name in contents: os.replace(Path(tmp, name), folder/name)'

WRONG = {
    'data_variable': [("'MLP_FROM_SCRATCH_DATA'", "'MLP_DATA'", 'another name')],
    'way_out': [('environment variable {data_variable}', 'environment', 'variable not named')],
    'mnist_sha256': [
        ('ba891046', 'ba891047', 'wrong hash of the training images'),
        ('65a50cbb', '65a50cbc', 'wrong hash of the training labels'),
        ('0fa7898d', '0fa7898e', 'wrong hash of the test images'),
        ('ff7bcfd4', 'ff7bcfd5', 'wrong hash of the test labels'),
    ],
    'user_cache': [
        ("sys.platform == 'darwin'", "sys.platform == 'mac'", 'macOS'),
        ("sys.platform == 'win32'", "sys.platform == 'nt'", 'Windows'),
        ("os.environ.get('LOCALAPPDATA') or ", '', 'LOCALAPPDATA ignored'),
        ('return xdg_cache_home()', "return Path.home()/'.cache'", 'XDG_CACHE_HOME ignored'),
    ],
    'data_dir': [
        ("path or os.environ.get(data_variable, '').strip() or", 'path or', 'variable ignored'),
        ("path or os.environ.get(data_variable, '').strip() or", 'os.environ.get(data_variable) or path or', 'variable before argument'),
        ("os.environ.get(data_variable, '').strip() or", "os.environ[data_variable] if data_variable in os.environ else", 'empty variable counts'),
        ("user_cache()/'mlp_from_scratch'", 'user_cache()', 'the cache itself'),
        (').expanduser()', ')', '~ not expanded'),
        ('(path, *path.parents)', '(path,)', 'a file above not noticed'),
        ('(path, *path.parents)', 'path.parents', 'a file not noticed'),
        ('but {part} is a file', 'but there is a file', 'file not named'),
    ],
    'packaged': [("f'{name}.gz'", 'name', 'the unpacked name'), ("'mnist'", "'data'", 'another folder')],
    'unpack': [
        ('if got != wanted', 'if False', 'not checked'),
        ('(EOFError, gzip.BadGzipFile, zlib.error)', '(gzip.BadGzipFile, zlib.error)', 'truncated file not reported'),
        ('(EOFError, gzip.BadGzipFile, zlib.error)', '(EOFError,)', 'flipped bit not reported'),
        ('{packed} is damaged', 'a file is damaged', 'file not named'),
    ],
    'intact': [
        ('path.is_file() and ', '', 'missing file not noticed'),
        (' and ' + HASH, '', 'content not checked'),
        (HASH, 'path.stat().st_size in (60008, 10008, 47040016, 7840016)', 'size for content'),
    ],
    'temporary_prefix': [("temporary_prefix = '.mlp_from_scratch-'", "temporary_prefix = ''", 'empty: sweeps everything')],
    'temporary_folder': [
        ('parent.mkdir(parents=True, exist_ok=True)', 'parent.mkdir(exist_ok=True)', 'folders above not made'),
        ('parent.mkdir(parents=True, exist_ok=True)', 'parent.mkdir(parents=True)', 'fails where the folder is there'),
        (', dir=parent', '', 'on another disk'),
        ('prefix=temporary_prefix, ', '', 'never swept'),
    ],
    'place': [
        ('Path(tmp, name).write_bytes(data)\n' + MOVE, '(folder/name).write_bytes(data)', 'written in place'),
        ('os.replace(Path(tmp, name), folder/name)', 'shutil.copy(Path(tmp, name), folder/name)', 'copied, not moved'),
        ('write_bytes(data)\n' + MOVE, 'write_bytes(data); os.replace(Path(tmp, name), folder/name)', 'moved one by one'),
    ],
    'sweep': [
        ('st_mtime > age', 'st_mtime < age', 'sweeps the young'),
        ('st_mtime > age', 'st_mtime > 0', 'age ignored'),
        ('st_mtime > age', 'st_mtime > 365 * age', 'sweeps nothing'),
        ("folder.glob(temporary_prefix + '*')", "folder.glob('*')", 'sweeps what is not ours'),
    ],
    'download': [
        ('if damaged := [file.name for file in got if not intact(file)]', 'if damaged := []', 'not checked'),
        ('({type(e).__name__}: {e})', '', 'reason not named'),
        (' {way_out}\') from e\n        return', "') from e\n        return", 'no way out named'),
        ("'raw', name) for name in names]", "'raw', name) for name in names[:1]]", 'only one file'),
    ],
    'fetch': [
        ('if all(', 'if not all(', 'wrong way round'),
        ('if all(packaged(name).is_file() for name in names)', 'if True', 'no download'),
        ('if all(packaged(name).is_file() for name in names)', 'if False', 'always a download'),
    ],
    'mnist_root': [
        ('        sweep(raw)\n', '', 'not swept'),
        ('if not intact(raw/name)]', 'if not (raw/name).is_file()]', 'content not checked'),
        ('if not intact(raw/name)]', ']', 'unpacked every time'),
        ('place(fetch(missing, raw), raw)', 'place(fetch(missing, raw), root)', 'in another folder'),
        ('data_dir(path)', 'data_dir()', 'folder ignored'),
        ('return root', 'return raw', 'the inner folder'),
        ('except OSError as e: raise OSError', 'except RecursionError as e: raise OSError', 'bare errors'),
        ('kept in {root}', 'kept', 'folder not named'),
    ],
}
