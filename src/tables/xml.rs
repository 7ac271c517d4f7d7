//! XML from outside, read within bounds: no document type, no entities but the five of XML itself, nothing deep, nothing endless. And
//! the few steps in which our own is written.

use std::io;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use quick_xml::writer::Writer;

/// ISO 20022 nests some fifteen elements at most.
const MAX_DEPTH: usize = 32;
/// The longest text of a statement has 500 characters.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// A tag with its attributes. To look for doubles among them takes the square of their number.
const MAX_TAG_BYTES: usize = 16 * 1024;
/// What an element of another namespace is called in a path: no name of ours.
const FOREIGN: &str = "?";

/// Why a document is not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum XmlFault {
    Malformed,
    /// A document type or an entity: the tools of every attack on XML readers, and of no bank.
    Forbidden,
    TooDeep,
    ValueTooLong,
}

/// What has just been passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Open,
    Close,
}

/// Walks through a document element by element.
///
/// The root's namespace is the document's. An element of any other, such as a bank's own extension, is walked through under a name
/// that nobody looks for, and so is all that lies in it.
pub(super) struct Walker<'x> {
    text: &'x str,
    reader: NsReader<&'x [u8]>,
    namespace: Option<Vec<u8>>,
    /// Local names from the root down, with `/` between.
    path: String,
    /// How long the path is without each of its open elements.
    lengths: Vec<usize>,
    value: String,
    start: Option<BytesStart<'x>>,
    is_closing: bool,
    has_root: bool,
    line: u32,
    counted_to: usize,
}

impl<'x> Walker<'x> {
    pub(super) fn new(text: &'x str) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let (path, value) = (String::new(), String::new());
        let (namespace, lengths, start) = (None, Vec::new(), None);
        let (is_closing, has_root) = (false, false);
        Self { text, reader, namespace, path, lengths, value, start, is_closing, has_root, line: 1, counted_to: 0 }
    }

    /// Goes on to where the next element opens or closes; nothing at the end of the document.
    pub(super) fn next(&mut self) -> Result<Option<Step>, XmlFault> {
        if std::mem::take(&mut self.is_closing) {
            self.path.truncate(self.lengths.pop().unwrap_or_default());
            self.value.clear();
        }
        loop {
            let (resolved, event) = self.reader.read_resolved_event().map_err(|_| XmlFault::Malformed)?;
            match event {
                Event::Start(start) => {
                    let namespace = match resolved {
                        ResolveResult::Bound(Namespace(namespace)) => Some(namespace),
                        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
                    };
                    if self.lengths.is_empty() {
                        self.namespace = namespace.map(<[u8]>::to_vec);
                    }
                    let is_ours = namespace == self.namespace.as_deref();
                    self.open(start, is_ours)?;
                    return Ok(Some(Step::Open));
                }
                Event::End(_) => {
                    self.is_closing = true;
                    return Ok(Some(Step::Close));
                }
                Event::Text(text) => self.push(&text.xml10_content().map_err(|_| XmlFault::Malformed)?)?,
                Event::CData(text) => self.push(&text.xml10_content().map_err(|_| XmlFault::Malformed)?)?,
                Event::GeneralRef(name) => {
                    let name = name.decode().map_err(|_| XmlFault::Malformed)?;
                    let character = quick_xml::escape::unescape(&format!("&{name};")).map(|it| it.into_owned());
                    self.push(&character.map_err(|_| XmlFault::Forbidden)?)?;
                }
                Event::DocType(_) => return Err(XmlFault::Forbidden),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                // Never seen: such an element is opened and closed.
                Event::Empty(_) => return Err(XmlFault::Malformed),
                Event::Eof if self.lengths.is_empty() => return Ok(None),
                Event::Eof => return Err(XmlFault::Malformed),
            }
        }
    }

    fn open(&mut self, start: BytesStart<'x>, is_ours: bool) -> Result<(), XmlFault> {
        if self.lengths.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(XmlFault::Malformed);
        }
        if self.lengths.len() >= MAX_DEPTH {
            return Err(XmlFault::TooDeep);
        }
        if start.len() > MAX_TAG_BYTES {
            return Err(XmlFault::ValueTooLong);
        }
        let name = start.local_name();
        let name = if is_ours { std::str::from_utf8(name.as_ref()).map_err(|_| XmlFault::Malformed)? } else { FOREIGN };
        self.lengths.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        self.value.clear();
        self.start = Some(start);
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), XmlFault> {
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        if self.lengths.is_empty() && !text.chars().all(|c| is_blank(c) || c == '\u{feff}') {
            return Err(XmlFault::Malformed);
        }
        // XML has no place for other controls, and a reference with one in it is a trap for whoever prints it.
        if text.chars().any(|c| c.is_control() && !is_blank(c)) {
            return Err(XmlFault::Malformed);
        }
        if self.value.len().saturating_add(text.len()) > MAX_TEXT_BYTES {
            return Err(XmlFault::ValueTooLong);
        }
        self.value.push_str(text);
        Ok(())
    }

    /// The namespace of the root, once it is open.
    pub(super) fn namespace(&self) -> Option<&[u8]> {
        self.namespace.as_deref()
    }

    /// The element that has just opened or is closing.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What stood in the element that is closing, behind its last child.
    pub(super) fn value(&self) -> &str {
        self.value.trim()
    }

    /// An attribute of the element that has just opened.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, XmlFault> {
        let Some(start) = &self.start else { return Ok(None) };
        let attribute = start.try_get_attribute(name).map_err(|_| XmlFault::Malformed)?;
        let value = attribute.map(|it| {
            it.decoded_and_normalized_value(XmlVersion::Implicit1_0, self.reader.decoder()).map(|it| it.into_owned())
        });
        value.transpose().map_err(|_| XmlFault::Forbidden)
    }

    /// The line in which the element's tag ends, or in which reading failed.
    pub(super) fn line(&mut self) -> u32 {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.counted_to..at).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.counted_to = self.counted_to.max(at);
        self.line
    }
}

/// A writer of XML into memory.
pub(super) type XmlWriter = Writer<Vec<u8>>;

/// Writes a document with its declaration, indented by two, around one root in the given namespace.
pub(super) fn document(namespace: &str, content: impl FnOnce(&mut XmlWriter) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.create_element("Document").with_attribute(("xmlns", namespace)).write_inner_content(content)?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes an element with elements in it.
pub(super) fn node(
    writer: &mut XmlWriter,
    name: &str,
    content: impl FnOnce(&mut XmlWriter) -> io::Result<()>,
) -> io::Result<()> {
    writer.create_element(name).write_inner_content(content).map(drop)
}

/// Writes an element with text in it.
pub(super) fn leaf(writer: &mut XmlWriter, name: &str, text: &str) -> io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(&super::export_text::visible(text))).map(drop)
}

/// Writes elements within each other, with text in the last.
pub(super) fn nested(writer: &mut XmlWriter, names: &[&str], text: &str) -> io::Result<()> {
    match names {
        [] => Ok(()),
        [name] => leaf(writer, name, text),
        [name, rest @ ..] => node(writer, name, |writer| nested(writer, rest, text)),
    }
}

/// Writes an amount of yuan.
pub(super) fn amount(writer: &mut XmlWriter, name: &str, yuan: &str) -> io::Result<()> {
    let element = writer.create_element(name).with_attribute(("Ccy", "CNY"));
    element.write_text_content(BytesText::new(yuan)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks through a document and says what closes with what in it.
    fn walk(text: &str) -> Result<Vec<String>, XmlFault> {
        let mut walker = Walker::new(text);
        let mut closed = Vec::new();
        while let Some(step) = walker.next()? {
            if step == Step::Close {
                closed.push(format!("{}={}", walker.path(), walker.value()));
            }
        }
        Ok(closed)
    }

    #[test]
    fn elements_are_walked_by_their_local_names() {
        let walked = walk(
            "<?xml version='1.0'?><!-- c --><p:a xmlns:p='u'>\n<p:b> x &amp; &#x4e2d;<![CDATA[<y>]]> </p:b><p:c/></p:a>\n",
        );
        assert_eq!(walked.unwrap(), ["a/b=x & 中<y>", "a/c=", "a="]);
        let walked = walk("<a xmlns='u'><b xmlns='v'>1<a xmlns='u'>2</a></b><q:b xmlns:q='u'>3</q:b></a>");
        assert_eq!(walked.unwrap(), ["a/?/a=2", "a/?=", "a/b=3", "a="]);
    }

    #[test]
    fn lines_and_attributes_are_known_at_the_tag() {
        let mut walker = Walker::new("<a>\n<b\nCcy='C&amp;Y' xml:lang='zh'>\n</b></a>");
        walker.next().unwrap();
        assert_eq!((walker.line(), walker.attribute("Ccy")), (1, Ok(None)));
        walker.next().unwrap();
        assert_eq!((walker.line(), walker.attribute("Ccy")), (3, Ok(Some("C&Y".to_owned()))));
        walker.next().unwrap();
        assert_eq!((walker.line(), walker.path()), (4, "a/b"));
    }

    #[test]
    fn what_no_bank_needs_is_refused() {
        let check = |text: &str, expected| assert_eq!(walk(text), Err(expected), "{}", text.get(..60).unwrap_or(text));
        check("<!DOCTYPE a><a/>", XmlFault::Forbidden);
        check("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", XmlFault::Forbidden);
        check("<a>&lol;</a>", XmlFault::Forbidden);
        check(&"<a>".repeat(MAX_DEPTH + 1), XmlFault::TooDeep);
        check(&format!("<a>{}</a>", "x".repeat(MAX_TEXT_BYTES + 1)), XmlFault::ValueTooLong);
        check(&format!("<{}/>", "x".repeat(MAX_TAG_BYTES + 1)), XmlFault::ValueTooLong);
        let attributes: String = (0..300_000).map(|it| format!(" a{it}=''")).collect();
        check(&format!("<a{attributes}/>"), XmlFault::ValueTooLong);
        check("<a>\u{7}</a>", XmlFault::Malformed);
        check("<a>&#7;</a>", XmlFault::Malformed);
        for text in ["<a>", "<a></b>", "</a>", "<a/><a/>", "<a/>x", "x<a/>", "<a b></a", "<a>&amp</a>", "<a"] {
            check(text, XmlFault::Malformed);
        }
    }

    #[test]
    fn what_is_written_is_escaped() {
        let bytes = document("u", |writer| {
            nested(writer, &["A", "B"], "<&>\u{7}")?;
            amount(writer, "C", "1.00")
        });
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"u\">\n  <A>\n    <B>&lt;&amp;&gt;</B>\n  </A>\n  \
                        <C Ccy=\"CNY\">1.00</C>\n</Document>\n";
        assert_eq!(String::from_utf8(bytes.unwrap()).unwrap(), expected);
    }
}
