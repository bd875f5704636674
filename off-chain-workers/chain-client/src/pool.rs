//! The node's pool of transactions: hands signed calls to it, and reads why it refuses one.

use crate::{
    chain::Chain,
    connection::RpcError,
    error::{ChainError, Refusal},
};
use sp_core::Bytes;
use subxt::{
    config::substrate::H256,
    rpcs::{
        client::{rpc_params, RpcSubscription},
        methods::legacy::TransactionStatus,
    },
};

pub(crate) type Statuses = RpcSubscription<TransactionStatus<H256>>;

impl Chain {
    /// Gives a signed call to the pool and subscribes to its statuses.
    pub(crate) async fn hand_in(&self, signed: &[u8]) -> Result<Statuses, ChainError> {
        const METHOD: &str = "author_submitAndWatchExtrinsic";
        let connection = &self.0.connection;
        connection
            .client_for_subxt()
            .subscribe(
                METHOD,
                rpc_params![Bytes(signed.to_vec())],
                "author_unwatchExtrinsic",
            )
            .await
            .map_err(|e| refusal(connection.explain(e, METHOD)))
    }

    /// Gives a signed call to the pool.
    pub(crate) async fn hand_in_unwatched(&self, signed: &[u8]) -> Result<(), ChainError> {
        let params = (Bytes(signed.to_vec()),);
        let connection = &self.0.connection;
        let _: H256 = connection
            .request("author_submitExtrinsic", params)
            .await
            .map_err(refusal)?;
        Ok(())
    }
}

/// Why the pool refused a call, from the node's error.
fn refusal(error: RpcError) -> ChainError {
    let RpcError::Call {
        code,
        message,
        data,
        ..
    } = &error
    else {
        return ChainError::Rpc(error);
    };
    let data = data.as_deref().unwrap_or_default();
    let refusal = match (*code, data) {
        (1010, "Transaction is outdated") => Refusal::Stale,
        (1010, "Transaction will be valid in the future") | (1021, _) => Refusal::Future,
        (1010, "Transaction has a bad signature") => Refusal::BadSignature,
        (1010, "Transaction has an ancient birth block") => Refusal::Expired,
        (1010, "Transaction would exhaust the block limits") => Refusal::ExhaustsResources,
        (1010, "Transaction call is not expected") => Refusal::NotAllowed,
        (1010, d) if d.starts_with("Inability to pay") => Refusal::CannotPay,
        (1010, d) => match d
            .strip_prefix("Custom error: ")
            .and_then(|n| n.parse().ok())
        {
            Some(n) => Refusal::Custom(n),
            None => Refusal::Other {
                code: *code,
                message: if d.is_empty() { message } else { d }.to_owned(),
            },
        },
        (1012, _) => Refusal::Banned,
        (1013, _) => Refusal::AlreadyImported,
        (1014, _) => Refusal::LowPriority,
        (1016, _) => Refusal::PoolFull,
        (1000..=1099, d) => Refusal::Other {
            code: *code,
            message: if d.is_empty() {
                message.clone()
            } else {
                format!("{message}: {d}")
            },
        },
        _ => return ChainError::Rpc(error),
    };
    ChainError::Refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, data: Option<&str>) -> ChainError {
        refusal(RpcError::Call {
            method: "author_submitAndWatchExtrinsic".into(),
            code,
            message: "Invalid Transaction".into(),
            data: data.map(str::to_owned),
        })
    }

    #[test]
    fn each_refusal_of_the_pool_has_its_variant() {
        let is = |e, r| assert!(matches!(&e, ChainError::Refused(got) if *got == r), "{e:?}");
        is(said(1010, Some("Custom error: 7")), Refusal::Custom(7));
        let refused = said(1010, Some("Custom error: 102"));
        assert!(
            refused.to_string().contains("deadline has passed"),
            "{refused}"
        );
        is(said(1010, Some("Transaction is outdated")), Refusal::Stale);
        is(
            said(
                1010,
                Some("Inability to pay some fees (e.g. account balance too low)"),
            ),
            Refusal::CannotPay,
        );
        is(said(1012, None), Refusal::Banned);
        is(said(1013, Some("0x00")), Refusal::AlreadyImported);
        is(said(1014, Some("too low")), Refusal::LowPriority);
        is(said(1016, None), Refusal::PoolFull);
        assert!(matches!(
            said(1010, Some("Custom error: x")),
            ChainError::Refused(Refusal::Other { code: 1010, .. })
        ));
        assert!(matches!(said(-32601, None), ChainError::Rpc(_)));
    }
}
