//! Whole stories on the real runtime, with the pallets as they are wired.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use frame_support::assert_noop;
use support::*;

/// What everybody has, to be compared later.
struct Purse {
    asset: Asset,
    before: Vec<(AccountId, Balance)>,
}

impl Purse {
    fn of(asset: Asset, people: &[AccountId]) -> Self {
        let before = people
            .iter()
            .map(|who| (who.clone(), has(who, &asset)))
            .collect();
        Self { asset, before }
    }

    fn gained(&self) -> Vec<i128> {
        self.before
            .iter()
            .map(|(who, was)| has(who, &self.asset) as i128 - *was as i128)
            .collect()
    }
}

/// Alice's base, Carol's data (Charlie's here), Bob's derivative that owes both, Ferdie's worker;
/// Dave asks.
struct Story {
    base: VersionId,
    derivative: VersionId,
    dataset: DatasetId,
}

fn story(price: fn(Balance) -> Amount, unit: Balance) -> Story {
    let alices = model(Who::Alice);
    let base = publish(
        Who::Alice,
        alices,
        VersionSpec {
            clauses: royalty(200_000),
            ..spec(1, price(10 * unit))
        },
    );
    let dataset = dataset(Who::Charlie, dataset_terms());
    let bobs = model(Who::Bob);
    let grant = acquire(Who::Bob, dataset, bobs);
    let derivative = publish(
        Who::Bob,
        bobs,
        VersionSpec {
            bases: bases(&[(base, 200_000)]),
            datasets: grants(&[(grant, 50_000)]),
            ..spec(2, price(20 * unit))
        },
    );
    worker(Who::Ferdie);
    set_offer(Who::Ferdie, derivative, 5 * unit);
    Story {
        base,
        derivative,
        dataset,
    }
}

fn everybody() -> Vec<AccountId> {
    [Who::Alice, Who::Charlie, Who::Bob, Who::Ferdie, Who::Dave]
        .map(account)
        .into_iter()
        .chain([configs::economy::Treasury::get()])
        .collect()
}

fn claim_story(story: &Story, asset: &Asset) {
    claim_all(split_of(story.derivative), asset);
    claim_all(split_of(story.base), asset);
    claim_all(
        DataLicense::dataset_view(story.dataset).unwrap().split,
        asset,
    );
    claim_all(<RewardSplit as Splits<AccountId>>::network(), asset);
}

/// What the worked example of docs/economics.md says that `who` gets.
fn of_the_page(who: &str) -> i128 {
    let page = include_str!("../../docs/economics.md");
    let (_, example) = page
        .split_once("| who | how | MAI |")
        .expect("the example's table");
    let line = example
        .lines()
        .find(|line| line.starts_with(&format!("| {who} |").replace("  ", " ")))
        .unwrap_or_else(|| panic!("a line for {who:?}"));
    let amount = line.split('|').nth(3).expect("an amount").trim();
    let (whole, part) = amount.split_once('.').expect("a fraction of a MAI");
    format!("{whole}{part:0<12}").parse().expect("a number")
}

#[test]
fn worked_example_of_the_docs() {
    on_a_chain(|| {
        let milli = MAI / 1_000;
        let story = story(native, milli);
        let issued = Balances::total_issuance();
        let purse = Purse::of(Asset::Native, &everybody());
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        // With the job's deposit, of 30 milli.
        assert_eq!(held(Who::Dave), 25 * milli + 30 * milli);
        check_invariants();
        attest(Who::Ferdie, job, 1);
        assert_eq!(held(Who::Dave), 0);
        check_invariants();
        claim_story(&story, &Asset::Native);
        let [alice, carol, bob, worker, network, sum] =
            ["Alice", "Carol", "Bob", "worker", "network", ""].map(of_the_page);
        assert_eq!(
            purse.gained(),
            [alice, carol, bob, worker, -sum, network],
            "the table of docs/economics.md"
        );
        assert_eq!(Balances::total_issuance(), issued);
    });
}

#[test]
fn foreign_asset_job_end_to_end() {
    on_a_chain(|| {
        let dollar = Asset::Id(presets::DOLLAR);
        let story = story(dollars, 1_000);
        let issued = Assets::total_supply(presets::DOLLAR);
        let purse = Purse::of(dollar, &everybody());
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 3);
        // Two of three units used: the third goes back.
        attest(Who::Ferdie, job, 2);
        check_invariants();
        // The treasury has no dollars yet, so its first claim must reach the least balance.
        let network = <RewardSplit as Splits<AccountId>>::network();
        let owed = RewardSplit::owed_view(network, dollar)[0].value;
        assert_eq!(owed, 1_000 + 250);
        assert!(call(
            Who::Eve,
            pallet_reward_split::Call::claim {
                split: network,
                asset: dollar,
                share: 0
            }
        )
        .is_err());
        for _ in 0..15 {
            let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
            attest(Who::Ferdie, job, 1);
        }
        claim_story(&story, &dollar);
        let unit = 17;
        assert_eq!(
            purse.gained(),
            [
                3_900 * unit,
                975 * unit,
                14_625 * unit,
                4_875 * unit,
                -25_000 * unit,
                625 * unit
            ],
        );
        assert_eq!(Assets::total_supply(presets::DOLLAR), issued);
    });
}

#[test]
fn as_many_assets_as_can_be_are_accepted_and_claimed_in_one_call() {
    on_a_chain(|| {
        let (dave, heir) = (account(Who::Dave), account(Who::Eve));
        let share = Share {
            beneficiary: Beneficiary::Account(heir.clone()),
            parts: Ppm::MILLION,
        };
        let split =
            <RewardSplit as Splits<AccountId>>::create(&dave, vec![share], Keeper::None).unwrap();
        let others = 100..99 + pallet_reward_split::MAX_ACCEPTED;
        for id in others.clone() {
            // Not sufficient: each account in it costs its owner one of a bounded number.
            assert_ok!(root(pallet_assets::Call::force_create {
                id: id.into(),
                owner: dave.clone().into(),
                is_sufficient: false,
                min_balance: 10,
            }));
            for to in [&configs::economy::Treasury::get(), &dave] {
                assert_ok!(call(
                    Who::Dave,
                    pallet_assets::Call::mint {
                        id: id.into(),
                        beneficiary: to.clone().into(),
                        amount: 10_000,
                    }
                ));
            }
            assert_ok!(root(pallet_reward_split::Call::accept_asset {
                asset: id,
                job_deposit: 10,
                session_deposit: 10,
                min_lock: 10,
            }));
        }
        let assets: Vec<Asset> = others
            .map(Asset::Id)
            .chain([Asset::Id(presets::DOLLAR)])
            .collect();
        for asset in &assets {
            assert_ok!(<RewardSplit as Splits<AccountId>>::receive(
                &dave, asset, 1_000, split
            ));
        }
        let before: Vec<_> = assets.iter().map(|asset| has(&heir, asset)).collect();
        let claims: Vec<_> = assets.iter().map(|a| (split, *a, 0)).collect();
        assert_ok!(call(
            Who::Bob,
            pallet_reward_split::Call::claim_many {
                claims: claims.try_into().unwrap()
            }
        ));
        for (asset, before) in assets.iter().zip(before) {
            assert_eq!(has(&heir, asset), before + 1_000, "{asset:?}");
        }
    });
}

#[test]
fn the_payer_of_open_work_has_a_deposit_and_may_use_the_hop_pool() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let dave = account(Who::Dave);
        assert!(!InferenceEscrow::may_submit_blob(&dave));
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        assert!(InferenceEscrow::may_submit_blob(&dave));
        attest(Who::Ferdie, job, 1);
        assert!(!InferenceEscrow::may_submit_blob(&dave));
    });
}

#[test]
fn royalties_reach_the_tenth_generation() {
    on_a_chain(|| {
        let first = publish(
            Who::Alice,
            model(Who::Alice),
            VersionSpec {
                clauses: royalty(100_000),
                ..spec(1, native(MAI))
            },
        );
        let bobs = model(Who::Bob);
        let mut version = first;
        for n in 2..=10 {
            let mut lines = vec![(first, 100_000)];
            if version != first {
                lines.push((version, 0));
            }
            version = publish(
                Who::Bob,
                bobs,
                VersionSpec {
                    bases: bases(&lines),
                    ..spec(n, native(MAI))
                },
            );
        }
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, 0);
        let before = has(&account(Who::Alice), &Asset::Native);
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        claim_all(split_of(version), &Asset::Native);
        claim_all(split_of(first), &Asset::Native);
        // A tenth of the price, after the network's fortieth, whatever lies between.
        let due = (MAI - MAI / 40) / 10;
        assert_eq!(has(&account(Who::Alice), &Asset::Native) - before, due);
    });
}

#[test]
fn a_derivative_that_does_not_name_its_first_ancestor_is_refused() {
    on_a_chain(|| {
        let first = publish(
            Who::Alice,
            model(Who::Alice),
            VersionSpec {
                clauses: royalty(100_000),
                ..spec(1, native(MAI))
            },
        );
        let bobs = model(Who::Bob);
        let derived = |n, lines: &[(VersionId, u32)]| VersionSpec {
            bases: bases(lines),
            ..spec(n, native(MAI))
        };
        let empty = publish(Who::Bob, bobs, derived(2, &[(first, 100_000)]));
        assert_noop!(
            call(
                Who::Bob,
                pallet_model_registry::Call::publish_version {
                    model: bobs,
                    spec: Box::new(derived(3, &[(empty, 300_000)]))
                }
            ),
            pallet_model_registry::Error::<Runtime>::LicensorNotNamed
        );
    });
}

#[test]
fn lapsed_grant_stops_new_jobs() {
    on_a_chain(|| {
        let data = dataset(
            Who::Charlie,
            DatasetTerms {
                period: Some(1_000),
                ..dataset_terms()
            },
        );
        let bobs = model(Who::Bob);
        let grant = acquire(Who::Bob, data, bobs);
        let version = publish(
            Who::Bob,
            bobs,
            VersionSpec {
                datasets: grants(&[(grant, 50_000)]),
                ..spec(1, native(MAI))
            },
        );
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, 0);
        let running = open(Who::Dave, version, Who::Ferdie, 1);
        pass(899);
        // Licensed until past the deadline, or not at all.
        let late = open(Who::Dave, version, Who::Ferdie, 1);
        attest(Who::Ferdie, late, 1);
        pass(1);
        assert_noop!(
            call(Who::Dave, open_call(version, Who::Ferdie, 1)),
            pallet_model_registry::Error::<Runtime>::LicenseLapsed
        );
        assert_ok!(call(
            Who::Bob,
            pallet_data_license::Call::renew {
                grant,
                periods: 1,
                max_cost: 0,
            }
        ));
        open(Who::Dave, version, Who::Ferdie, 1);
        let _ = running;
    });
}

#[test]
fn running_job_survives_revocation() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        assert_ok!(call(
            Who::Charlie,
            pallet_data_license::Call::revoke { grant: GrantId(0) }
        ));
        // New ones are opened until the notice is over.
        open(Who::Dave, story.derivative, Who::Ferdie, 1);
        // The chain stands still until it is; of that, ten ticks are the jobs'.
        next_block(14_400);
        assert_noop!(
            call(Who::Dave, open_call(story.derivative, Who::Ferdie, 1)),
            pallet_model_registry::Error::<Runtime>::LicenseLapsed
        );
        attest(Who::Ferdie, job, 1);
        assert!(matches!(outcome(job), Some(Outcome::Settled { .. })));
    });
}

#[test]
fn replacement_grant_revives() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let bobs = ModelRegistry::version_view(story.derivative).unwrap().model;
        assert_ok!(call(
            Who::Charlie,
            pallet_data_license::Call::revoke { grant: GrantId(0) }
        ));
        pass(14_400);
        assert_noop!(
            call(Who::Dave, open_call(story.derivative, Who::Ferdie, 1)),
            pallet_model_registry::Error::<Runtime>::LicenseLapsed
        );
        let fresh = acquire(Who::Bob, story.dataset, bobs);
        assert_ok!(call(
            Who::Bob,
            pallet_data_license::Call::move_version {
                version: story.derivative,
                from: GrantId(0),
                to: fresh
            }
        ));
        open(Who::Dave, story.derivative, Who::Ferdie, 1);
    });
}

#[test]
fn grant_lapse_reaches_descendants() {
    on_a_chain(|| {
        let data = dataset(
            Who::Charlie,
            DatasetTerms {
                period: Some(1_000),
                ..dataset_terms()
            },
        );
        let alices = model(Who::Alice);
        let grant = acquire(Who::Alice, data, alices);
        let base = publish(
            Who::Alice,
            alices,
            VersionSpec {
                datasets: grants(&[(grant, 50_000)]),
                clauses: royalty(100_000),
                ..spec(1, native(MAI))
            },
        );
        let bobs = model(Who::Bob);
        let derivative = publish(
            Who::Bob,
            bobs,
            VersionSpec {
                bases: bases(&[(base, 100_000)]),
                datasets: dataset_lines([(DataSource::Dataset(data), 50_000)]),
                clauses: open_clauses(),
                ..spec(2, native(MAI))
            },
        );
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, derivative, 0);
        open(Who::Dave, derivative, Who::Ferdie, 1);
        pass(1_000);
        assert_noop!(
            call(Who::Dave, open_call(derivative, Who::Ferdie, 1)),
            pallet_model_registry::Error::<Runtime>::AncestorLicenseLapsed
        );
    });
}

#[test]
fn blocked_account_does_not_stop_settlement() {
    on_a_chain(|| {
        let dollar = Asset::Id(presets::DOLLAR);
        let story = story(dollars, 1_000);
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        let before = has(&account(Who::Ferdie), &dollar);
        assert_ok!(call(
            Who::Alice,
            pallet_assets::Call::block {
                id: presets::DOLLAR.into(),
                who: account(Who::Ferdie).into()
            }
        ));
        attest(Who::Ferdie, job, 1);
        assert!(matches!(outcome(job), Some(Outcome::Settled { .. })));
        check_invariants();
        assert_eq!(has(&account(Who::Ferdie), &dollar), before);
        let pay_out = || pallet_reward_split::Call::pay_out {
            payer: account(Who::Dave),
            reason: RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job),
            asset: dollar,
            destination: pallet_reward_split::Destination::Account(account(Who::Ferdie)),
        };
        assert!(call(Who::Eve, pay_out()).is_err());
        assert_ok!(call(
            Who::Alice,
            pallet_assets::Call::thaw {
                id: presets::DOLLAR.into(),
                who: account(Who::Ferdie).into()
            }
        ));
        assert_ok!(call(Who::Eve, pay_out()));
        assert_eq!(has(&account(Who::Ferdie), &dollar) - before, 4_875);
    });
}

#[test]
fn outage_convicts_nobody() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        // The chain stands still for a week of ticks, and counts ten of them.
        next_block(100_800);
        assert_noop!(
            call(Who::Eve, pallet_inference_escrow::Call::expire { job }),
            pallet_inference_escrow::Error::<Runtime>::DeadlineNotPassed
        );
        attest(Who::Ferdie, job, 1);
    });
}

#[test]
fn the_sweep_refunds_a_silent_worker() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let before = has(&account(Who::Dave), &Asset::Native);
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        for _ in 0..103 {
            next_block(1);
        }
        assert_eq!(outcome(job), Some(Outcome::Expired));
        assert_eq!(has(&account(Who::Dave), &Asset::Native), before);
        assert_eq!(held(Who::Dave), 0);
    });
}

/// Every key and value of the chain's state that is not a block's own (its events, say).
fn state() -> std::collections::BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = std::collections::BTreeMap::new();
    let mut key = Vec::new();
    let system = sp_io::hashing::twox_128(b"System");
    let accounts = [system, sp_io::hashing::twox_128(b"Account")].concat();
    while let Some(next) = sp_io::storage::next_key(&key) {
        let of_the_block = next.starts_with(&system) && !next.starts_with(&accounts);
        if let Some(value) = sp_io::storage::get(&next).filter(|_| !of_the_block) {
            all.insert(next.clone(), value.to_vec());
        }
        key = next;
    }
    all
}

#[test]
fn an_ended_job_says_how_it_ended_and_then_leaves_nothing_behind() {
    on_a_chain(|| {
        let story = story(native, MAI / 1_000);
        let bytes = |more: &std::collections::BTreeMap<Vec<u8>, Vec<u8>>,
                     than: &std::collections::BTreeMap<Vec<u8>, Vec<u8>>| {
            // What it earned of issuance can be claimed for longer than how it ended is kept.
            let of_issuance = ["Epochs", "Credits"].map(|item| {
                frame_support::storage::storage_prefix(b"RewardSplit", item.as_bytes())
            });
            let new = more
                .iter()
                .filter(|(key, _)| !than.contains_key(*key))
                .filter(|(key, _)| !of_issuance.iter().any(|item| key.starts_with(item)));
            new.map(|(key, value)| key.len() + value.len())
                .sum::<usize>()
        };
        // A first job makes what is kept for good: records, counters, ledgers.
        let first = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        attest(Who::Ferdie, first, 1);
        for _ in 0..1_500 {
            next_block(10);
        }
        assert_eq!(outcome(first), None);
        let before = state();
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        let opened = bytes(&state(), &before);
        attest(Who::Ferdie, job, 1);
        let ended = bytes(&state(), &before);
        println!("a job with its payer's hold, keys included: {opened} bytes open, {ended} ended");
        assert!(opened <= 1_024, "{opened} bytes");
        assert!(ended < opened, "{ended} bytes");
        assert!(matches!(
            outcome(job),
            Some(Outcome::Settled { units: 1, .. })
        ));
        for _ in 0..1_500 {
            next_block(10);
        }
        assert_eq!(outcome(job), None);
        assert_eq!(bytes(&state(), &before), 0, "no key is new");
    });
}

#[test]
fn nothing_is_left_when_all_has_ended() {
    on_a_chain(|| {
        let before = state();
        let story = story(native, MAI / 1_000);
        let job = open(Who::Dave, story.derivative, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        claim_story(&story, &Asset::Native);
        let registry = |call| -> RuntimeCall { RuntimeCall::ModelRegistry(call) };
        assert_ok!(call(
            Who::Ferdie,
            pallet_inference_escrow::Call::remove_offer {
                version: story.derivative
            }
        ));
        assert_ok!(call(Who::Ferdie, pallet_inference_escrow::Call::leave {}));
        let versions = [(Who::Bob, story.derivative), (Who::Alice, story.base)];
        for (who, version) in versions {
            assert_ok!(call(
                who,
                registry(pallet_model_registry::Call::retire_version { version })
            ));
        }
        // As long as a job on them might be open; ten ticks count for a block at most.
        for _ in 0..MAX_JOB_DURATION / 10 + 1 {
            next_block(10);
        }
        for (who, version) in versions {
            let model = ModelRegistry::version_view(version).unwrap().model;
            assert_ok!(call(
                who,
                registry(pallet_model_registry::Call::remove_version { version })
            ));
            if who == Who::Bob {
                assert_ok!(call(
                    who,
                    pallet_data_license::Call::remove_grant { grant: GrantId(0) }
                ));
            }
            assert_ok!(call(
                who,
                registry(pallet_model_registry::Call::remove_model { model })
            ));
        }
        assert_ok!(call(
            Who::Charlie,
            pallet_data_license::Call::remove_dataset {
                dataset: story.dataset
            }
        ));
        for who in [Who::Alice, Who::Bob, Who::Charlie, Who::Dave, Who::Ferdie] {
            assert_eq!(
                Balances::reserved_balance(account(who)),
                0,
                "{who:?} has every deposit and bond back"
            );
        }
        // The ids that were given, the clock and what was minted, the cursor of the sweep, what the worker has done, and what
        // the network has earned and claimed.
        let kept = [
            ("ModelRegistry", "NextModel"),
            ("ModelRegistry", "NextVersion"),
            ("DataLicense", "NextDataset"),
            ("DataLicense", "NextGrant"),
            ("RewardSplit", "NextSplit"),
            ("InferenceEscrow", "EndCursor"),
            ("InferenceEscrow", "Records"),
            ("RewardSplit", "Clock"),
            ("RewardSplit", "Issuance"),
            ("RewardSplit", "Epochs"),
            ("RewardSplit", "Received"),
            ("RewardSplit", "Paid"),
        ]
        .map(|(pallet, item)| {
            let prefix = frame_support::storage::storage_prefix;
            prefix(pallet.as_bytes(), item.as_bytes())
        });
        // Where what was minted lies.
        let in_vault = pallet_balances::Holds::<Runtime>::hashed_key_for(RewardSplit::vault());
        let left: Vec<_> = state()
            .into_keys()
            .filter(|key| !before.contains_key(key))
            .filter(|key| !kept.iter().any(|prefix| key.starts_with(prefix)) && *key != in_vault)
            .map(|key| key.iter().map(|b| format!("{b:02x}")).collect::<String>())
            .collect();
        assert!(left.is_empty(), "{left:#?}");
        assert_eq!(
            pallet_inference_escrow::Records::<Runtime>::iter().count(),
            1
        );
        let network = <RewardSplit as Splits<AccountId>>::network();
        let received = pallet_reward_split::Received::<Runtime>::iter_keys().map(|key| key.0);
        let paid = pallet_reward_split::Paid::<Runtime>::iter_keys().map(|key| key.0);
        assert!(received.chain(paid).all(|split| split == network));
    });
}
