//! Random walks through every call: the invariants hold after each step, work that may be opened is
//! licensed, paid and approved all the way up and not suspended, and when all is removed nothing is left but counters
//! and rules.

use crate::{
    mock::*, Approvals, DerivativeApprovals, Listings, NextModel, NextVersion, Suspensions,
};
use frame_support::assert_ok;
use myai_primitives::*;
use myai_support::{Licenses as _, Suspensions as _, Versions as _, Work};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What to publish; numbers are picks among what there is.
#[derive(Clone, Debug)]
struct Draft {
    model: u32,
    bases: Vec<(usize, u32)>,
    grants: Vec<(usize, u32)>,
    price: u128,
    unit: bool,
    clauses: Stated,
    /// Names what is asked further up, where it can.
    obedient: bool,
}

/// Clauses as bits and numbers.
#[derive(Clone, Debug)]
struct Stated {
    flags: u16,
    share: u32,
    floor: u128,
}

impl Stated {
    fn clauses(&self) -> Clauses {
        let has = |bit: u16| self.flags & (1 << bit) > 0;
        but(open_clauses(), |c| {
            // Most ask nothing, or families would end soon.
            c.derivatives = match self.flags >> 12 {
                0 => Derivatives::Forbidden,
                1..4 => Derivatives::Approval,
                _ => Derivatives::Allowed,
            };
            if self.share > 0 {
                c.royalty = royalty_in(
                    self.share,
                    Unit::Call,
                    Asset::Native,
                    self.floor,
                    Balance::from(self.flags),
                );
            }
            c.irrevocable = has(0) && has(1);
            if has(2) && has(3) && has(4) {
                c.commercial = Commercial::Forbidden { fees: None };
            }
            c.hosting = match has(5) && has(6) {
                true => Access::Approval,
                false => Access::Anyone,
            };
            c.users = match has(5) && has(7) {
                true => Access::Approval,
                false => Access::Anyone,
            };
            c.share_alike = has(8) && has(9) && has(10);
            if has(11) {
                c.attribution = text("Built with it");
            }
        })
    }
}

fn stated() -> impl Strategy<Value = Stated> {
    let share = prop_oneof![3 => Just(0u32), 1 => 1u32..40_000];
    (any::<u16>(), share, 1u128..20).prop_map(|(flags, share, floor)| Stated {
        flags,
        share,
        floor,
    })
}

impl Draft {
    fn spec(self, model: ModelId) -> VersionSpec<AccountId> {
        let versions: Vec<_> = Listings::<Test>::iter_keys().collect();
        let ours: Vec<_> = GrantTable::get()
            .into_iter()
            .filter(|(_, g)| g.model == model)
            .collect();
        let mut bases = BTreeMap::new();
        for (pick, royalty) in self.bases.iter().filter(|_| !versions.is_empty()) {
            bases.insert(versions[pick % versions.len()], *royalty);
        }
        let mut data = BTreeMap::new();
        for (pick, share) in self.grants.iter().filter(|_| !ours.is_empty()) {
            let (id, grant) = &ours[pick % ours.len()];
            data.insert(grant.dataset, (DataSource::Grant(*id), *share));
        }
        if self.obedient {
            let asked: Vec<Asked> = bases
                .keys()
                .flat_map(|base| effective(*base).licensors)
                .chain(data.values().flat_map(|(source, _)| match source {
                    DataSource::Grant(id) => {
                        let grant = LicensesDouble::grant(*id).expect("picked");
                        let clauses = &grant.terms.clauses;
                        Effective::of_terms(grant.dataset, grant.number, clauses).licensors
                    }
                    DataSource::Dataset(_) => Default::default(),
                }))
                .collect();
            for asked in asked {
                let share = asked.royalty.share.0;
                let line = match asked.licensor {
                    Licensor::Version(version) => bases.entry(version).or_default(),
                    Licensor::Dataset(dataset, _) => {
                        let source = DataSource::Dataset(dataset);
                        &mut data.entry(dataset).or_insert((source, 0)).1
                    }
                };
                *line = (*line).max(share);
            }
        }
        let mut s = spec().price(self.price);
        if self.unit {
            s.unit = Unit::Second;
        }
        s.clauses = self.clauses.clauses();
        for (version, royalty) in bases.into_iter().take(8) {
            s = s.base(version, royalty);
        }
        for (source, share) in data.into_values().take(8) {
            s = s.source(source, share);
        }
        s
    }
}

fn draft() -> impl Strategy<Value = Draft> {
    (
        1u32..5,
        prop::collection::vec((any::<usize>(), 0u32..30_000), 0..3),
        prop::collection::vec((any::<usize>(), 0u32..30_000), 0..3),
        prop_oneof![1 => Just(0), 3 => 500u128..5_000, 3 => Just(1 << 40)],
        prop::bool::weighted(0.05),
        stated(),
        prop::bool::weighted(0.9),
    )
        .prop_map(
            |(model, bases, grants, price, unit, clauses, obedient)| Draft {
                model,
                bases,
                grants,
                price,
                unit,
                clauses,
                obedient,
            },
        )
}

#[derive(Clone, Debug)]
enum Step {
    Publish(Draft),
    Grant(u32, u32, Stated),
    End(u32, Option<u32>),
    /// To another grant of the same dataset and model, as data-license lets a version move.
    Move(u32, u32),
    SetPrice(u32, u128),
    Retire(u32),
    Remove(u32),
    ApproveDerivative(u32, u32),
    WithdrawDerivative(u32, u32),
    Request(u32, bool, u8),
    Approve(u32, bool, u8),
    Withdraw(u32, bool, u8, u8),
    Sell(u32, u8),
    Assume(u32),
    Work(u32, u32, u128, u8),
    /// For so many ticks, by the root or not.
    Suspend(Subject<AccountId>, u32, bool),
    /// By the root or not.
    Lift(Subject<AccountId>, bool),
    Clear(Subject<AccountId>),
    Later(u32),
}

fn subject() -> impl Strategy<Value = Subject<AccountId>> {
    prop_oneof![
        2 => (1u32..5).prop_map(|n| Subject::Model(ModelId(n))),
        3 => (1u32..13).prop_map(|n| Subject::Version(VersionId(n))),
        1 => (0u32..4).prop_map(|n| Subject::Dataset(DatasetId(n))),
        1 => Just(Subject::Worker(alice())),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (model, version, grant) = (1u32..5, 1u32..13, 0u32..12);
    let (v, who) = (version.clone(), 0u8..3);
    prop_oneof![
        14 => draft().prop_map(Step::Publish),
        4 => (model.clone(), 0u32..4, stated()).prop_map(|(m, d, s)| Step::Grant(m, d, s)),
        2 => (grant.clone(), prop::option::of(900u32..3_000)).prop_map(|(g, e)| Step::End(g, e)),
        3 => (v.clone(), grant).prop_map(|(v, g)| Step::Move(v, g)),
        2 => (v.clone(), 0u128..2_000).prop_map(|(v, p)| Step::SetPrice(v, p)),
        1 => v.clone().prop_map(Step::Retire),
        1 => v.clone().prop_map(Step::Remove),
        4 => (v.clone(), model.clone()).prop_map(|(v, m)| Step::ApproveDerivative(v, m)),
        1 => (v.clone(), model.clone()).prop_map(|(v, m)| Step::WithdrawDerivative(v, m)),
        1 => (v.clone(), any::<bool>(), who.clone()).prop_map(|(v, k, a)| Step::Request(v, k, a)),
        2 => (v.clone(), any::<bool>(), who.clone()).prop_map(|(v, k, a)| Step::Approve(v, k, a)),
        1 => (v.clone(), any::<bool>(), who.clone(), who.clone())
            .prop_map(|(v, k, a, by)| Step::Withdraw(v, k, a, by)),
        1 => (model, who.clone()).prop_map(|(m, to)| Step::Sell(m, to)),
        1 => v.prop_map(Step::Assume),
        4 => (version, 0u32..3_000, 0u128..70_000, who)
            .prop_map(|(v, until, fees, user)| Step::Work(v, until, fees, user)),
        3 => (subject(), 1u32..50, any::<bool>()).prop_map(|(s, t, r)| Step::Suspend(s, t, r)),
        1 => (subject(), any::<bool>()).prop_map(|(s, r)| Step::Lift(s, r)),
        1 => subject().prop_map(Step::Clear),
        2 => (1u32..50).prop_map(Step::Later),
    ]
}

fn owner_of(version: VersionId) -> AccountId {
    Registry::model_of(version)
        .and_then(Registry::model_owner)
        .unwrap_or_else(alice)
}

fn someone(n: u8) -> AccountId {
    [alice(), bob(), carol()][usize::from(n)].clone()
}

fn kind(host: bool) -> ApprovalKind {
    match host {
        true => ApprovalKind::Host,
        false => ApprovalKind::User,
    }
}

fn root_or_moderator(root: bool) -> RuntimeOrigin {
    match root {
        true => RuntimeOrigin::root(),
        false => signed(moderator()),
    }
}

/// One step; whether it was taken is no matter.
fn take(step: Step) {
    let by_owner = |version| signed(owner_of(version));
    let _ = match step {
        Step::Publish(draft) => {
            let model = ModelId(draft.model);
            try_publish(model, draft.spec(model))
        }
        Step::Grant(model, dataset, stated) => {
            let clauses = stated.clauses();
            if clauses.ensure_sound().is_ok() {
                grant(ModelId(model), dataset, clauses);
            }
            Ok(())
        }
        Step::End(grant, ends) => {
            if GrantTable::get().contains_key(&GrantId(grant)) {
                set_end(GrantId(grant), ends);
            }
            Ok(())
        }
        Step::Move(version, grant) => {
            move_version(VersionId(version), GrantId(grant));
            Ok(())
        }
        Step::SetPrice(version, value) => {
            let version = VersionId(version);
            Registry::set_price(by_owner(version), version, value)
        }
        Step::Retire(version) => {
            let version = VersionId(version);
            Registry::retire_version(by_owner(version), version)
        }
        Step::Remove(version) => {
            let version = VersionId(version);
            Removable::set(SplitTable::get().into_keys().collect());
            no_job_is_open();
            Registry::remove_version(by_owner(version), version)
        }
        Step::ApproveDerivative(version, model) => {
            let (version, model) = (VersionId(version), ModelId(model));
            let to = Registry::model_owner(model).expect("none was removed");
            Registry::approve_derivative(by_owner(version), version, model, to)
        }
        Step::WithdrawDerivative(version, model) => {
            let (version, model) = (VersionId(version), ModelId(model));
            Registry::withdraw_derivative_approval(by_owner(version), version, model)
        }
        Step::Request(version, host, who) => {
            let licensor = Licensor::Version(VersionId(version));
            Registry::request_approval(signed(someone(who)), licensor, kind(host))
        }
        Step::Approve(version, host, who) => {
            let version = VersionId(version);
            let licensor = Licensor::Version(version);
            Registry::approve(by_owner(version), licensor, kind(host), someone(who))
        }
        Step::Withdraw(version, host, who, by) => {
            let licensor = Licensor::Version(VersionId(version));
            let by = signed(someone(by));
            Registry::withdraw_approval(by, licensor, kind(host), someone(who))
        }
        Step::Sell(model, to) => {
            let (model, to) = (ModelId(model), someone(to));
            if Registry::model_owner(model) != Some(to.clone()) {
                sell(model, to);
            }
            Ok(())
        }
        Step::Assume(version) => {
            let version = VersionId(version);
            Registry::assume_deposit(by_owner(version), version)
        }
        Step::Work(version, until, fees, user) => {
            work_on(VersionId(version), until, fees, someone(user));
            Ok(())
        }
        Step::Suspend(subject, ticks, root) => {
            Registry::suspend(root_or_moderator(root), subject, Now::get() + ticks)
        }
        Step::Lift(subject, root) => Registry::lift(root_or_moderator(root), subject),
        Step::Clear(subject) => Registry::clear_suspension(signed(bob()), subject),
        Step::Later(ticks) => {
            Now::mutate(|now| *now += ticks);
            Ok(())
        }
    };
}

fn move_version(version: VersionId, grant: GrantId) {
    let Some(new) = LicensesDouble::grant(grant) else {
        return;
    };
    if LicensesDouble::grant_of(version, new.dataset).is_some()
        && Registry::model_of(version) == Some(new.model)
        && Registry::ensure_satisfies(version, new.dataset, &new.terms.clauses).is_ok()
    {
        Attached::mutate(|a| a.insert((version, new.dataset), grant));
    }
}

/// Work that may be opened is all that the clauses up the line allow.
fn work_on(version: VersionId, until: u32, fees: u128, user: AccountId) {
    let host = alice();
    let opened = Registry::ensure_open(&Work {
        until,
        fees,
        user: &user,
        hosts: core::slice::from_ref(&host),
        ..work(version)
    });
    let Ok(offerable) = opened else { return };
    let view = Registry::version_view(version).expect("it was opened");
    assert_eq!(view.state, VersionState::Live);
    for subject in [Subject::Version(version), Subject::Model(view.model)] {
        assert_eq!(Registry::suspended_until(&subject), None);
    }
    assert_eq!(offerable.price, view.spec.price);
    assert!(view.licensed_until.is_none_or(|end| end > until));
    assert_eq!(offerable.lives_by as usize, view.lives_by.len());
    assert!(view.effective.ensure_fees(fees).is_ok());
    for asked in &view.effective.licensors {
        if asked.licensor == Licensor::Version(version) || asked.royalty.share.0 == 0 {
            continue;
        }
        // Each licensor gets its floor through its line of the split.
        let beneficiary = match asked.licensor {
            Licensor::Version(v) => Beneficiary::Split(split(v)),
            Licensor::Dataset(d, _) => Beneficiary::Split(dataset_split(d)),
        };
        let paid = shares(version)
            .iter()
            .find(|s| s.beneficiary == beneficiary)
            .map(|s| s.parts.of(offerable.price.value));
        let floor = asked.royalty.alternatives[0].floor;
        assert!(paid.is_some_and(|paid| paid >= floor));
    }
    for bound in &view.bound_by {
        for (asks, kind, who) in [
            (bound.clauses.hosting, ApprovalKind::Host, &host),
            (bound.clauses.users, ApprovalKind::User, &user),
        ] {
            let owner = match bound.licensor {
                Licensor::Version(v) => owner_of(v),
                Licensor::Dataset(..) => carol(),
            };
            let given = Approvals::<Test>::get(bound.licensor, (kind, who));
            assert!(asks == Access::Anyone || *who == owner || given.is_some_and(|a| a.given));
        }
    }
}

/// Retires and removes all that is not irrevocable or below something that is, the youngest
/// first; then what is left by hand, as nobody can.
fn remove_all() -> bool {
    let mut all = true;
    // Every suspension has rested.
    Now::mutate(|now| *now += 10_000);
    for subject in Suspensions::<Test>::iter_keys().collect::<Vec<_>>() {
        assert_ok!(Registry::clear_suspension(signed(bob()), subject));
    }
    for n in (0..NextVersion::<Test>::get().0).rev() {
        let version = VersionId(n);
        if let Some(listing) = Listings::<Test>::get(version) {
            if listing.irrevocable || Registry::is_built_on(version) {
                all = false;
            } else {
                if listing.is_retired() {
                    no_job_is_open();
                }
                assert_ok!(remove(version));
            }
        }
    }
    for (version, model, row) in DerivativeApprovals::<Test>::iter().collect::<Vec<_>>() {
        let who = match Listings::<Test>::contains_key(version) {
            true => owner_of(version),
            false => row.owner,
        };
        assert_ok!(Registry::withdraw_derivative_approval(
            signed(who),
            version,
            model
        ));
    }
    for (licensor, (kind, account), _) in Approvals::<Test>::iter().collect::<Vec<_>>() {
        assert_ok!(Registry::withdraw_approval(
            signed(account.clone()),
            licensor,
            kind,
            account
        ));
    }
    if all {
        for n in 1..NextModel::<Test>::get().0 {
            let owner = Registry::model_owner(ModelId(n)).expect("none was removed");
            assert_ok!(Registry::remove_model(signed(owner), ModelId(n)));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn a_random_walk_keeps_every_invariant_and_ends_where_it_began(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        test(|| {
            // Counters that stay.
            let m = model(alice());
            let v = publish(m, spec());
            assert_ok!(remove(v));
            assert_ok!(Registry::remove_model(signed(alice()), m));
            let empty = stored();
            for owner in [alice(), bob(), carol(), alice()] {
                model(owner);
            }
            for step in steps {
                take(step);
                assert_eq!(Registry::do_try_state(), Ok(()));
            }
            if remove_all() {
                for who in [alice(), bob(), carol()] {
                    assert_eq!(deposits(&who), (0, 0));
                    assert_eq!(Balances::free_balance(&who), RICH);
                }
                assert_eq!(stored(), empty);
                assert!(SplitTable::get().is_empty() && Attached::get().is_empty());
                assert!(TermsRefs::get().is_empty());
            }
        });
    }
}
