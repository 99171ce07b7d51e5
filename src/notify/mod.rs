//! Floor 2: tells the supervisor, systemd or whoever speaks its protocol, how this process is. (`sd_notify(3)`: one
//! datagram of `KEY=VALUE` lines to the socket that `NOTIFY_SOCKET` names.)
//!
//! A word is sent or lost, never waited for: the tick thread says it too. Not chosen: libsystemd or a crate for it,
//! because three words to a socket need neither.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How often a role says that it is alive: the units' `WatchdogSec=` is ten times that, so that a machine which stands
/// still for some seconds is not taken for a stuck loop.
pub const ALIVE_EVERY: Duration = Duration::from_secs(1);

/// Whoever started this process and restarts it when it falls silent; or nobody.
#[derive(Debug, Default)]
pub struct Supervisor {
    socket: Option<UnixDatagram>,
}

impl Supervisor {
    /// The supervisor at this address: a path, or an abstract name that begins with `@`. Nobody if it is `None`.
    ///
    /// # Errors
    /// When nobody listens there, or the address is none.
    pub fn at(address: Option<&OsStr>) -> io::Result<Supervisor> {
        let Some(address) = address else { return Ok(Supervisor::default()) };
        let address = match address.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        socket.set_nonblocking(true)?;
        Ok(Supervisor { socket: Some(socket) })
    }

    /// The role does its work from now on.
    pub fn ready(&self) {
        self.say(b"READY=1");
    }

    /// The loop went round once more; to be said every [`ALIVE_EVERY`].
    pub fn alive(&self) {
        self.say(b"WATCHDOG=1");
    }

    /// The role was told to end, and does.
    pub fn stopping(&self) {
        self.say(b"STOPPING=1");
    }

    fn say(&self, word: &[u8]) {
        if let Some(socket) = &self.socket {
            // A lost word is made good by the next one; a supervisor that is gone restarts nobody.
            let _ = socket.send(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_a_supervisor_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let name = format!("siaran-{}", std::process::id());
        let abstract_name = SocketAddr::from_abstract_name(&name).expect("short");
        let listeners = [
            (UnixDatagram::bind(&path).expect("bound"), path.into_os_string()),
            (UnixDatagram::bind_addr(&abstract_name).expect("bound"), format!("@{name}").into()),
        ];
        for (listener, address) in listeners {
            let supervisor = Supervisor::at(Some(&address)).expect("somebody listens");
            supervisor.ready();
            let mut word = [0; 32];
            let length = listener.recv(&mut word).expect("a word");
            assert_eq!(&word[..length], b"READY=1");
        }
    }

    #[test]
    fn a_supervisor_that_reads_nothing_holds_nobody_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let _deaf = UnixDatagram::bind(&path).expect("bound");
        let supervisor = Supervisor::at(Some(path.as_os_str())).expect("somebody listens");
        // The queue of such a socket holds a few hundred words; a blocking sender would stop there for good.
        (0..10_000).for_each(|_| supervisor.alive());
    }

    #[test]
    fn an_address_where_nobody_listens_is_an_error_and_none_is_not() {
        assert!(Supervisor::at(Some(OsStr::new("/nonexistent/notify"))).is_err());
        Supervisor::at(None).expect("nobody supervises").ready();
    }
}
