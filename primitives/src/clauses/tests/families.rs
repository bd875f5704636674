//! What is promised to whoever states clauses, over random families of ten generations and more.
//! The promises are read from what was published and who descends from whom, never from
//! [`Effective`] of the ancestors.

use super::*;
use alloc::collections::BTreeSet;
use proptest::{prelude::*, sample::subsequence};

const GENERATIONS: usize = 10;
const PRICED_IN: [(Unit, Asset); 4] = [
    (Unit::Call, NATIVE),
    (Unit::Call, DOLLAR),
    (Unit::Second, NATIVE),
    (Unit::Second, DOLLAR),
];

/// What somebody wants to publish; whether it may be is for the rules to say.
#[derive(Clone, Debug)]
struct Wish {
    clauses: Clauses,
    priced_in: usize,
    /// On top of the youngest version.
    others: Vec<prop::sample::Index>,
    /// Given to every line on top of what it asks.
    extra_share: u32,
    extra_price: Balance,
}

fn any_royalty() -> impl Strategy<Value = Royalty> {
    let alternatives = subsequence(PRICED_IN.to_vec(), 1..=4).prop_flat_map(|units| {
        units
            .into_iter()
            .map(|(unit, asset)| (Just(unit), Just(asset), 1..100u128, 0..100u128))
            .collect::<Vec<_>>()
    });
    prop_oneof![
        3 => Just(Royalty::default()),
        1 => (1..60_000u32, alternatives)
            .prop_map(|(share, alternatives)| royalty(share, &alternatives)),
    ]
}

fn any_commercial() -> impl Strategy<Value = Commercial> {
    let limit = (0..4usize, 1..9u128).prop_map(|(priced_in, max_fee)| {
        let (unit, asset) = PRICED_IN[priced_in];
        Some(FeeLimit {
            unit,
            asset,
            max_fee,
        })
    });
    prop_oneof![
        16 => Just(Commercial::Allowed),
        1 => Just(Commercial::Forbidden { fees: None }),
        2 => limit.prop_map(|fees| Commercial::Forbidden { fees }),
    ]
}

fn any_access() -> impl Strategy<Value = Access> {
    prop_oneof![8 => Just(Access::Anyone), 1 => Just(Access::Approval)]
}

fn any_clauses() -> impl Strategy<Value = Clauses> {
    let derivatives = prop_oneof![
        30 => Just(Derivatives::Allowed),
        4 => Just(Derivatives::Approval),
        1 => Just(Derivatives::Forbidden),
    ];
    let policy = prop_oneof![4 => Just(None), 1 => (1..5u8).prop_map(Some)];
    let license = prop_oneof![Just("CC-BY-SA-4.0"), Just("ODbL-1.0")];
    (
        (license, derivatives, any_royalty(), any_commercial()),
        (any_access(), any_access(), policy),
        (
            any::<bool>(),
            prop::bool::weighted(0.1),
            prop::bool::weighted(0.2),
        ),
    )
        .prop_map(
            |(
                (license, derivatives, royalty, commercial),
                (hosting, users, policy),
                (irrevocable, share_alike, credited),
            )| {
                let attribution = if credited { "Built with it" } else { "" };
                but(Clauses::open(text(license)), |c| {
                    c.derivatives = derivatives;
                    c.commercial = commercial;
                    if commercial == Commercial::Allowed {
                        c.royalty = royalty;
                    }
                    c.hosting = hosting;
                    c.users = users;
                    c.use_policy = policy.map(file);
                    c.irrevocable = irrevocable;
                    c.share_alike = share_alike;
                    c.attribution = text(attribution);
                })
            },
        )
}

fn any_wish() -> impl Strategy<Value = Wish> {
    (
        any_clauses(),
        0..4usize,
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        prop_oneof![Just(0), 0..50_000u32],
        prop_oneof![Just(0), 0..1_000u128],
    )
        .prop_map(
            |(clauses, priced_in, others, extra_share, extra_price)| Wish {
                clauses,
                priced_in,
                others,
                extra_share,
                extra_price,
            },
        )
}

/// A family and how it came about.
#[derive(Default)]
struct World {
    family: Family,
    published: BTreeMap<Licensor, Draft>,
    /// How many were published as wished, plainly, and plainly from one base.
    accepted: [u32; 3],
}

impl World {
    fn above(&self, source: Licensor) -> BTreeSet<Licensor> {
        let mut found = BTreeSet::new();
        let mut open = vec![source];
        while let Some(next) = open.pop() {
            for (parent, _) in &self.published[&next].lines {
                if found.insert(*parent) {
                    open.push(*parent);
                }
            }
        }
        found
    }

    fn with_itself(&self, source: Licensor) -> BTreeSet<Licensor> {
        let mut all = self.above(source);
        all.insert(source);
        all
    }

    fn clauses(&self, source: Licensor) -> &Clauses {
        &self.published[&source].clauses
    }

    /// A draft on `parents` that names and pays everybody who is above them, at the lowest price
    /// that does.
    fn dutiful(&self, clauses: Clauses, priced_in: (Unit, Asset), parents: &[Licensor]) -> Draft {
        let all: BTreeSet<Licensor> = parents.iter().flat_map(|p| self.with_itself(*p)).collect();
        let mut made = draft(clauses).sold_in(priced_in.0, priced_in.1);
        made.lines = parents.iter().map(|p| (*p, Ppm(0))).collect();
        for source in &all {
            let clauses = self.clauses(*source);
            if !clauses.asks() {
                continue;
            }
            let line = made.lines.iter_mut().find(|l| l.0.is_same_party(source));
            match line {
                Some(line) => line.1 = line.1.max(clauses.royalty.share),
                None => made.lines.push((*source, clauses.royalty.share)),
            }
        }
        if !all.iter().any(|s| self.is_research(*s)) {
            made.price.value = self.price_that_pays(&made, &all);
        }
        made
    }

    fn is_research(&self, source: Licensor) -> bool {
        self.clauses(source).commercial != Commercial::Allowed
    }

    fn price_that_pays(&self, draft: &Draft, all: &BTreeSet<Licensor>) -> Balance {
        all.iter()
            .filter_map(|source| {
                let share = line_of(draft, *source)?;
                let floor = alternative(self.clauses(*source), draft)?.floor;
                Some((floor * 1_000_000).div_ceil(u128::from(share.0)))
            })
            .max()
            .unwrap_or(0)
    }

    /// Asks nothing and keeps what parents ask.
    fn plain(&self, parents: &[Licensor]) -> Clauses {
        let clauses = parents
            .iter()
            .flat_map(|p| self.with_itself(*p))
            .map(|source| self.clauses(source))
            .find(|c| c.share_alike)
            .map_or(open(), |c| Clauses::open(c.license.clone()));
        but(clauses, |c| c.irrevocable = true)
    }

    /// One in which all who ask a royalty may be paid, if there is one.
    fn common(&self, parents: &[Licensor]) -> Option<(Unit, Asset)> {
        PRICED_IN.into_iter().find(|(unit, asset)| {
            let sold = draft(open()).sold_in(*unit, *asset);
            parents
                .iter()
                .flat_map(|p| self.with_itself(*p))
                .map(|source| self.clauses(source))
                .all(|c| c.royalty.share.0 == 0 || alternative(c, &sold).is_some())
        })
    }

    fn publish(&mut self, draft: Draft) -> Result<Licensor, ClauseError> {
        let source = self.family.publish(&draft)?;
        self.published.insert(source, draft);
        Ok(source)
    }

    /// Publishes what is wished if it may be, else something plain, at last on `youngest` alone,
    /// which must be possible always.
    fn grow(&mut self, youngest: Licensor, wish: &Wish) -> Licensor {
        let known: Vec<Licensor> = self.published.keys().copied().collect();
        let mut parents = vec![youngest];
        for other in &wish.others {
            let other = *other.get(&known);
            if !parents.iter().any(|p| p.is_same_party(&other)) {
                parents.push(other);
            }
        }
        let priced_in = PRICED_IN[wish.priced_in];
        let mut wished = self.dutiful(wish.clauses.clone(), priced_in, &parents);
        for line in &mut wished.lines {
            line.1 .0 += wish.extra_share;
        }
        if wished.price.value > 0 {
            wished.price.value += wish.extra_price;
        }
        self.same_in_any_order(&wished);

        let plainly = |world: &Self, parents: &[Licensor]| {
            let priced_in = world.common(parents).unwrap_or(priced_in);
            world.dutiful(world.plain(parents), priced_in, parents)
        };
        let (plain, single) = (plainly(self, &parents), plainly(self, &[youngest]));
        assert!(fits(&single), "no lines are left: {single:?}");
        for (n, draft) in [wished, plain, single].into_iter().enumerate() {
            if !fits(&draft) {
                continue;
            }
            match self.publish(draft) {
                Ok(source) => {
                    self.accepted[n] += 1;
                    return source;
                }
                Err(error) => assert!(n < 2, "nobody could derive from {youngest:?}: {error:?}"),
            }
        }
        unreachable!("the last one fits")
    }

    /// The order of lines is of no account, nor are those that stand there twice.
    fn same_in_any_order(&self, draft: &Draft) {
        let expected = self.family.inherit(draft);
        let mut other = draft.clone();
        for _ in 0..draft.lines.len() {
            other.lines.rotate_left(1);
            assert_eq!(self.family.inherit(&other), expected);
        }
        other.lines.reverse();
        assert_eq!(self.family.inherit(&other), expected);
        other.lines.extend(draft.lines.clone());
        assert_eq!(self.family.inherit(&other), expected);
    }

    /// What each ancestor was promised holds for `source`.
    fn keeps_promises(&self, source: Licensor) {
        let draft = &self.published[&source];
        let (own, price) = (&draft.clauses, draft.price);
        let effective = self.family.of(source);
        for ancestor in self.with_itself(source) {
            let stated = self.clauses(ancestor);
            if stated.binds() {
                let bound = Bound {
                    licensor: ancestor,
                    hosting: stated.hosting == Access::Approval,
                    users: stated.users == Access::Approval,
                };
                assert!(effective.bound_by.contains(&bound));
                assert!(effective.flags.hosting || !bound.hosting);
                assert!(effective.flags.users || !bound.users);
            }
            if let Some(policy) = &stated.use_policy {
                assert!(effective.policies.contains(&policy.sha256));
            }
            if let Commercial::Forbidden { fees } = stated.commercial {
                assert_eq!(price.value, 0);
                assert_eq!(own.royalty.share, Ppm(0));
                let allowed = fees
                    .filter(|f| (f.unit, f.asset) == (draft.unit, price.asset))
                    .map_or(0, |f| f.max_fee);
                assert_eq!(
                    effective.ensure_fees(allowed + 1),
                    Err(ClauseError::FeeAboveMaximum)
                );
                assert_eq!(effective.ensure_price(1), Err(ClauseError::NotCommercial));
            }
            if stated.asks() {
                assert!(effective.licensors.iter().any(|a| a.licensor == ancestor
                    && a.royalty == stated.royalty
                    && a.derivatives == stated.derivatives));
            }
            if stated.share_alike {
                assert_eq!(own.license_hash(), stated.license_hash());
                assert_eq!(effective.share_alike, Some(stated.license_hash()));
            }
            if ancestor == source {
                continue;
            }
            assert_ne!(stated.derivatives, Derivatives::Forbidden);
            if stated.asks() {
                let share = line_of(draft, ancestor).expect("who asks is named");
                assert!(share >= stated.royalty.share);
                if stated.royalty.share.0 > 0 {
                    let asked = alternative(stated, draft).expect("sold where it is licensed");
                    assert!(share.of(price.value) >= asked.floor);
                    assert!(share.of(effective.min_price) >= asked.floor);
                    assert_eq!(
                        effective.ensure_fees(asked.max_fee + 1),
                        Err(ClauseError::FeeAboveMaximum)
                    );
                }
            }
            if stated.share_alike {
                assert!(own.irrevocable);
                self.asks_no_more(ancestor, source);
            }
        }
        assert!(effective.licensors.is_sorted_by_key(|a| a.licensor));
        assert!(effective.bound_by.is_sorted());
        assert!(effective.policies.is_sorted());
    }

    /// Whoever derives from `source` owes nothing that it would not owe for deriving from
    /// `share_alike`, which is above it.
    fn asks_no_more(&self, share_alike: Licensor, source: Licensor) {
        let asked_before = self.with_itself(share_alike);
        for added in self.with_itself(source).difference(&asked_before) {
            let clauses = self.clauses(*added);
            assert_eq!(clauses.hosting, Access::Anyone);
            assert_eq!(clauses.users, Access::Anyone);
            if clauses.asks() {
                // Other terms of a dataset that is named anyway, for no greater share.
                let known = asked_before.iter().find(|b| {
                    b.is_same_party(added)
                        && self.clauses(**b).royalty.share >= clauses.royalty.share
                });
                assert!(known.is_some(), "{added:?} asks more than {share_alike:?}");
            }
            if clauses.commercial != Commercial::Allowed {
                assert!(asked_before.iter().any(|b| self.is_research(*b)));
            }
            if let Some(policy) = &clauses.use_policy {
                assert!(asked_before.iter().any(|b| {
                    let known = self.clauses(*b).use_policy.as_ref();
                    known.is_some_and(|known| known.sha256 == policy.sha256)
                }));
            }
        }
    }
}

fn line_of(draft: &Draft, source: Licensor) -> Option<Ppm> {
    let line = draft.lines.iter().find(|l| l.0.is_same_party(&source))?;
    Some(line.1)
}

fn alternative<'a>(clauses: &'a Clauses, draft: &Draft) -> Option<&'a Alternative> {
    let mut all = clauses.royalty.alternatives.iter();
    all.find(|a| (a.unit, a.asset) == (draft.unit, draft.price.asset))
}

/// Whether a spec has lines enough: eight bases, eight datasets.
fn fits(draft: &Draft) -> bool {
    let bases = draft
        .lines
        .iter()
        .filter(|l| matches!(l.0, Licensor::Version(_)))
        .count();
    let most = MAX_LINES as usize;
    bases <= most && draft.lines.len() - bases <= most
}

/// Three kinds of terms of two datasets, and a family on top of them; looks at each member as it
/// is published.
fn raise(terms: &[Clauses; 3], wishes: &[Wish], mut look: impl FnMut(&World, Licensor)) -> World {
    let mut world = World::default();
    for ((dataset, number), clauses) in [(1, 1), (1, 2), (2, 1)].into_iter().zip(terms) {
        let source = world.family.terms(dataset, number, clauses);
        world.published.insert(source, draft(clauses.clone()));
    }
    let root = world.publish(draft(open())).unwrap();
    let mut youngest = root;
    for wish in wishes {
        let source = world.grow(youngest, wish);
        look(&world, source);
        // The line goes on from one that others may derive from.
        if world.clauses(source).derivatives != Derivatives::Forbidden {
            youngest = source;
        }
    }
    world
}

fn any_family() -> impl Strategy<Value = ([Clauses; 3], Vec<Wish>)> {
    (
        [any_clauses(), any_clauses(), any_clauses()],
        prop::collection::vec(any_wish(), GENERATIONS..2 * GENERATIONS),
    )
}

proptest! {
    /// No flag, condition, policy or demand of an ancestor is lost or loosened down the line, and
    /// each is paid; somebody can derive from whatever is published, as [`World::grow`] tries.
    #[test]
    fn clauses_only_get_stricter((terms, wishes) in any_family()) {
        raise(&terms, &wishes, World::keeps_promises);
    }

    /// The lowest price is enough, and is the lowest.
    #[test]
    fn min_price_brings_every_floor((terms, wishes) in any_family()) {
        raise(&terms, &wishes, |world, source| {
            let mut draft = world.published[&source].clone();
            let effective = world.family.of(source);
            draft.price.value = effective.min_price;
            assert_eq!(world.family.inherit(&draft).err(), None);
            if let Some(less) = effective.min_price.checked_sub(1) {
                draft.price.value = less;
                assert_eq!(
                    world.family.inherit(&draft).err(),
                    Some(ClauseError::PriceBelowFloor)
                );
            }
        });
    }

    /// What the pallet compares with `max_royalty` is what a descendant's lines owe.
    #[test]
    fn shares_down_are_what_a_descendant_owes((terms, wishes) in any_family()) {
        raise(&terms, &wishes, |world, source| {
            let child = world.dutiful(open(), PRICED_IN[0], &[source]);
            let owed: u32 = child.lines.iter().map(|l| l.1.0).sum();
            assert_eq!(world.family.of(source).shares_down(), Ppm(owed));
        });
    }
}

/// The properties above look at families worth looking at.
#[test]
fn random_families_are_deep_and_demanding() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut demanding, mut share_alike) = ([0; 3], 0, 0);
    for _ in 0..100 {
        let (terms, wishes) = any_family().new_tree(&mut runner).unwrap().current();
        let world = raise(&terms, &wishes, |world, source| {
            let effective = world.family.of(source);
            demanding += u32::from(effective.min_price > 0);
            share_alike += u32::from(effective.share_alike.is_some());
        });
        for (all, of_this) in accepted.iter_mut().zip(world.accepted) {
            *all += of_this;
        }
    }
    assert!(
        accepted.iter().all(|n| *n >= 50) && demanding >= 100 && share_alike >= 100,
        "{accepted:?} {demanding} {share_alike}"
    );
}
