//! What each kind of proxy lets through, and what it does not.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use configs::accounts::ProxyType;
use frame_support::traits::InstanceFilter;
use pallet_conviction_voting::Call as Voting;
use pallet_data_license::Call as Data;
use pallet_inference_escrow::Call as Escrow;
use pallet_model_registry::Call as Registry;
use support::*;

const MODEL: ModelId = ModelId(0);
const VERSION: VersionId = VersionId(0);
const DATASET: DatasetId = DatasetId(0);

fn bob() -> AccountId {
    account(Who::Bob)
}

fn publish_with(extras: &[u32]) -> RuntimeCall {
    let mut spec = spec(1, native(MAI));
    for share in extras {
        let line = ExtraLine {
            account: bob(),
            share: Ppm(*share),
        };
        spec.extras.try_push(line).unwrap();
    }
    Registry::publish_version {
        model: MODEL,
        spec: Box::new(spec),
    }
    .into()
}

/// Calls that give away what an account has, or what it owns.
fn that_give_away() -> Vec<RuntimeCall> {
    let value = MAI;
    vec![
        pallet_balances::Call::transfer_keep_alive {
            dest: bob().into(),
            value,
        }
        .into(),
        publish_with(&[999_999]),
        Registry::transfer_ownership {
            model: MODEL,
            to: bob(),
        }
        .into(),
        Registry::withdraw {
            model: MODEL,
            asset: Asset::Native,
            value,
            to: bob(),
        }
        .into(),
        Registry::retire_version { version: VERSION }.into(),
        Registry::remove_version { version: VERSION }.into(),
        Registry::remove_model { model: MODEL }.into(),
        Data::transfer_ownership {
            dataset: DATASET,
            to: bob(),
        }
        .into(),
        Data::set_terms {
            dataset: DATASET,
            terms: Box::new(dataset_terms()),
        }
        .into(),
        Data::acquire {
            dataset: DATASET,
            model: MODEL,
            number: 1,
            max_cost: value,
            lasts: 1,
        }
        .into(),
        Escrow::withdraw_bond {
            asset: Asset::Native,
            value,
        }
        .into(),
        Escrow::update_worker {
            signer: bob(),
            payout: bob(),
            details: details(),
        }
        .into(),
        Escrow::leave {}.into(),
        pallet_proxy::Call::add_proxy {
            delegate: bob().into(),
            proxy_type: ProxyType::Any,
            delay: 0,
        }
        .into(),
        pallet_utility::Call::batch {
            calls: vec![publish_with(&[])],
        }
        .into(),
        pallet_preimage::Call::note_preimage { bytes: vec![1] }.into(),
        pallet_referenda::Call::submit {
            proposal_origin: Box::new(frame_system::RawOrigin::Root.into()),
            proposal: frame_support::traits::Bounded::Inline(Default::default()),
            enactment_moment: frame_support::traits::schedule::DispatchTime::At(0),
        }
        .into(),
        pallet_referenda::Call::place_decision_deposit { index: 0 }.into(),
    ]
}

fn publishing() -> Vec<RuntimeCall> {
    vec![
        Registry::register_model {
            name: name("digits"),
            category: Category::General,
            metadata: file(1),
        }
        .into(),
        Registry::set_metadata {
            model: MODEL,
            metadata: file(1),
        }
        .into(),
        Registry::set_price {
            version: VERSION,
            value: MAI,
        }
        .into(),
        publish_with(&[]),
    ]
}

fn working() -> Vec<RuntimeCall> {
    vec![
        Escrow::set_offer {
            version: VERSION,
            fee: 1,
            min_duration: 10,
        }
        .into(),
        Escrow::remove_offer { version: VERSION }.into(),
        Escrow::pause {}.into(),
        Escrow::resume {}.into(),
    ]
}

fn licensing() -> Vec<RuntimeCall> {
    vec![
        Data::approve {
            dataset: DATASET,
            model: MODEL,
            licensee: bob(),
            number: 1,
        }
        .into(),
        Data::reject {
            dataset: DATASET,
            model: MODEL,
        }
        .into(),
        Registry::approve {
            licensor: Licensor::Version(VERSION),
            kind: ApprovalKind::Host,
            account: bob(),
        }
        .into(),
        Registry::approve_derivative {
            version: VERSION,
            model: MODEL,
            owner: bob(),
        }
        .into(),
    ]
}

/// What votes, and what frees what votes have locked.
fn governance() -> Vec<RuntimeCall> {
    let class = 0;
    vec![
        Voting::vote {
            poll_index: 0,
            vote: pallet_conviction_voting::AccountVote::Split { aye: MAI, nay: MAI },
        }
        .into(),
        Voting::remove_vote {
            class: Some(class),
            index: 0,
        }
        .into(),
        Voting::remove_other_vote {
            target: bob().into(),
            class,
            index: 0,
        }
        .into(),
        Voting::delegate {
            class,
            to: bob().into(),
            conviction: Default::default(),
            balance: MAI,
        }
        .into(),
        Voting::undelegate { class }.into(),
        Voting::unlock {
            class,
            target: bob().into(),
        }
        .into(),
    ]
}

/// That `kind` lets its own calls through, none of the other kinds', and none that gives away.
fn ensure_lets_through_its_own(kind: ProxyType) {
    for (of, calls) in [
        (Some(ProxyType::Publishing), publishing()),
        (Some(ProxyType::Working), working()),
        (Some(ProxyType::Licensing), licensing()),
        (Some(ProxyType::Governance), governance()),
        (None, that_give_away()),
    ] {
        for call in calls {
            assert_eq!(
                kind.filter(&call),
                of == Some(kind),
                "{kind:?} and {call:?}"
            );
        }
    }
}

#[test]
fn a_publishing_proxy_cannot_pay_itself() {
    ensure_lets_through_its_own(ProxyType::Publishing);
    assert!(!ProxyType::Publishing.filter(&publish_with(&[1])));
}

#[test]
fn a_working_proxy_moves_no_bond_and_no_payout() {
    ensure_lets_through_its_own(ProxyType::Working);
}

#[test]
fn a_licensing_proxy_answers_requests_alone() {
    ensure_lets_through_its_own(ProxyType::Licensing);
}

#[test]
fn a_governance_proxy_votes_and_risks_no_deposit() {
    ensure_lets_through_its_own(ProxyType::Governance);
}

#[test]
fn a_governance_proxy_locks_nothing_for_long() {
    use pallet_conviction_voting::{AccountVote, Conviction, Vote};
    let calls = |conviction| -> [RuntimeCall; 2] {
        let vote = Vote {
            aye: true,
            conviction,
        };
        [
            Voting::vote {
                poll_index: 0,
                vote: AccountVote::Standard { vote, balance: MAI },
            }
            .into(),
            Voting::delegate {
                class: 0,
                to: bob().into(),
                conviction,
                balance: MAI,
            }
            .into(),
        ]
    };
    for conviction in [Conviction::None, Conviction::Locked1x] {
        assert!(calls(conviction)
            .iter()
            .all(|c| ProxyType::Governance.filter(c)));
    }
    for conviction in [Conviction::Locked2x, Conviction::Locked6x] {
        assert!(!calls(conviction)
            .iter()
            .any(|c| ProxyType::Governance.filter(c)));
    }
}
