//! What an account may claim, page by page, in the order in which it is to be claimed. Nothing here
//! writes: it reckons what the ledger would be once the claims listed so far were made. What a
//! suspension freezes is left out until it can be claimed.
//!
//! A page goes through units: a split that pays the account, and one that names it, with all that
//! lies further up; at last that split's own shares. A page ends where another unit could make it
//! look at more than [`MAX_LOOKED_AT`] splits, models and datasets, or when it has [`MAX_PAGE`]
//! claims. A unit looks at [`MAX_UPSTREAM`] splits: what lies further up is for those to claim who
//! are nearer to it, and seen here once it was claimed.

use crate::{arithmetic, Config, Paid, Pallet, Received, Split, Splits, SplitsOf, MAX_RECEIVED};
use alloc::{
    collections::{btree_map::Entry, BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};
use myai_primitives::{
    Amount, Asset, Balance, Beneficiary, ClaimCursor, ClaimPlace, ClaimView, ClaimsPage, DatasetId,
    ModelId, Shares, SplitId, MAX_PAGE,
};
use myai_support::Owners;

/// Most splits, models and datasets that a page looks at.
pub const MAX_LOOKED_AT: usize = 500;
/// Most splits that are looked for behind one that names a split, itself included.
pub const MAX_UPSTREAM: usize = 125;
/// Most claims of a page, its last unit included; what is beyond is left for the time after these.
pub const MAX_ROWS: usize = 10 * MAX_PAGE as usize;

/// Most that all units of a page find together, whether they had looked at it before or not.
const MAX_STEPS: usize = 5_000;

/// The ledger of one split.
struct Book<AccountId> {
    shares: Shares<AccountId>,
    /// Which shares cannot be claimed now.
    frozen: Vec<bool>,
    /// The splits that name it, as many as a unit looks at.
    named_by: Vec<SplitId>,
    /// What it received, and what each share was paid, by asset.
    assets: BTreeMap<Asset, (Balance, Vec<Balance>)>,
}

/// A page that is being filled.
struct Listing<T: Config> {
    /// The splits that were looked at, as the claims listed so far leave them.
    books: BTreeMap<SplitId, Book<T::AccountId>>,
    /// How many models and datasets were, the account itself included.
    owned: usize,
    steps: usize,
    claims: Vec<ClaimView<T::AccountId>>,
}

impl<T: Config> Pallet<T> {
    /// What `account` may claim, from `from` on: by shares of its own, of models that it owns, and of
    /// datasets that it owns.
    pub fn claimable(
        account: &T::AccountId,
        from: Option<ClaimCursor>,
    ) -> ClaimsPage<T::AccountId> {
        let mut listing = Listing::<T> {
            books: BTreeMap::new(),
            owned: 0,
            steps: 0,
            claims: Vec::new(),
        };
        let mut at = Some(from.unwrap_or(ClaimCursor::Account(ClaimPlace::default())));
        while let Some(cursor) = at {
            let Some((cursor, beneficiary, place)) = owned_at::<T>(account, cursor) else {
                at = None;
                break;
            };
            if listing.is_full() {
                at = Some(cursor);
                break;
            }
            listing.owned = listing.owned.saturating_add(1);
            if let Some(place) = listing.go_through(&beneficiary, place) {
                at = Some(match cursor {
                    ClaimCursor::Account(_) => ClaimCursor::Account(place),
                    ClaimCursor::Model(model, _) => ClaimCursor::Model(model, place),
                    ClaimCursor::Dataset(dataset, _) => ClaimCursor::Dataset(dataset, place),
                });
                break;
            }
            let start = ClaimPlace::default();
            at = match cursor {
                ClaimCursor::Account(_) => Some(ClaimCursor::Model(ModelId(0), start)),
                ClaimCursor::Model(model, _) => Some(match model.next() {
                    Some(next) => ClaimCursor::Model(next, start),
                    None => ClaimCursor::Dataset(DatasetId(0), start),
                }),
                ClaimCursor::Dataset(dataset, _) => {
                    dataset.next().map(|next| ClaimCursor::Dataset(next, start))
                }
            };
        }
        ClaimsPage {
            claims: listing.claims,
            next: at,
        }
    }
}

/// The first at or after the cursor that the account has its shares by, and where its splits go on;
/// the account itself comes first, then models, then datasets.
fn owned_at<T: Config>(
    account: &T::AccountId,
    cursor: ClaimCursor,
) -> Option<(ClaimCursor, Beneficiary<T::AccountId>, ClaimPlace)> {
    let start = ClaimPlace::default();
    let from = match cursor {
        ClaimCursor::Account(place) => {
            return Some((cursor, Beneficiary::Account(account.clone()), place))
        }
        ClaimCursor::Model(from, place) => {
            match T::Owners::models_of(account, from, 1).first().copied() {
                Some(model) => {
                    let place = if model == from { place } else { start };
                    let cursor = ClaimCursor::Model(model, place);
                    return Some((cursor, Beneficiary::ModelOwner(model), place));
                }
                None => (DatasetId(0), start),
            }
        }
        ClaimCursor::Dataset(from, place) => (from, place),
    };
    let dataset = T::Owners::datasets_of(account, from.0, 1)
        .first()
        .copied()?;
    let place = if dataset == from.0 { from.1 } else { start };
    let cursor = ClaimCursor::Dataset(dataset, place);
    Some((cursor, Beneficiary::DatasetOwner(dataset), place))
}

/// Splits that have a share of `beneficiary`, in the order of their ids.
fn splits_of<T: Config>(
    beneficiary: &Beneficiary<T::AccountId>,
    from: SplitId,
) -> impl Iterator<Item = SplitId> {
    match from.0.checked_sub(1) {
        Some(before) => {
            let key = SplitsOf::<T>::hashed_key_for(beneficiary, SplitId(before).place());
            SplitsOf::<T>::iter_key_prefix_from(beneficiary, key)
        }
        None => SplitsOf::<T>::iter_key_prefix(beneficiary),
    }
    .map(SplitId::from_place)
}

fn read_book<T: Config>(split: SplitId) -> Option<Book<T::AccountId>> {
    let Split { shares, keeper, .. } = Splits::<T>::get(split)?;
    let frozen = shares
        .iter()
        .map(|share| Pallet::<T>::frozen_until(keeper, &share.beneficiary).is_some())
        .collect();
    let assets = Received::<T>::iter_prefix(split)
        .take(MAX_RECEIVED as usize)
        .map(|(asset, received)| {
            let mut paid = Paid::<T>::get(split, asset).into_inner();
            paid.resize(shares.len(), 0);
            (asset, (received.total, paid))
        })
        .collect();
    Some(Book {
        named_by: splits_of::<T>(&Beneficiary::Split(split), SplitId(0))
            .take(MAX_UPSTREAM)
            .collect(),
        assets,
        shares,
        frozen,
    })
}

impl<T: Config> Listing<T> {
    fn is_full(&self) -> bool {
        let looked_at = self.books.len().saturating_add(self.owned);
        looked_at.saturating_add(MAX_UPSTREAM) >= MAX_LOOKED_AT
            || self.steps >= MAX_STEPS
            || self.claims.len() >= MAX_PAGE as usize
    }

    /// Lists what `beneficiary` has by splits, and before each what that split is owed. Returns where
    /// to go on when the page is full.
    fn go_through(
        &mut self,
        beneficiary: &Beneficiary<T::AccountId>,
        from: ClaimPlace,
    ) -> Option<ClaimPlace> {
        for split in splits_of::<T>(beneficiary, from.split) {
            let named_by = match split == from.split {
                true => from.named_by,
                false => SplitId(0),
            };
            if self.is_full() {
                return Some(ClaimPlace { split, named_by });
            }
            self.look_at(split);
            // Those that a unit went through to the end need no unit of their own.
            let mut done = BTreeSet::new();
            for namer in splits_of::<T>(&Beneficiary::Split(split), named_by) {
                if done.contains(&namer) {
                    continue;
                }
                if self.is_full() {
                    return Some(ClaimPlace {
                        split,
                        named_by: namer,
                    });
                }
                done.extend(self.list_upstream(split, namer));
            }
            self.list(split, |share| share == beneficiary);
        }
        None
    }

    /// Lists what reaches `split` through `namer`. A split names older ones only, so the newest comes
    /// first. Returns all that was gone through, unless there is more than a unit looks at.
    fn list_upstream(&mut self, split: SplitId, namer: SplitId) -> BTreeSet<SplitId> {
        let mut found = BTreeSet::from([namer]);
        let mut open = vec![namer];
        while let Some(next) = open.pop() {
            for namer in self.look_at(next) {
                if found.len() < MAX_UPSTREAM && found.insert(*namer) {
                    open.push(*namer);
                }
            }
        }
        self.steps = self.steps.saturating_add(found.len());
        for one in found.iter().rev() {
            self.list(*one, |share| match share {
                Beneficiary::Split(to) => *to == split || found.contains(to),
                _ => false,
            });
        }
        if found.len() < MAX_UPSTREAM {
            found
        } else {
            BTreeSet::new()
        }
    }

    /// Reads a split, once for a page, and says which splits name it.
    fn look_at(&mut self, split: SplitId) -> &[SplitId] {
        let book = match self.books.entry(split) {
            Entry::Occupied(book) => book.into_mut(),
            Entry::Vacant(place) => match read_book::<T>(split) {
                Some(book) => place.insert(book),
                None => return &[],
            },
        };
        &book.named_by
    }

    /// Lists the shares of a split that go to whom they are asked of, in every asset.
    fn list(&mut self, split: SplitId, wanted: impl Fn(&Beneficiary<T::AccountId>) -> bool) {
        let Some(book) = self.books.get_mut(&split) else {
            return;
        };
        let mut credits = Vec::new();
        for (asset, (received, paid)) in &mut book.assets {
            for (place, (share, paid)) in book.shares.iter().zip(paid).enumerate() {
                let value = arithmetic::owed(*received, share.parts, *paid);
                let frozen = book.frozen.get(place).copied().unwrap_or_default();
                if value == 0
                    || frozen
                    || self.claims.len() >= MAX_ROWS
                    || !wanted(&share.beneficiary)
                {
                    continue;
                }
                *paid = paid.saturating_add(value);
                self.claims.push(ClaimView {
                    split,
                    share: place as u32,
                    beneficiary: share.beneficiary.clone(),
                    amount: Amount {
                        asset: *asset,
                        value,
                    },
                });
                if let Beneficiary::Split(to) = share.beneficiary {
                    credits.push((to, *asset, value));
                }
            }
        }
        for (to, asset, value) in credits {
            if let Some(Book { shares, assets, .. }) = self.books.get_mut(&to) {
                let (received, _) = assets
                    .entry(asset)
                    .or_insert_with(|| (0, vec![0; shares.len()]));
                *received = received.saturating_add(value);
            }
        }
    }
}
