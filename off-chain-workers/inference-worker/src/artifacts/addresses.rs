//! Which addresses strangers' files are fetched from. Manifests name hosts, and a host may lead
//! into the operator's own network: only addresses that everybody reaches are asked.

use reqwest::{
    dns::{Name, Resolve, Resolving},
    redirect::{Action, Attempt},
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Redirections that are followed for one file.
pub const MAX_REDIRECTS: usize = 5;

/// Says of an address whether a file may be fetched from there.
pub type MayAsk = fn(IpAddr) -> bool;

/// For [`super::FetchOptions::may_ask`]: every address, private ones too.
pub fn is_any(_: IpAddr) -> bool {
    true
}

/// Whether an address is one that everybody in the internet reaches: not loopback, private,
/// link-local, shared, reserved, for documentation, multicast or unspecified, also not one of those
/// inside an IPv6 address.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let in_block = |block: [u8; 4], bits: u32| {
        let mask = u32::MAX << (32 - bits);
        ip.to_bits() & mask == u32::from_be_bytes(block)
    };
    // The IANA's registry of special addresses, and multicast.
    ![
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ]
    .into_iter()
    .any(|(block, bits)| in_block(block, bits))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let last_four = || {
        let [.., a, b, c, d] = ip.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // IPv4-mapped, and IPv4 through a translator.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(last_four()),
        // Protocols' own, Teredo and benchmarks among them.
        [0x2001, second, ..] if second < 0x200 => false,
        // Documentation, and 6to4, which has an IPv4 address in it.
        [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Nothing else is given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// A host that is not asked for a file.
#[derive(Debug, thiserror::Error)]
#[error("{host} has no public address; `allow_private_addresses` would let it be asked")]
pub struct NotPublic {
    host: String,
}

/// Fails for a URL that names an address which may not be asked. Names are looked at by
/// [`Resolver`], since they may lead elsewhere by the time that they are asked.
pub fn ensure_may_ask(url: &Url, may_ask: MayAsk) -> Result<(), NotPublic> {
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if may_ask(ip) {
        Ok(())
    } else {
        Err(NotPublic {
            host: ip.to_string(),
        })
    }
}

/// Follows few redirections, to hosts that may be asked.
pub fn redirected(attempt: Attempt<'_>, may_ask: MayAsk) -> Action {
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error(format!("more than {MAX_REDIRECTS} redirections"));
    }
    match ensure_may_ask(attempt.url(), may_ask) {
        Ok(()) => attempt.follow(),
        Err(error) => attempt.error(error),
    }
}

/// Resolves names to addresses that may be asked. The connection is made to the same addresses that
/// were looked at.
pub struct Resolver(pub MayAsk);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let may_ask = self.0;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let mut found: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            found.retain(|address| may_ask(address.ip()));
            if found.is_empty() {
                return Err(NotPublic { host }.into());
            }
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_special_addresses_are_not_public() {
        for special in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn addresses_beside_the_special_ones_are_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "3fff:1000::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn addresses_are_seen_however_they_are_written() {
        for url in [
            "https://127.0.0.1/x",
            "https://127.1/x",
            "https://0x7f000001/x",
            "https://2130706433/x",
            "https://0177.0.0.1/x",
            "https://user@[::ffff:127.0.0.1]:8443/x",
        ] {
            assert!(
                ensure_may_ask(&Url::parse(url).unwrap(), is_public).is_err(),
                "{url}"
            );
        }
        for url in ["https://8.8.8.8/x", "https://files.example/127.0.0.1"] {
            assert!(
                ensure_may_ask(&Url::parse(url).unwrap(), is_public).is_ok(),
                "{url}"
            );
        }
    }
}
