//! Every call in its worst case: the longest documents, a price in another asset than the token,
//! and grants that 16 versions live by.

use crate::{pallet::*, types::MAX_VERSIONS};
use alloc::vec;
use frame_benchmarking::v2::*;
use frame_support::{
    assert_ok,
    traits::{Consideration, Get},
    BoundedVec,
};
use frame_system::RawOrigin;
use myai_primitives::{
    Amount, Asset, Balance, Category, DatasetId, DatasetTerms, File, GrantId, ModelId, Name,
    Openness, Ppm, Reach, Revocation, Rules, SplitId, Tick, Uri, VersionId, MAX_NAME, MAX_URI,
    MAX_URIS,
};

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

    /// Makes `to`, which has the token alone, the owner of `model`.
    fn sell(owner: &AccountId, model: ModelId, to: &AccountId);

    /// A new version of `model`, which `owner` owns, that lives by `grant`.
    fn version(owner: &AccountId, model: ModelId, grant: GrantId) -> VersionId;
}

const PRICE: Balance = 1_000_000_000_000;
const PERIOD: Tick = 1_000_000;

fn name() -> Name {
    BoundedVec::truncate_from(vec![b'n'; MAX_NAME as usize])
}

fn file() -> File {
    let mut uri = b"https://".to_vec();
    uri.resize(MAX_URI as usize, b'u');
    let uri = Uri::truncate_from(uri);
    File {
        sha256: [1; 32],
        length: u64::MAX,
        uris: BoundedVec::truncate_from(vec![uri; MAX_URIS as usize]),
    }
}

fn terms<T: Config>(asset: Asset, approval: bool) -> DatasetTerms {
    let notice = T::Rules::current().1.min_revoke_notice;
    DatasetTerms {
        price: Amount {
            asset: asset.clone(),
            value: PRICE,
        },
        period: Some(PERIOD.max(notice.saturating_mul(2))),
        min_share: Ppm(1),
        min_per_unit: None,
        approval,
        revocation: Revocation::Notice {
            notice,
            perpetual_term: PERIOD,
        },
        share_alike: false,
        commercial: true,
        reach: Reach::Direct,
    }
}

/// An account with money for some deposits and prices.
fn rich<T: Config>(who: &'static str) -> (T::AccountId, Asset) {
    let who: T::AccountId = account(who, 0, 0);
    for _ in 0..4 {
        T::DatasetConsideration::ensure_successful(&who, Pallet::<T>::dataset_footprint());
        T::GrantConsideration::ensure_successful(&who, Pallet::<T>::grant_footprint());
    }
    let asset = T::BenchmarkHelper::fund(&who, PRICE.saturating_mul(100));
    (who, asset)
}

fn origin<T: Config>(who: &T::AccountId) -> T::RuntimeOrigin {
    RawOrigin::Signed(who.clone()).into()
}

/// A dataset of a rich owner.
fn registered<T: Config>() -> (T::AccountId, Asset, DatasetId) {
    let (owner, asset) = rich::<T>("owner");
    let dataset = NextDataset::<T>::get();
    assert_ok!(Pallet::<T>::register_dataset(
        origin::<T>(&owner),
        name(),
        Category::Other,
        file(),
        Openness::Closed,
        None
    ));
    (owner, asset, dataset)
}

/// A dataset with terms, and a rich model owner with a model.
fn offered<T: Config>(approval: bool) -> (T::AccountId, DatasetId, T::AccountId, ModelId) {
    let (owner, asset, dataset) = registered::<T>();
    let terms = terms::<T>(asset, approval);
    assert_ok!(Pallet::<T>::set_terms(origin::<T>(&owner), dataset, terms));
    let (licensee, _) = rich::<T>("licensee");
    let model = T::BenchmarkHelper::model(&licensee);
    (owner, dataset, licensee, model)
}

/// An open request under terms that are not the dataset's current ones.
fn requested<T: Config>() -> (T::AccountId, DatasetId, T::AccountId, ModelId) {
    let (owner, dataset, licensee, model) = offered::<T>(true);
    acquire::<T>(dataset, &licensee, model, 1);
    change_terms::<T>(&owner, dataset, true);
    (owner, dataset, licensee, model)
}

fn change_terms<T: Config>(owner: &T::AccountId, dataset: DatasetId, approval: bool) {
    let (_, asset) = rich::<T>("owner");
    let terms = terms::<T>(asset, approval);
    assert_ok!(Pallet::<T>::set_terms(origin::<T>(owner), dataset, terms));
}

/// A grant, or a request where approval is needed.
fn acquire<T: Config>(
    dataset: DatasetId,
    licensee: &T::AccountId,
    model: ModelId,
    number: u32,
) -> GrantId {
    let grant = NextGrant::<T>::get();
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

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_dataset() {
        let (owner, _) = rich::<T>("owner");
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            name(),
            Category::Other,
            file(),
            Openness::Closed,
            None,
        );
        assert!(Datasets::<T>::contains_key(DatasetId(0)));
    }

    #[benchmark]
    fn set_terms() {
        let (owner, asset, dataset) = registered::<T>();
        change_terms::<T>(&owner, dataset, true);
        let mut terms = terms::<T>(asset.clone(), true);
        terms.min_per_unit = Some(Amount {
            asset,
            value: PRICE,
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, terms);
        assert!(Terms::<T>::contains_key(dataset, 2));
    }

    #[benchmark]
    fn set_metadata() {
        let (owner, _, dataset) = registered::<T>();
        let file = File {
            length: 1,
            ..file()
        };
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, file.clone());
        assert_eq!(Datasets::<T>::get(dataset).map(|d| d.metadata), Some(file));
    }

    #[benchmark]
    fn close_dataset() {
        let (owner, _, dataset) = registered::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert_eq!(Datasets::<T>::get(dataset).map(|d| d.open), Some(false));
    }

    #[benchmark]
    fn reopen_dataset() {
        let (owner, _, dataset) = registered::<T>();
        assert_ok!(Pallet::<T>::close_dataset(origin::<T>(&owner), dataset));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert_eq!(Datasets::<T>::get(dataset).map(|d| d.open), Some(true));
    }

    #[benchmark]
    fn transfer_ownership() {
        let (owner, _, dataset) = registered::<T>();
        let to: T::AccountId = account("to", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, to.clone());
        assert_eq!(
            Datasets::<T>::get(dataset).and_then(|d| d.offered_to),
            Some(to)
        );
    }

    #[benchmark]
    fn accept_ownership() {
        let (owner, _, dataset) = registered::<T>();
        let (to, _) = rich::<T>("to");
        assert_ok!(Pallet::<T>::transfer_ownership(
            origin::<T>(&owner),
            dataset,
            to.clone()
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(to.clone()), dataset);
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
        assert_eq!(Datasets::<T>::get(dataset).and_then(|d| d.offered_to), None);
    }

    #[benchmark]
    fn remove_dataset() {
        let (owner, _, dataset) = registered::<T>();
        change_terms::<T>(&owner, dataset, true);
        if let Some(found) = Datasets::<T>::get(dataset) {
            T::BenchmarkHelper::settle(found.split);
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset);
        assert!(!Datasets::<T>::contains_key(dataset));
    }

    /// Without approval, where the price moves at once; with it the price is held, at less cost.
    #[benchmark]
    fn acquire() {
        let (_, dataset, licensee, model) = offered::<T>(false);
        let grant = NextGrant::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), dataset, model, 1, PRICE, 1);
        assert!(Grants::<T>::contains_key(grant));
    }

    #[benchmark]
    fn approve() {
        let (owner, dataset, _, model) = requested::<T>();
        let grant = NextGrant::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, model);
        assert!(Grants::<T>::contains_key(grant));
    }

    #[benchmark]
    fn reject() {
        let (owner, dataset, _, model) = requested::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, model);
        assert!(!Requests::<T>::contains_key(dataset, model));
    }

    #[benchmark]
    fn withdraw() {
        let (_, dataset, licensee, model) = requested::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), dataset, model);
        assert!(!Requests::<T>::contains_key(dataset, model));
    }

    #[benchmark]
    fn renew(v: Linear<0, MAX_VERSIONS>) {
        let (_, dataset, licensee, model) = offered::<T>(false);
        let grant = super::acquire::<T>(dataset, &licensee, model, 1);
        for _ in 0..v {
            T::BenchmarkHelper::version(&licensee, model, grant);
        }
        let before = Grants::<T>::get(grant).and_then(|g| g.ends);
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), grant, PRICE);
        assert!(Grants::<T>::get(grant).and_then(|g| g.ends) > before);
    }

    #[benchmark]
    fn revoke(v: Linear<0, MAX_VERSIONS>) {
        let (owner, dataset, licensee, model) = offered::<T>(false);
        let grant = super::acquire::<T>(dataset, &licensee, model, 1);
        for _ in 0..v {
            T::BenchmarkHelper::version(&licensee, model, grant);
        }
        // The refund opens an account in the asset.
        T::BenchmarkHelper::sell(&licensee, model, &account("buyer", 0, 0));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), grant);
        assert_eq!(Grants::<T>::get(grant).map(|g| g.revoked), Some(true));
    }

    /// To another dataset, into the last place of its grant.
    #[benchmark]
    fn replace() {
        let (_, dataset, licensee, model) = offered::<T>(false);
        let old = super::acquire::<T>(dataset, &licensee, model, 1);
        let mut version = VersionId(0);
        for _ in 0..MAX_VERSIONS {
            version = T::BenchmarkHelper::version(&licensee, model, old);
        }
        let (owner, _, other) = registered::<T>();
        change_terms::<T>(&owner, other, false);
        let new = super::acquire::<T>(other, &licensee, model, 1);
        for _ in 1..MAX_VERSIONS {
            T::BenchmarkHelper::version(&licensee, model, new);
        }
        assert_ok!(Pallet::<T>::allow_replacement(
            origin::<T>(&owner),
            other,
            version
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), version, old, new);
        assert_eq!(
            Grants::<T>::get(new).map(|g| g.versions.contains(&version)),
            Some(true)
        );
    }

    #[benchmark]
    fn allow_replacement() {
        let (owner, dataset, licensee, model) = offered::<T>(false);
        let grant = super::acquire::<T>(dataset, &licensee, model, 1);
        let version = T::BenchmarkHelper::version(&licensee, model, grant);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, version);
        assert!(Replacements::<T>::contains_key(dataset, version));
    }

    /// The last one under terms that are not the current ones.
    #[benchmark]
    fn remove_grant() {
        let (owner, dataset, licensee, model) = offered::<T>(false);
        let grant = super::acquire::<T>(dataset, &licensee, model, 1);
        change_terms::<T>(&owner, dataset, false);
        #[extrinsic_call]
        _(RawOrigin::Signed(licensee), grant);
        assert!(!Grants::<T>::contains_key(grant));
    }

    #[benchmark]
    fn disallow_replacement() {
        let (owner, dataset, licensee, model) = offered::<T>(false);
        let grant = super::acquire::<T>(dataset, &licensee, model, 1);
        let version = T::BenchmarkHelper::version(&licensee, model, grant);
        assert_ok!(Pallet::<T>::allow_replacement(
            origin::<T>(&owner),
            dataset,
            version
        ));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), dataset, version);
        assert!(!Replacements::<T>::contains_key(dataset, version));
    }

    impl_benchmark_test_suite!(
        Pallet,
        crate::tests::mock::new_test_ext(),
        crate::tests::mock::Test
    );
}
