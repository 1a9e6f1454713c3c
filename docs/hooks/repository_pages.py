"""Pages of the repository on the site: files beside docs/ become pages, and links out of docs/ become words.

A page of docs/ is read on a code host too, where a link to a test works. The site holds docs/ alone, so there the path
is written out instead.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = {"changelog.md": "CHANGELOG.md", "results.md": "RESULTS.md"}
"""Page of the site -> the file at the top of the repository that it is, where there is one."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
PICTURE = re.compile(r"(!\[[^\]]*\]\()docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's own pages."""
    for page, name in PAGES.items():
        source = REPOSITORY / name
        if source.exists():
            files.append(File.generated(config, page, abs_src_path=str(source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write the page's links as they hold on the site."""
    folder = Path(page.file.abs_src_path or "").parent
    inside = Path(config.docs_dir).resolve()

    def on_site(link: re.Match[str]) -> str:
        text, path, anchor = link[1], link[2], link[3] or ""
        target = (folder / path).resolve()
        if target.is_relative_to(inside):
            return f"[{text}]({target.relative_to(inside).as_posix()}{anchor})" if folder == REPOSITORY else link[0]
        if not target.exists():
            return link[0]
        return f"{text} (`{target.relative_to(REPOSITORY).as_posix()}`)"

    return PICTURE.sub(r"\1", LINK.sub(on_site, markdown)) if folder == REPOSITORY else LINK.sub(on_site, markdown)
