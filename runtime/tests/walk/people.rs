//! What people do at random: mostly what makes sense to them, read from what everybody can see, and
//! sometimes what they may not.

use crate::{
    book::{now, Book, Thing},
    dice::{Dice, PEOPLE},
    support::*,
};
use pallet_data_license::Call as Data;
use pallet_inference_escrow::Call as Escrow;
use pallet_model_registry::{Call as Registry, Error};
use pallet_reward_split::Call as Reward;
use sp_runtime::DispatchResult;
use std::collections::BTreeMap;

const MAX_MODELS: usize = 10;
const MAX_DATASETS: usize = 6;
/// Versions above which people rather retire old ones: what is checked after each step grows with
/// them.
const MANY_VERSIONS: usize = 40;

/// What somebody was refused and somebody else may give.
#[derive(Clone)]
enum Wish {
    Derive(VersionId, ModelId),
    Access(Licensor, ApprovalKind, AccountId),
    Train(GrantId),
}

/// What a publisher tries to get away with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Greed {
    None,
    /// One of its lines gives half of what is asked.
    LessShare,
    /// Somebody who asks for it is not named.
    NotNamed,
    /// The price is what the publisher likes.
    LessPrice,
    /// Bases that forbid it or are retired.
    NoBase,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub kind: &'static str,
    /// `None` for the root.
    pub by: Option<Who>,
    pub call: RuntimeCall,
}

fn step(kind: &'static str, by: Who, call: impl Into<RuntimeCall>) -> Step {
    Step {
        kind,
        by: Some(by),
        call: call.into(),
    }
}

pub struct People {
    pub dice: Dice,
    /// Whether the root suspends what people have.
    moderated: bool,
    wishes: Vec<Wish>,
    /// Debts that were paid: some will try to have them paid again.
    paid: Vec<RuntimeCall>,
}

impl People {
    pub fn new(seed: u64, moderated: bool) -> Self {
        Self {
            dice: Dice::new(seed),
            moderated,
            wishes: Vec::new(),
            paid: Vec::new(),
        }
    }

    /// What happens next. Where somebody finds nothing to do, somebody else does something.
    pub fn next(&mut self, book: &Book) -> Step {
        loop {
            if let Some(step) = self.choose(book) {
                return step;
            }
        }
    }

    fn choose(&mut self, book: &Book) -> Option<Step> {
        match self.dice.below(100) {
            0 => self.register_model(book),
            1 => self.register_dataset(book),
            2 => self.create_split(book),
            3..=11 => self.publish(book),
            12..=14 => self.tend_version(book),
            15..=19 => self.grant_wish(book),
            20 | 21 => self.withdraw_approval(book),
            22..=25 => self.sell(book),
            26 | 27 => self.set_terms(book),
            28..=31 => self.acquire(book),
            32 | 33 => self.answer_request(book),
            34..=41 => self.tend_grant(book),
            42 => self.register_worker(),
            43..=49 => self.set_offer(book),
            50..=64 => self.open_job(book),
            65..=80 => self.answer(book),
            84..=87 | 97 if self.moderated => self.moderate(book),
            81..=87 => self.claim(book),
            88..=93 => self.freeze(book),
            94 => self.give(),
            95 | 96 => self.pay_out(book),
            97 => self.claim_issuance(book),
            98 => Some(step(
                "sweep_surplus",
                self.dice.who(),
                Reward::sweep_surplus {
                    asset: self.dice.asset(),
                },
            )),
            _ => self.set_rule(),
        }
    }

    /// Somebody who was refused asks for what is missing.
    pub fn learn(&mut self, book: &Book, taken: &Step, done: &DispatchResult) {
        let Err(error) = done else {
            if taken.kind == "pay_out" {
                self.paid.push(taken.call.clone());
            }
            return;
        };
        // What was wished for long ago is forgotten.
        if self.wishes.len() > 20 {
            self.wishes.remove(0);
        }
        let lacks = |why: Error<Runtime>| *error == why.into();
        let mut wish_access = |version, kind, account: &AccountId| {
            for licensor in book.asking(version, kind) {
                let wish = Wish::Access(licensor, kind, account.clone());
                self.wishes.push(wish);
            }
        };
        let by = taken.by.map(account);
        match (&taken.call, by) {
            (RuntimeCall::ModelRegistry(Registry::publish_version { model, spec }), _)
                if lacks(Error::DerivativeNotApproved) =>
            {
                let bases = spec.bases.iter().map(|line| line.version);
                for base in bases.filter(|base| {
                    let clauses = book.clauses(Licensor::Version(*base));
                    clauses.derivatives == Derivatives::Approval
                }) {
                    self.wishes.push(Wish::Derive(base, *model));
                }
            }
            (RuntimeCall::ModelRegistry(Registry::publish_version { spec, .. }), _)
                if *error == pallet_data_license::Error::<Runtime>::OwnerNotApproved.into() =>
            {
                let lines = spec.datasets.iter();
                let grants = lines.filter_map(|line| match line.source {
                    DataSource::Grant(grant) => Some(Wish::Train(grant)),
                    DataSource::Dataset(_) => None,
                });
                self.wishes.extend(grants);
            }
            (RuntimeCall::InferenceEscrow(Escrow::set_offer { version, .. }), Some(host))
                if lacks(Error::HostNotApproved) =>
            {
                wish_access(*version, ApprovalKind::Host, &host)
            }
            (RuntimeCall::InferenceEscrow(Escrow::open_job { order }), Some(user))
                if lacks(Error::UserNotApproved) =>
            {
                wish_access(order.version, ApprovalKind::User, &user)
            }
            _ => {}
        }
    }

    /// The person behind an account, now and then somebody else.
    fn person(&mut self, account_id: Option<&AccountId>) -> Who {
        let found = PEOPLE
            .into_iter()
            .find(|who| Some(&account(*who)) == account_id);
        match found {
            Some(who) if !self.dice.one_in(12) => who,
            _ => self.dice.who(),
        }
    }

    fn owner_of_version(&mut self, book: &Book, version: VersionId) -> Who {
        self.person(book.licensor_owner(Licensor::Version(version)))
    }

    fn register_model(&mut self, book: &Book) -> Option<Step> {
        let models = models(book).count();
        let call = Registry::register_model {
            name: name("walked"),
            category: Category::General,
            metadata: file(201),
        };
        (models < MAX_MODELS).then(|| step("register_model", self.dice.who(), call))
    }

    /// A dataset of its owner alone, or of a cooperative that somebody has founded.
    fn register_dataset(&mut self, book: &Book) -> Option<Step> {
        if datasets(book).count() >= MAX_DATASETS {
            return None;
        }
        let cooperatives = book.splits.keys().filter_map(|split| {
            let depositor = RewardSplit::split_view(*split)?.depositor?;
            let founder = <RewardSplit as Splits<AccountId>>::depositor(*split)?;
            (depositor == founder).then_some((*split, founder))
        });
        let cooperative = self.dice.late(cooperatives).filter(|_| self.dice.one_in(2));
        let by = match &cooperative {
            Some((_, founder)) => self.person(Some(founder)),
            None => self.dice.who(),
        };
        let call = Data::register_dataset {
            name: name("walked"),
            category: Category::General,
            metadata: file(202),
            openness: Openness::Open,
            split: cooperative.map(|(split, _)| split),
        };
        Some(step("register_dataset", by, call))
    }

    fn create_split(&mut self, book: &Book) -> Option<Step> {
        if datasets(book).count() >= MAX_DATASETS {
            return None;
        }
        let first = 1 + self.dice.below(999_998) as u32;
        let shares = [first, 1_000_000 - first].map(|parts| Share {
            beneficiary: Beneficiary::Account(account(self.dice.who())),
            parts: Ppm(parts),
        });
        let shares = shares.to_vec().try_into().expect("two are few");
        let call = Reward::create_split { shares };
        Some(step("create_split", self.dice.who(), call))
    }

    fn publish(&mut self, book: &Book) -> Option<Step> {
        let standing = book.versions.values().filter(|v| !v.removed).count();
        if standing > MANY_VERSIONS && !self.dice.one_in(3) {
            return self.tend_version(book);
        }
        let approved = book.derivatives.keys().map(|(_, model)| *model);
        let model = match self.dice.late(approved).filter(|_| self.dice.one_in(4)) {
            Some(model) => model,
            None => self.dice.pick(models(book))?,
        };
        let by = self.person(book.model_owner(model));
        let spec = self.spec(book, model);
        let call = Registry::publish_version {
            model,
            spec: Box::new(spec),
        };
        Some(step("publish_version", by, call))
    }

    /// A version that keeps what its bases and its data ask, or that of somebody who would rather not.
    fn spec(&mut self, book: &Book, model: ModelId) -> VersionSpec<AccountId> {
        let price = Amount {
            asset: self.dice.asset(),
            value: self.dice.price(),
        };
        let mut spec = spec(self.dice.below(250) as u8, price);
        spec.clauses = self.dice.clauses();
        if self.dice.one_in(8) {
            spec.unit = Unit::ThousandTokens;
        }
        let mut licensors = Vec::new();
        let mut shares = BTreeMap::<VersionId, u32>::new();
        let mut data = BTreeMap::<DatasetId, (DataSource, u32)>::new();
        let greed = self.dice.of(&[
            Greed::LessShare,
            Greed::NotNamed,
            Greed::LessPrice,
            Greed::NoBase,
        ]);
        let greed = match self.dice.one_in(3) {
            true => greed,
            false => Greed::None,
        };
        let mut chosen = Vec::new();
        for _ in 0..self.dice.of(&[0, 1, 1, 1, 2]) {
            let standing = book.versions.iter().filter(|(_, v)| !v.removed);
            let bases = standing.filter(|(id, v)| {
                let clauses = book.clauses(Licensor::Version(**id));
                let allows = clauses.derivatives != Derivatives::Forbidden && !v.retired;
                allows != (greed == Greed::NoBase)
            });
            let licensed = bases.clone().filter(|(_, v)| !v.lives_by.is_empty());
            let approved = book.approved_bases(model);
            let base = match self.dice.below(4) {
                0 if !approved.is_empty() => self.dice.late(approved),
                0 | 1 => self.dice.late(licensed.map(|(id, _)| *id)),
                _ => self.dice.late(bases.map(|(id, _)| *id)),
            };
            let Some(base) = base else { continue };
            shares.entry(base).or_default();
            chosen.push(base);
            licensors.extend(book.versions[&base].licensors.iter().copied());
        }
        let grants = book.grants.iter().filter(|(_, g)| g.model == model);
        let grants = grants.filter(|(_, g)| g.is_live_at(now()));
        if let Some((id, grant)) = self.dice.late(grants).filter(|_| self.dice.one_in(2)) {
            data.insert(grant.dataset, (DataSource::Grant(*id), 0));
            licensors.push(Licensor::Dataset(grant.dataset, grant.number));
        }
        for licensor in &licensors {
            let clauses = book.clauses(*licensor);
            if clauses.royalty.share == Ppm(0) && clauses.derivatives == Derivatives::Allowed {
                continue;
            }
            let asked = clauses.royalty.share.0;
            let share = match licensor {
                Licensor::Version(version) => shares.entry(*version).or_default(),
                Licensor::Dataset(dataset, _) => {
                    let named = (DataSource::Dataset(*dataset), 0);
                    &mut data.entry(*dataset).or_insert(named).1
                }
            };
            *share = asked.max(*share);
        }
        match greed {
            Greed::LessShare => {
                let versions = shares.values_mut();
                let given = versions.chain(data.values_mut().map(|(_, share)| share));
                let given: Vec<&mut u32> = given.collect();
                let n = self.dice.below(given.len() as u64) as usize;
                given
                    .into_iter()
                    .skip(n)
                    .take(1)
                    .for_each(|share| *share /= 2);
            }
            Greed::NotNamed => {
                let handed_down = shares.keys().copied().filter(|v| !chosen.contains(v));
                match (
                    self.dice.pick(handed_down),
                    self.dice.pick(data.keys().copied()),
                ) {
                    (Some(version), _) => drop(shares.remove(&version)),
                    (_, Some(dataset)) => drop(data.remove(&dataset)),
                    _ => {}
                }
            }
            _ => {}
        }
        let lines: Vec<_> = shares.into_iter().take(MAX_LINES as usize).collect();
        spec.bases = bases(&lines);
        let lines = data.into_values().take(MAX_LINES as usize);
        spec.datasets = dataset_lines(lines);
        if self.dice.one_in(6) {
            let extra = ExtraLine {
                account: account(self.dice.who()),
                share: Ppm(1 + self.dice.below(50_000) as u32),
            };
            spec.extras = vec![extra].try_into().expect("one is few");
        }
        self.suit(book, &licensors, &mut spec, greed);
        spec
    }

    /// Fits clauses and price to what the licensors demand.
    fn suit(
        &mut self,
        book: &Book,
        licensors: &[Licensor],
        spec: &mut VersionSpec<AccountId>,
        greed: Greed,
    ) {
        let stated = |licensor: &Licensor| book.clauses(*licensor);
        let shared = licensors.iter().map(stated).find(|c| c.share_alike);
        if let Some(shared) = shared {
            let attribution = spec.clauses.attribution.clone();
            spec.clauses = Clauses::open(shared.license.clone());
            spec.clauses.text = shared.text.clone();
            spec.clauses.attribution = attribution;
            spec.clauses.irrevocable = true;
            if self.dice.one_in(4) {
                // That is not what share-alike means.
                spec.clauses.license = text("BSD-3-Clause");
            }
        }
        let is_free = |clauses: &Clauses| clauses.commercial != Commercial::Allowed;
        let has_free_parent = licensors.iter().any(|l| is_free(stated(l)));
        if has_free_parent && shared.is_none() && self.dice.one_in(2) {
            self.dice.forbid_commerce(&mut spec.clauses);
        }
        if is_free(&spec.clauses) || has_free_parent {
            spec.price.value = 0;
            spec.clauses.royalty = Royalty::default();
        }
        if greed == Greed::LessPrice {
            spec.price.value = spec.price.value.min(self.dice.price());
            return;
        }
        let mut needed = 0;
        for licensor in licensors {
            let line = match licensor {
                Licensor::Version(version) => spec
                    .bases
                    .iter()
                    .find(|line| line.version == *version)
                    .map(|line| line.royalty),
                Licensor::Dataset(dataset, _) => spec
                    .datasets
                    .iter()
                    .find(|line| match line.source {
                        DataSource::Dataset(named) => named == *dataset,
                        DataSource::Grant(grant) => book.grants[&grant].dataset == *dataset,
                    })
                    .map(|line| line.share),
            };
            let sold_in = (spec.unit, spec.price.asset);
            let mut asked = stated(licensor).royalty.alternatives.iter();
            let asked = asked.find(|a| (a.unit, a.asset) == sold_in);
            if let (Some(line), Some(asked)) = (line, asked) {
                let price = line.amount_that_brings(asked.floor);
                needed = needed.max(price.unwrap_or_default());
            }
        }
        if needed > 0 && self.dice.one_in(2) {
            spec.price.value = needed;
        } else {
            spec.price.value = spec.price.value.max(needed);
        }
    }

    fn tend_version(&mut self, book: &Book) -> Option<Step> {
        if self.dice.one_in(2) {
            return self.clear_away(book);
        }
        let standing = book.versions.iter().filter(|(_, v)| !v.removed);
        let are_many = standing.clone().count() > MANY_VERSIONS;
        let version = self.dice.pick(standing.map(|(id, _)| *id))?;
        let by = self.owner_of_version(book, version);
        Some(match self.dice.below(8) {
            0 | 1 if are_many || self.dice.one_in(3) => {
                step("retire_version", by, Registry::retire_version { version })
            }
            2 => step("assume_deposit", by, Registry::assume_deposit { version }),
            _ => {
                let value = match book.versions[&version].price {
                    0 if !self.dice.one_in(4) => 0,
                    price if self.dice.one_in(2) => price / 2,
                    _ => self.dice.price(),
                };
                step("set_price", by, Registry::set_price { version, value })
            }
        })
    }

    /// What is retired is removed, when nothing refers to it.
    fn clear_away(&mut self, book: &Book) -> Option<Step> {
        let retired = book
            .versions
            .iter()
            .filter(|(_, v)| v.retired && !v.removed);
        let version = self.dice.pick(retired.map(|(id, _)| *id))?;
        let offers = book.offers.keys().find(|(_, offered)| *offered == version);
        if let Some((worker, _)) = offers {
            let worker = worker.clone();
            let call = Escrow::clear_offer { worker, version };
            return Some(step("clear_offer", self.dice.who(), call));
        }
        let by = self.owner_of_version(book, version);
        let call = Registry::remove_version { version };
        Some(step("remove_version", by, call))
    }

    fn grant_wish(&mut self, book: &Book) -> Option<Step> {
        if self.wishes.is_empty() {
            return None;
        }
        let wish = self.dice.below(self.wishes.len() as u64) as usize;
        Some(match self.wishes.swap_remove(wish) {
            Wish::Derive(version, model) => {
                let owner = book.model_owner(model)?.clone();
                let by = self.owner_of_version(book, version);
                let call = Registry::approve_derivative {
                    version,
                    model,
                    owner,
                };
                step("approve_derivative", by, call)
            }
            Wish::Access(licensor, kind, account) => {
                let by = self.person(book.licensor_owner(licensor));
                let call = Registry::approve {
                    licensor,
                    kind,
                    account,
                };
                step("approve", by, call)
            }
            Wish::Train(grant) => {
                let found = &book.grants[&grant];
                let owner = book.model_owner(found.model)?.clone();
                let by = self.person(book.dataset_owner(found.dataset));
                step("approve_owner", by, Data::approve_owner { grant, owner })
            }
        })
    }

    fn withdraw_approval(&mut self, book: &Book) -> Option<Step> {
        let keys = pallet_model_registry::Approvals::<Runtime>::iter_keys();
        let (licensor, (kind, account)) = self.dice.pick(keys)?;
        let by = self.person(book.licensor_owner(licensor));
        let call = Registry::withdraw_approval {
            licensor,
            kind,
            account,
        };
        Some(step("withdraw_approval", by, call))
    }

    /// Offers a model or a dataset, or takes what is offered.
    fn sell(&mut self, book: &Book) -> Option<Step> {
        let offered = book.owned.iter().filter_map(|(thing, owned)| {
            let (to, seen) = owned.offered.clone()?;
            Some((*thing, to, seen))
        });
        if let Some((thing, to, seen)) = self.dice.pick(offered) {
            let by = self.person(Some(&to));
            // Some look again first.
            let changes = match thing {
                _ if !self.dice.one_in(4) => seen,
                Thing::Model(model) => ModelRegistry::model_view(model)?.changes,
                Thing::Dataset(dataset) => DataLicense::dataset_view(dataset)?.changes,
            };
            return Some(match thing {
                Thing::Model(model) => step(
                    "accept_ownership of a model",
                    by,
                    Registry::accept_ownership { model, changes },
                ),
                Thing::Dataset(dataset) => step(
                    "accept_ownership of a dataset",
                    by,
                    Data::accept_ownership { dataset, changes },
                ),
            });
        }
        let busy = book
            .jobs
            .values()
            .map(|job| book.versions[&job.version].model);
        let busy = self.dice.pick(busy.map(Thing::Model));
        let favoured = self
            .dice
            .pick(book.favoured().into_iter().map(Thing::Model));
        let thing = match self.dice.below(4) {
            0 | 1 => busy,
            2 => favoured,
            _ => None,
        };
        let thing = match thing {
            Some(thing) => thing,
            None => self.dice.pick(book.owned.keys().copied())?,
        };
        let by = self.person(book.owner(thing));
        let to = account(self.dice.who());
        Some(match thing {
            Thing::Model(model) => step(
                "transfer_ownership of a model",
                by,
                Registry::transfer_ownership { model, to },
            ),
            Thing::Dataset(dataset) => step(
                "transfer_ownership of a dataset",
                by,
                Data::transfer_ownership { dataset, to },
            ),
        })
    }

    fn set_terms(&mut self, book: &Book) -> Option<Step> {
        let dataset = self.dice.pick(datasets(book))?;
        let mut clauses = self.dice.clauses();
        let revocation = match self.dice.below(4) {
            0 => Revocation::Never,
            _ => Revocation::Notice {
                notice: 14_400,
                perpetual_term: 50_000,
            },
        };
        clauses.irrevocable &= revocation == Revocation::Never;
        // Some is free to use, so that versions find data that asks no more than theirs.
        if self.dice.one_in(3) {
            clauses = open_clauses();
        }
        let period = 1_000 + self.dice.below(30_000) as Tick;
        let terms = DatasetTerms {
            clauses,
            price: Amount {
                asset: self.dice.asset(),
                value: self.dice.price(),
            },
            period: (!self.dice.one_in(3)).then_some(period),
            renewable: None,
            revocation,
        };
        let by = self.person(book.dataset_owner(dataset));
        let call = Data::set_terms {
            dataset,
            terms: Box::new(terms),
        };
        Some(step("set_terms", by, call))
    }

    fn acquire(&mut self, book: &Book) -> Option<Step> {
        // Some want another grant for what they have.
        let had = book
            .grants
            .values()
            .map(|grant| (grant.dataset, grant.model));
        let (dataset, model) = match self.dice.pick(had).filter(|_| self.dice.one_in(3)) {
            Some(had) => had,
            None => (
                self.dice.pick(datasets(book))?,
                self.dice.pick(models(book))?,
            ),
        };
        let (number, terms) = DataLicense::dataset_view(dataset)?.terms?;
        let by = self.person(book.model_owner(model));
        let call = Data::acquire {
            dataset,
            model,
            number,
            max_cost: terms.price.value,
            lasts: 400_000,
        };
        Some(step("acquire", by, call))
    }

    fn answer_request(&mut self, book: &Book) -> Option<Step> {
        let requests =
            datasets(book).flat_map(|dataset| DataLicense::requests_page(dataset, None, MAX_PAGE));
        let request = self.dice.pick(requests)?;
        let (dataset, model) = (request.dataset, request.model);
        let by = self.person(book.dataset_owner(dataset));
        Some(match self.dice.below(5) {
            0 => step("reject", by, Data::reject { dataset, model }),
            1 => {
                let by = self.person(Some(&request.payer));
                step("withdraw", by, Data::withdraw { dataset, model })
            }
            _ => {
                let call = Data::approve {
                    dataset,
                    model,
                    licensee: request.payer,
                    number: request.number,
                };
                step("approve of a request", by, call)
            }
        })
    }

    fn tend_grant(&mut self, book: &Book) -> Option<Step> {
        let standing = book.grants.iter().filter(|(_, grant)| !grant.removed);
        // Rather one by which a version that is served lives.
        let served = book.offers.keys().map(|(_, version)| *version);
        let needed = served.flat_map(|version| book.grants_needed(version));
        let needed = self.dice.pick(needed.filter_map(|(_, grant)| grant));
        let grant = match needed.filter(|_| !self.dice.one_in(3)) {
            Some(grant) => grant,
            None => *self.dice.pick(standing.clone())?.0,
        };
        let found = &book.grants[&grant];
        Some(match self.dice.below(14) {
            0..=4 => {
                let call = Data::renew {
                    grant,
                    periods: 1 + self.dice.below(2) as u32,
                    max_cost: Balance::MAX,
                };
                step("renew", self.dice.who(), call)
            }
            5 | 12 => {
                let by = self.person(book.dataset_owner(found.dataset));
                step("revoke", by, Data::revoke { grant })
            }
            8 | 9 => {
                let over = standing.filter(|(_, g)| g.is_revoked() && !g.is_live_at(now()));
                let over = self.dice.pick(over).filter(|_| self.dice.one_in(2));
                let grant = over.map_or(grant, |(id, _)| *id);
                step("vest", self.dice.who(), Data::vest { grant })
            }
            6 => {
                let by = self.person(book.model_owner(found.model));
                step("remove_grant", by, Data::remove_grant { grant })
            }
            7 => {
                let retired = book
                    .versions
                    .iter()
                    .filter(|(_, v)| v.retired && !v.removed);
                let stands = retired
                    .flat_map(|(id, v)| v.stands_on.values().map(move |grant| (*id, *grant)));
                let (version, grant) = self.dice.pick(stands)?;
                let by = self.owner_of_version(book, version);
                let versions = vec![version].try_into().expect("one is few");
                let call = Data::detach_versions { grant, versions };
                step("detach_versions", by, call)
            }
            // To another grant of the same model and dataset.
            _ => {
                let moves = book.versions.iter().flat_map(|(version, v)| {
                    let from_all = v.stands_on.values().copied();
                    let others = standing.clone();
                    from_all.flat_map(move |from| {
                        let old = &book.grants[&from];
                        let others = others.clone().filter(move |(to, g)| {
                            (g.dataset, g.model) == (old.dataset, old.model) && **to != from
                        });
                        others.map(move |(to, _)| (*version, from, *to))
                    })
                });
                let (version, from, to) = self.dice.pick(moves)?;
                let by = self.owner_of_version(book, version);
                let call = Data::move_version { version, from, to };
                step("move_version", by, call)
            }
        })
    }

    fn register_worker(&mut self) -> Option<Step> {
        let by = self.dice.who();
        let payout = match self.dice.one_in(3) {
            true => self.dice.who(),
            false => by,
        };
        let call = Escrow::register_worker {
            signer: account(by),
            payout: account(payout),
            details: details(),
            bond: 100 * MAI,
        };
        InferenceEscrow::worker_view(&account(by))
            .is_none()
            .then(|| step("register_worker", by, call))
    }

    fn set_offer(&mut self, book: &Book) -> Option<Step> {
        let live = book.versions.iter().filter(|(_, v)| !v.retired);
        let version = self.dice.late(live.map(|(id, _)| *id))?;
        let worker = self.dice.pick(book.payouts.keys())?;
        let by = self.person(Some(worker));
        let max_fee = ModelRegistry::version_view(version).and_then(|v| v.effective.max_fee);
        let fee = match max_fee {
            Some(max) if !self.dice.one_in(4) => Balance::from(self.dice.below(max as u64 + 1)),
            _ => Balance::from(self.dice.below(4_000)),
        };
        let call = Escrow::set_offer {
            version,
            fee,
            min_duration: 10,
        };
        Some(step("set_offer", by, call))
    }

    fn open_job(&mut self, book: &Book) -> Option<Step> {
        // Some try it on what is retired.
        let any = self.dice.one_in(8);
        let offers = book.offers.keys();
        let offers = offers.filter(|(_, version)| any || !book.versions[version].retired);
        let licensed = offers.clone();
        let licensed = licensed.filter(|(_, version)| !book.versions[version].lives_by.is_empty());
        let (worker, version) = match self.dice.late(licensed).filter(|_| self.dice.one_in(2)) {
            Some(offer) => offer,
            None => self.dice.late(offers)?,
        };
        let worker = PEOPLE.into_iter().find(|who| account(*who) == *worker)?;
        let by = self.dice.who();
        let mut order = order(*version, worker, 1 + self.dice.below(5) as u32);
        order.duration = self.dice.of(&[10, 100, 100, 100, 1_000, 3_000, 14_400]);
        if self.dice.one_in(20) {
            order.policies = order.policies.xor(Some([7; 32]));
        }
        Some(step("open_job", by, open_order(order)))
    }

    /// A worker answers a job, or somebody ends one that is late.
    fn answer(&mut self, book: &Book) -> Option<Step> {
        let served = <RewardSplit as Clock>::served();
        let is_late = |job: &JobId| match InferenceEscrow::job_view(*job).map(|view| view.state) {
            Some(JobState::Open(open)) => open.deadline < served,
            _ => false,
        };
        let late = book.jobs.keys().find(|job| is_late(job));
        if let Some(job) = late.filter(|_| self.dice.one_in(2)) {
            let call = Escrow::expire { job: *job };
            return Some(step("expire", self.dice.who(), call));
        }
        let (job, found) = self.dice.pick(&book.jobs)?;
        let by = self.person(Some(&found.worker));
        Some(match self.dice.below(10) {
            0 | 1 => {
                let reason = self.dice.of(DeclineReason::ALL);
                step("decline", by, Escrow::decline { job: *job, reason })
            }
            _ => {
                let more = u64::from(self.dice.one_in(10));
                let units = 1 + self.dice.below(u64::from(found.units) + more) as u32;
                step("attest", by, attest_call(*job, units))
            }
        })
    }

    /// Somebody has a contributor paid, and now and then one that earned nothing then.
    fn claim_issuance(&mut self, book: &Book) -> Option<Step> {
        let (mut epoch, beneficiary) = self.dice.pick(book.earners())?;
        if self.dice.one_in(5) {
            epoch += 1;
        }
        let beneficiary = beneficiary.beneficiary();
        let call = Reward::claim_issuance { epoch, beneficiary };
        Some(step("claim_issuance", self.dice.who(), call))
    }

    fn claim(&mut self, book: &Book) -> Option<Step> {
        let owner = self
            .dice
            .pick(book.owned.values().map(|owned| owned.owner.clone()));
        let treasury = configs::economy::Treasury::get();
        let claimant = owner.filter(|_| !self.dice.one_in(5)).unwrap_or(treasury);
        let claims = RewardSplit::claimable(&claimant, None).claims;
        let claims = claims
            .into_iter()
            .map(|c| (c.split, c.amount.asset, c.share));
        let by = self.dice.who();
        if self.dice.one_in(4) {
            let some = self.dice.below(pallet_reward_split::MAX_CLAIMS.into());
            let claims: Vec<_> = claims.take(some as usize).collect();
            let claims = claims.try_into().expect("no more than a call takes");
            return Some(step("claim_many", by, Reward::claim_many { claims }));
        }
        let (split, asset, share) = self.dice.pick(claims)?;
        let call = Reward::claim {
            split,
            asset,
            share,
        };
        Some(step("claim", by, call))
    }

    /// Who rules an asset stops somebody, or everybody, or lets them go again.
    fn freeze(&mut self, book: &Book) -> Option<Step> {
        let job = self.dice.pick(book.jobs.values());
        let who = match job.filter(|_| !self.dice.one_in(3)) {
            Some(job) => {
                let payout = &book.payouts[&job.worker];
                self.dice.of(&[&job.payer, &job.worker, payout]).clone()
            }
            None => account(self.dice.who()),
        };
        let (id, who) = (presets::DOLLAR.into(), who.into());
        Some(match self.dice.below(10) {
            0..=3 => step("block", Who::Alice, pallet_assets::Call::block { id, who }),
            4 => step(
                "freeze_asset",
                Who::Alice,
                pallet_assets::Call::freeze_asset { id },
            ),
            5 | 6 => step(
                "thaw_asset",
                Who::Alice,
                pallet_assets::Call::thaw_asset { id },
            ),
            _ => step("thaw", Who::Alice, pallet_assets::Call::thaw { id, who }),
        })
    }

    /// Money for the vault that nobody is owed.
    fn give(&mut self) -> Option<Step> {
        let vault = RewardSplit::vault().into();
        let by = self.dice.who();
        Some(match self.dice.one_in(2) {
            true => step(
                "gift",
                by,
                pallet_balances::Call::transfer_keep_alive {
                    dest: vault,
                    value: MAI,
                },
            ),
            false => step(
                "gift of dollars",
                by,
                pallet_assets::Call::transfer_keep_alive {
                    id: presets::DOLLAR.into(),
                    target: vault,
                    amount: 1_000_000,
                },
            ),
        })
    }

    fn pay_out(&mut self, book: &Book) -> Option<Step> {
        if let Some(call) = self.dice.pick(&self.paid).filter(|_| self.dice.one_in(2)) {
            return Some(step("pay_out", self.dice.who(), call.clone()));
        }
        let debt = self.dice.pick(&book.debts)?.clone();
        let call = Reward::pay_out {
            payer: debt.payer,
            reason: debt.reason,
            asset: debt.asset,
            destination: debt.destination,
        };
        Some(step("pay_out", self.dice.who(), call))
    }

    /// The root suspends something, or lifts a suspension; or somebody claims what is frozen.
    fn moderate(&mut self, book: &Book) -> Option<Step> {
        let running = book.suspended.keys().filter(|s| book.is_suspended(s));
        let running = self.dice.pick(running.cloned());
        let waiting = book.versions.iter().filter(|(version, found)| {
            let owed = RewardSplit::owed_view(found.split, found.spec.price.asset);
            book.takes_no_work(**version) && owed.last().is_some_and(|line| line.value > 0)
        });
        let waiting = self.dice.pick(waiting.map(|(_, found)| found));
        if let Some(version) = waiting.filter(|_| self.dice.one_in(2)) {
            // The owner's share is the last.
            let shares = book.splits.get(&version.split)?.shares.len() as u32;
            let call = Reward::claim {
                split: version.split,
                asset: version.spec.price.asset,
                share: shares.saturating_sub(1),
            };
            return Some(step("claim", self.dice.who(), call));
        }
        let of_root = |kind, call: Registry<Runtime>| Step {
            kind,
            by: None,
            call: call.into(),
        };
        if let Some(subject) = running.filter(|_| self.dice.one_in(4)) {
            return Some(of_root("lift", Registry::lift { subject }));
        }
        let versions = book.versions.iter().filter(|(_, v)| !v.removed);
        let served = book.offers.keys().map(|(_, version)| *version);
        let served = self.dice.pick(served);
        let subject = match self.dice.below(5) {
            0 => Subject::Version(self.dice.late(versions.map(|(version, _)| *version))?),
            1 => Subject::Version(served?),
            2 => Subject::Model(book.versions.get(&served?)?.model),
            3 => Subject::Dataset(self.dice.pick(datasets(book))?),
            _ => Subject::Worker(self.dice.pick(book.payouts.keys().cloned())?),
        };
        let until = now() + self.dice.of(&[1_000, 10_000, 30_000]);
        Some(of_root("suspend", Registry::suspend { subject, until }))
    }

    fn set_rule(&mut self) -> Option<Step> {
        let value = self.dice.below(100_001).into();
        let call = Registry::set_rule {
            rule: Rule::NetworkShare,
            value,
        };
        self.dice.one_in(3).then(|| Step {
            kind: "set_rule",
            by: None,
            call: call.into(),
        })
    }
}

fn models(book: &Book) -> impl Iterator<Item = ModelId> + '_ {
    book.owned.keys().filter_map(|thing| match thing {
        Thing::Model(model) => Some(*model),
        Thing::Dataset(_) => None,
    })
}

fn datasets(book: &Book) -> impl Iterator<Item = DatasetId> + '_ {
    book.owned.keys().filter_map(|thing| match thing {
        Thing::Dataset(dataset) => Some(*dataset),
        Thing::Model(_) => None,
    })
}
