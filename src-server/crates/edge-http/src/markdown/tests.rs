//! What texts become, and that hostile ones become nothing harmful, in bounded time.

use super::bounds::*;
use super::*;
use model::VPath;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn place() -> Place {
    Place::new("/base", VPath::parse(b"docs").expect("a path"))
}

fn html(text: &str) -> String {
    let rendered = render(text, &place());
    assert_eq!(rendered.refusal, None, "{}", &text[..text.len().min(60)]);
    rendered.html
}

#[test]
fn markdown_becomes_html() {
    for (text, parts) in [
        ("a\nb", &["<p>a<br>\nb</p>"][..]),
        ("~~a~~ **b** *c* `d<`", &["<del>a</del>", "<strong>b</strong>", "<em>c</em>", "<code>d&lt;</code>"]),
        ("| a | b |\n|--:|---|\n| 1 | 2 |", &["<th align=\"right\">a</th>", "<td>2</td>"]),
        ("- [x] a\n- [ ] b", &["<li class=\"md-task\"><span class=\"md-box\">\u{2611}</span> a", "\u{2610}</span> b"]),
        (
            "see https://a.example/x.",
            &["<a href=\"https://a.example/x\" rel=\"nofollow noopener\">https://a.example/x</a>."],
        ),
        (
            "a[^1]\n\n[^1]: note",
            &["href=\"#md-fn-1\" id=\"md-fnref-1\"", "<li id=\"md-fn-1\">", "href=\"#md-fnref-1\""],
        ),
        (
            "> [!NOTE]\n> a",
            &["<div class=\"markdown-alert markdown-alert-note\">", "<p class=\"markdown-alert-title\">Note</p>"],
        ),
        ("```rust\nfn a() {}\n```", &["<pre tabindex=\"0\"><code><span class=\"hl-k\">fn</span>"]),
        (
            "[a](b.md#c) ![d](e f.png) [g](<h i.txt>)",
            &["href=\"/base/docs/b.md?v#md-c\"", "href=\"/base/docs/h%20i.txt\""],
        ),
        ("![d](<e f.png>)", &["<img src=\"/base/docs/e%20f.png\" alt=\"d\">"]),
        (
            "<details open><summary>a</summary>\n\n*b*\n\n</details>\n\nc",
            &["<details open=\"\"><summary>a</summary>", "<em>b</em>", "</details>\n<p>c</p>"],
        ),
        ("<kbd>Ctrl</kbd> H<sub>2</sub>O", &["<kbd>Ctrl</kbd> H<sub>2</sub>O"]),
        ("---\ntitle: x\n---\n# a", &["<h1 id=\"md-a\">a</h1>"]),
    ] {
        let html = html(text);
        for part in parts {
            assert!(html.contains(part), "{text}: {part} is not in {html}");
        }
    }
    let joined = render("a\nb", &Place { breaks_lines: false, ..place() });
    assert_eq!(joined.html, "<p>a\nb</p>\n");
}

#[test]
fn headings_have_ids_of_their_own() {
    let text = "# One *two*\n## One two\n## upload\n### Über uns!\n[x](#upload) <h2 id=content>y</h2>";
    let rendered = render(text, &place());
    let of: Vec<_> = rendered.headings.iter().map(|one| (one.level, &*one.id, &*one.text)).collect();
    assert_eq!(
        of,
        [
            (1, "md-one-two", "One two"),
            (2, "md-one-two-1", "One two"),
            (2, "md-upload", "upload"),
            (3, "md-über-uns", "Über uns!")
        ]
    );
    assert!(
        rendered.html.contains("href=\"#md-upload\"") && rendered.html.contains("id=\"md-content\""),
        "{}",
        rendered.html
    );
    let lowered = render(text, &Place { lowered: 2, id_prefix: "mdp-", ..place() });
    assert!(lowered.html.contains("<h3 id=\"mdp-one-two\">") && lowered.headings[0].level == 1, "{}", lowered.html);
}

#[test]
fn pictures_of_other_servers_are_links() {
    for (text, want) in [
        (
            "![A *b*](https://x.example/y.png)",
            "<p><a href=\"https://x.example/y.png\" rel=\"nofollow noopener\">A <em>b</em></a></p>\n",
        ),
        ("![](//x.example/y.png)", "<p><a href=\"//x.example/y.png\" rel=\"nofollow noopener\">Picture</a></p>\n"),
        (
            "[![build](https://x.example/b.svg)](https://ci.example)",
            "<p><a href=\"https://ci.example\" rel=\"nofollow noopener\">build</a></p>\n",
        ),
    ] {
        assert_eq!(html(text), want, "{text}");
    }
}

#[test]
fn formulas_are_opt_in() {
    assert_eq!(html("costs $5 and $6$"), "<p>costs $5 and $6$</p>\n");
    assert!(html("$`x^2`$").contains("<msup>"));
    assert!(html("```math\nx^2\n```").contains("<div class=\"md-math\"><math display=\"block\">"));
    assert!(html("---\nmath: true\n---\n$x^2$").contains("<msup>"));
    assert!(html("```math\n\\nosuch{\n```").contains("<code>\\nosuch{"));
}

#[test]
fn the_files_of_links_are_known() {
    let rendered = render("[a](a.txt) ![b](../b.png) [a](a.txt) [c](https://c.example)", &place());
    let files: Vec<String> = rendered.files.iter().map(VPath::display).collect();
    assert_eq!(files, ["/docs/a.txt", "/b.png"]);
    let many: String = (0..200).map(|number| format!("[x](f{number})")).collect();
    assert_eq!(render(&many, &place()).files.len(), FILES_MAX);
}

/// Hostile pieces of HTML and Markdown.
const ATTACKS: [&str; 46] = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//x></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"x\"onerror=\"alert(1)\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\"&#1;javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<style>*{display:none}</style>",
    "<p style=\"position:fixed;inset:0\">x</p>",
    "<link rel=stylesheet href=x>",
    "<meta http-equiv=refresh content=\"0;url=//x\">",
    "<base href=//x>",
    "<iframe src=/></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=x></object><embed src=x>",
    "<form action=/?delete method=post><button>Sign in</button><input name=cppwd type=password></form>",
    "<input type=text autofocus onfocus=alert(1)>",
    "<textarea>x</textarea><select><option>x</select>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script>",
    "<div id=upload class=\"card btn primary\" data-enhance=uploader>x</div>",
    "<b id=content name=forms>x</b>",
    "<a name=login href=x class=\"btn primary\">Sign in</a>",
    "<details ontoggle=alert(1) open>x</details>",
    "<video src=x onerror=alert(1) autoplay></video><audio src=x>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><script>alert(1)</script></xmp><plaintext>x",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php <script>alert(1)</script> ?>",
    "</main></body></html><script>alert(1)</script>",
    "```\"><script>alert(1)</script>\nx\n```",
    "~~~rust onmouseover=alert(1)\n</code></pre><script>alert(1)</script>\n~~~",
    "# x\" onmouseover=\"alert(1)\n[^\"><script>]\n\n[^\"><script>]: x",
    "$`\\text{<img src=x onerror=alert(1)>}`$ <pl-uploader></pl-uploader><slot name=x>",
];

/// Tags, and names and values of attributes.
type Found = (BTreeSet<String>, BTreeSet<(String, String)>);

/// Tags and attributes as a browser finds them in the result.
fn found(html: &str) -> Found {
    use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
    #[derive(Default)]
    struct Sink(std::cell::RefCell<Found>);
    impl TokenSink for Sink {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let Token::TagToken(tag) = token {
                let mut found = self.0.borrow_mut();
                found.0.insert(tag.name.to_string());
                let pairs = tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
                found.1.extend(pairs);
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let _done = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

fn assert_harmless(html: &str, text: &str) {
    const TAGS: [&str; 26] = [
        "script",
        "style",
        "link",
        "meta",
        "base",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "button",
        "textarea",
        "select",
        "option",
        "svg",
        "template",
        "noscript",
        "title",
        "video",
        "audio",
        "annotation-xml",
        "mglyph",
        "pl-uploader",
        "slot",
        "body",
        "main",
    ];
    let (tags, attributes) = found(html);
    for tag in TAGS {
        assert!(!tags.contains(tag), "<{tag}> of {text}: {html}");
    }
    for (name, value) in &attributes {
        assert!(!name.starts_with("on") && !name.starts_with("data-"), "{name} of {text}: {html}");
        assert!(
            !["style", "name", "srcdoc", "action", "srcset", "target"].contains(&&**name),
            "{name} of {text}: {html}"
        );
        match &**name {
            "href" | "src" => {
                let start = ["/base/", "#", "http://", "https://", "mailto:", "tel:", "//"];
                assert!(start.iter().any(|start| value.starts_with(start)), "{value} of {text}: {html}");
                assert!(name == "href" || value.starts_with("/base/"), "{value} of {text}: {html}");
            }
            "id" => assert!(value.starts_with("md-"), "{value} of {text}: {html}"),
            "class" => assert!(
                value.split(' ').all(|class| class.is_empty()
                    || ["md-", "hl-", "markdown-", "footnote", "cell-"].iter().any(|start| class.starts_with(start))),
                "{value} of {text}: {html}"
            ),
            _ => {}
        }
    }
}

#[test]
fn hostile_html_is_harmless() {
    for attack in ATTACKS {
        for text in [
            attack.to_owned(),
            format!("a {attack} b"),
            format!("> - {attack}"),
            format!("| a |\n|---|\n| {attack} |"),
            format!("<div>\n{attack}\n</div>"),
            format!("# {attack}"),
            format!("[{attack}](x)"),
        ] {
            assert_harmless(&html(&text), &text);
        }
    }
    // In pairs: one can end what the other began.
    for one in ATTACKS {
        for other in ATTACKS {
            let text = format!("{one}{other}");
            assert_harmless(&html(&text), &text);
        }
    }
    // Without the first filter the last one still holds.
    for attack in ATTACKS.iter().filter(|attack| attack.starts_with('<')) {
        assert_harmless(&sanitise::clean(attack, &place()).expect("short").0, attack);
    }
}

#[test]
fn hostile_texts_end_soon() {
    let long = |piece: &str| piece.repeat(TEXT_MAX / piece.len());
    let half =
        |one: &str, other: &str| one.repeat(TEXT_MAX / 2 / one.len()) + &other.repeat(TEXT_MAX / 2 / other.len());
    let attributes: String = (0..4_000).map(|number| format!("<b title={number}>")).collect();
    let table = format!("{}\n{}\n{}", "|a".repeat(10_000), "|-".repeat(10_000), "|\n".repeat(200_000));
    let texts = [
        "[".repeat(TEXT_MAX),
        "*".repeat(TEXT_MAX),
        "&".repeat(TEXT_MAX),
        "<p>x".repeat(TEXT_MAX / 4),
        long("["),
        long("*"),
        long("*a _b "),
        long("**a *a "),
        half("*a ", "b* "),
        long("`"),
        long("a`b``c"),
        long(">"),
        long("> "),
        half("- ", "\n"),
        half("> - ", "\n"),
        long("1. "),
        long("[a]("),
        long("![a]("),
        half("![", "](a)"),
        long("[^a]"),
        long("[^a]: b\n"),
        format!("[a]: {}\n\n{}", "x".repeat(20_000), long("[a]")),
        long("[x](a)"),
        long("<"),
        long("<a"),
        long("<div>"),
        long("<div>\n\n"),
        half("<b>", "<p>x"),
        attributes + &"<p>x".repeat(20_000),
        long("<b><table><td></b>"),
        half("<i>x\n\n", "<table><tr><td>"),
        long("<!--"),
        long("&"),
        long("x&y "),
        format!("```\n{}\n```", long("a&&b;")),
        long("&#x"),
        table,
        long("| a |\n|---|\n"),
        long("~~a"),
        long("http://a.b/("),
        long("a@b.c "),
        long("# a\n"),
        long("$`{`$"),
        long("---\n"),
        long("```\n"),
        long("```rust\nfn a() { \"b\" }\n```\n"),
        long("\u{0}\u{202e}\u{fffd}"),
        "x".repeat(TEXT_MAX),
        long("\n"),
        long("<details>\n\n"),
        long("- [ ] a\n"),
        long("<!DOCTYPE <!["),
    ];
    let mut slowest = (Duration::ZERO, String::new());
    for text in texts {
        let text = &text[..text.len().min(TEXT_MAX)];
        let start = Instant::now();
        let rendered = render(text, &place());
        let took = start.elapsed();
        let shown = text.chars().take(40).collect::<String>();
        eprintln!("{took:?} {} {:?} {shown:?}", rendered.html.len(), rendered.refusal);
        assert!(rendered.html.len() <= HTML_MAX + 4096, "{} of {shown}", rendered.html.len());
        if took > slowest.0 {
            slowest = (took, shown);
        }
    }
    assert!(slowest.0 < Duration::from_secs(20), "{slowest:?}");
}

#[test]
fn what_is_not_rendered_is_shown_as_it_is() {
    let long = "a <b>\n".repeat(TEXT_MAX / 6 + 1);
    let rendered = render(&long, &place());
    assert_eq!(rendered.refusal, Some(Refusal::TooLong));
    assert!(
        rendered.html.contains("shown as it was written")
            && rendered.html.contains("<pre class=\"md-plain\">\na &lt;b&gt;\n")
    );
    let deep = render(&">".repeat(1000), &place());
    assert_eq!(deep.refusal, Some(Refusal::TooComplex));
    assert!(deep.html.contains("&gt;&gt;"));
}
