//! Rights as a sentence for people.

use crate::request::Request;
use model::{Perm, PermSet};

/// Returns what an account with these rights can do on this server: `You can view, add and delete files.`
pub fn rights_words(request: &Request, rights: PermSet) -> String {
    let behaviour = &request.settings().behaviour;
    let verbs = [
        (rights.has(Perm::Read), "view"),
        (rights.has(Perm::Write), "add"),
        (rights.has(Perm::Move) && !behaviour.no_move, "move"),
        (rights.has(Perm::Delete) && !behaviour.no_delete, "delete"),
    ];
    let verbs: Vec<&str> = verbs.into_iter().filter_map(|(can, verb)| can.then_some(verb)).collect();
    let reads_links = rights.has(Perm::Get) || rights.has(Perm::Html);
    let mut words = match verbs.split_last() {
        None if reads_links => "You can open files by their exact link.".to_owned(),
        None => "You cannot open files here.".to_owned(),
        Some((&"view", [])) => "You can view and download files.".to_owned(),
        Some((&"add", [])) if !rights.has(Perm::Read) => "You can add files, without seeing what is there.".to_owned(),
        Some((last, [])) => format!("You can {last} files."),
        Some((last, others)) => format!("You can {} and {last} files.", others.join(", ")),
    };
    if rights.has(Perm::Admin) {
        words.push_str(" You administer this folder.");
    }
    words
}
