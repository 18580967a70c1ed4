//! What happens inside one session: which events, on which pages, how long apart, and which campaign led to it.

use std::num::NonZeroU8;

use crate::event::Event;
use crate::people::Person;
use crate::rng::{Rng, scale};
use crate::spread::{Section, Spread};
use crate::window::{MINUTE, SECOND, SESSION_GAP};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum EventType {
    PageView,
    Click,
    Search,
    AddToCart,
    Checkout,
    Purchase,
    Login,
    Signup,
}

/// A page of the product, by its place in the list of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Page(u8);

/// A campaign, by its place in the list of names, counted from 1 so that no campaign at all takes no extra byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Campaign(NonZeroU8);

/// Appends a session of `count` events whose times count from the start of the session; returns how long it lasts.
pub(crate) fn human(
    person: &Person,
    membership: u8,
    count: u64,
    rng: &mut Rng,
    events: &mut Vec<Event>,
) -> u64 {
    let campaign = Campaign::of_session(rng);
    let campaign_events = 1 + rng.below(3);
    let mut at = 0;
    let mut event_type = EventType::first(rng);
    let mut page = Page::of(event_type, Page::HOME, rng);
    for place in 0..count {
        if place > 0 {
            at += human_pause(rng);
            event_type = event_type.next(rng);
            page = Page::of(event_type, page, rng);
        }
        let campaign = if place < campaign_events { campaign } else { None };
        events.push(Event { at, user: person.user, membership, event_type, page, campaign });
    }
    at
}

/// Appends a bot's run of `count` page views at a steady `interval`, times counting from the start of the run;
/// returns how long it lasts.
pub(crate) fn bot(person: &Person, interval: u64, count: u64, rng: &mut Rng, events: &mut Vec<Event>) -> u64 {
    let event_type = EventType::PageView;
    let mut at = 0;
    for place in 0..count {
        if place > 0 && !is_tie(rng) {
            at += interval;
        }
        let page = Page::of(event_type, Page::HOME, rng);
        events.push(Event { at, user: person.user, membership: 0, event_type, page, campaign: None });
    }
    at
}

/// Seconds to minutes. Rarely exactly the session gap, which still belongs to the session.
fn human_pause(rng: &mut Rng) -> u64 {
    const PAUSE: Spread = Spread {
        sections: &[
            Section { percent: 40, from: SECOND, until: 10 * SECOND },
            Section { percent: 35, from: 10 * SECOND, until: MINUTE },
            Section { percent: 20, from: MINUTE, until: 5 * MINUTE },
            Section { percent: 5, from: 5 * MINUTE, until: 20 * MINUTE },
        ],
    };
    if is_tie(rng) {
        0
    } else if rng.one_in(2_000) {
        SESSION_GAP
    } else {
        PAUSE.draw(rng)
    }
}

/// Whether an event happens in the very microsecond of the one before it. The first event of a session cannot, so
/// this is one in 175 where one event in 200 is wanted.
fn is_tie(rng: &mut Rng) -> bool {
    rng.one_in(175)
}

impl EventType {
    /// What follows what, in percent: rows are what was, columns what comes.
    #[rustfmt::skip]
    const NEXT: [[u64; 8]; 8] = [
        // view click search cart checkout purchase login signup
        [   45,  33,   10,    9,    0,       0,      3,    0], // after a page view
        [   55,  25,    8,   12,    0,       0,      0,    0], // after a click
        [   40,  50,   10,    0,    0,       0,      0,    0], // after a search
        [   40,  15,    5,   10,   30,       0,      0,    0], // after something was put into the cart
        [   25,  10,    0,    0,    5,      60,      0,    0], // at the checkout
        [   75,  15,   10,    0,    0,       0,      0,    0], // after a purchase
        [   75,  15,   10,    0,    0,       0,      0,    0], // after a login
        [   70,  20,   10,    0,    0,       0,      0,    0], // after a signup
    ];
    const FIRST: [u64; 8] = [70, 0, 6, 0, 0, 0, 21, 3];

    /// What a session starts with: nobody arrives at the checkout.
    fn first(rng: &mut Rng) -> Self {
        Self::choose(&Self::FIRST, rng)
    }

    fn next(self, rng: &mut Rng) -> Self {
        Self::choose(&Self::NEXT[self as usize], rng)
    }

    fn choose(percentages: &[u64; 8], rng: &mut Rng) -> Self {
        let mut ticket = rng.below(100);
        for (event_type, &percent) in Self::ALL.into_iter().zip(percentages) {
            if ticket < percent {
                return event_type;
            }
            ticket -= percent;
        }
        Self::PageView
    }

    const ALL: [Self; 8] = [
        Self::PageView,
        Self::Click,
        Self::Search,
        Self::AddToCart,
        Self::Checkout,
        Self::Purchase,
        Self::Login,
        Self::Signup,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Click => "click",
            Self::Search => "search",
            Self::AddToCart => "add_to_cart",
            Self::Checkout => "checkout",
            Self::Purchase => "purchase",
            Self::Login => "login",
            Self::Signup => "signup",
        }
    }
}

/// The pages that belong to one kind of event come first, then those to look at, the products last.
const PATHS: [&str; 32] = [
    "/login",
    "/signup",
    "/search",
    "/checkout",
    "/checkout/complete",
    "/",
    "/pricing",
    "/products",
    "/cart",
    "/account",
    "/account/orders",
    "/account/settings",
    "/blog",
    "/blog/getting-started",
    "/blog/release-notes",
    "/docs",
    "/docs/install",
    "/help",
    "/about",
    "/products/anvil",
    "/products/bellows",
    "/products/chisel",
    "/products/drill",
    "/products/file",
    "/products/hammer",
    "/products/lathe",
    "/products/mallet",
    "/products/plane",
    "/products/rasp",
    "/products/saw",
    "/products/tongs",
    "/products/vise",
];

impl Page {
    const LOGIN: Self = Self(0);
    const SIGNUP: Self = Self(1);
    const SEARCH: Self = Self(2);
    const CHECKOUT: Self = Self(3);
    const CHECKOUT_COMPLETE: Self = Self(4);
    const HOME: Self = Self(5);
    const FIRST_PRODUCT: Self = Self(19);

    /// The page on which an event happens, for somebody who is on `current`.
    fn of(event_type: EventType, current: Self, rng: &mut Rng) -> Self {
        match event_type {
            EventType::PageView => Self::to_look_at(rng),
            EventType::Click => current,
            EventType::Search => Self::SEARCH,
            EventType::AddToCart if current >= Self::FIRST_PRODUCT => current,
            EventType::AddToCart => Self::between(Self::FIRST_PRODUCT, rng.next()),
            EventType::Checkout => Self::CHECKOUT,
            EventType::Purchase => Self::CHECKOUT_COMPLETE,
            EventType::Login => Self::LOGIN,
            EventType::Signup => Self::SIGNUP,
        }
    }

    /// The home page every fifth time.
    fn to_look_at(rng: &mut Rng) -> Self {
        if rng.one_in(5) { Self::HOME } else { Self::between(Self::HOME, rng.next()) }
    }

    /// One of the pages from `first` to the last.
    fn between(first: Self, random: u64) -> Self {
        Self(first.0 + scale(random, PATHS.len() as u64 - u64::from(first.0)) as u8)
    }

    pub(crate) fn path(self) -> &'static str {
        PATHS[usize::from(self.0)]
    }
}

const CAMPAIGNS: [&str; 8] = [
    "newsletter",
    "brand_search",
    "spring_sale",
    "retargeting",
    "partner_blog",
    "webinar_february",
    "podcast",
    "conference_booth",
];

impl Campaign {
    /// One session in six comes from a campaign. The smaller of two draws makes the first campaigns the larger ones.
    fn of_session(rng: &mut Rng) -> Option<Self> {
        if !rng.one_in(6) {
            return None;
        }
        let draw = |rng: &mut Rng| rng.below(CAMPAIGNS.len() as u64) as u8;
        Some(Self(NonZeroU8::MIN.saturating_add(draw(rng).min(draw(rng)))))
    }

    pub(crate) fn name(self) -> &'static str {
        CAMPAIGNS[usize::from(self.0.get() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_add_up_to_a_hundred() {
        for row in EventType::NEXT.iter().chain([&EventType::FIRST]) {
            assert_eq!(row.iter().sum::<u64>(), 100);
        }
    }

    #[test]
    fn event_types_stand_at_their_own_place() {
        for (place, event_type) in EventType::ALL.into_iter().enumerate() {
            assert_eq!(event_type as usize, place);
        }
    }

    #[test]
    fn pages_stand_at_their_own_place() {
        let paths = [
            (Page::LOGIN, "/login"),
            (Page::SIGNUP, "/signup"),
            (Page::SEARCH, "/search"),
            (Page::CHECKOUT, "/checkout"),
            (Page::CHECKOUT_COMPLETE, "/checkout/complete"),
            (Page::HOME, "/"),
        ];
        for (page, path) in paths {
            assert_eq!(page.path(), path);
        }
        for (place, path) in PATHS.iter().enumerate() {
            let product = place >= usize::from(Page::FIRST_PRODUCT.0);
            assert_eq!(path.starts_with("/products/"), product, "{path}");
        }
    }
}
