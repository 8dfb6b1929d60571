//! Rows of one table in memory.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

/// Rows of one table in memory, with a note of what was added and what was changed.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    rows: HashMap<K, V>,
    added: BTreeSet<K>,
    changed: BTreeSet<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
            added: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<K: Copy + Eq + Hash + Ord, V> Table<K, V> {
    /// Puts in a row that the database has.
    pub fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, row);
    }

    /// Adds a row that the database has not; false (and no change) when the key is taken.
    pub fn add(&mut self, key: K, row: V) -> bool {
        if self.rows.contains_key(&key) {
            return false;
        }
        self.rows.insert(key, row);
        self.added.insert(key);
        true
    }

    /// Adds the row or replaces it.
    pub fn put(&mut self, key: K, row: V) {
        if self.rows.insert(key, row).is_none() {
            self.added.insert(key);
        } else if !self.added.contains(&key) {
            self.changed.insert(key);
        }
    }

    /// A row to change; it counts as changed from here on.
    pub fn change(&mut self, key: K) -> Option<&mut V> {
        let row = self.rows.get_mut(&key)?;
        if !self.added.contains(&key) {
            self.changed.insert(key);
        }
        Some(row)
    }

    /// A row.
    pub fn get(&self, key: K) -> Option<&V> {
        self.rows.get(&key)
    }

    /// All rows loaded, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    /// How many rows are loaded.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The largest key.
    #[must_use]
    pub fn last_key(&self) -> Option<K> {
        self.rows.keys().max().copied()
    }

    /// The rows added since the last call, in key order; they count as the database's from here on.
    pub fn take_added(&mut self) -> Vec<(K, &V)> {
        let keys = std::mem::take(&mut self.added);
        keys.into_iter()
            .filter_map(|key| self.rows.get(&key).map(|row| (key, row)))
            .collect()
    }

    /// The rows changed since the last call, in key order.
    pub fn take_changed(&mut self) -> Vec<(K, &V)> {
        let keys = std::mem::take(&mut self.changed);
        keys.into_iter()
            .filter_map(|key| self.rows.get(&key).map(|row| (key, row)))
            .collect()
    }
}
