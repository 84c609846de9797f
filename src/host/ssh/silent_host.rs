//! Hosts that do not answer: the probable cause, and its remedy.

use super::target::SshTarget;
use crate::provider::Awaited;

/// The cause of the silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    TimedOut,
    Refused,
    NoRoute,
    NoName,
    NoNames,
    OtherFamily,
    NoGreeting,
    HangsUp,
}

/// A host that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SilentHost {
    cause: Cause,
    /// The address and port: `10.0.0.1:22`.
    place: String,
    port: String,
}

/// Messages of ssh, and their causes. The first match applies.
const CAUSES: [(&str, Cause); 14] = [
    ("banner exchange", Cause::NoGreeting),
    ("Address family for hostname not supported", Cause::OtherFamily),
    ("Temporary failure in name resolution", Cause::NoNames),
    ("Could not resolve hostname", Cause::NoName),
    ("Connection refused", Cause::Refused),
    ("No route to host", Cause::NoRoute),
    ("Network is unreachable", Cause::NoRoute),
    ("Host is down", Cause::NoRoute),
    ("timed out", Cause::TimedOut),
    ("not responding", Cause::TimedOut),
    ("Connection closed by", Cause::HangsUp),
    ("Connection reset", Cause::HangsUp),
    ("kex_exchange_identification", Cause::HangsUp),
    ("Not allowed at this time", Cause::HangsUp),
];

impl SilentHost {
    /// Parses ssh's message.
    pub(super) fn read(words: &str, target: &SshTarget) -> Self {
        let cause =
            CAUSES.into_iter().find(|(said, _)| words.contains(said)).map_or(Cause::TimedOut, |(_, cause)| cause);
        // `connect to host 10.0.0.1 port 22: Connection refused`
        let mut connecting = words.split("connect to host ").nth(1).unwrap_or_default().split(' ');
        let named = match (connecting.next(), connecting.next(), connecting.next()) {
            (Some(host), Some("port"), Some(port)) => Some((host.to_owned(), port.trim_end_matches(':').to_owned())),
            _ => None,
        };
        let (host, port) = named.unwrap_or_else(|| {
            (target.address.clone(), target.port.map_or_else(|| "22".to_owned(), |port| port.to_string()))
        });
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Self { cause, place, port }
    }

    /// Returns the event to wait for.
    pub(super) fn awaited(&self, target: &SshTarget) -> Awaited {
        let why = match self.cause {
            Cause::TimedOut => "timed out",
            Cause::Refused => "connection refused",
            Cause::NoRoute => "no route to it",
            Cause::NoName => "the name has no address",
            Cause::NoNames => "this machine cannot look up names",
            Cause::OtherFamily => "no address of the family that is asked for",
            Cause::NoGreeting => "something listens there and says nothing",
            Cause::HangsUp => "it hangs up",
        };
        // A port on this machine is not about to come up, and waiting does not make a name resolve.
        let at_once = target.is_loopback() || matches!(self.cause, Cause::NoName | Cause::OtherFamily);
        Awaited { what: format!("SSH on {}", self.place), why: why.to_owned(), at_once }
    }

    /// Returns the remedy for the probable cause.
    pub(super) fn hint(&self, target: &SshTarget) -> String {
        let port = &self.port;
        match (self.cause, target.machine.is_some()) {
            (Cause::Refused | Cause::TimedOut | Cause::NoRoute, false) if target.is_loopback() => {
                format!(
                    "start the SSH server of this machine, or name its port as `ssh.port` where that is another than {port}; \
                     `run_on = \"this-host\"` runs the programs here, as you, without SSH"
                )
            }
            (Cause::TimedOut | Cause::NoRoute, true) => format!(
                "let port {port} in from here (`security_groups`, network rules); a machine without a public address is \
                 reached from inside its network or through a ProxyJump of ~/.ssh/config"
            ),
            (Cause::TimedOut | Cause::NoRoute, false) => format!(
                "is `address` right, is the host up, and does every firewall and VPN in between let port {port} through?"
            ),
            (Cause::Refused, true) => {
                format!(
                    "the machine is still starting, or its SSH server listens elsewhere than on port {port}: `ssh.port`"
                )
            }
            (Cause::Refused, false) => {
                format!("start its SSH server; one that listens elsewhere than on port {port} needs `ssh.port`")
            }
            (Cause::NoName, _) => {
                "`address` must be a name that this machine can resolve, or a `Host` of ~/.ssh/config".to_owned()
            }
            (Cause::NoNames, _) => {
                "this machine's name servers do not answer: is its network up (/etc/resolv.conf)?".to_owned()
            }
            (Cause::OtherFamily, _) => {
                "`AddressFamily` of ~/.ssh/config rules out what `address` is or leads to".to_owned()
            }
            (Cause::NoGreeting, _) => {
                format!("is it an SSH server that listens on port {port}, and is that host not overloaded?")
            }
            (Cause::HangsUp, _) => "its SSH server turns us away: it is still starting, serves too many at once \
                                    (MaxStartups), or bars this address for a while (fail2ban)"
                .to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::sample;
    use super::*;

    fn seen(words: &str, target: &SshTarget) -> (String, String, String) {
        let silence = SilentHost::read(words, target);
        let awaited = silence.awaited(target);
        (awaited.what, awaited.why, silence.hint(target))
    }

    #[test]
    fn the_probable_cause_is_named() {
        let machine = sample();
        let (what, why, hint) = seen("connect to host 54.0.0.1 port 22: Connection timed out", &machine);
        assert_eq!((what.as_str(), why.as_str()), ("SSH on 54.0.0.1:22", "timed out"));
        assert!(hint.contains("security_groups") && hint.contains("port 22"), "{hint}");
        let (what, why, _) = seen("connect to host ::1 port 2222: Connection refused", &machine);
        assert_eq!((what.as_str(), why.as_str()), ("SSH on [::1]:2222", "connection refused"));
        let (what, why, hint) = seen("Connection closed by 10.0.0.1 port 22", &machine);
        assert_eq!((what.as_str(), why.as_str()), ("SSH on 10.0.0.1:22", "it hangs up"));
        assert!(hint.contains("MaxStartups"), "{hint}");
    }

    #[test]
    fn a_name_without_an_address_and_an_address_that_is_ruled_out_differ() {
        let there = SshTarget { machine: None, ..sample() };
        for (said, remedy) in [
            ("Name or service not known", "`address` must be a name"),
            ("Temporary failure in name resolution", "name servers"),
            ("Address family for hostname not supported", "`AddressFamily`"),
        ] {
            let (_, _, hint) = seen(&format!("Could not resolve hostname web: {said}"), &there);
            assert!(hint.contains(remedy), "{said}: {hint}");
        }
    }

    #[test]
    fn this_machine_can_do_without_ssh() {
        let here = SshTarget { machine: None, address: "localhost".to_owned(), ..sample() };
        let words = "connect to host localhost port 22: Connection refused";
        assert!(SilentHost::read(words, &here).awaited(&here).at_once);
        assert!(seen(words, &here).2.contains("run_on = \"this-host\""));
        let there = SshTarget { machine: None, ..sample() };
        assert!(!SilentHost::read(words, &there).awaited(&there).at_once);
        assert!(!seen(words, &there).2.contains("this-host"));
    }
}
