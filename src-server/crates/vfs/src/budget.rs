//! Limits of how much of a resource may be held at once: by all clients together, and by one address.

use crate::error::{EngineError, Result, TooMany};
use model::networks::client_key;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A limit. Clones share it.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    /// What is limited, a plural for people: `archives`.
    what: &'static str,
    total: usize,
    per_address: usize,
    held: Mutex<Held>,
}

/// Amounts in use. `total` is the sum of `by_address`, which holds no zeros.
#[derive(Default)]
struct Held {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// An amount taken from a budget, returned when it is dropped.
pub struct Reservation {
    budget: Budget,
    address: IpAddr,
    amount: usize,
}

impl Budget {
    /// A budget of `total`, of which one address gets at most `per_address`. `what`: the plural, for people.
    pub fn new(what: &'static str, total: usize, per_address: usize) -> Self {
        Self(Arc::new(Inner { what, total, per_address, held: Mutex::default() }))
    }

    /// Returns an empty reservation, to be filled by [`Reservation::grow`].
    pub fn reservation(&self, address: IpAddr) -> Reservation {
        Reservation { budget: self.clone(), address: client_key(address), amount: 0 }
    }

    /// Reserves one unit.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    pub fn reserve_one(&self, address: IpAddr) -> Result<Reservation> {
        let mut reservation = self.reservation(address);
        reservation.grow(1)?;
        Ok(reservation)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock()
    }
}

impl Reservation {
    /// Whether nothing is reserved.
    pub fn is_empty(&self) -> bool {
        self.amount == 0
    }

    /// Reserves `more` units.
    ///
    /// # Errors
    /// `TooManyAtOnce`; the reservation is unchanged.
    pub fn grow(&mut self, more: usize) -> Result<()> {
        let inner = &self.budget.0;
        let too_many = |per_address| Err(EngineError::TooMany(TooMany::AtOnce { what: inner.what, per_address }));
        let mut held = self.budget.held();
        if held.by_address.get(&self.address).copied().unwrap_or(0) + more > inner.per_address {
            return too_many(true);
        }
        if held.total + more > inner.total {
            return too_many(false);
        }
        held.total += more;
        *held.by_address.entry(self.address).or_default() += more;
        self.amount += more;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut held = self.budget.held();
        held.total -= self.amount;
        if let Some(amount) = held.by_address.get_mut(&self.address) {
            *amount -= self.amount;
            if *amount == 0 {
                held.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservations_are_bounded_and_returned() {
        let budget = Budget::new("things", 5, 3);
        let [one, mapped, near, far]: [IpAddr; 4] =
            ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1", "fd00::ffff:0:0:2"].map(|text| text.parse().expect("address"));
        let refused = |address| match budget.reserve_one(address) {
            Err(EngineError::TooMany(TooMany::AtOnce { what: "things", per_address })) => Some(per_address),
            _ => None,
        };
        let mut first = budget.reserve_one(one).expect("room");
        first.grow(2).expect("room");
        assert!(first.grow(1).is_err());
        assert_eq!((refused(one), refused(mapped)), (Some(true), Some(true)));
        let others = [budget.reserve_one(near).expect("room"), budget.reserve_one(far).expect("room")];
        assert_eq!(refused(near), Some(false));
        drop(first);
        let _third = budget.reserve_one(far).expect("the same /64 has two more");
        assert_eq!(refused(near), Some(true));
        drop(others);
        assert!(budget.reserve_one(one).is_ok());
    }
}
