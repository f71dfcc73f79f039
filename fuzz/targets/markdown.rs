//! Any text becomes HTML without script, forms, frames and foreign addresses, as a browser's parser reads it.
#![no_main]

use edge_http::markdown::{Place, render};
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use libfuzzer_sys::fuzz_target;
use model::VPath;

const TAGS: [&str; 18] = [
    "script",
    "style",
    "iframe",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "svg",
    "object",
    "embed",
    "link",
    "meta",
    "base",
    "template",
    "noscript",
    "title",
    "annotation-xml",
];
const STARTS: [&str; 7] = ["/base/", "#", "http", "mailto:", "tel:", "//", "\\"];

struct Check;

impl TokenSink for Check {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                assert!(!TAGS.contains(&&*tag.name), "<{}>", tag.name);
                for attribute in &tag.attrs {
                    let (name, value) = (&*attribute.name.local, attribute.value.trim().to_ascii_lowercase());
                    assert!(!name.starts_with("on") && name != "style" && name != "name", "{name}");
                    if matches!(name, "href" | "src") {
                        assert!(STARTS.iter().any(|start| value.starts_with(start)), "{value}");
                    }
                    assert!(name != "id" || value.starts_with("md-"), "{value}");
                }
            }
            Token::CommentToken(text) => panic!("a comment: {text}"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fuzz_target!(|bytes: &[u8]| {
    let rendered = render(&String::from_utf8_lossy(bytes), &Place::new("/base", VPath::root()));
    let tokenizer = Tokenizer::new(Check, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(rendered.html.as_str().into());
    while !queue.is_empty() {
        let _paused = tokenizer.feed(&queue);
    }
    tokenizer.end();
});
