//! Addresses of this machine, each for one test alone.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// The second numbers of addresses that test programs share out among themselves.
const NETWORKS: std::ops::Range<u8> = 64..224;

/// A port at which nothing else listens, and which marks a network as taken.
const MARK: u16 = 9617;

/// How many addresses of a network end in one third number: 1 to 250.
const IN_A_ROW: u16 = 250;

/// The network 127.N of this process: it listens at the last address of it for as long as it runs, so that other
/// processes take others.
struct Network {
    second: u8,
    _taken: TcpListener,
}

impl Network {
    fn take() -> Self {
        let count = u32::from(NETWORKS.end - NETWORKS.start);
        let first = std::process::id() % count;
        let taken = (0..count).find_map(|step| {
            let second = NETWORKS.start + u8::try_from((first + step) % count).expect("there are fewer than 256");
            let taken = TcpListener::bind((Ipv4Addr::new(127, second, 255, 254), MARK)).ok()?;
            Some(Self { second, _taken: taken })
        });
        taken.expect("there are more networks than test programs that run at once")
    }
}

/// An address of this machine that no other test has, of this process or another.
pub fn next_address() -> Ipv4Addr {
    static NETWORK: LazyLock<Network> = LazyLock::new(Network::take);
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let third = u8::try_from(number / IN_A_ROW).expect("a process takes fewer addresses than it has");
    let last = u8::try_from(number % IN_A_ROW + 1).expect("it is 250 at most");
    assert!(third < u8::MAX, "a process takes fewer addresses than it has");
    Ipv4Addr::new(127, NETWORK.second, third, last)
}

/// An address as before, and a port that is free there.
pub fn free_address() -> (Ipv4Addr, u16) {
    let address = next_address();
    let listener = TcpListener::bind((address, 0)).expect("a new address has free ports");
    (address, listener.local_addr().expect("it listens").port())
}

/// Addresses as before at which nobody listens at `port`, as what an earlier run left behind might.
pub fn addresses_without<const N: usize>(port: u16) -> [Ipv4Addr; N] {
    let mut free = std::iter::repeat_with(next_address).filter(|address| TcpListener::bind((*address, port)).is_ok());
    std::array::from_fn(|_| free.next().expect("it never ends"))
}
