//! The allow list of IP addresses that the link check may connect to: global unicast only. Deny lists have repeatedly
//! missed an address form (Mailpit's GHSA-mpf7-p9x7-96r3, -j3fj-qppj-fmmc, -w4mc-hhc6-xp28).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// True if `ip` is an ordinary public address. IPv6 forms that embed an IPv4 address (mapped, compatible, NAT64, 6to4,
/// Teredo, ISATAP) are never public, because an unknown translator decides where they lead.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// False for the IANA special-purpose registry (RFC 6890) with its later entries, multicast and reserved addresses.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)        // carrier-grade NAT, RFC 6598
            | (169, 254, _)             // link-local, cloud metadata
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)           // protocol assignments, documentation
            | (192, 31, 196)            // AS112
            | (192, 52, 193)            // AMT
            | (192, 88, 99)             // 6to4 relays
            | (192, 168, _)
            | (192, 175, 48)            // AS112
            | (198, 18 | 19, _)         // benchmarks
            | (198, 51, 100)
            | (203, 0, 113)
            | (224.., _, _) // multicast, reserved, broadcast
    )
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let global_unicast = s[0] & 0xe000 == 0x2000;
    let special = match (s[0], s[1]) {
        (0x2001, 0..=0x01ff) => true, // protocol assignments: Teredo, ORCHID, benchmarks
        (0x2001, 0x0db8) => true,     // documentation
        (0x2002, _) => true,          // 6to4
        (0x3fff, 0..=0x0fff) => true, // documentation, RFC 9637
        (0x3ffe, _) => true,          // 6bone, returned
        (0x2620, 0x4f) if s[2] == 0x8000 => true, // AS112
        _ => false,
    };
    // ISATAP's interface identifier, with either universal bit (RFC 5214 §6.1).
    let isatap = s[4] & !0x0200 == 0 && s[5] == 0x5efe;
    global_unicast && !special && !isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_public() {
        for ip in
            ["1.1.1.1", "8.8.8.8", "93.184.216.34", "192.0.1.1", "2606:4700::1111", "2001:4860:4860::8888", "2a00::1"]
        {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn no_form_of_an_internal_address_is_public() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            // Forms that embed an IPv4 address, whether internal or public.
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::127.0.0.1",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:4860::5efe:7f00:1",
            "2001:4860::200:5efe:a00:1",
            "fe80::5efe:a00:1",
            // Not global unicast.
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "3fff::1",
            "3ffe::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
