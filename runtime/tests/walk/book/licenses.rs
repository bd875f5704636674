//! Grants by what was bought, renewed and revoked. No job opens after the license of its version, or
//! of an ancestor that binds it, has ended; and what has not vested goes back to who paid it.

use super::{money::To, *};
use pallet_data_license::{Call, Event};

#[derive(Clone)]
pub struct Grant {
    pub dataset: DatasetId,
    pub model: ModelId,
    pub number: TermsNumber,
    /// Whom the dataset's owner has approved, where that is asked.
    pub licensee: AccountId,
    /// First tick that nobody has paid for; `None` where it was bought for ever.
    paid_until: Option<Tick>,
    /// First tick after the notice of its revocation.
    notice_until: Option<Tick>,
    renewed: bool,
    payments: Vec<Payment>,
    pub removed: bool,
}

/// Somebody's payment for the time from `start` to `end`.
#[derive(Clone)]
struct Payment {
    payer: AccountId,
    value: Balance,
    start: Tick,
    end: Tick,
    vested: Balance,
}

impl Payment {
    fn left(&self) -> Balance {
        self.value - self.vested
    }

    /// What has vested when `tick` begins, linearly and rounded down.
    fn vested_at(&self, tick: Tick) -> Balance {
        if tick >= self.end {
            return self.value;
        }
        let elapsed = Balance::from(tick.saturating_sub(self.start));
        self.value * elapsed / Balance::from(self.end - self.start)
    }
}

impl Grant {
    /// First tick at which it is over.
    pub fn ends(&self) -> Option<Tick> {
        match (self.paid_until, self.notice_until) {
            (Some(paid), Some(notice)) => Some(paid.min(notice)),
            (paid, notice) => paid.or(notice),
        }
    }

    pub fn is_live_at(&self, tick: Tick) -> bool {
        !self.removed && self.ends().is_none_or(|end| end > tick)
    }

    pub fn is_revoked(&self) -> bool {
        self.notice_until.is_some()
    }

    /// From when on nothing vests: the end of a grant that was revoked.
    fn cut_off(&self) -> Option<Tick> {
        self.notice_until.and(self.ends())
    }
}

impl Book {
    /// The grants that work on `version` needs, each with whose license it is. An own live grant of
    /// the version's model stands for that of an ancestor.
    pub fn grants_needed(&self, version: VersionId) -> Vec<(VersionId, Option<GrantId>)> {
        let found = &self.versions[&version];
        let own_of = |dataset| {
            self.grants
                .iter()
                .filter(|(_, g)| (g.model, g.dataset) == (found.model, dataset))
                .filter(|(_, g)| g.is_live_at(now()))
                .max_by_key(|(_, g)| g.ends().unwrap_or(Tick::MAX))
                .map(|(id, _)| *id)
        };
        let needs = found.lives_by.iter();
        needs
            .map(|(trained, dataset)| {
                let stands_on = || self.versions[trained].stands_on.get(dataset).copied();
                (*trained, own_of(*dataset).or_else(stands_on))
            })
            .collect()
    }

    /// Whose licenses, of those that work on `version` needs, are over before `until` has passed.
    pub(super) fn licenses_over(&self, version: VersionId, until: Tick) -> BTreeSet<VersionId> {
        let is_over = |grant: &Option<GrantId>| {
            let grant = grant.map(|id| &self.grants[&id]);
            grant.is_none_or(|grant| !grant.is_live_at(until))
        };
        let needed = self.grants_needed(version).into_iter();
        needed
            .filter(|(_, grant)| is_over(grant))
            .map(|(trained, _)| trained)
            .collect()
    }

    pub(super) fn count_licenses(&mut self, version: VersionId) {
        let needed = self.grants_needed(version);
        let grants = needed.iter().filter_map(|(_, id)| self.grants.get(&(*id)?));
        let (mut renewed, mut revoked) = (false, false);
        for grant in grants {
            renewed |= grant.renewed;
            revoked |= grant.is_revoked();
        }
        if renewed {
            self.reach("a job under a license that was renewed");
        }
        if revoked {
            self.reach("a job during the notice of a license");
        }
        if needed.iter().any(|(trained, _)| *trained != version) {
            self.reach("a job under the license of an ancestor");
        }
    }

    pub(super) fn read_licenses(
        &mut self,
        by: &AccountId,
        call: Option<&RuntimeCall>,
        event: &Event<Runtime>,
        due: &mut Consequences,
    ) {
        let call = call.and_then(|call| match call {
            RuntimeCall::DataLicense(call) => Some(call),
            _ => None,
        });
        match event {
            Event::DatasetRegistered {
                dataset,
                owner,
                split,
                ..
            } => {
                self.register(Thing::Dataset(*dataset), owner);
                self.dataset_splits.insert(*dataset, *split);
                if let Some(Call::register_dataset { split: None, .. }) = call {
                    let all = Beneficiary::DatasetOwner(*dataset);
                    self.found_split(*split, vec![(all, Ppm::MILLION)]);
                }
            }
            Event::OwnershipOffered { dataset, to } => {
                self.read_ownership_offered(Thing::Dataset(*dataset), to)
            }
            Event::OwnershipAccepted { dataset, from, to } => {
                self.read_ownership_accepted(Thing::Dataset(*dataset), from, to)
            }
            Event::TermsSet { dataset, number } => {
                if let Some(Call::set_terms { terms, .. }) = call {
                    self.terms.insert((*dataset, *number), (**terms).clone());
                }
            }
            Event::GrantGiven {
                grant,
                dataset,
                model,
                licensee,
                number,
                ends,
                ..
            } => {
                let terms = &self.terms[&(*dataset, *number)];
                let (started, period) = (now(), terms.period);
                let paid_until = period.map(|period| started + period);
                assert_eq!(*ends, paid_until, "a grant lasts one period");
                assert_eq!(self.model_owner(*model), Some(licensee));
                let vests_until = match (period, terms.revocation) {
                    (Some(period), _) => started + period,
                    (None, Revocation::Notice { perpetual_term, .. }) => started + perpetual_term,
                    (None, Revocation::Never) => started,
                };
                let price = terms.price.value;
                let given = Grant {
                    dataset: *dataset,
                    model: *model,
                    number: *number,
                    licensee: licensee.clone(),
                    paid_until,
                    notice_until: None,
                    renewed: false,
                    payments: Vec::new(),
                    removed: false,
                };
                self.grants.insert(*grant, given);
                self.pay_for(*grant, licensee, price, started, vests_until, due);
            }
            Event::GrantRenewed { grant, ends, .. } => {
                let Some(Call::renew { periods, .. }) = call else {
                    panic!("grants are renewed by call");
                };
                let found = &self.grants[grant];
                let terms = &self.terms[&(found.dataset, found.number)];
                let period = terms.period.expect("what is renewed has periods");
                let start = found.ends().expect("what is renewed ends").max(now());
                let bought = start + periods * period;
                let until = found.notice_until.map_or(bought, |end| bought.min(end));
                assert_eq!(
                    *ends, until,
                    "a renewal adds what was bought, within a notice"
                );
                let (price, length) = (terms.price.value, Balance::from(until - start));
                let price = (price * length).div_ceil(Balance::from(period));
                self.pay_for(*grant, by, price, start, until, due);
                let found = self.grants.get_mut(grant).expect("it was found");
                found.paid_until = Some(until);
                found.renewed = true;
            }
            Event::GrantRevoked { grant, .. } => {
                let found = &self.grants[grant];
                let terms = &self.terms[&(found.dataset, found.number)];
                let Revocation::Notice { notice, .. } = terms.revocation else {
                    panic!("what can never be revoked was revoked");
                };
                let found = self.grants.get_mut(grant).expect("it was found");
                found.notice_until = Some(now() + notice);
            }
            Event::OwnerApproved { grant, owner } => {
                self.grants.get_mut(grant).expect("it exists").licensee = owner.clone();
            }
            Event::VersionMoved { version, from, to } => self.read_moved(*version, *from, *to),
            Event::VersionDetached { version, grant } => {
                let dataset = self.grants[grant].dataset;
                let found = self.versions.get_mut(version).expect("it exists");
                found.stands_on.remove(&dataset);
            }
            Event::GrantRemoved { grant } => {
                self.grants.get_mut(grant).expect("it exists").removed = true;
            }
            _ => {}
        }
    }

    fn read_moved(&mut self, version: VersionId, from: GrantId, to: GrantId) {
        let (old, new) = (&self.grants[&from], &self.grants[&to]);
        assert_eq!(
            (old.dataset, old.model),
            (new.dataset, new.model),
            "a version moves within its dataset and model"
        );
        assert!(new.is_live_at(now()), "a version moves to a live grant");
        let (dataset, number) = (new.dataset, new.number);
        let view = ModelRegistry::version_view(version).expect("it was published");
        self.ensure_kept(version, &view.effective, Licensor::Dataset(dataset, number));
        let found = self.versions.get_mut(&version).expect("it exists");
        assert_eq!(found.stands_on.insert(dataset, to), Some(from));
        self.reach("a version is moved to another grant");
    }

    /// `payer` pays for a grant. The vault has it until it vests; what can never be revoked is paid
    /// at once.
    fn pay_for(
        &mut self,
        grant: GrantId,
        payer: &AccountId,
        value: Balance,
        start: Tick,
        end: Tick,
        due: &mut Consequences,
    ) {
        if value == 0 {
            return;
        }
        let found = self.grants.get_mut(&grant).expect("it exists");
        let terms = &self.terms[&(found.dataset, found.number)];
        due.legs.push(Leg {
            from: payer.clone(),
            asset: terms.price.asset,
            value,
            to: To::Vault,
        });
        let (start, end) = match terms.revocation {
            Revocation::Never => (now(), now()),
            Revocation::Notice { .. } => (start, end),
        };
        found.payments.push(Payment {
            payer: payer.clone(),
            value,
            start,
            end,
            vested: 0,
        });
    }

    /// Whoever vests a grant, or removes it, leaves nothing that is due.
    pub(super) fn ensure_vested(&self, call: &RuntimeCall) {
        let RuntimeCall::DataLicense(Call::vest { grant } | Call::remove_grant { grant }) = call
        else {
            return;
        };
        let found = &self.grants[grant];
        let is_over = found.cut_off().is_some_and(|end| end <= now());
        assert!(
            found.payments.is_empty() || !(found.removed || is_over),
            "what grant {grant} has not vested goes back to who paid it"
        );
        for payment in &found.payments {
            assert_eq!(
                payment.vested,
                payment.vested_at(now()),
                "grant {grant} vests"
            );
        }
    }

    /// What becomes the dataset's is what has vested, neither more nor less.
    pub(super) fn read_vested(&mut self, grant: GrantId, value: Balance) {
        let found = self.grants.get_mut(&grant).expect("it exists");
        // Who removes a grant gives up what it has paid for.
        let until = match found.removed {
            true => Tick::MAX,
            false => now(),
        };
        let until = found.cut_off().map_or(until, |end| until.min(end));
        let mut vested = 0;
        for payment in &mut found.payments {
            // Time that begins later has not begun to vest.
            let by_now = payment.vested_at(until).max(payment.vested);
            vested += by_now - payment.vested;
            payment.vested = by_now;
        }
        assert_eq!(value, vested, "grant {grant} vests tick by tick");
        found.payments.retain(|payment| payment.left() > 0);
    }

    /// What has not vested when a notice is over goes back to whoever paid it.
    pub(super) fn read_returned(&mut self, grant: GrantId, value: Balance, to: &AccountId) {
        let found = self.grants.get_mut(&grant).expect("it exists");
        assert!(
            found
                .cut_off()
                .is_some_and(|end| found.removed || end <= now()),
            "grant {grant} gives money back after its notice alone"
        );
        let paid = found
            .payments
            .iter()
            .position(|payment| payment.payer == *to && payment.left() == value);
        let paid =
            paid.unwrap_or_else(|| panic!("grant {grant} gives back what {to} has not paid"));
        found.payments.remove(paid);
        self.reach("what has not vested goes back");
    }
}
