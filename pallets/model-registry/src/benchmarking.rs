//! What each call costs at its worst: the longest documents, the most lines, and eight ancestors
//! that are no bases.

use crate::*;
use alloc::{boxed::Box, vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::traits::EnsureOrigin;
use frame_system::{pallet_prelude::OriginFor, RawOrigin};
use myai_primitives::{
    documents::*, Amount, Asset, Balance, GrantId, ModelId, Ppm, SplitId, Tick, VersionId,
};

/// What benchmarks need of other pallets.
pub trait BenchmarkHelper<AccountId> {
    /// An asset that prices may be in; one that is not the token, if there can be one.
    fn price_asset() -> Asset;

    /// Gives `who`, whose account need not exist, `amount` units of `asset` on top.
    fn endow(who: &AccountId, asset: &Asset, amount: Balance);

    /// A grant of `model`, which `owner` owns, on a dataset that no other grant of the model is
    /// for. Its terms ask for nothing.
    fn grant(owner: &AccountId, model: ModelId) -> GrantId;

    /// Lets the clock's `served` go on by `ticks`.
    fn advance(ticks: Tick);

    /// Makes a new split one that can be removed.
    fn settle(split: SplitId);
}

/// Enough of anything for all deposits of one benchmark.
const PLENTY: Balance = 1_000_000_000_000_000_000;
/// Most lines of a split besides the owner's.
const LINES: u32 = MAX_SHARES - 1;

fn rich<T: Config>(name: &'static str) -> T::AccountId {
    let who = account(name, 0, 0);
    T::BenchmarkHelper::endow(&who, &Asset::Native, PLENTY);
    who
}

fn longest_name() -> Name {
    Name::truncate_from(vec![b'n'; MAX_NAME as usize])
}

fn longest_file(n: u8) -> File {
    let mut uri = b"https://".to_vec();
    uri.resize(MAX_URI as usize, b'u');
    let uris = vec![Uri::truncate_from(uri); MAX_URIS as usize];
    File {
        sha256: [n; 32],
        length: u64::MAX,
        uris: frame_support::BoundedVec::truncate_from(uris),
    }
}

fn model<T: Config>(owner: &T::AccountId) -> Result<ModelId, BenchmarkError> {
    let model = NextModel::<T>::get();
    let (name, file) = (longest_name(), longest_file(0));
    Pallet::<T>::do_register_model(owner.clone(), name, Category::General, file)?;
    Ok(model)
}

/// The longest spec that names nothing, under terms that ask for approval.
fn spec<T: Config>(artifact: u8) -> VersionSpec<T::AccountId> {
    let price = Amount {
        asset: T::BenchmarkHelper::price_asset(),
        value: PLENTY,
    };
    VersionSpec {
        artifact: longest_file(artifact),
        manifest: longest_file(0),
        numerics: Numerics::Float,
        unit: Unit::Call,
        price: price.clone(),
        modes: frame_support::BoundedVec::truncate_from(vec![Mode::Direct]),
        max_input: MAX_PAYLOAD,
        max_output: MAX_PAYLOAD,
        openness: Disclosure {
            source: Openness::Closed,
            training_data: Openness::Closed,
            checkpoints: Openness::Closed,
        },
        license: longest_name(),
        terms: DerivativeTerms {
            permission: Permission::Approval,
            min_royalty: Ppm(1),
            min_per_unit: Some(Amount { value: 1, ..price }),
            reach: Reach::Direct,
        },
        bases: Default::default(),
        grants: Default::default(),
        extras: Default::default(),
    }
}

fn publish<T: Config>(
    owner: &T::AccountId,
    model: ModelId,
    spec: VersionSpec<T::AccountId>,
) -> Result<VersionId, BenchmarkError> {
    let version = NextVersion::<T>::get();
    Pallet::<T>::do_publish(owner.clone(), model, spec)?;
    Ok(version)
}

/// A spec with `b` bases, each of another model of the same owner, with eight ancestors in all,
/// with `g` grants and as many extra shares as there is room for.
fn fullest<T: Config>(
    owner: &T::AccountId,
    model_id: ModelId,
    b: u32,
    g: u32,
) -> Result<VersionSpec<T::AccountId>, BenchmarkError> {
    let mut full = spec::<T>(255);
    let mut ancestors = Vec::new();
    for _ in 0..MAX_LINES {
        ancestors.push(publish::<T>(owner, model_id, spec::<T>(1))?);
    }
    for _ in 0..b {
        let version = publish::<T>(owner, model::<T>(owner)?, spec::<T>(2))?;
        Listings::<T>::mutate(version, |listing| {
            if let Some(listing) = listing {
                listing.ancestors = Lines::truncate_from(ancestors.clone());
            }
        });
        let line = BaseLine {
            version,
            royalty: Ppm(1),
        };
        full.bases.try_push(line).map_err(|_| "too many bases")?;
    }
    for _ in 0..g {
        let line = GrantLine {
            grant: T::BenchmarkHelper::grant(owner, model_id),
            share: Ppm(1),
        };
        full.grants.try_push(line).map_err(|_| "too many grants")?;
    }
    for n in 0..LINES.saturating_sub(b + g).min(MAX_LINES) {
        let line = ExtraLine {
            account: account("extra", n, 0),
            share: Ppm(1),
        };
        full.extras.try_push(line).map_err(|_| "too many extras")?;
    }
    Ok(full)
}

/// An owner, its model and a version of that, with nothing named.
fn published<T: Config>() -> Result<(T::AccountId, ModelId, VersionId), BenchmarkError> {
    let owner = rich::<T>("owner");
    let m = model::<T>(&owner)?;
    let v = publish::<T>(&owner, m, spec::<T>(1))?;
    Ok((owner, m, v))
}

#[benchmarks]
mod calls {
    use super::*;

    #[benchmark]
    fn register_model() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let model = NextModel::<T>::get();
        let file = longest_file(0);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            longest_name(),
            Category::General,
            file,
        );
        assert!(Models::<T>::contains_key(model));
        Ok(())
    }

    #[benchmark]
    fn transfer_ownership() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let to: T::AccountId = account("to", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, to.clone());
        assert_eq!(Models::<T>::get(m).and_then(|m| m.offered_to), Some(to));
        Ok(())
    }

    #[benchmark]
    fn accept_ownership() -> Result<(), BenchmarkError> {
        let (owner, to) = (rich::<T>("owner"), rich::<T>("to"));
        let m = model::<T>(&owner)?;
        Pallet::<T>::do_transfer_ownership(owner, m, to.clone())?;
        #[extrinsic_call]
        _(RawOrigin::Signed(to.clone()), m);
        assert_eq!(Pallet::<T>::model_owner(m), Some(to));
        Ok(())
    }

    #[benchmark]
    fn set_metadata() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = NextModel::<T>::get();
        let short = File::new([1; 32], 1, &["https://a"]).ok_or("too long")?;
        Pallet::<T>::do_register_model(owner.clone(), longest_name(), Category::Other, short)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, longest_file(9));
        assert_eq!(
            Models::<T>::get(m).map(|m| m.metadata),
            Some(longest_file(9))
        );
        Ok(())
    }

    #[benchmark]
    fn withdraw() -> Result<(), BenchmarkError> {
        let (owner, to) = (rich::<T>("owner"), rich::<T>("to"));
        let m = model::<T>(&owner)?;
        let asset = T::BenchmarkHelper::price_asset();
        let from = Pallet::<T>::model_account(m);
        T::BenchmarkHelper::endow(&from, &Asset::Native, PLENTY);
        T::BenchmarkHelper::endow(&from, &asset, PLENTY);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, asset, PLENTY / 2, to);
        Ok(())
    }

    /// With another asset that hangs on the model's account, so that moving all fails first.
    #[benchmark]
    fn remove_model() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let from = Pallet::<T>::model_account(m);
        T::BenchmarkHelper::endow(&from, &Asset::Native, PLENTY);
        T::BenchmarkHelper::endow(&from, &T::BenchmarkHelper::price_asset(), PLENTY);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m);
        assert!(!Models::<T>::contains_key(m));
        Ok(())
    }

    #[benchmark]
    fn publish_version(b: Linear<1, 8>, g: Linear<0, 7>) -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let spec = Box::new(fullest::<T>(&owner, m, b, g)?);
        let version = NextVersion::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, spec);
        let ancestors = Listings::<T>::get(version).map(|o| o.ancestors.len());
        assert_eq!(ancestors, Some(MAX_LINES as usize));
        Ok(())
    }

    #[benchmark]
    fn set_price() -> Result<(), BenchmarkError> {
        let (owner, _, v) = published::<T>()?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, 7);
        assert_eq!(Listings::<T>::get(v).map(|o| o.price.value), Some(7));
        Ok(())
    }

    #[benchmark]
    fn retire_version() -> Result<(), BenchmarkError> {
        let (owner, _, v) = published::<T>()?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v);
        assert_eq!(Listings::<T>::get(v).map(|o| o.is_retired()), Some(true));
        Ok(())
    }

    #[benchmark]
    fn remove_version() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let spec = fullest::<T>(&owner, m, MAX_LINES, LINES - MAX_LINES)?;
        let v = publish::<T>(&owner, m, spec)?;
        Pallet::<T>::do_retire(owner.clone(), v)?;
        T::BenchmarkHelper::advance(MAX_JOB_DURATION + 1);
        T::BenchmarkHelper::settle(Pallet::<T>::listing(v)?.split);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v);
        assert!(!Versions::<T>::contains_key(v));
        Ok(())
    }

    #[benchmark]
    fn approve_derivative() -> Result<(), BenchmarkError> {
        let (owner, m, v) = published::<T>()?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, m);
        assert!(Approvals::<T>::contains_key(v, m));
        Ok(())
    }

    #[benchmark]
    fn withdraw_approval() -> Result<(), BenchmarkError> {
        let (owner, m, v) = published::<T>()?;
        Pallet::<T>::do_approve_derivative(owner.clone(), v, m)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, m);
        assert!(!Approvals::<T>::contains_key(v, m));
        Ok(())
    }

    #[benchmark]
    fn set_rule() -> Result<(), BenchmarkError> {
        let before = CurrentRevision::<T>::get();
        let origin: OriginFor<T> =
            T::RulesOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin, Rule::MaxRoyalty(Ppm(1)));
        assert!(CurrentRevision::<T>::get() > before);
        Ok(())
    }

    #[benchmark]
    fn cancel_transfer() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        Pallet::<T>::do_transfer_ownership(owner.clone(), m, account("to", 0, 0))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m);
        assert_eq!(Models::<T>::get(m).map(|m| m.offered_to), Some(None));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_ext(), crate::mock::Test);
}
