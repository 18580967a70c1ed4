//! Who acts, how much, and for which account.
//!
//! There is one user to a hundred events and one account to ten users. The k-th busiest user's share follows
//! Zipf's law with Mandelbrot's offset, `1 / (k + q)`, where `q` is chosen so that the busiest has 2 % of all
//! events (twice the average where there are fewer than a hundred users). At that rate nobody human is left at the
//! top, so the busiest thousandth of the users are the bots. Their part of all events grows with the number of users:
//! 2 % of a hundred thousand events, 13 % of a million, 31 % of ten million.

use crate::permutation::Permutation;
use crate::rng::{Purpose, Rng, salt};
use crate::{Generate, GenerateError};

const EVENTS_PER_USER: u64 = 100;
const USERS_PER_ACCOUNT: u64 = 10;
const USERS_PER_BOT: u64 = 1_000;
/// Of a hundred users, how many may work in two or three accounts. Many have too few sessions to show it: about
/// three in a hundred are seen in more than one.
const PERCENT_IN_SEVERAL_ACCOUNTS: u64 = 5;

/// One user with everything that decides how they act.
#[derive(Debug)]
pub(crate) struct Person {
    /// The user's number, from 0. It says nothing about how busy they are.
    pub(crate) user: u32,
    /// How many events are theirs.
    pub(crate) events: u64,
    /// In how many accounts they work; each session is for one of them.
    pub(crate) memberships: u8,
    pub(crate) bot: bool,
}

#[derive(Debug)]
pub(crate) struct People {
    events: u64,
    users: u64,
    accounts: u64,
    numbers: Permutation,
    seed: u64,
}

impl People {
    pub(crate) fn of(options: &Generate) -> Result<Self, GenerateError> {
        let users = (options.events / EVENTS_PER_USER).max(1);
        if users > u64::from(u32::MAX) {
            return Err(GenerateError::TooManyEvents { events: options.events });
        }
        Ok(Self {
            events: options.events,
            users,
            accounts: (users / USERS_PER_ACCOUNT).max(1),
            numbers: Permutation::new(users, salt(options.seed, Purpose::UserNumbers)),
            seed: options.seed,
        })
    }

    /// Everybody, the busiest first; their events add up to exactly as many as were asked for.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Person> {
        let offset = self.zipf_offset();
        let all: u64 = self.zipf_weights(offset).sum();
        // Rounding the running total instead of each share keeps the sum exact.
        let mut weight_so_far = 0;
        let mut events_so_far = 0;
        self.zipf_weights(offset).zip(0_u64..).map(move |(weight, rank)| {
            weight_so_far += weight;
            let total = u128::from(self.events) * u128::from(weight_so_far) / u128::from(all);
            let events = total as u64 - events_so_far;
            events_so_far += events;
            let user = self.numbers.at(rank) as u32;
            let bot = rank < self.users / USERS_PER_BOT;
            Person { user, events, memberships: if bot { 1 } else { self.memberships(user) }, bot }
        })
    }

    /// The account, numbered from 0, that a user's membership is in; a user's memberships are in different accounts
    /// as long as there are three.
    pub(crate) fn account(&self, user: u32, membership: u8) -> u64 {
        let mut rng = Rng::stream(self.seed, Purpose::Accounts, u64::from(user));
        let home = rng.below(self.accounts);
        if membership == 0 {
            return home;
        }
        let step = 1 + rng.below((self.accounts - 1) / 2);
        (home + u64::from(membership) * step) % self.accounts
    }

    fn memberships(&self, user: u32) -> u8 {
        let mut rng = Rng::stream(self.seed, Purpose::Memberships, u64::from(user));
        match rng.below(100) {
            percent if percent >= PERCENT_IN_SEVERAL_ACCOUNTS => 1,
            _ => 2 + rng.below(2) as u8,
        }
    }

    /// The weights of all users, the busiest first, for an offset given in sixteenths.
    fn zipf_weights(&self, sixteenths: u64) -> impl Iterator<Item = u64> + use<> {
        (1..=self.users).map(move |rank| (1 << 44) / (16 * rank + sixteenths))
    }

    /// The smallest offset, in sixteenths, under which the busiest user has no more than their share.
    fn zipf_offset(&self) -> u64 {
        let users_per_busiest_share = (self.users / 2).min(50);
        let too_busy = |sixteenths: u64| {
            let busiest = (1 << 44) / (16 + sixteenths);
            let all: u64 = self.zipf_weights(sixteenths).sum();
            busiest * users_per_busiest_share > all
        };
        let (mut low, mut high) = (0, 16 * self.users);
        while low < high {
            let middle = low.midpoint(high);
            if too_busy(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Ids, Order};

    fn people(events: u64) -> People {
        People::of(&Generate { events, seed: 3, order: Order::Time, ids: Ids::Int }).unwrap()
    }

    #[test]
    fn every_event_has_a_user_and_every_user_a_number() {
        for events in [0, 1, 99, 100, 199, 200, 1_000, 12_345, 1_000_000] {
            let people = people(events);
            assert_eq!(people.iter().map(|person| person.events).sum::<u64>(), events);
            let numbers: HashSet<u32> = people.iter().map(|person| person.user).collect();
            assert_eq!(numbers.len() as u64, people.users);
            assert!(numbers.iter().all(|&user| u64::from(user) < people.users));
        }
    }

    #[test]
    fn the_busiest_user_has_one_event_in_fifty_whatever_the_scale() {
        for events in [10_000, 100_000, 1_000_000, 10_000_000, 50_000_000] {
            let busiest = people(events).iter().next().unwrap();
            let per_mille = busiest.events * 1_000 / events;
            assert!((18..=21).contains(&per_mille), "{per_mille} per mille of {events}");
        }
    }

    #[test]
    fn no_human_is_busier_than_a_human_can_be() {
        for events in [99_999, 199_999, 1_000_000, 10_000_000, 50_000_000] {
            let busiest = people(events).iter().find(|person| !person.bot).unwrap();
            assert!(busiest.events < 12_000, "{} of {events}", busiest.events);
        }
    }

    #[test]
    fn some_users_work_in_several_accounts_and_those_differ() {
        let people = people(1_000_000);
        let mut several = 0;
        for person in people.iter().filter(|person| person.memberships > 1) {
            several += 1;
            let accounts: HashSet<u64> =
                (0..person.memberships).map(|membership| people.account(person.user, membership)).collect();
            assert_eq!(accounts.len(), usize::from(person.memberships));
            assert!(accounts.iter().all(|&account| account < people.accounts));
        }
        assert!((430..570).contains(&several), "{several} of 10000 users");
    }
}
