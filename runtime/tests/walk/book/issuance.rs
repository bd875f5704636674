//! What is minted, and whom it goes to. No more than the curve says, and to whoever brought the
//! network's cuts at most half of them.

use super::{money::part, *};
use pallet_reward_split::Event;

/// Who may earn.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Earner {
    Split(SplitId),
    Worker(AccountId),
}

impl Earner {
    fn of(beneficiary: &Beneficiary<AccountId>) -> Self {
        match beneficiary {
            Beneficiary::Split(split) => Self::Split(*split),
            Beneficiary::Account(worker) => Self::Worker(worker.clone()),
            other => panic!("nobody earns so: {other:?}"),
        }
    }

    pub fn beneficiary(self) -> Beneficiary<AccountId> {
        match self {
            Self::Split(split) => Beneficiary::Split(split),
            Self::Worker(worker) => Beneficiary::Account(worker),
        }
    }
}

/// What was minted, and who earned it.
#[derive(Clone)]
pub struct Issuance {
    /// The tick at which the first block ends, and at which the last one did.
    start: Tick,
    last: Tick,
    /// The network's cuts in the token by epoch, and by the split or the worker that brought them;
    /// gone when claimed.
    credits: BTreeMap<(u32, Earner), Balance>,
    /// Of each epoch that is over: its pool, all credits, and what was not claimed.
    over: BTreeMap<u32, (Balance, Balance, Balance)>,
}

/// What the chain mints in so many ticks before the first halving, which no walk sees.
fn curve(ticks: Tick) -> Balance {
    assert!(ticks < 21_038_400, "a walk of years");
    10_500_000 * MAI * Balance::from(ticks) / 21_038_400
}

impl Issuance {
    pub fn begin() -> Self {
        Self {
            start: now(),
            last: now(),
            credits: BTreeMap::new(),
            over: BTreeMap::new(),
        }
    }

    fn minted(&self) -> Balance {
        curve(self.last - self.start)
    }
}

impl Book {
    /// A block has ended: what is due until then is in the vault.
    pub(super) fn mint(&mut self, tick: Tick) {
        let before = self.issuance.minted();
        self.issuance.last = tick;
        let minted = self.issuance.minted() - before;
        *self.issued.get_mut(&Asset::Native).expect("the token") += minted;
        self.receive(&RewardSplit::vault(), Asset::Native, minted);
    }

    /// A job in the token was paid.
    pub(super) fn credit(&mut self, split: SplitId, worker: &AccountId, cuts: (Balance, Balance)) {
        let epoch = self.issuance.last / 14_400;
        for (whose, cut) in [
            (Earner::Split(split), cuts.0),
            (Earner::Worker(worker.clone()), cuts.1),
        ] {
            *self.issuance.credits.entry((epoch, whose)).or_default() += cut;
        }
    }

    /// Who earned something in an epoch that is over and has not claimed it.
    pub fn earners(&self) -> impl Iterator<Item = (u32, Earner)> + '_ {
        let over = &self.issuance.over;
        let credits = self.issuance.credits.keys();
        credits
            .filter(|(epoch, _)| over.contains_key(epoch))
            .cloned()
    }

    pub(super) fn read_issuance(&mut self, event: &Event<Runtime>) {
        let vault = RewardSplit::vault();
        match event {
            Event::EpochEnded {
                epoch,
                pool,
                credits,
                to_contributors,
            } => {
                let of_epoch = self.issuance.credits.iter();
                let of_epoch = of_epoch.filter(|((of, _), _)| of == epoch);
                let all: Balance = of_epoch.map(|(_, credit)| credit).sum();
                assert_eq!(
                    *credits, all,
                    "all that was earned in epoch {epoch} is known"
                );
                assert_eq!(*to_contributors, (*pool).min(all / 2));
                let until = |tick: Tick| curve(tick.saturating_sub(self.issuance.start));
                let minted = until((epoch + 1) * 14_400) - until(epoch * 14_400);
                let due = part(minted, Ppm(600_000));
                assert!(
                    *pool <= due + 1 && pool + 14_400 >= due,
                    "three fifths of what is minted are contributors': {pool} of {minted}"
                );
                let over = (*pool, all, *to_contributors);
                self.issuance.over.insert(*epoch, over);
                self.reach("an epoch ends");
                if all > 0 {
                    self.reach("an epoch ends in which somebody earned");
                }
            }
            Event::EpochExpired { epoch, value } => {
                let (_, _, left) = self.issuance.over.remove(epoch).expect("it was over");
                assert_eq!(*value, left, "what was not claimed of epoch {epoch}");
                self.issuance.credits.retain(|(of, _), _| of != epoch);
                self.reach("claims of an epoch are over");
            }
            Event::TreasuryPaid { value } => {
                let treasury = configs::economy::Treasury::get();
                self.pay(&vault, &treasury, Asset::Native, *value);
            }
            Event::IssuanceClaimed {
                epoch,
                beneficiary,
                value,
                to,
            } => {
                let whose = Earner::of(beneficiary);
                let credit = self.issuance.credits.remove(&(*epoch, whose.clone()));
                let credit = credit.expect("what was earned is claimed once");
                let over = self.issuance.over.get_mut(epoch).expect("it is over");
                let (pool, all, left) = over;
                let share = match *all <= 2 * *pool {
                    true => credit / 2,
                    false => credit * *pool / *all,
                };
                assert_eq!(*value, share, "of epoch {epoch}, for {credit}");
                assert!(*value <= credit / 2, "paying oneself always loses");
                *left -= value;
                match (whose, to) {
                    (Earner::Split(split), None) => {
                        self.earn(split, Asset::Native, *value);
                        self.reach("a split claims issuance");
                    }
                    (Earner::Worker(worker), Some(to)) => {
                        assert_eq!(&self.payouts[&worker], to);
                        self.pay(&vault, to, Asset::Native, *value);
                        self.reach("a worker claims issuance");
                    }
                    _ => panic!("a worker is paid, a split is credited"),
                }
            }
            _ => {}
        }
    }
}
