//! `myai worker …`

use crate::{
    args::WorkerCommand,
    context::Context,
    error::{Error, Result},
    output::Report,
    show,
};
use myai_chain_client::{calls, AccountId};
use myai_primitives::OfferView;
use serde_json::json;
use std::cmp::Reverse;

pub async fn run(context: &Context<'_>, command: WorkerCommand) -> Result<Report> {
    match command {
        WorkerCommand::List { target } => {
            let version = context.target(&target).await?;
            let mut offers = context.workers(version.id).await?;
            rank(&mut offers);
            Ok(show::offers(&context.names, &offers))
        }
        WorkerCommand::Show { worker } => {
            let id = worker.0;
            let missing = || Error::missing(format!("worker {id}"));
            let view = match context.chain.worker(&id).await? {
                Some(view) => view,
                // It may have been the signer that was named.
                None => match context.chain.worker_of(&id).await? {
                    Some(of) => context.chain.worker(&of).await?.ok_or_else(missing)?,
                    None => return Err(missing()),
                },
            };
            let offers = context.offers(&view.id).await?;
            Ok(show::worker(&context.names, &view, &offers))
        }
        WorkerCommand::ClearOffer { version, worker } => {
            let call = calls::clear_offer(worker.0.clone(), version);
            context.send(call).await?;
            Ok(Report::new(
                json!({ "version": version, "worker": worker.to_string(), "state": "cleared" }),
                format!("{worker} offers v{version} no more"),
            ))
        }
    }
}

/// Best first: available, then cheap, then of good standing, then of few failures.
pub fn rank(offers: &mut [OfferView<AccountId>]) {
    offers.sort_by_key(|o| {
        let record = &o.record;
        (
            !o.available,
            o.fee.value,
            Reverse(record.standing),
            Reverse(record.settled),
            record.expired.saturating_add(record.declined),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_primitives::{Amount, Asset, Record, VersionId};

    #[test]
    fn the_cheapest_available_comes_first_and_standing_decides_among_equals() {
        let offer = |n: u8, fee: u128, standing: u128, available: bool| OfferView {
            worker: AccountId::new([n; 32]),
            version: VersionId(1),
            fee: Amount {
                asset: Asset::Native,
                value: fee,
            },
            min_duration: 10,
            available,
            record: Record {
                standing,
                ..Default::default()
            },
        };
        let mut offers = vec![
            offer(1, 1, 9, false),
            offer(2, 3, 9, true),
            offer(3, 2, 1, true),
            offer(4, 2, 5, true),
        ];
        rank(&mut offers);
        let order: Vec<u8> = offers
            .iter()
            .map(|o| AsRef::<[u8]>::as_ref(&o.worker)[0])
            .collect();
        assert_eq!(order, [4, 3, 2, 1]);
    }
}
