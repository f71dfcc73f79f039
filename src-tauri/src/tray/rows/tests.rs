//! The menu of every state, as text.

use super::*;
use crate::tray::state::TrayState;
use server::control::admin::{ActiveTransfer, Limits, May, Overview, PastTransfer, Problem, ProblemCode, Who};
use server::control::{Address, Reach};

struct Noon;

impl Clock for Noon {
    fn at(&self, _: i64) -> String {
        "18:00".into()
    }

    fn tomorrow(&self) -> (String, i64) {
        ("8:00".into(), 20 * 3600)
    }
}

fn share(mount: &str, who: Who, may: May) -> Share {
    Share {
        mount: mount.into(),
        folder: "/srv".into(),
        on: true,
        is_there: true,
        who,
        may,
        rights: String::new(),
        until_ms: None,
        limits: Limits::default(),
        show_hidden: false,
        by_month: false,
        index: false,
    }
}

fn overview() -> Overview {
    let url = "http://192.168.1.20:3923/".to_owned();
    Overview {
        version: "1".into(),
        name: "pc".into(),
        generation: 1,
        sharing: Sharing::On,
        addresses: vec![Address { url, reach: Reach::Lan, interface: None }],
        shares: vec![share("/photos", Who::Everyone, May::Look), share("/inbox", Who::Everyone, May::DropOff)],
        connected: 2,
        transfers: 0,
        problems: Vec::new(),
        banner: None,
        is_new: false,
        suggested_inbox: String::new(),
        sftp_fingerprint: None,
    }
}

fn upload(id: u64, who: &str, done: u64) -> ActiveTransfer {
    ActiveTransfer {
        id,
        is_upload: true,
        path: format!("/inbox/IMG_{id}.HEIC"),
        account: "*".into(),
        who: who.into(),
        address: "192.168.1.7".into(),
        size: Some(100),
        done,
        speed: 1,
        is_paused: false,
        since_ms: 0,
    }
}

fn quiet() -> Activity {
    Activity { now: Vec::new(), past: Vec::new(), connections: Vec::new() }
}

fn draw(overview: &Overview, activity: &Activity, window_first: bool) -> Vec<Row> {
    rows(&View { overview, activity, indexing: None, window_first, clock: &Noon })
}

/// Formats the menu as text: one line per row, submenus indented.
fn text(rows: &[Row], depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let line = |row: &Row| match row {
        Row::Text(label) => format!("{indent}({label})\n"),
        Row::Item(_, label) => format!("{indent}{label}\n"),
        Row::Check(_, label, on) => format!("{indent}[{}] {label}\n", if *on { 'x' } else { ' ' }),
        Row::Separator => format!("{indent}-\n"),
        Row::Submenu(label, rows) => format!("{indent}{label} >\n{}", text(rows, depth + 1)),
    };
    rows.iter().map(line).collect()
}

fn first(overview: &Overview, activity: &Activity) -> String {
    text(&draw(overview, activity, false), 0).lines().next().unwrap().to_owned()
}

#[test]
fn the_whole_menu() {
    let expected = "\
Open window
-
(Sharing: ON — 2 folders, 2 people connected)
Turn sharing off
-
Show QR code…
Copy address  http://192.168.1.20:3923
Request and send >
  Request files…
  Share files…
  Send clipboard
-
Shared folders >
  [x] photos — everyone · view
  [x] inbox — everyone · upload only
  -
  Add folder…
  Manage…
Activity >
  (No transfers yet)
  -
  Open activity…
Pause >
  For 30 minutes
  For 1 hour
  Until tomorrow, 8:00
-
Settings…
Help and connection test…
Quit
";
    assert_eq!(text(&draw(&overview(), &quiet(), true), 0), expected);
}

#[test]
fn an_index_that_is_made_is_shown_below_the_state() {
    let (overview, activity) = (overview(), quiet());
    for (mount, files, want) in [
        ("/photos", 12_400, "(Indexing photos, 12,400 files)"),
        ("/", 1, "(Indexing Everything, 1 file)"),
        ("/a/b", 1_234_567, "(Indexing b, 1,234,567 files)"),
        ("/a", 999, "(Indexing a, 999 files)"),
    ] {
        let indexing = Some((mount.to_owned(), files));
        let view = View { overview: &overview, activity: &activity, indexing, window_first: false, clock: &Noon };
        assert_eq!(text(&rows(&view), 0).lines().nth(1), Some(want));
    }
}

#[test]
fn open_window_is_not_the_first_row_if_the_icon_can_be_clicked() {
    let rows = draw(&overview(), &quiet(), false);
    let at = rows.iter().position(|row| *row == item(Action::OpenWindow, "Open window")).unwrap();
    assert_eq!(rows[at + 1], item(Action::Open(Pane::Settings), "Settings…"));
}

#[test]
fn the_first_row_is_the_state_and_the_second_an_action() {
    let check = |sharing: Sharing, said: &str, act: &str| {
        let text = text(&draw(&Overview { sharing, ..overview() }, &quiet(), false), 0);
        assert_eq!(text.lines().take(2).collect::<Vec<_>>(), [said, act]);
    };
    check(Sharing::Off, "(Sharing is off)", "Turn sharing on");
    check(Sharing::Paused { until_ms: 1 }, "(Sharing is paused until 18:00)", "Resume sharing");
    check(Sharing::Waiting, "(Not sharing on this network)", "Share on this network…");
    let new = Overview { is_new: true, sharing: Sharing::Off, shares: Vec::new(), ..overview() };
    let text = text(&draw(&new, &quiet(), true), 0);
    assert!(text.contains("Set up sharing…") && !text.contains("QR"), "{text}");
}

#[test]
fn transfers_are_summarized_in_one_line() {
    let busy = |now: Vec<ActiveTransfer>| Activity { now, ..quiet() };
    let overview = overview();
    let two = busy(vec![upload(1, "Anna's iPhone", 28), upload(2, "Anna's iPhone", 100)]);
    assert_eq!(first(&overview, &two), "(Receiving 2 files from Anna's iPhone, 64 %)");
    let other = ActiveTransfer { is_upload: false, size: None, who: "Bob".into(), ..upload(3, "", 0) };
    assert_eq!(first(&overview, &busy(vec![other.clone()])), "(Sending 1 file to Bob)");
    assert_eq!(first(&overview, &busy(vec![upload(1, "A", 0), other.clone()])), "(Receiving 1 file, sending 1)");
    let menu = text(&draw(&overview, &busy(vec![upload(1, "Anna's iPhone", 64), other]), false), 0);
    assert!(menu.contains("  (↓ Anna's iPhone → inbox  64 %)\n  (↑ IMG_3.HEIC → Bob)\n"), "{menu}");
    let empty = busy(vec![ActiveTransfer { size: Some(0), ..upload(1, "A", 0) }]);
    assert_eq!(first(&overview, &empty), "(Receiving 1 file from A)", "nothing is divided by nothing");
}

#[test]
fn the_last_received_file_can_be_shown() {
    let past = |path: &str, outcome: Outcome| PastTransfer {
        at_ms: 0,
        outcome,
        path: path.into(),
        account: "*".into(),
        who: "A".into(),
        address: "x".into(),
        size: 1,
    };
    let past = vec![past("/photos/sent.jpg", Outcome::Sent), past("/inbox/a/IMG_2041.HEIC", Outcome::Arrived)];
    let rows = activity(&Activity { past, ..quiet() });
    assert_eq!(rows[0], Row::Text("Last: IMG_2041.HEIC".into()));
    let show = Action::ShowInFolder("/inbox/a/IMG_2041.HEIC".into());
    assert_eq!(rows[1], item(show, "Show in folder"));
}

#[test]
fn shares_are_switched_by_their_mount() {
    let off = Share { on: false, ..share("/work", Who::People { names: vec!["ann".into()] }, May::Change) };
    let gone = Share { is_there: false, ..share("/usb disk", Who::Everyone, May::Look) };
    let all: Vec<Share> =
        [off, gone].into_iter().chain((0..20).map(|n| share(&format!("/{n}"), Who::OnlyMe, May::Add))).collect();
    let rows = shares(&all);
    let on = Action::SetShare { mount: "/work".into(), on: true };
    assert_eq!(rows[0], Row::Check(on, "work — ann · change".into(), false));
    assert_eq!(rows[1], Row::Text("✗ usb disk (not connected)".into()));
    assert_eq!(rows[MAX_SHARES], item(Action::Open(Pane::Shares), "7 more…"));
}

#[test]
fn a_problem_is_the_first_row_and_opens_its_pane() {
    let problem = Problem { code: ProblemCode::PortTaken, sentence: format!("Port 3923 {}", "is taken ".repeat(20)) };
    let rows = draw(&Overview { problems: vec![problem], ..overview() }, &quiet(), false);
    let Row::Item(Action::Open(Pane::Settings), label) = &rows[0] else { panic!("{:?}", rows[0]) };
    assert!(label.starts_with("Port 3923") && label.contains('…') && label.chars().count() <= 72, "{label}");
}

#[test]
fn names_from_clients_stay_in_their_row() {
    let busy = Activity { now: vec![upload(1, "A\nQuit\u{202e}", 0)], ..quiet() };
    assert_eq!(first(&overview(), &busy), "(Receiving 1 file from A Quit , 0 %)");
}

#[test]
fn actions_are_restored_from_the_ids_of_their_rows() {
    for action in [
        Action::Quit,
        Action::Pause(1800),
        Action::PauseUntil(1_800_000_000),
        Action::Open(Pane::Connect),
        Action::SetShare { mount: "/a \"b\" ü".into(), on: false },
        Action::Copy("http://[::1]:3923/".into()),
    ] {
        let id = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&id).unwrap(), action);
    }
}

#[test]
fn the_icon_has_the_shape_of_the_state() {
    let check = |change: &dyn Fn(&mut Overview), expected: TrayState| {
        let mut overview = overview();
        change(&mut overview);
        assert_eq!(TrayState::of(&overview), expected, "{overview:?}");
    };
    let problem = |code| Problem { code, sentence: "x".into() };
    check(&|_| {}, TrayState::On);
    check(&|o| o.transfers = 2, TrayState::Transferring);
    check(&|o| o.sharing = Sharing::Off, TrayState::Off);
    check(&|o| o.sharing = Sharing::Paused { until_ms: 0 }, TrayState::Paused);
    check(&|o| o.sharing = Sharing::Waiting, TrayState::Waiting);
    check(&|o| o.problems.push(problem(ProblemCode::DiskFull)), TrayState::Attention);
    check(&|o| (o.sharing, o.problems) = (Sharing::Off, vec![problem(ProblemCode::Other)]), TrayState::Attention);
    check(&|o| o.shares.iter_mut().for_each(|share| share.is_there = false), TrayState::Waiting);
    check(&|o| (o.is_new, o.shares) = (true, Vec::new()), TrayState::Off);
    // The first share is there, and the last question is still open.
    check(&|o| o.is_new = true, TrayState::On);
}

#[test]
fn a_menu_stays_short() {
    let rows = draw(&overview(), &quiet(), true);
    assert!(rows.iter().filter(|row| **row != Row::Separator).count() <= 12, "a menu is read, not searched");
}
