//! Renders off the reactor, a few texts at once, and remembers the newest results: a folder's readme is the same for every
//! visitor.

use super::place::Place;
use super::render::render;
use super::rendered::Rendered;
use engine::Result;
use engine::blocking_pool::BlockingPool;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Most texts that are rendered at once: others wait, and the threads of the pool stay free for files.
const AT_ONCE: usize = 2;
/// Most bytes of HTML that are remembered.
const REMEMBERED_MAX: usize = 8 << 20;
/// Most texts that are remembered.
const REMEMBERED_COUNT: usize = 256;

/// Renders texts, and remembers the newest.
pub struct Renderer {
    permits: Semaphore,
    remembered: Mutex<Remembered>,
}

impl Default for Renderer {
    fn default() -> Self {
        Self { permits: Semaphore::new(AT_ONCE), remembered: Mutex::default() }
    }
}

type Key = [u8; 32];

#[derive(Default)]
struct Remembered {
    texts: HashMap<Key, Arc<Rendered>>,
    /// The oldest first.
    order: VecDeque<Key>,
    bytes: usize,
}

impl Remembered {
    fn insert(&mut self, key: Key, rendered: Arc<Rendered>) {
        let weight = weight(&rendered);
        if weight > REMEMBERED_MAX / 4 || self.texts.contains_key(&key) {
            return;
        }
        while self.bytes + weight > REMEMBERED_MAX || self.order.len() >= REMEMBERED_COUNT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.texts.remove(&oldest).map_or(0, |rendered| self::weight(&rendered));
        }
        self.bytes += weight;
        self.order.push_back(key);
        self.texts.insert(key, rendered);
    }
}

/// Returns about the bytes that a result occupies.
fn weight(rendered: &Rendered) -> usize {
    rendered.html.len() + rendered.headings.len() * 256 + rendered.files.len() * 256
}

impl Renderer {
    /// Renders a text on a thread of `pool`.
    ///
    /// # Errors
    /// `Internal` if rendering panicked.
    pub async fn render(&self, pool: &BlockingPool, text: String, place: Place) -> Result<Arc<Rendered>> {
        let key = key(&text, &place);
        let known = || self.remembered.lock().texts.get(&key).cloned();
        if let Some(known) = known() {
            return Ok(known);
        }
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        // Another request may have rendered it meanwhile.
        if let Some(known) = known() {
            return Ok(known);
        }
        let rendered = Arc::new(pool.run(move || render(&text, &place)).await?);
        if !rendered.is_hasty {
            self.remembered.lock().insert(key, rendered.clone());
        }
        Ok(rendered)
    }
}

/// Returns a digest of everything that the result depends on.
fn key(text: &str, place: &Place) -> Key {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(text.as_bytes());
    part(place.base.as_bytes());
    part(place.folder.as_bytes());
    part(place.id_prefix.as_bytes());
    part(&[place.lowered, place.breaks_lines.into()]);
    part(place.texts.tag().as_bytes());
    let mut keys: Vec<_> = place.keys.iter().collect();
    keys.sort();
    for (path, key) in keys {
        part(path.as_bytes());
        part(key.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::VPath;

    #[tokio::test]
    async fn results_are_remembered_within_bounds() {
        let (renderer, pool) = (Renderer::default(), BlockingPool::default());
        let place = |base: &str| Place::new(base, VPath::root());
        let first = renderer.render(&pool, "# a".into(), place("")).await.expect("renders");
        let again = renderer.render(&pool, "# a".into(), place("")).await.expect("renders");
        assert!(Arc::ptr_eq(&first, &again));
        let elsewhere = renderer.render(&pool, "[a](b)".into(), place("/base")).await.expect("renders");
        let here = renderer.render(&pool, "[a](b)".into(), place("")).await.expect("renders");
        assert_ne!(elsewhere, here);
        for number in 0..REMEMBERED_COUNT + 10 {
            renderer.render(&pool, format!("{number}"), place("")).await.expect("renders");
        }
        let remembered = renderer.remembered.lock();
        assert_eq!((remembered.texts.len(), remembered.order.len()), (REMEMBERED_COUNT, REMEMBERED_COUNT));
        let bytes: usize = remembered.texts.values().map(|rendered| weight(rendered)).sum();
        assert_eq!(remembered.bytes, bytes);
    }

    #[test]
    fn old_results_make_room() {
        let mut remembered = Remembered::default();
        let large = |fill: &str| Arc::new(Rendered { html: fill.repeat(REMEMBERED_MAX / 5), ..Rendered::default() });
        for number in 0..10u8 {
            remembered.insert([number; 32], large("x"));
        }
        assert_eq!((remembered.order.len(), remembered.bytes), (5, REMEMBERED_MAX / 5 * 5));
        remembered.insert([99; 32], Arc::new(Rendered { html: "x".repeat(REMEMBERED_MAX), ..Rendered::default() }));
        assert!(!remembered.texts.contains_key(&[99; 32]) && remembered.texts.contains_key(&[9; 32]));
    }
}
