//! Which module of a crate uses which other, read from its source.
//!
//! An edge leads from the module that names an item to the module that defines it; re-exports are followed. `mod x;`
//! is no edge: a parent may own children that know nothing of it, or be their common ground, but not both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Most re-exports between a name and its definition.
const MOST_REEXPORTS: usize = 16;

/// A module's path below the crate, `["uploads", "finish"]`; empty for the root.
pub type ModulePath = Vec<String>;

/// The modules of one crate.
#[derive(Default)]
pub struct Graph {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Default)]
struct Module {
    /// Items that are defined here.
    items: BTreeSet<String>,
    /// Names that `use` brings in, and what they stand for, as written.
    imports: BTreeMap<String, Vec<String>>,
    /// `use path::*`.
    globs: Vec<Vec<String>>,
    /// Every path that the code names, as written.
    paths: BTreeSet<Vec<String>>,
}

impl Graph {
    /// Reads the crate whose root file is `root` (`src/lib.rs`). Code under `#[cfg(test)]` is left out.
    pub fn read(root: &Path) -> Self {
        let mut graph = Self::default();
        let folder = root.parent().expect("a source file stands in a folder");
        graph.read_file(&Vec::new(), root, folder);
        graph
    }

    fn read_file(&mut self, at: &ModulePath, file: &Path, folder: &Path) {
        let source = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let parsed = syn::parse_file(&source).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        self.read_items(at, &parsed.items, folder);
    }

    fn read_items(&mut self, at: &ModulePath, items: &[Item], folder: &Path) {
        let mut module = Module::default();
        for item in items.iter().filter(|i| !is_test(attributes(i))) {
            if let Some(name) = name_of(item) {
                module.items.insert(name);
            }
            match item {
                Item::Use(found) => module.import(&found.tree, &mut Vec::new()),
                Item::Mod(child) => self.read_child(at, child, folder),
                other => Paths(&mut module).visit_item(other),
            }
        }
        self.modules.insert(at.clone(), module);
    }

    fn read_child(&mut self, at: &ModulePath, child: &syn::ItemMod, folder: &Path) {
        let name = child.ident.to_string();
        let path = [at.as_slice(), std::slice::from_ref(&name)].concat();
        let below = folder.join(&name);
        if let Some((_, items)) = &child.content {
            return self.read_items(&path, items, &below);
        }
        let named = child.attrs.iter().find_map(path_attribute).map(|p| folder.join(p));
        let files = named.into_iter().chain([folder.join(format!("{name}.rs")), below.join("mod.rs")]);
        let file = files.into_iter().find(|f: &PathBuf| f.is_file()).unwrap_or_else(|| panic!("no file for {path:?}"));
        self.read_file(&path, &file, &below);
    }

    /// For each module the others whose items it names.
    pub fn edges(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut edges = BTreeMap::new();
        for (at, module) in &self.modules {
            let named = module.paths.iter().chain(module.imports.values()).chain(&module.globs);
            let mut to: BTreeSet<_> = named.filter_map(|path| self.resolve(at, path, 0)).collect();
            to.remove(at);
            edges.insert(at.clone(), to);
        }
        edges
    }

    /// The module that defines what `path` names, seen from `at`; `None`: not of this crate, or not to be told.
    fn resolve(&self, at: &ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        if depth > MOST_REEXPORTS {
            return None;
        }
        match path.split_first()? {
            (first, rest) if first == "crate" => self.descend(&Vec::new(), rest, depth),
            _ => self.descend(at, path, depth),
        }
    }

    fn descend(&self, at: &ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        let module = self.modules.get(at)?;
        let Some((first, rest)) = path.split_first() else { return Some(at.clone()) };
        if first == "super" {
            return self.descend(&at[..at.len().checked_sub(1)?].to_vec(), rest, depth);
        }
        if first == "self" {
            return self.descend(at, rest, depth);
        }
        let child = [at.as_slice(), std::slice::from_ref(first)].concat();
        if self.modules.contains_key(&child) {
            return self.descend(&child, rest, depth);
        }
        if module.items.contains(first) {
            return Some(at.clone());
        }
        if let Some(import) = module.imports.get(first) {
            let full = [import.as_slice(), rest].concat();
            return self.resolve(at, &full, depth + 1);
        }
        module.globs.iter().find_map(|glob| {
            let base = self.resolve(at, glob, depth + 1)?;
            self.descend(&base, path, depth + 1)
        })
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = before.last().cloned() {
                    self.imports.insert(last, before.clone());
                }
            }
            UseTree::Name(name) => self.bind(name.ident.to_string(), &name.ident, before),
            UseTree::Rename(to) => self.bind(to.rename.to_string(), &to.ident, before),
            UseTree::Glob(_) => self.globs.push(before.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|t| self.import(t, before)),
        }
    }

    fn bind(&mut self, name: String, ident: &syn::Ident, before: &[String]) {
        let full = [before, &[ident.to_string()]].concat();
        // `use x as _` brings no name; it still is a use.
        if name == "_" {
            self.paths.insert(full);
        } else {
            self.imports.insert(name, full);
        }
    }
}

/// Collects the paths of expressions, types, patterns and macros' names.
struct Paths<'a>(&'a mut Module);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if segments.len() > 1 {
            self.0.paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, _inner: &'ast syn::ItemMod) {}

    fn visit_item_use(&mut self, inner: &'ast syn::ItemUse) {
        self.0.import(&inner.tree, &mut Vec::new());
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let mentions_test = |a: &Attribute| match &a.meta {
        syn::Meta::List(list) => list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|w| w == "test"),
        _ => false,
    };
    attributes.iter().any(|a| a.path().is_ident("cfg") && mentions_test(a))
}

fn path_attribute(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(value) = &pair.value else { return None };
    match &value.lit {
        syn::Lit::Str(text) if pair.path.is_ident("path") => Some(text.value()),
        _ => None,
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::Type(i) => &i.ident,
        Item::Macro(i) => i.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}
