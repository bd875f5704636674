//! What each call costs at its worst: specs as long as they may be, as many lines as fit, and bases
//! from which as much comes down as may.

use crate::*;
use alloc::{boxed::Box, vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{traits::EnsureOrigin, BoundedVec};
use frame_system::{pallet_prelude::OriginFor, RawOrigin};
use myai_primitives::*;
use myai_support::{Clock, Money, Trained};

/// What benchmarks need of other pallets.
pub trait BenchmarkHelper<AccountId> {
    /// An asset that prices may be in; one that is not the token, if there can be one.
    fn price_asset() -> Asset;

    /// Gives `who`, whose account need not exist, `amount` units of `asset` on top.
    fn endow(who: &AccountId, asset: &Asset, amount: Balance);

    /// A grant of `model`, which `owner` owns, on a dataset that no other grant of the model is
    /// for, by terms with these clauses.
    fn grant(owner: &AccountId, model: ModelId, clauses: Clauses) -> GrantId;

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

fn longest_text() -> Text {
    Text::truncate_from(vec![b't'; MAX_TEXT as usize])
}

/// A file with `uris` addresses, each as long as it may be.
fn file(n: u8, uris: u32) -> File {
    let mut uri = b"https://".to_vec();
    uri.resize(MAX_URI as usize, b'u');
    File {
        sha256: [n; 32],
        length: MAX_FILE,
        uris: BoundedVec::truncate_from(vec![Uri::truncate_from(uri); uris as usize]),
    }
}

fn model<T: Config>(owner: &T::AccountId) -> Result<ModelId, BenchmarkError> {
    let model = NextModel::<T>::get();
    let (name, file) = (longest_name(), file(0, MAX_URIS));
    Pallet::<T>::do_register_model(owner.clone(), name, Category::General, file)?;
    Ok(model)
}

/// Clauses that state conditions: approvals of hosts and users, a policy and an attribution.
fn binding(policy: u8) -> Clauses {
    let mut clauses = Clauses::open(longest_text());
    clauses.hosting = Access::Approval;
    clauses.users = Access::Approval;
    clauses.use_policy = Some(file(policy, 1));
    clauses.attribution = longest_text();
    clauses
}

/// Clauses that ask as well: approvals of derivatives, and a royalty with as many alternatives as
/// there may be.
fn demanding<T: Config>(policy: u8) -> Clauses {
    let asset = T::BenchmarkHelper::price_asset();
    let alternatives = Unit::ALL.iter().map(|unit| Alternative {
        unit: *unit,
        asset,
        floor: 1,
        max_fee: PLENTY,
    });
    let mut clauses = binding(policy);
    clauses.derivatives = Derivatives::Approval;
    clauses.royalty = Royalty {
        share: Ppm(1),
        alternatives: BoundedVec::truncate_from(alternatives.collect()),
    };
    clauses
}

/// A version with nothing named and these clauses.
fn spec<T: Config>(clauses: Clauses) -> VersionSpec<T::AccountId> {
    VersionSpec {
        artifact: file(1, 1),
        manifest: file(2, 1),
        numerics: Numerics::Float,
        unit: Unit::Call,
        price: Amount {
            asset: T::BenchmarkHelper::price_asset(),
            value: PLENTY,
        },
        modes: BoundedVec::truncate_from(vec![Mode::Direct]),
        max_input: MAX_PAYLOAD,
        max_output: MAX_PAYLOAD,
        openness: Disclosure {
            source: Openness::Closed,
            training_data: Openness::Closed,
            checkpoints: Openness::Closed,
        },
        clauses,
        bases: Default::default(),
        datasets: Default::default(),
        extras: Default::default(),
    }
}

/// Gives the artifact as many and as long addresses as there is room for in the spec.
fn stretch<T: Config>(spec: &mut VersionSpec<T::AccountId>) {
    use codec::Encode;
    for uris in 1..=MAX_URIS {
        let longer = file(255, uris);
        let before = core::mem::replace(&mut spec.artifact, longer);
        if spec.encoded_size() > MAX_SPEC as usize {
            spec.artifact = before;
            return;
        }
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

/// A spec for a model of `to` with `b` bases of another owner, of which all but the first ask for
/// all that they may, `d` grants that state conditions, and as many extra shares as there is room
/// for. Each base hands down what a whole family may: the other bases as licensors, and, together
/// with the grants, 16 conditions and 8 pairs.
fn fullest<T: Config>(
    to: &T::AccountId,
    to_model: ModelId,
    b: u32,
    d: u32,
) -> Result<VersionSpec<T::AccountId>, BenchmarkError> {
    let base_owner = rich::<T>("base owner");
    let mut full = spec::<T>(Clauses::open(longest_text()));
    let mut bases = Vec::new();
    for n in 0..b {
        let asks = n > 0;
        let clauses = if asks {
            demanding::<T>(n as u8)
        } else {
            Clauses::open(longest_text())
        };
        let base_model = model::<T>(&base_owner)?;
        let mut spec = spec::<T>(clauses);
        stretch::<T>(&mut spec);
        let version = publish::<T>(&base_owner, base_model, spec)?;
        if asks {
            Pallet::<T>::do_approve_derivative(base_owner.clone(), version, to_model, to.clone())?;
        }
        bases.push(version);
    }
    let stated: Vec<Effective> = bases
        .iter()
        .filter_map(|v| Effectives::<T>::get(v))
        .collect();
    let mut licensors: Vec<Asked> = stated.iter().flat_map(|e| e.licensors.clone()).collect();
    licensors.sort_by_key(|asked| asked.licensor);
    let mut bound_by: Vec<Bound> = stated.iter().flat_map(|e| e.bound_by.clone()).collect();
    let mut policies: Vec<Hash32> = stated.iter().flat_map(|e| e.policies.clone()).collect();
    // The grants of the new version state conditions as well.
    let room = MAX_CONDITIONS.saturating_sub(d) as usize;
    for n in 0..MAX_CONDITIONS {
        bound_by.push(Bound {
            licensor: Licensor::Version(VersionId(1_000_000 + n)),
            hosting: true,
            users: true,
        });
        policies.push([100 + n as u8; 32]);
    }
    bound_by.truncate(room);
    policies.truncate(room);
    policies.sort();
    let pairs: Vec<Trained> = (0..MAX_LINES.saturating_sub(d))
        .map(|n| Trained {
            version: VersionId(1_000_000),
            dataset: DatasetId(1_000_000 + n),
        })
        .collect();
    for version in &bases {
        Effectives::<T>::mutate(version, |row| {
            if let Some(effective) = row {
                effective.licensors = BoundedVec::truncate_from(licensors.clone());
                effective.bound_by = BoundedVec::truncate_from(bound_by.clone());
                effective.policies = BoundedVec::truncate_from(policies.clone());
            }
        });
        Listings::<T>::mutate(version, |row| {
            if let Some(listing) = row {
                listing.lives_by = Lines::truncate_from(pairs.clone());
            }
        });
        let line = BaseLine {
            version: *version,
            royalty: Ppm(1),
        };
        full.bases.try_push(line).map_err(|_| "too many bases")?;
    }
    for n in 0..d {
        let clauses = binding(200 + n as u8);
        let line = DatasetLine {
            source: DataSource::Grant(T::BenchmarkHelper::grant(to, to_model, clauses)),
            share: Ppm(1),
        };
        full.datasets
            .try_push(line)
            .map_err(|_| "too many datasets")?;
    }
    for n in 0..LINES.saturating_sub(b + d).min(MAX_LINES) {
        let line = ExtraLine {
            account: account("extra", n, 0),
            share: Ppm(1),
        };
        full.extras.try_push(line).map_err(|_| "too many extras")?;
    }
    stretch::<T>(&mut full);
    Ok(full)
}

/// An owner, its model and a demanding version of that, with nothing named.
fn published<T: Config>() -> Result<(T::AccountId, ModelId, VersionId), BenchmarkError> {
    let owner = rich::<T>("owner");
    let m = model::<T>(&owner)?;
    let mut spec = spec::<T>(demanding::<T>(0));
    stretch::<T>(&mut spec);
    let v = publish::<T>(&owner, m, spec)?;
    Ok((owner, m, v))
}

/// An owner and a version of its model from which as much comes down as may.
fn fullest_published<T: Config>(
    b: u32,
    d: u32,
) -> Result<(T::AccountId, ModelId, VersionId), BenchmarkError> {
    let owner = rich::<T>("owner");
    let m = model::<T>(&owner)?;
    let spec = fullest::<T>(&owner, m, b, d)?;
    let v = publish::<T>(&owner, m, spec)?;
    Ok((owner, m, v))
}

#[benchmarks]
mod calls {
    use super::*;

    #[benchmark]
    fn register_model() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let model = NextModel::<T>::get();
        let file = file(0, MAX_URIS);
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            longest_name(),
            Category::General,
            file,
        );
        assert!(Models::<T>::contains_key(model.place()));
        Ok(())
    }

    #[benchmark]
    fn transfer_ownership() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let to: T::AccountId = account("to", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, to.clone());
        assert_eq!(Pallet::<T>::model(m)?.ownership.offered_to, Some(to));
        Ok(())
    }

    #[benchmark]
    fn accept_ownership() -> Result<(), BenchmarkError> {
        let (owner, to) = (rich::<T>("owner"), rich::<T>("to"));
        let m = model::<T>(&owner)?;
        Pallet::<T>::do_transfer_ownership(owner, m, to.clone())?;
        #[extrinsic_call]
        _(RawOrigin::Signed(to.clone()), m, 1);
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
        _(RawOrigin::Signed(owner), m, file(9, MAX_URIS));
        assert_eq!(Pallet::<T>::model(m)?.metadata, file(9, MAX_URIS));
        Ok(())
    }

    /// Of everything, so that the model's account in the asset ends, to one who has none in it.
    #[benchmark]
    fn withdraw() -> Result<(), BenchmarkError> {
        let (owner, to) = (rich::<T>("owner"), rich::<T>("to"));
        let m = model::<T>(&owner)?;
        let asset = T::BenchmarkHelper::price_asset();
        let from = Pallet::<T>::model_account(m);
        T::BenchmarkHelper::endow(&from, &Asset::Native, PLENTY);
        T::BenchmarkHelper::endow(&from, &asset, PLENTY);
        let all = T::Money::balance(&asset, &from);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, asset, all, to);
        assert_eq!(T::Money::balance(&asset, &from), 0);
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
        assert!(!Models::<T>::contains_key(m.place()));
        Ok(())
    }

    #[benchmark]
    fn publish_version(b: Linear<1, 8>, d: Linear<0, 7>) -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        let spec = Box::new(fullest::<T>(&owner, m, b, d)?);
        let version = NextVersion::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m, spec);
        let effective = Pallet::<T>::effective(version)?;
        assert_eq!(effective.bound_by.len(), MAX_CONDITIONS as usize);
        assert_eq!(effective.licensors.len() as u32, b - 1);
        assert_eq!(
            Pallet::<T>::listing(version)?.lives_by.len(),
            MAX_LINES as usize
        );
        Ok(())
    }

    #[benchmark]
    fn set_price() -> Result<(), BenchmarkError> {
        let (owner, _, v) = fullest_published::<T>(MAX_LINES, 1)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, PLENTY / 2);
        assert_eq!(Pallet::<T>::listing(v)?.price.value, PLENTY / 2);
        Ok(())
    }

    #[benchmark]
    fn retire_version() -> Result<(), BenchmarkError> {
        let (owner, _, v) = fullest_published::<T>(MAX_LINES, 1)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v);
        assert!(Pallet::<T>::listing(v)?.is_retired());
        Ok(())
    }

    #[benchmark]
    fn remove_version() -> Result<(), BenchmarkError> {
        let (owner, _, v) = fullest_published::<T>(MAX_LINES, LINES - MAX_LINES)?;
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
        let to = owner.clone();
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, m, to);
        assert!(DerivativeApprovals::<T>::contains_key(v, m));
        Ok(())
    }

    #[benchmark]
    fn withdraw_derivative_approval() -> Result<(), BenchmarkError> {
        let (owner, m, v) = published::<T>()?;
        Pallet::<T>::do_approve_derivative(owner.clone(), v, m, owner.clone())?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), v, m);
        assert!(!DerivativeApprovals::<T>::contains_key(v, m));
        Ok(())
    }

    #[benchmark]
    fn set_rule() -> Result<(), BenchmarkError> {
        let before = Pallet::<T>::rules_view().revision;
        let origin: OriginFor<T> =
            T::RulesOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin, Rule::MaxRoyalty, 1);
        assert!(Pallet::<T>::rules_view().revision > before);
        Ok(())
    }

    #[benchmark]
    fn cancel_transfer() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner");
        let m = model::<T>(&owner)?;
        Pallet::<T>::do_transfer_ownership(owner.clone(), m, account("to", 0, 0))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), m);
        assert_eq!(Pallet::<T>::model(m)?.ownership.offered_to, None);
        Ok(())
    }

    #[benchmark]
    fn assume_deposit() -> Result<(), BenchmarkError> {
        let (owner, m, v) = fullest_published::<T>(MAX_LINES, 1)?;
        let to = rich::<T>("to");
        Pallet::<T>::do_transfer_ownership(owner, m, to.clone())?;
        let changes = Pallet::<T>::model(m)?.ownership.changes;
        Pallet::<T>::do_accept_ownership(to.clone(), m, changes)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(to.clone()), v);
        assert_eq!(Versions::<T>::get(v).map(|v| v.deposit.payer), Some(to));
        Ok(())
    }

    #[benchmark]
    fn request_approval() -> Result<(), BenchmarkError> {
        let (_, _, v) = published::<T>()?;
        let host = rich::<T>("host");
        let (licensor, kind) = (Licensor::Version(v), ApprovalKind::Host);
        #[extrinsic_call]
        _(RawOrigin::Signed(host.clone()), licensor, kind);
        assert!(Approvals::<T>::contains_key(licensor, (kind, host)));
        Ok(())
    }

    #[benchmark]
    fn approve() -> Result<(), BenchmarkError> {
        let (owner, _, v) = published::<T>()?;
        let host: T::AccountId = account("host", 0, 0);
        let (licensor, kind) = (Licensor::Version(v), ApprovalKind::Host);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), licensor, kind, host.clone());
        assert!(Approvals::<T>::contains_key(licensor, (kind, host)));
        Ok(())
    }

    #[benchmark]
    fn withdraw_approval() -> Result<(), BenchmarkError> {
        let (owner, _, v) = published::<T>()?;
        let host: T::AccountId = account("host", 0, 0);
        let (licensor, kind) = (Licensor::Version(v), ApprovalKind::Host);
        Pallet::<T>::do_approve(owner.clone(), licensor, kind, host.clone())?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), licensor, kind, host.clone());
        assert!(!Approvals::<T>::contains_key(licensor, (kind, host)));
        Ok(())
    }

    fn moderation<T: Config>() -> Result<OriginFor<T>, BenchmarkError> {
        T::ModerationOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
    }

    /// The next tick.
    fn soon<T: Config>() -> Tick {
        T::Clock::now().saturating_add(1)
    }

    /// A suspension that is over and has rested.
    fn rested<T: Config>() -> Imposed {
        let now = T::Clock::now();
        Imposed {
            suspension: Suspension {
                since: now,
                until: now,
            },
            by: Moderator::Moderation,
        }
    }

    /// A version, whose model was suspended before.
    fn to_suspend<T: Config>() -> Result<Subject<T::AccountId>, BenchmarkError> {
        let (_, m, v) = published::<T>()?;
        Suspensions::<T>::insert(Subject::Model(m), rested::<T>());
        Ok(Subject::Version(v))
    }

    /// A version's row of a suspension that runs, or that is over.
    fn suspended<T: Config>(is_over: bool) -> Result<Subject<T::AccountId>, BenchmarkError> {
        let subject = to_suspend::<T>()?;
        Pallet::<T>::suspend(moderation::<T>()?, subject.clone(), soon::<T>())?;
        if is_over {
            Suspensions::<T>::insert(&subject, rested::<T>());
        }
        Ok(subject)
    }

    /// A version takes the most: its listing, its model, and the model's own suspension.
    #[benchmark]
    fn suspend() -> Result<(), BenchmarkError> {
        let subject = to_suspend::<T>()?;
        let (origin, until) = (moderation::<T>()?, soon::<T>());
        #[extrinsic_call]
        _(origin as OriginFor<T>, subject.clone(), until);
        assert!(Suspensions::<T>::contains_key(subject));
        Ok(())
    }

    #[benchmark]
    fn lift() -> Result<(), BenchmarkError> {
        let subject = suspended::<T>(false)?;
        let origin = moderation::<T>()?;
        #[extrinsic_call]
        _(origin as OriginFor<T>, subject.clone());
        let now = T::Clock::now();
        assert!(Suspensions::<T>::get(subject).is_some_and(|row| row.suspension.until == now));
        Ok(())
    }

    #[benchmark]
    fn halt_new_work() -> Result<(), BenchmarkError> {
        let (origin, until) = (moderation::<T>()?, soon::<T>());
        #[extrinsic_call]
        _(origin as OriginFor<T>, until);
        assert!(Pallet::<T>::halt_view().is_some_and(|halt| halt.until == until));
        Ok(())
    }

    #[benchmark]
    fn resume_new_work() -> Result<(), BenchmarkError> {
        Pallet::<T>::halt_new_work(moderation::<T>()?, soon::<T>())?;
        let origin = moderation::<T>()?;
        #[extrinsic_call]
        _(origin as OriginFor<T>);
        let now = T::Clock::now();
        assert!(Pallet::<T>::halt_view().is_some_and(|halt| halt.until == now));
        Ok(())
    }

    #[benchmark]
    fn clear_suspension() -> Result<(), BenchmarkError> {
        let subject = suspended::<T>(true)?;
        let anyone: T::AccountId = account("anyone", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(anyone), subject.clone());
        assert!(!Suspensions::<T>::contains_key(subject));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_ext(), crate::mock::Test);
}
