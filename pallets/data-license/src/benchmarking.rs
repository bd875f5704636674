//! Every call in its worst case: the longest documents, a price in another asset than the token, all
//! instalments.

use crate::*;
use alloc::{boxed::Box, vec};
use frame_benchmarking::v2::*;
use frame_support::{
    assert_ok,
    traits::{Consideration, Footprint, Get},
};
use frame_system::RawOrigin;
use myai_primitives::*;
use myai_support::{Clock, RulesAt};

/// What the benchmarks need from other pallets.
pub trait BenchmarkHelper<AccountId> {
    /// Gives `who` at least `units` to spend, in the token and in an asset that is not the token,
    /// in which prices may be; returns that asset.
    fn fund(who: &AccountId, units: Balance) -> Asset;

    /// A new model of `owner`.
    fn model(owner: &AccountId) -> ModelId;

    /// Makes a split that nobody has paid yet one that received in as many assets as can be, and can
    /// be removed.
    fn settle(split: SplitId);

    /// A new version of `model`, which `owner` owns, that stands on `grant` and keeps its clauses (a
    /// royalty of 1 ppm that brings at least 1 for every unit, in the asset of `fund`; an attribution;
    /// a policy); live, or retired with nothing built on it.
    fn version(owner: &AccountId, model: ModelId, grant: GrantId, retired: bool) -> VersionId;
}

const PRICE: Balance = 1_000_000_000_000;
/// Short enough that three may be paid for ahead.
const PERIOD: Tick = 100_000;

fn name() -> Name {
    Name::truncate_from(vec![b'n'; MAX_NAME as usize])
}

fn file<T: Config>() -> File {
    let mut uri = T::UriSchemes::get()
        .first()
        .map_or("", |s| *s)
        .as_bytes()
        .to_vec();
    uri.resize(MAX_URI as usize, b'u');
    let uri = Uri::truncate_from(uri);
    File {
        sha256: [1; 32],
        length: MAX_FILE,
        uris: BoundedVec::truncate_from(vec![uri; MAX_URIS as usize]),
    }
}

/// As long as terms can be: every text and file, and the most alternatives that differ.
fn terms<T: Config>(asset: Asset, derivatives: Derivatives) -> DatasetTerms {
    let text = Text::truncate_from(vec![b'l'; MAX_TEXT as usize]);
    let mut clauses = Clauses::open(text.clone());
    clauses.text = Some(file::<T>());
    clauses.use_policy = Some(file::<T>());
    clauses.attribution = text;
    clauses.derivatives = derivatives;
    clauses.royalty = Royalty {
        share: Ppm(1),
        alternatives: BoundedVec::truncate_from(
            Unit::ALL
                .iter()
                .map(|unit| Alternative {
                    unit: *unit,
                    asset,
                    floor: 1,
                    max_fee: Balance::MAX,
                })
                .collect(),
        ),
    };
    let rules = T::RulesAt::current()
        .map(|rules| rules.list)
        .unwrap_or_default();
    DatasetTerms {
        clauses,
        price: Amount {
            asset,
            value: PRICE,
        },
        period: Some(PERIOD),
        renewable: None,
        revocation: Revocation::Notice {
            notice: rules.min_revoke_notice(),
            perpetual_term: 0,
        },
    }
}

/// An account with money for deposits and prices.
fn rich<T: Config>(who: &'static str, n: u32) -> (T::AccountId, Asset) {
    let who: T::AccountId = account(who, n, 0);
    let footprint = |size| Footprint::from_parts(1, size);
    for _ in 0..4 {
        T::DatasetConsideration::ensure_successful(&who, footprint(Pallet::<T>::dataset_size()));
        T::GrantConsideration::ensure_successful(&who, footprint(Pallet::<T>::grant_size()));
    }
    let asset = T::BenchmarkHelper::fund(&who, PRICE.saturating_mul(100));
    (who, asset)
}

fn origin<T: Config>(who: &T::AccountId) -> T::RuntimeOrigin {
    RawOrigin::Signed(who.clone()).into()
}

/// A dataset of a rich owner.
fn registered<T: Config>() -> (T::AccountId, Asset, DatasetId) {
    let (owner, asset) = rich::<T>("owner", 0);
    let dataset = NextDataset::<T>::get();
    assert_ok!(Pallet::<T>::register_dataset(
        origin::<T>(&owner),
        name(),
        Category::Other,
        file::<T>(),
        Openness::Closed,
        None
    ));
    (owner, asset, dataset)
}

/// A dataset with terms, and a rich model owner with a model.
fn offered<T: Config>(
    derivatives: Derivatives,
) -> (T::AccountId, DatasetId, T::AccountId, ModelId) {
    let (owner, _, dataset) = registered::<T>();
    set_terms::<T>(&owner, dataset, derivatives);
    let (licensee, _) = rich::<T>("licensee", 0);
    let model = T::BenchmarkHelper::model(&licensee);
    (owner, dataset, licensee, model)
}

fn set_terms<T: Config>(owner: &T::AccountId, dataset: DatasetId, derivatives: Derivatives) {
    let (_, asset) = rich::<T>("owner", 0);
    let terms = terms::<T>(asset, derivatives);
    assert_ok!(Pallet::<T>::set_terms(
        origin::<T>(owner),
        dataset,
        Box::new(terms)
    ));
}

/// An open request under terms that are not the dataset's current ones.
fn requested<T: Config>() -> (T::AccountId, DatasetId, T::AccountId, ModelId) {
    let (owner, dataset, licensee, model) = offered::<T>(Derivatives::Approval);
    acquire::<T>(dataset, &licensee, model);
    set_terms::<T>(&owner, dataset, Derivatives::Approval);
    (owner, dataset, licensee, model)
}

/// A grant under the current terms, or a request where approval is needed.
fn acquire<T: Config>(dataset: DatasetId, licensee: &T::AccountId, model: ModelId) -> GrantId {
    let grant = NextGrant::<T>::get();
    let number = Datasets::<T>::get(dataset.place()).map_or(0, |record| record.number);
    assert_ok!(Pallet::<T>::acquire(
        origin::<T>(licensee),
        dataset,
        model,
        number,
        PRICE,
        T::RequestPeriod::get()
    ));
    grant
}

/// A grant that has been renewed by `renewals` other accounts, under terms that are not the dataset's
/// current ones.
fn granted<T: Config>(renewals: u32) -> (T::AccountId, T::AccountId, ModelId, GrantId) {
    let (owner, dataset, licensee, model) = offered::<T>(Derivatives::Allowed);
    let grant = acquire::<T>(dataset, &licensee, model);
    for n in 0..renewals {
        let (payer, _) = rich::<T>("payer", n);
        assert_ok!(Pallet::<T>::renew(origin::<T>(&payer), grant, 1, PRICE));
    }
    set_terms::<T>(&owner, dataset, Derivatives::Allowed);
    (owner, licensee, model, grant)
}

/// The first instalment has vested in full, the rest not at all, without waiting for it.
fn first_has_vested<T: Config>(grant: GrantId) {
    Grants::<T>::mutate(grant.place(), |record| {
        if let Some(first) = record
            .as_mut()
            .and_then(|r| r.instalments.iter_mut().next())
        {
            first.start = 0;
            first.end = 0;
        }
    });
}

/// The grant's notice is over, and every instalment has vested in part: the most that one call moves.
fn cut_off<T: Config>(grant: GrantId) {
    let now = T::Clock::now();
    Grants::<T>::mutate(grant.place(), |record| {
        if let Some(record) = record {
            for i in record.instalments.iter_mut() {
                i.start = 0;
                i.end = now.saturating_mul(2).max(2);
            }
            record.ends = Some(now);
            record.notice_ends = Some(now);
        }
    });
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_dataset() {
        let (owner, _) = rich::<T>("owner", 0);
        let dataset = NextDataset::<T>::get();
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            name(),
            Category::Other,
            file::<T>(),
            Openness::Closed,
            None,
        );
        assert!(Datasets::<T>::contains_key(dataset.place()));
    }

    #[benchmark]
    fn set_terms() {
        let (owner, asset, dataset) = registered::<T>();
        super::set_terms::<T>(&owner, dataset, Derivatives::Approval);
        let terms = terms::<T>(asset, Derivatives::Approval);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, Box::new(terms));
        assert!(Terms::<T>::contains_key(dataset, 2));
    }

    #[benchmark]
    fn set_metadata() {
        let (owner, _, dataset) = registered::<T>();
        super::set_terms::<T>(&owner, dataset, Derivatives::Approval);
        let file = File {
            length: 1,
            ..file::<T>()
        };
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, file.clone());
        assert_eq!(
            Terms::<T>::get(dataset, 2).map(|row| row.metadata),
            Some(file)
        );
    }

    #[benchmark]
    fn close_dataset() {
        let (owner, _, dataset) = registered::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert_eq!(
            Datasets::<T>::get(dataset.place()).map(|d| d.open),
            Some(false)
        );
    }

    #[benchmark]
    fn reopen_dataset() {
        let (owner, _, dataset) = registered::<T>();
        assert_ok!(Pallet::<T>::close_dataset(origin::<T>(&owner), dataset));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert_eq!(
            Datasets::<T>::get(dataset.place()).map(|d| d.open),
            Some(true)
        );
    }

    #[benchmark]
    fn transfer_ownership() {
        let (owner, _, dataset) = registered::<T>();
        let to: T::AccountId = account("to", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, to.clone());
        assert_eq!(
            Datasets::<T>::get(dataset.place()).and_then(|d| d.ownership.offered_to),
            Some(to)
        );
    }

    #[benchmark]
    fn accept_ownership() {
        let (owner, _, dataset) = registered::<T>();
        let (to, _) = rich::<T>("to", 0);
        assert_ok!(Pallet::<T>::transfer_ownership(
            origin::<T>(&owner),
            dataset,
            to.clone()
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(to.clone()), dataset, 1);
        assert_eq!(Pallet::<T>::dataset_owner(dataset), Some(to));
    }

    #[benchmark]
    fn cancel_transfer() {
        let (owner, _, dataset) = registered::<T>();
        let to: T::AccountId = account("to", 0, 0);
        assert_ok!(Pallet::<T>::transfer_ownership(
            origin::<T>(&owner),
            dataset,
            to
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert_eq!(
            Datasets::<T>::get(dataset.place()).and_then(|d| d.ownership.offered_to),
            None
        );
    }

    #[benchmark]
    fn remove_dataset() {
        let (owner, _, dataset) = registered::<T>();
        super::set_terms::<T>(&owner, dataset, Derivatives::Approval);
        if let Some(found) = Datasets::<T>::get(dataset.place()) {
            T::BenchmarkHelper::settle(found.split);
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert!(!Datasets::<T>::contains_key(dataset.place()));
    }

    /// Without approval, where the price moves at once; with it the price is held, at less cost.
    #[benchmark]
    fn acquire() {
        let (_, dataset, licensee, model) = offered::<T>(Derivatives::Allowed);
        let grant = NextGrant::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), dataset, model, 1, PRICE, 1);
        assert!(Grants::<T>::contains_key(grant.place()));
    }

    #[benchmark]
    fn approve() {
        let (owner, dataset, licensee, model) = requested::<T>();
        let grant = NextGrant::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, model, licensee, 1);
        assert!(Grants::<T>::contains_key(grant.place()));
    }

    #[benchmark]
    fn reject() {
        let (owner, dataset, _, model) = requested::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, model);
        assert!(!Requests::<T>::contains_key(dataset.place(), model.place()));
    }

    #[benchmark]
    fn withdraw() {
        let (_, dataset, licensee, model) = requested::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), dataset, model);
        assert!(!Requests::<T>::contains_key(dataset.place(), model.place()));
    }

    /// The first instalment vests, and another is paid beside the second.
    #[benchmark]
    fn renew() {
        let (_, _, _, grant) = granted::<T>(1);
        first_has_vested::<T>(grant);
        let (payer, _) = rich::<T>("payer", 9);
        let before = Grants::<T>::get(grant.place()).and_then(|g| g.ends);
        #[extrinsic_call]
        _(RawOrigin::Signed(payer), grant, 1, PRICE);
        assert!(Grants::<T>::get(grant.place()).and_then(|g| g.ends) > before);
    }

    #[benchmark]
    fn revoke() {
        let (owner, _, _, grant) = granted::<T>(1);
        first_has_vested::<T>(grant);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), grant);
        assert!(Grants::<T>::get(grant.place()).is_some_and(|g| g.notice_ends.is_some()));
    }

    #[benchmark]
    fn move_version() {
        let (_, licensee, model, from) = granted::<T>(0);
        let version = T::BenchmarkHelper::version(&licensee, model, from, false);
        let dataset = Grants::<T>::get(from.place()).map_or(DatasetId(0), |g| g.dataset);
        let to = super::acquire::<T>(dataset, &licensee, model);
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), version, from, to);
        assert_eq!(StandsOn::<T>::get(version, dataset), Some(to));
    }

    #[benchmark]
    fn approve_owner() {
        let (owner, dataset, licensee, model) = requested::<T>();
        let grant = NextGrant::<T>::get();
        assert_ok!(Pallet::<T>::approve(
            origin::<T>(&owner),
            dataset,
            model,
            licensee.clone(),
            1
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), grant, licensee.clone());
        assert_eq!(
            Grants::<T>::get(grant.place()).map(|g| g.licensee),
            Some(licensee)
        );
    }

    /// Revoked, so that each instalment vests in part and the rest goes back; the last one under terms
    /// that are not the current ones.
    #[benchmark]
    fn remove_grant() {
        let (_, licensee, _, grant) = granted::<T>(2);
        cut_off::<T>(grant);
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), grant);
        assert!(!Grants::<T>::contains_key(grant.place()));
    }

    #[benchmark]
    fn vest() {
        let (_, licensee, _, grant) = granted::<T>(2);
        cut_off::<T>(grant);
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), grant);
        assert!(Grants::<T>::get(grant.place()).is_some_and(|g| g.instalments.is_empty()));
    }

    #[benchmark]
    fn vest_many(n: Linear<0, MAX_LISTED>) {
        let mut grants = vec![];
        for _ in 0..n {
            let (_, _, _, grant) = granted::<T>(2);
            cut_off::<T>(grant);
            grants.push(grant);
        }
        let (who, _) = rich::<T>("who", 0);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(who),
            BoundedVec::truncate_from(grants.clone()),
        );
        for grant in grants {
            assert!(Grants::<T>::get(grant.place()).is_some_and(|g| g.instalments.is_empty()));
        }
    }

    #[benchmark]
    fn detach_versions(n: Linear<0, MAX_LISTED>) {
        let (_, licensee, model, grant) = granted::<T>(0);
        let versions = (0..n)
            .map(|_| T::BenchmarkHelper::version(&licensee, model, grant, true))
            .collect();
        #[extrinsic_call]
        _(
            RawOrigin::Signed(licensee),
            grant,
            BoundedVec::truncate_from(versions),
        );
        assert_eq!(Grants::<T>::get(grant.place()).map(|g| g.versions), Some(0));
    }

    impl_benchmark_test_suite!(
        Pallet,
        crate::tests::mock::new_test_ext(),
        crate::tests::mock::Test
    );
}
