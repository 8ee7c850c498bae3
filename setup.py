"Everything that differs from project to project is read from settings.ini."
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup

config = ConfigParser()
config.read('settings.ini', encoding='utf-8')
cfg = config['DEFAULT']
lib = cfg['lib_name']

setup(
    name=lib, version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], author_email=cfg['author_email'], url=cfg['git_url'],
    project_urls={'Documentation': cfg['doc_host'] + cfg['doc_baseurl']},
    long_description=Path('README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    license_expression='Apache-2.0 AND CC-BY-SA-3.0', license_files=['LICENSE', 'LICENSE-TEXT', f'{lib}/mnist/README.md'],
    packages=[lib], include_package_data=False, package_data={lib: ['mnist/*']},
    python_requires='>=' + cfg['min_python'],
    install_requires=cfg['requirements'].split(), extras_require={'dev': cfg['dev_requirements'].split()},
    entry_points={'nbdev': [f'{lib}={lib}._modidx:d']},
)
