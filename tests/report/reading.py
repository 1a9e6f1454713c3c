"""A page as a reader of HTML sees it."""

from html.parser import HTMLParser

VOID = {"meta", "img", "input", "br", "link", "hr", "wbr"}


class Page(HTMLParser):
    """Elements in order as (tag, attributes), texts; every element that is opened must be closed."""

    def __init__(self, text):
        super().__init__()
        self.source = text
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(data for tag, data in self.texts if tag not in ("script", "style")).split())
