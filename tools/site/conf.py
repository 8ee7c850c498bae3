"How Sphinx builds the site; tools/site/__main__.py calls it."
import re

from docutils.nodes import SkipNode
from math_core import LatexError, LatexToMathML
from nbdev.config import get_config
from sphinx.util import logging

from mlp_from_scratch.plots import palette

cfg = get_config()
project = html_title = cfg.title
author, copyright = cfg.author, cfg.copyright
extensions = ['myst_nb', 'sphinx_copybutton']
templates_path = ['templates']
nb_execution_mode, nb_merge_streams, nb_render_markdown_format = 'off', True, 'myst'
nb_code_prompt_show, nb_code_prompt_hide = 'Show the plotting code', 'Hide the plotting code'
myst_enable_extensions = ['dollarmath', 'amsmath', 'colon_fence', 'attrs_block', 'attrs_inline']
myst_heading_anchors = 3
add_function_parentheses = False
copybutton_selector = 'div.highlight:not(.cell_output div.highlight) pre'  # code, not what it put out

html_theme = 'sphinx_book_theme'
html_static_path, html_css_files = ['static'], ['site.css']
html_favicon = html_logo = 'static/logo.svg'
html_copy_source, html_show_sourcelink, html_show_sphinx, html_use_index = False, False, False, False
html_context = dict(default_mode='auto', palette=palette, site=cfg.doc_host + cfg.doc_baseurl, repository=cfg.git_url, branch=cfg.branch)
html_theme_options = dict(
    logo=dict(text=cfg.title, alt_text=''), home_page_in_toc=True, show_toc_level=2, use_download_button=False, use_fullscreen_button=False,
    navbar_persistent=[], primary_sidebar_end=[], article_footer_items=['edit.html'], footer_content_items=['copyright.html'],
    pygments_light_style='a11y-high-contrast-light', pygments_dark_style='github-dark')


def formula(displaystyle):
    "What Sphinx calls to write a formula: MathML, made at build time. TeX that cannot be read is a warning, which fails the build."
    def visit(self, node):
        try: text = LatexToMathML().convert_with_local_state(node.astext(), displaystyle=displaystyle)
        except LatexError as error: logging.getLogger(__name__).warning(f'{node.astext()}: {error}', location=node)
        else: self.body.append(f'<div class="math" tabindex="0">{text}</div>' if displaystyle else text)
        raise SkipNode
    return visit

def bound(match):
    "A formula and the brackets and commas beside it, which browsers would part; one that a narrow page has no room for can be scrolled."
    is_long = len(re.sub(r'<[^>]*>|\s', '', match[0])) > 15
    return f'<span class="text-nowrap{" long" * is_long}"' + ' tabindex="0"' * is_long + f'>{match[0]}</span>'

def bind(app, name, template, context, doctree):
    context['body'] = re.sub('[([“]*<math>.*?</math>[])”,.;:?!]*', bound, context.get('body', ''))

def setup(app):
    app.connect('html-page-context', bind)
    app.add_html_math_renderer('mathml', (formula(False), None), (formula(True), None))
    app.config.html_math_renderer = 'mathml'
