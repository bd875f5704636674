//! Which origin may do what.

use super::{treasury::spend, *};

/// In whose name a call may come.
fn origins() -> Vec<(&'static str, RuntimeOrigin)> {
    let two_thirds = pallet_collective::RawOrigin::<AccountId, TechnicalCollective>::Members(2, 3);
    vec![
        ("Root", RuntimeOrigin::root()),
        ("RegistryRules", Origin::RegistryRules.into()),
        ("Moderation", Origin::Moderation.into()),
        ("SmallSpender", Origin::SmallSpender.into()),
        ("BigSpender", Origin::BigSpender.into()),
        ("WhitelistedCaller", Origin::WhitelistedCaller.into()),
        ("Canceller", Origin::Canceller.into()),
        ("Killer", Origin::Killer.into()),
        ("TechnicalCommittee", two_thirds.into()),
        ("Alice", RuntimeOrigin::signed(account(Who::Alice))),
    ]
}

#[test]
fn each_origin_can_do_its_own_and_nothing_else() {
    let dollar = presets::DOLLAR;
    let asset = Box::new(Asset::Id(dollar));
    let rate = FixedU128::from_u32(1);
    let eve = || account(Who::Eve);
    let shares = vec![Share {
        beneficiary: Beneficiary::Account(treasury()),
        parts: Ppm::MILLION,
    }];
    let remark = frame_system::Call::remark { remark: vec![] };
    let remark = || Box::new(RuntimeCall::from(remark.clone()));
    let rules = &["Root", "RegistryRules"][..];
    let moderators = &["Root", "Moderation"][..];
    let spenders = &["Root", "SmallSpender", "BigSpender"][..];
    let big_spenders = &["Root", "BigSpender"][..];
    let root_alone = &["Root"][..];
    let table: Vec<(RuntimeCall, &[&str])> = vec![
        (set_royalty(1), rules),
        (
            Rewards::accept_asset {
                asset: dollar,
                job_deposit: 1,
                session_deposit: 1,
                min_lock: 1,
            }
            .into(),
            rules,
        ),
        (Rewards::drop_asset { asset: dollar }.into(), rules),
        (
            pallet_asset_rate::Call::create {
                asset_kind: asset.clone(),
                rate,
            }
            .into(),
            root_alone,
        ),
        (
            Registry::suspend {
                subject: Subject::Worker(eve()),
                until: FIRST + 100,
            }
            .into(),
            moderators,
        ),
        (
            Registry::lift {
                subject: Subject::Worker(account(Who::Bob)),
            }
            .into(),
            moderators,
        ),
        (
            Registry::halt_new_work { until: FIRST + 100 }.into(),
            moderators,
        ),
        (Registry::resume_new_work {}.into(), moderators),
        (
            pallet_foreign_assets::Call::register {
                id: pallet_foreign_assets::FIRST_ID,
                asset: Box::new(ForeignAsset {
                    location: Location::parent(),
                    reserve: Location::parent(),
                }),
                name: Default::default(),
                symbol: Default::default(),
                decimals: 0,
                min_balance: 1,
            }
            .into(),
            root_alone,
        ),
        (spend(Asset::Native, 1_000 * MAI), spenders),
        (spend(Asset::Native, 1_001 * MAI), big_spenders),
        (spend(Asset::Native, 50_000 * MAI), big_spenders),
        (spend(Asset::Native, 50_001 * MAI), root_alone),
        (Polls::cancel { index: 0 }.into(), &["Root", "Canceller"]),
        (Polls::kill { index: 0 }.into(), &["Root", "Killer"]),
        (
            pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call: remark() }
                .into(),
            &["Root", "WhitelistedCaller"],
        ),
        (
            pallet_whitelist::Call::whitelist_call {
                call_hash: Default::default(),
            }
            .into(),
            &["Root", "TechnicalCommittee"],
        ),
        (
            Rewards::set_network_shares {
                shares: shares.try_into().unwrap(),
            }
            .into(),
            root_alone,
        ),
        (
            Committee::set_members {
                new_members: vec![eve()],
                prime: None,
                old_count: 3,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_collator_selection::Call::set_desired_candidates { max: 1 }.into(),
            root_alone,
        ),
        (
            frame_system::Call::authorize_upgrade {
                code_hash: Default::default(),
            }
            .into(),
            root_alone,
        ),
        (
            frame_system::Call::set_storage { items: vec![] }.into(),
            root_alone,
        ),
        (
            pallet_balances::Call::force_transfer {
                source: eve().into(),
                dest: treasury().into(),
                value: MAI,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_assets::Call::force_create {
                id: 7.into(),
                owner: eve().into(),
                is_sufficient: true,
                min_balance: 1,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_preimage::Call::request_preimage {
                hash: Default::default(),
            }
            .into(),
            root_alone,
        ),
        (
            pallet_scheduler::Call::schedule_after {
                after: 1,
                maybe_periodic: None,
                priority: 0,
                call: remark(),
            }
            .into(),
            root_alone,
        ),
        (
            pallet_utility::Call::dispatch_as {
                as_origin: Box::new(root_origin()),
                call: remark(),
            }
            .into(),
            root_alone,
        ),
        // What people do no origin does.
        (
            pallet_balances::Call::transfer_keep_alive {
                dest: eve().into(),
                value: MAI,
            }
            .into(),
            &["Alice"],
        ),
    ];
    on_real_blocks(|_| {
        submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        let moderation = || Origin::Moderation.into();
        let suspend = Registry::suspend {
            subject: Subject::Worker(account(Who::Bob)),
            until: FIRST + 100,
        };
        assert_ok!(run(moderation(), suspend));
        let refused: [DispatchError; 3] = [
            DispatchError::BadOrigin,
            pallet_treasury::Error::<Runtime>::InsufficientPermission.into(),
            // Anyone has what was decided run, and nothing was.
            pallet_whitelist::Error::<Runtime>::DeferredDispatchNotFound.into(),
        ];
        for (call, who) in table {
            for (name, origin) in origins() {
                let result = frame_support::storage::with_transaction(|| {
                    if call == RuntimeCall::from(Registry::resume_new_work {}) {
                        let halt = Registry::halt_new_work { until: FIRST + 100 };
                        assert_ok!(run(moderation(), halt));
                    }
                    let result = run(origin, call.clone()).map(drop).map_err(|e| e.error);
                    sp_runtime::TransactionOutcome::Rollback(Result::<_, DispatchError>::Ok(result))
                })
                .expect("is rolled back");
                match result {
                    Ok(()) => assert!(who.contains(&name), "{name} can {call:?}"),
                    Err(error) => {
                        assert!(!who.contains(&name), "{name}: {call:?}: {error:?}");
                        assert!(refused.contains(&error), "{name}: {call:?}: {error:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn no_account_is_above_the_others() {
    on_real_blocks(|_| {
        for who in PEOPLE {
            assert_noop!(call(who, set_royalty(1)), DispatchError::BadOrigin);
        }
        use frame_support::traits::GetCallMetadata;
        assert!(!RuntimeCall::get_module_names().contains(&"Sudo"));
    });
}

/// As programs send them that know no metadata of origins.
#[test]
fn origins_keep_their_numbers() {
    let numbers = [
        Origin::RegistryRules,
        Origin::Moderation,
        Origin::SmallSpender,
        Origin::BigSpender,
        Origin::WhitelistedCaller,
        Origin::Canceller,
        Origin::Killer,
    ];
    for (number, origin) in numbers.into_iter().enumerate() {
        assert_eq!(OriginCaller::from(origin).encode(), [67, number as u8]);
    }
    assert_eq!(root_origin().encode(), [0, 0]);
}
