mod arithmetic;
mod assets;
mod claims;
mod clock;
mod invariants;
mod network;
mod payouts;
mod splits;
