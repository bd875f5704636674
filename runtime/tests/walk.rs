//! A walk at random over the composed runtime: whatever people and the root do, and in whatever
//! order, every invariant of every pallet holds after each step.
//!
//! `MYAI_WALK_STEPS` and `MYAI_WALK_SEED` make it longer, or another one; a failure names both.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use pallet_data_license::Call as Data;
use pallet_inference_escrow::Call as Escrow;
use pallet_model_registry::Call as Registry;
use pallet_reward_split::Call as Reward;
use std::collections::BTreeMap;
use support::*;

/// The way that every test run goes.
const SEED: u64 = 3;

const PEOPLE: [Who; 6] = [
    Who::Alice,
    Who::Bob,
    Who::Charlie,
    Who::Dave,
    Who::Eve,
    Who::Ferdie,
];

/// Numbers that look random and are the same for a seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound.max(1)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn who(&mut self) -> Who {
        self.of(&PEOPLE)
    }

    /// One of the ids given so far, rather a late one; sometimes one that is not.
    fn id(&mut self, next: u32) -> u32 {
        let back = self.below(6).min(self.below(6)) as u32;
        next.saturating_sub(back)
    }

    fn asset(&mut self) -> Asset {
        self.of(&[Asset::Native, Asset::Id(presets::DOLLAR)])
    }

    fn clauses(&mut self) -> Clauses {
        let mut clauses = match self.below(3) {
            0 => open_clauses(),
            _ => {
                let share = self.below(150_000) as u32 + 1;
                royalty(share)
            }
        };
        let rarely = |dice: &mut Self| dice.one_in(6);
        if self.one_in(3) {
            clauses.derivatives = Derivatives::Approval;
        }
        if rarely(self) {
            clauses.hosting = Access::Approval;
        }
        if rarely(self) {
            clauses.users = Access::Approval;
        }
        if rarely(self) {
            clauses.attribution = text("With data of the walk");
        }
        clauses
    }
}

#[derive(Default)]
struct Walk {
    jobs: Vec<JobId>,
    /// How often a kind of step succeeded and failed.
    seen: BTreeMap<&'static str, (u32, u32)>,
}

impl Walk {
    fn step(&mut self, dice: &mut Dice) {
        let who = dice.who();
        let model = ModelId(dice.id(pallet_model_registry::NextModel::<Runtime>::get().0));
        let version = VersionId(dice.id(pallet_model_registry::NextVersion::<Runtime>::get().0));
        let dataset = DatasetId(dice.id(pallet_data_license::NextDataset::<Runtime>::get().0));
        let grant = GrantId(dice.id(pallet_data_license::NextGrant::<Runtime>::get().0));
        let owner_of_model = |model| owner(ModelRegistry::model_owner(model)).unwrap_or(who);
        let owner_of_data = |dataset| owner(DataLicense::dataset_owner(dataset)).unwrap_or(who);
        let publisher = owner_of_model(model);
        let seller = owner_of_data(dataset);
        let job = match self.jobs.len() {
            0 => JobId([0; 32]),
            n => self.jobs[n - 1 - dice.below(n.min(8) as u64) as usize],
        };
        let worker_of_job = InferenceEscrow::job_view(job)
            .and_then(|view| match view.state {
                JobState::Open(open) => match open.run {
                    Run::Direct { worker, .. } => owner(Some(worker)),
                },
                JobState::Ended(_) => None,
            })
            .unwrap_or(who);
        let price = Amount {
            asset: dice.asset(),
            value: 1_000_000 + u128::from(dice.below(1_000_000)),
        };
        let (name_of_step, by, call): (_, _, RuntimeCall) = match dice.below(36) {
            0 if pallet_model_registry::NextModel::<Runtime>::get().0 < 12 => (
                "register_model",
                who,
                Registry::register_model {
                    name: name("walked"),
                    category: Category::General,
                    metadata: file(201),
                }
                .into(),
            ),
            1..=3 => {
                let mut spec = spec(dice.below(250) as u8, price);
                spec.clauses = dice.clauses();
                let mut lines = Vec::new();
                // What its licensors ask is named with it, as an honest publisher does.
                if let Some(base) = dice.one_in(2).then_some(version) {
                    lines.push((base, 150_000));
                    for asked in ModelRegistry::version_view(base)
                        .map(|view| view.effective.licensors)
                        .unwrap_or_default()
                    {
                        match asked.licensor {
                            Licensor::Version(v) if v != base => lines.push((v, 150_000)),
                            Licensor::Dataset(d, _) => {
                                let line = DatasetLine {
                                    source: DataSource::Dataset(d),
                                    share: Ppm(150_000),
                                };
                                let _ = spec.datasets.try_push(line);
                            }
                            Licensor::Version(_) => {}
                        }
                    }
                    lines.truncate(MAX_LINES as usize);
                }
                spec.bases = bases(&lines);
                if dice.one_in(2) {
                    let line = DatasetLine {
                        source: DataSource::Grant(grant),
                        share: Ppm(150_000),
                    };
                    let _ = spec.datasets.try_push(line);
                }
                let call = Registry::publish_version {
                    model,
                    spec: Box::new(spec),
                };
                ("publish_version", publisher, call.into())
            }
            4 => (
                "set_price",
                owner_of_version(version).unwrap_or(who),
                Registry::set_price {
                    version,
                    value: price.value,
                }
                .into(),
            ),
            5 => (
                "retire_version",
                owner_of_version(version).unwrap_or(who),
                Registry::retire_version { version }.into(),
            ),
            6 => {
                let retired: Vec<_> = pallet_model_registry::Listings::<Runtime>::iter()
                    .filter(|(_, listing)| listing.is_retired())
                    .map(|(version, _)| version)
                    .collect();
                let version = match retired.is_empty() {
                    true => version,
                    false => dice.of(&retired),
                };
                (
                    "remove_version",
                    owner_of_version(version).unwrap_or(who),
                    Registry::remove_version { version }.into(),
                )
            }
            7 => (
                "approve_derivative",
                owner_of_version(version).unwrap_or(who),
                Registry::approve_derivative {
                    version,
                    model,
                    owner: account(publisher),
                }
                .into(),
            ),
            8 => (
                "approve",
                owner_of_version(version).unwrap_or(who),
                Registry::approve {
                    licensor: Licensor::Version(version),
                    kind: dice.of(&[ApprovalKind::Host, ApprovalKind::User]),
                    account: account(dice.who()),
                }
                .into(),
            ),
            9 => match dice.one_in(2) {
                true => (
                    "transfer_ownership",
                    publisher,
                    Registry::transfer_ownership {
                        model,
                        to: account(dice.who()),
                    }
                    .into(),
                ),
                false => {
                    let view = ModelRegistry::model_view(model);
                    let to = view.as_ref().and_then(|v| owner(v.offered_to.clone()));
                    let changes = view.map_or(0, |v| v.changes);
                    (
                        "accept_ownership",
                        to.unwrap_or(who),
                        Registry::accept_ownership { model, changes }.into(),
                    )
                }
            },
            10 if pallet_data_license::NextDataset::<Runtime>::get().0 < 8 => (
                "register_dataset",
                who,
                Data::register_dataset {
                    name: name("walked"),
                    category: Category::General,
                    metadata: file(202),
                    openness: Openness::Open,
                    split: None,
                }
                .into(),
            ),
            11 | 12 => {
                let revocation = match dice.below(3) {
                    0 => Revocation::Never,
                    _ => Revocation::Notice {
                        notice: 14_400,
                        perpetual_term: 50_000,
                    },
                };
                let period = 1_000 + dice.below(30_000) as Tick;
                let terms = DatasetTerms {
                    clauses: dice.clauses(),
                    price,
                    period: dice.one_in(2).then_some(period),
                    renewable: None,
                    revocation,
                };
                (
                    "set_terms",
                    seller,
                    Data::set_terms {
                        dataset,
                        terms: Box::new(terms),
                    }
                    .into(),
                )
            }
            13 | 14 => (
                "acquire",
                publisher,
                Data::acquire {
                    dataset,
                    model,
                    number: terms_number(dataset),
                    max_cost: Balance::MAX,
                    lasts: 400_000,
                }
                .into(),
            ),
            15 => {
                let (dataset, model, number) = pallet_data_license::Requests::<Runtime>::iter()
                    .next()
                    .map_or((dataset, model, 1), |(dataset, model, request)| {
                        let dataset = DatasetId::from_place(dataset);
                        (dataset, ModelId::from_place(model), request.number)
                    });
                (
                    "approve_request",
                    owner_of_data(dataset),
                    Data::approve {
                        dataset,
                        model,
                        licensee: ModelRegistry::model_owner(model).unwrap_or_else(|| account(who)),
                        number,
                    }
                    .into(),
                )
            }
            16 => (
                "renew",
                who,
                Data::renew {
                    grant,
                    periods: 1,
                    max_cost: Balance::MAX,
                }
                .into(),
            ),
            17 => (
                "revoke",
                DataLicense::grant_view(grant).map_or(who, |view| owner_of_data(view.dataset)),
                Data::revoke { grant }.into(),
            ),
            18 => ("vest", who, Data::vest { grant }.into()),
            19 => {
                let now = <RewardSplit as Clock>::now();
                // To another live grant of the same model and dataset, where there is one.
                let grants: Vec<_> = pallet_data_license::Grants::<Runtime>::iter()
                    .map(|(place, g)| (GrantId::from_place(place), g))
                    .collect();
                let moves: Vec<_> = pallet_data_license::StandsOn::<Runtime>::iter()
                    .flat_map(|(version, dataset, from)| {
                        let model = ModelRegistry::version_view(version).map(|v| v.model);
                        grants
                            .iter()
                            .filter(move |(to, g)| {
                                let live = g.ends.is_none_or(|end| end > now);
                                live && g.dataset == dataset
                                    && Some(g.model) == model
                                    && *to != from
                            })
                            .map(move |(to, _)| (version, from, *to))
                    })
                    .collect();
                let (version, from, to) = match moves.is_empty() {
                    true => (version, grant, grant),
                    false => dice.of(&moves),
                };
                (
                    "move_version",
                    owner_of_version(version).unwrap_or(who),
                    Data::move_version { version, from, to }.into(),
                )
            }
            20 => (
                "remove_grant",
                DataLicense::grant_view(grant).map_or(who, |view| owner_of_model(view.model)),
                Data::remove_grant { grant }.into(),
            ),
            21 => (
                "register_worker",
                who,
                Escrow::register_worker {
                    signer: account(who),
                    payout: account(who),
                    details: details(),
                    bond: 100 * MAI,
                }
                .into(),
            ),
            22 | 23 => (
                "set_offer",
                who,
                Escrow::set_offer {
                    version,
                    fee: u128::from(dice.below(1_000)),
                    min_duration: 10,
                }
                .into(),
            ),
            24..=28 => {
                let offers: Vec<_> =
                    pallet_inference_escrow::Offers::<Runtime>::iter_keys().collect();
                let (worker, version) = match offers.is_empty() || dice.one_in(8) {
                    true => (who, version),
                    false => {
                        let n = dice.below(offers.len() as u64) as usize;
                        let (worker, version) = offers[n].clone();
                        (owner(Some(worker)).unwrap_or(who), version)
                    }
                };
                let order = order(version, worker, dice.below(5) as u32 + 1);
                let id = JobId::of(&account(who), &account(who), &order);
                self.jobs.push(id);
                ("open_job", who, open_order(order))
            }
            29 => (
                "attest",
                worker_of_job,
                attest_call(job, dice.below(4) as u32 + 1),
            ),
            30 => match dice.one_in(2) {
                true => (
                    "decline",
                    worker_of_job,
                    Escrow::decline {
                        job,
                        reason: dice.of(DeclineReason::ALL),
                    }
                    .into(),
                ),
                false => ("expire", who, Escrow::expire { job }.into()),
            },
            31 => {
                let asset = dice.asset();
                let split =
                    ModelRegistry::version_view(version).map_or(SplitId(0), |view| view.split);
                let split = dice.of(&[split, <RewardSplit as Splits<AccountId>>::network()]);
                let owed = RewardSplit::owed_view(split, asset);
                let share = owed.iter().find(|o| o.amount > 0).map_or(0, |o| o.share);
                (
                    "claim",
                    who,
                    Reward::claim {
                        split,
                        asset,
                        share,
                    }
                    .into(),
                )
            }
            32 => {
                // Somebody who rules an asset stops an account, or lets it go again.
                let (id, who) = (presets::DOLLAR.into(), account(dice.who()).into());
                match dice.one_in(3) {
                    true => (
                        "block",
                        Who::Alice,
                        pallet_assets::Call::block { id, who }.into(),
                    ),
                    false => (
                        "thaw",
                        Who::Alice,
                        pallet_assets::Call::thaw { id, who }.into(),
                    ),
                }
            }
            33 => (
                "gift",
                who,
                pallet_balances::Call::transfer_keep_alive {
                    dest: RewardSplit::vault().into(),
                    value: MAI,
                }
                .into(),
            ),
            _ => match pallet_reward_split::Debts::<Runtime>::iter_keys().next() {
                Some((payer, (reason, asset, destination))) => (
                    "pay_out",
                    who,
                    Reward::pay_out {
                        payer,
                        reason,
                        asset,
                        destination,
                    }
                    .into(),
                ),
                None => (
                    "sweep_surplus",
                    who,
                    Reward::sweep_surplus {
                        asset: dice.asset(),
                    }
                    .into(),
                ),
            },
        };
        let done = support::call(by, call).is_ok();
        self.count(name_of_step, done);
    }

    /// Ends a job that nobody has answered in time, before the chain does.
    fn expire_one(&mut self, who: Who) {
        let late = pallet_inference_escrow::Jobs::<Runtime>::iter_keys()
            .find(|job| InferenceEscrow::job_view(*job).is_some_and(is_late));
        if let Some(job) = late {
            self.count("expire", support::call(who, Escrow::expire { job }).is_ok());
        }
    }

    fn count(&mut self, kind: &'static str, done: bool) {
        let (well, ill) = self.seen.entry(kind).or_default();
        match done {
            true => *well += 1,
            false => *ill += 1,
        }
    }
}

fn is_late(job: JobView<AccountId>) -> bool {
    matches!(job.state, JobState::Open(open) if open.deadline < <RewardSplit as Clock>::served())
}

fn owner(account_id: Option<AccountId>) -> Option<Who> {
    PEOPLE
        .into_iter()
        .find(|who| Some(account(*who)) == account_id)
}

fn owner_of_version(version: VersionId) -> Option<Who> {
    owner(ModelRegistry::model_owner(
        ModelRegistry::version_view(version)?.model,
    ))
}

fn terms_number(dataset: DatasetId) -> u32 {
    DataLicense::dataset_view(dataset)
        .and_then(|view| view.terms)
        .map_or(0, |(number, _)| number)
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

#[test]
fn a_walk_at_random_keeps_every_invariant() {
    let steps = setting("MYAI_WALK_STEPS", 2_000);
    let seed = setting("MYAI_WALK_SEED", SEED);
    let mut walk = Walk::default();
    let reached = std::cell::Cell::new(0);
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        on_a_chain(|| {
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            let native = Balances::total_issuance();
            let dollars = Assets::total_supply(presets::DOLLAR);
            for step in 0..steps {
                reached.set(step);
                walk.step(&mut dice);
                check_invariants();
                assert_eq!(
                    Balances::total_issuance(),
                    native,
                    "no unit is made or lost"
                );
                assert_eq!(Assets::total_supply(presets::DOLLAR), dollars);
                match dice.below(250) {
                    0 => (0..1_500).for_each(|_| next_block(10)),
                    1..=100 => next_block(dice.of(&[1, 1, 1, 10, 100, 2_000])),
                    // Blocks so full that nothing is swept.
                    101..=106 => {
                        pass(120);
                        walk.expire_one(dice.who());
                    }
                    _ => continue,
                }
                check_invariants();
            }
        });
    }));
    if let Err(panic) = unwound {
        eprintln!(
            "MYAI_WALK_SEED={seed} MYAI_WALK_STEPS={steps}: at step {}",
            reached.get()
        );
        std::panic::resume_unwind(panic);
    }
    for (kind, (well, ill)) in &walk.seen {
        println!("{kind}: {well} succeeded, {ill} were refused");
    }
    // Few steps by some other way may miss a kind.
    if seed == SEED || steps >= 20_000 {
        // Chance alone seldom brings these about; the pallets' own tests do.
        let seldom = ["approve_request", "move_version", "remove_version"];
        let never: Vec<_> = walk
            .seen
            .iter()
            .filter(|(kind, (well, _))| *well == 0 && !seldom.contains(kind))
            .collect();
        assert!(
            never.is_empty(),
            "steps that never succeed show nothing: {never:?}"
        );
    }
}
