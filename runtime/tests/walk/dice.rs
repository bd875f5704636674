//! Numbers that look random and are the same for a seed.

use crate::support::*;

pub const PEOPLE: [Who; 6] = [
    Who::Alice,
    Who::Bob,
    Who::Charlie,
    Who::Dave,
    Who::Eve,
    Who::Ferdie,
];

/// xorshift64*.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    /// One of them, unless there is none.
    pub fn pick<T: Clone>(&mut self, choices: impl IntoIterator<Item = T>) -> Option<T> {
        let choices: Vec<T> = choices.into_iter().collect();
        (!choices.is_empty()).then(|| self.of(&choices))
    }

    /// One of them, rather a late one.
    pub fn late<T: Clone>(&mut self, choices: impl IntoIterator<Item = T>) -> Option<T> {
        let choices: Vec<T> = choices.into_iter().collect();
        let n = choices.len() as u64;
        let back = self.below(n).min(self.below(n));
        choices.iter().rev().nth(back as usize).cloned()
    }

    pub fn who(&mut self) -> Who {
        self.of(&PEOPLE)
    }

    pub fn asset(&mut self) -> Asset {
        self.of(&[Asset::Native, Asset::Id(presets::DOLLAR)])
    }

    /// A price for one unit.
    pub fn price(&mut self) -> Balance {
        100_000 + Balance::from(self.below(1_900_000))
    }

    pub fn clauses(&mut self) -> Clauses {
        let license = self.of(&["Apache-2.0", "MIT"]);
        let mut clauses = Clauses::open(text(license));
        if self.one_in(9) {
            self.forbid_commerce(&mut clauses);
        } else if !self.one_in(4) {
            clauses.royalty = self.royalty();
        }
        clauses.derivatives = match self.below(20) {
            0 | 1 => Derivatives::Forbidden,
            2..=4 => Derivatives::Approval,
            _ => Derivatives::Allowed,
        };
        let mut access = || match self.one_in(6) {
            true => Access::Approval,
            false => Access::Anyone,
        };
        clauses.hosting = access();
        clauses.users = access();
        if self.one_in(6) {
            clauses.use_policy = Some(file(100 + self.below(8) as u8));
        }
        if self.one_in(6) {
            clauses.attribution = text("With data of the walk");
        }
        clauses.irrevocable = self.one_in(10);
        clauses.share_alike = self.one_in(10);
        clauses
    }

    pub fn forbid_commerce(&mut self, clauses: &mut Clauses) {
        let fees = (!self.one_in(3)).then(|| FeeLimit {
            unit: Unit::Call,
            asset: self.asset(),
            max_fee: 1 + Balance::from(self.below(2_000)),
        });
        clauses.commercial = Commercial::Forbidden { fees };
    }

    /// A share of at most 6%, with floors that a price of this walk can bring or not.
    fn royalty(&mut self) -> Royalty {
        let share = Ppm(1 + self.below(60_000) as u32);
        let mut alternatives = Vec::new();
        for unit in [Unit::Call, Unit::ThousandTokens] {
            for asset in [Asset::Native, Asset::Id(presets::DOLLAR)] {
                if alternatives.is_empty() || unit == Unit::Call || self.one_in(2) {
                    alternatives.push(Alternative {
                        unit,
                        asset,
                        floor: share.of(self.price()).max(1),
                        max_fee: 300 + Balance::from(self.below(3_000)),
                    });
                }
            }
        }
        Royalty {
            share,
            alternatives: alternatives.try_into().unwrap(),
        }
    }
}
