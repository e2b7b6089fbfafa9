//! A page as the HTML standard's parser reads it, and as much of CSS selectors as the tests ask for.

use std::iter::successors;

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// Nodes in the order of the document: whatever is inside of one follows it, before `end`.
pub(crate) struct Page {
    nodes: Vec<Node>,
}

struct Node {
    parent: Option<usize>,
    end: usize,
    content: Content,
}

enum Content {
    Element { name: String, attributes: Vec<(String, String)> },
    Text(String),
}

#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    page: &'a Page,
    index: usize,
}

impl Page {
    /// Parses without a single complaint of the parser.
    #[track_caller]
    pub(crate) fn parse(source: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(source);
        assert_eq!(*dom.errors.borrow(), Vec::<std::borrow::Cow<'_, str>>::new());
        let mut page = Self { nodes: Vec::new() };
        page.append(&dom.document, None);
        page
    }

    fn append(&mut self, handle: &Handle, parent: Option<usize>) {
        let content = match &handle.data {
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs.borrow();
                let attributes = attributes.iter().map(|a| (a.name.local.to_string(), a.value.to_string()));
                Some(Content::Element { name: name.local.to_string(), attributes: attributes.collect() })
            }
            NodeData::Text { contents } => Some(Content::Text(contents.borrow().to_string())),
            _ => None,
        };
        let index = content.map(|content| {
            self.nodes.push(Node { parent, end: 0, content });
            self.nodes.len() - 1
        });
        for child in handle.children.borrow().iter() {
            self.append(child, index.or(parent));
        }
        if let Some(index) = index {
            self.nodes[index].end = self.nodes.len();
        }
    }

    fn within(&self, mut range: std::ops::Range<usize>) -> impl Iterator<Item = Element<'_>> {
        std::iter::from_fn(move || range.next())
            .map(|index| Element { page: self, index })
            .filter(|node| matches!(node.content(), Content::Element { .. }))
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.within(0..self.nodes.len())
    }

    pub(crate) fn select(&self, css: &str) -> impl Iterator<Item = Element<'_>> {
        let selector = Selector::parse(css);
        self.elements().filter(move |element| selector.matches(*element))
    }
}

impl<'a> Element<'a> {
    fn content(self) -> &'a Content {
        &self.page.nodes[self.index].content
    }

    fn name(self) -> &'a str {
        match self.content() {
            Content::Element { name, .. } => name,
            Content::Text(_) => unreachable!("only elements are handed out"),
        }
    }

    pub(crate) fn attrs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let attributes = match self.content() {
            Content::Element { attributes, .. } => attributes.as_slice(),
            Content::Text(_) => &[],
        };
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn attr(self, name: &str) -> Option<&'a str> {
        self.attrs().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    fn inside(self) -> std::ops::Range<usize> {
        self.index + 1..self.page.nodes[self.index].end
    }

    fn parent(self) -> Option<Self> {
        self.page.nodes[self.index].parent.map(|index| Self { index, ..self })
    }

    /// All text inside, as it stands.
    pub(crate) fn text(self) -> String {
        let texts = self.page.nodes[self.inside()].iter().filter_map(|node| match &node.content {
            Content::Text(text) => Some(text.as_str()),
            Content::Element { .. } => None,
        });
        texts.collect()
    }

    /// Elements inside that match; what the selector says of their ancestors may lie outside.
    pub(crate) fn select(self, css: &str) -> impl Iterator<Item = Element<'a>> {
        let selector = Selector::parse(css);
        self.page.within(self.inside()).filter(move |element| selector.matches(*element))
    }

    /// One for the first element among those of its parent.
    fn rank(self) -> usize {
        let siblings = self.parent().map_or(0..self.page.nodes.len(), Self::inside);
        let parent = self.page.nodes[self.index].parent;
        let siblings = self.page.within(siblings.start..self.index + 1);
        siblings.filter(|element| self.page.nodes[element.index].parent == parent).count()
    }
}

/// Alternatives, each a chain from the element itself outwards, reached by a step to the parent (`true`) or
/// to any ancestor.
struct Selector(Vec<Vec<(bool, Vec<Condition>)>>);

enum Condition {
    Name(String),
    Has(String),
    Is(String, String),
    Class(String),
    Rank(usize),
}

impl Selector {
    fn parse(css: &str) -> Self {
        Self(css.split(',').map(Self::chain).collect())
    }

    fn chain(css: &str) -> Vec<(bool, Vec<Condition>)> {
        let mut chain = Vec::new();
        let mut child = false;
        for word in css.split_whitespace().rev() {
            if word == ">" {
                child = true;
            } else {
                chain.push((std::mem::take(&mut child), conditions(word)));
            }
        }
        assert!(chain.first().is_some_and(|(child, _)| !child) && !child, "{css}");
        chain
    }

    fn matches(&self, element: Element<'_>) -> bool {
        self.0.iter().any(|chain| follows(chain, element))
    }
}

fn follows(chain: &[(bool, Vec<Condition>)], element: Element<'_>) -> bool {
    let Some(((_, conditions), outer)) = chain.split_first() else { return true };
    let Some((child, _)) = outer.first() else { return conditions.iter().all(|c| c.holds(element)) };
    let mut ancestors =
        successors(element.parent(), |e| e.parent()).take(if *child { 1 } else { usize::MAX });
    conditions.iter().all(|c| c.holds(element)) && ancestors.any(|ancestor| follows(outer, ancestor))
}

/// What stands between two gaps, such as `th[scope=row]` or `#certificate`. Anything else is refused: a
/// selector that is not understood must not be one that finds nothing.
fn conditions(word: &str) -> Vec<Condition> {
    let mut found = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let body = rest.trim_start_matches(['#', '.', ':', '[']);
        let length =
            body.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(body.len());
        let (name, after) = body.split_at(length);
        assert!(!name.is_empty() && rest.len() - body.len() <= 1, "{word}");
        let owned = name.to_owned();
        rest = match first {
            '#' => {
                found.push(Condition::Is("id".to_owned(), owned));
                after
            }
            '.' => {
                found.push(Condition::Class(owned));
                after
            }
            '[' => {
                let (value, after) = after.split_once(']').expect(word);
                found.push(match value.strip_prefix('=') {
                    Some(value) => Condition::Is(owned, value.trim_matches('\'').to_owned()),
                    None if value.is_empty() => Condition::Has(owned),
                    None => panic!("{word}"),
                });
                after
            }
            ':' => {
                let (rank, after) = after.strip_prefix('(').and_then(|a| a.split_once(')')).expect(word);
                assert_eq!(name, "nth-child", "{word}");
                found.push(Condition::Rank(rank.parse().expect(word)));
                after
            }
            _ => {
                found.push(Condition::Name(owned));
                after
            }
        };
    }
    found
}

impl Condition {
    fn holds(&self, element: Element<'_>) -> bool {
        match self {
            Self::Name(name) => element.name() == name,
            Self::Has(name) => element.attr(name).is_some(),
            Self::Is(name, value) => element.attr(name) == Some(value),
            Self::Class(class) => {
                element.attr("class").is_some_and(|all| all.split_whitespace().any(|c| c == class))
            }
            Self::Rank(rank) => element.rank() == *rank,
        }
    }
}

#[test]
fn selectors_find_what_they_describe() {
    let page = Page::parse(concat!(
        "<!DOCTYPE html><html lang=en><head><title>t</title></head><body><main id=m><p class='a b'>one <b>two</b>",
        "<p class=b data-x=1>three</p></main><section><p>four</p></section></body></html>"
    ));
    for (css, expected) in [
        ("p", vec!["one two", "three", "four"]),
        ("main p", vec!["one two", "three"]),
        ("body > p", vec![]),
        ("body p", vec!["one two", "three", "four"]),
        ("#m > p.b", vec!["one two", "three"]),
        (".a b", vec!["two"]),
        ("p[data-x]", vec!["three"]),
        ("p[data-x='1'], title", vec!["t", "three"]),
        ("p[data-x=2]", vec![]),
        ("main > :nth-child(2)", vec!["three"]),
        ("section > :nth-child(1)", vec!["four"]),
        ("html body > main > .a", vec!["one two"]),
    ] {
        assert_eq!(page.select(css).map(Element::text).collect::<Vec<_>>(), expected, "{css}");
    }
    let main = page.select("main").next().unwrap();
    assert_eq!(main.select("body p").map(Element::text).collect::<Vec<_>>(), ["one two", "three"]);
    for css in ["", "p >", "> p", "p:first-child", "p[a^=b]", "p + p", "p::before"] {
        assert!(std::panic::catch_unwind(|| Selector::parse(css)).is_err(), "{css}");
    }
}
