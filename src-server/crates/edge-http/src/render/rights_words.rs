//! Rights as a sentence for people.

use crate::request::Request;
use model::{Perm, PermSet};

/// Returns what an account with these rights can do on this server: `You can: view and download, add, delete.`
pub fn rights_words(request: &Request, rights: PermSet) -> String {
    let (t, behaviour) = (request.texts(), &request.settings().behaviour);
    let verbs = [
        (rights.has(Perm::Read), t.rights_view()),
        (rights.has(Perm::Write), t.rights_add()),
        (rights.has(Perm::Move) && !behaviour.no_move, t.rights_move()),
        (rights.has(Perm::Delete) && !behaviour.no_delete, t.rights_delete()),
    ];
    let verbs: Vec<&str> = verbs.into_iter().filter_map(|(can, verb)| can.then_some(verb)).collect();
    let adds_only = verbs == [t.rights_add()] && !rights.has(Perm::Read);
    let words = match verbs.split_first() {
        None if rights.has(Perm::Get) || rights.has(Perm::Html) => t.rights_link().to_owned(),
        None => t.rights_none().to_owned(),
        Some(_) if adds_only => t.rights_blind().to_owned(),
        Some((first, others)) => {
            let listed = others.iter().fold((*first).to_owned(), |all, verb| t.count_list(&all, *verb));
            t.rights_can(&listed)
        }
    };
    match rights.has(Perm::Admin) {
        true => t.followed_by(&words, t.rights_admin()),
        false => words,
    }
}
