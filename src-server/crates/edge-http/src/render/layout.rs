//! The parts that all pages share (`web/templates/layout.html`): head, brand, links to sign in, the account.

use crate::assets;
use crate::reply::headers::keeps_robots_away;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use model::Perm;
use std::borrow::Cow;

/// Data of the parts that all pages share.
pub struct Layout<'a> {
    /// The texts of the page.
    pub t: Texts,
    /// URL of the texts of the script, on pages with the script.
    pub messages: Option<String>,
    /// The path prefix of the site.
    pub base: &'a str,
    /// URL of the root folder.
    pub home: String,
    /// URL of the control page.
    pub control: String,
    /// The page's part of the title.
    pub title: Cow<'a, str>,
    /// The configured name of the server.
    pub server_name: &'a str,
    /// A login needs the name of the account (`--usernames`).
    pub needs_name: bool,
    /// Class of the body; may be empty.
    pub class: &'static str,
    /// URL of the icon; `None` if the program was built without it.
    pub icon: Option<String>,
    /// URL of the manifest of the installed page, over https.
    pub manifest: Option<String>,
    /// URL of the icon for home screens.
    pub home_icon: Option<String>,
    /// URL of the style; `None` if the program was built without it.
    pub style: Option<String>,
    /// URL of the style of texts, on pages that have some.
    pub text_style: Option<String>,
    /// URL of a style of this page alone.
    pub own_style: Option<String>,
    /// URL of the style of texts on paper.
    pub print_style: Option<String>,
    /// URL of the style that the owner added.
    pub extra_style: Option<&'a str>,
    /// Whether search engines are asked to stay away.
    pub no_robots: bool,
    /// HTML that the owner adds to the head.
    pub head: Option<String>,
    /// URL of the script that runs before the page is shown (theme, and whether scripts run at all).
    pub early_script: Option<String>,
    /// URL of the script, on pages with parts that it enhances.
    pub script: Option<String>,
    /// Links to sign in, on pages without the account menu.
    pub sign_in: Option<SignIn>,
    /// The account menu.
    pub menu: Option<AccountMenu<'a>>,
}

/// Links for visitors who have not signed in.
pub struct SignIn {
    /// URL of the page where a six-digit code is typed.
    pub code: String,
    /// URL of the sign-in form; `None` without accounts.
    pub login: Option<String>,
}

/// The menu with the visitor's account, or with the ways to sign in.
pub struct AccountMenu<'a> {
    /// Links to sign in, for visitors who have not.
    pub sign_in: Option<SignIn>,
    /// The name of the account; `None` for guests, and for visitors who have not signed in.
    pub name: Option<&'a str>,
    /// URL that the sign-out form posts to, for visitors who have signed in.
    pub sign_out: Option<String>,
    /// URL of the visitor's own uploads, where they can be deleted.
    pub own_uploads: Option<String>,
    /// URL of the form to change the password, for people who may.
    pub password: Option<String>,
    /// URL of the settings window, for administrators.
    pub settings: Option<String>,
}

impl<'a> Layout<'a> {
    /// Returns the layout of a page without script, links to sign in and account. `class`: of the body, may be empty.
    pub fn new(request: &'a Request, title: impl Into<Cow<'a, str>>, class: &'static str) -> Self {
        let t = request.texts();
        Self {
            t,
            messages: None,
            base: &request.policy.base,
            home: urls::home(request),
            control: urls::control_page(request),
            title: title.into(),
            server_name: server_name(request),
            needs_name: request.settings().login.usernames_required,
            class,
            icon: asset_href(request, "icon.svg"),
            manifest: request.connection.https.then(|| urls::manifest(request)),
            home_icon: asset_href(request, "app-icon-256.png"),
            style: asset_href(request, "style.css"),
            text_style: None,
            own_style: None,
            print_style: None,
            extra_style: request.settings().behaviour.extra_css.as_deref(),
            no_robots: keeps_robots_away(request),
            head: own_head(request),
            early_script: asset_href(request, "early.js"),
            script: None,
            sign_in: None,
            menu: None,
        }
    }

    /// Returns the layout of a small page: one narrow column, with links to the control page for visitors who have not
    /// signed in.
    pub fn small(request: &'a Request, title: impl Into<Cow<'a, str>>) -> Self {
        Self::new(request, title, "narrow").with_sign_in(request, urls::control_page(request))
    }

    /// Adds the script that enhances parts of the page.
    pub fn with_script(self, request: &Request) -> Self {
        let messages = asset_href(request, &format!("i18n-{}.js", self.t.tag()));
        let messages = messages.or_else(|| asset_href(request, "i18n-en.js"));
        Self { script: asset_href(request, "app.js"), messages, ..self }
    }

    /// Adds the styles of texts.
    pub fn with_text_style(self, request: &Request) -> Self {
        let (text_style, print_style) = (asset_href(request, "markdown.css"), asset_href(request, "print.css"));
        Self { text_style, print_style, ..self }
    }

    /// Adds a style of this page alone. `name`: of the asset.
    pub fn with_style(self, request: &Request, name: &str) -> Self {
        Self { own_style: asset_href(request, name), ..self }
    }

    /// Adds links for visitors who have not signed in. `login`: URL of the sign-in form.
    pub fn with_sign_in(self, request: &Request, login: impl Into<String>) -> Self {
        Self { sign_in: sign_in(request, login.into()), ..self }
    }

    /// Adds the account menu.
    pub fn with_account(self, request: &'a Request) -> Self {
        let account = request.access.account();
        // Without script `login` in the query opens the form, and the fragment focuses its first field.
        let sign_in = sign_in(request, format!("?{}#li-u", urls::LOGIN));
        let may_add = || request.access.entry_points().iter().any(|(_, rights)| rights.has(Perm::Write));
        let menu = AccountMenu {
            name: (!request.access.is_guest() && !account.is_anonymous()).then(|| account.as_str()),
            sign_out: sign_in.is_none().then(|| request.self_href()),
            sign_in,
            own_uploads: (request.unpost_is_on() && may_add()).then(|| urls::own_uploads(request)),
            password: request.may_change_password().then(|| format!("?{}", urls::PASSWORD)),
            settings: request.is_admin().then(|| urls::admin_page(request)),
        };
        Self { menu: Some(menu), ..self }
    }
}

/// Returns the links to enter a code and to sign in with a password; the form for the latter is at `login`. Returns
/// `None` for visitors who have signed in.
pub fn sign_in(request: &Request, login: String) -> Option<SignIn> {
    let is_stranger = request.access.link().is_none() && request.access.account().is_anonymous();
    let login = has_accounts(request).then_some(login);
    is_stranger.then(|| SignIn { code: urls::join_page(request, None), login })
}

/// Returns what the owner of the volume adds to the head of its pages. The policy of pages lets no script in it run.
fn own_head(request: &Request) -> Option<String> {
    request.access.volume_path(&request.path)?.volume.config.flags.page_lists.head.clone()
}

/// Returns the URL of an asset; `None` if the program was built without it.
fn asset_href(request: &Request, name: &str) -> Option<String> {
    Some(urls::asset(request, name, &assets::find(name)?.version))
}

/// Returns the configured name of the server.
pub fn server_name(request: &Request) -> &str {
    &request.settings().behaviour.name
}

/// Returns true if there are accounts to sign in to.
pub fn has_accounts(request: &Request) -> bool {
    !request.settings().accounts.is_empty()
}

/// Returns a sentence as the title of a page: without its full stop or question mark.
pub fn without_stop(sentence: &str) -> &str {
    sentence.trim_end_matches(['.', '。', '।', '?', '？', '؟', '\u{a0}', '\u{202f}'])
}

/// Renders a template.
pub fn to_html(template: &impl Template) -> String {
    template.render().expect("writing to a string cannot fail")
}
