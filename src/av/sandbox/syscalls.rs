//! The system calls that a decoder needs; every other one fails with `EPERM`. What is named here may read and write
//! descriptors that are open, open files (Landlock says which), hold memory, start threads, wait, and ask the time.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::{Executing, Network, PROGRAM_FD};

/// Allowed whatever the arguments.
const FREE: &[c_long] = &[
    // descriptors that are open
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getcwd,
    libc::SYS_pipe2,
    libc::SYS_eventfd2,
    libc::SYS_memfd_create,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // memory
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_msync,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_munlock,
    libc::SYS_membarrier,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    // threads and waiting
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getattr,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_getpriority,
    libc::SYS_getcpu,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // signals
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_sigaltstack,
    // who and when am I
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrlimit,
    libc::SYS_gettimeofday,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_getrandom,
    // Answered by the other filter with ENOSYS, whereupon the C library falls back to clone, whose flags can be seen.
    libc::SYS_clone3,
];

/// The older names of calls above, which this architecture still has.
#[cfg(target_arch = "x86_64")]
const FREE_HERE: &[c_long] = &[
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_getdents,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_eventfd,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_arch_prctl,
    libc::SYS_time,
    libc::SYS_getpgrp,
    libc::SYS_pause,
    libc::SYS_alarm,
];
/// The older names of calls above, which this architecture still has.
#[cfg(not(target_arch = "x86_64"))]
const FREE_HERE: &[c_long] = &[];

/// What writing files in a folder takes besides.
pub(super) const FILES: &[c_long] = &[
    libc::SYS_flock,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
];

/// What sending over a network takes besides: sockets, and the questions that a name's look-up asks of the interfaces.
pub(super) const SOCKETS: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_shutdown,
    libc::SYS_ioctl,
];

/// What a live source also needs; no listening for connections among it.
const ON_SOCKETS: &[c_long] = &[
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_shutdown,
];

/// Shuts this thread, and those that it starts, into the list; `more` is allowed too, whatever the arguments.
pub(super) fn restrict(
    executing: Executing,
    may_write_files: bool,
    network: Network,
    more: &[c_long],
) -> Result<(), String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| e.to_string())?;
    // Of two filters the stricter answer counts, and the list forbids adding a filter: so this one goes first.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(SeccompFilter::new(clone3, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32), arch))?;
    let mut listed = rules(executing, may_write_files, network).map_err(|e| e.to_string())?;
    listed.extend(more.iter().map(|call| (*call, Vec::new())));
    let eperm = SeccompAction::Errno(libc::EPERM as u32);
    apply(SeccompFilter::new(listed, eperm, SeccompAction::Allow, arch))
}

fn apply(filter: Result<SeccompFilter, seccompiler::BackendError>) -> Result<(), String> {
    let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(|e| e.to_string())?;
    apply_filter(&program).map_err(|e| e.to_string())
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn rules(executing: Executing, may_write_files: bool, network: Network) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = FREE.iter().chain(FREE_HERE).map(|call| (*call, Vec::new())).collect();
    let is = |argument, value: u64| SeccompCondition::new(argument, Len::Dword, Op::Eq, value);
    let masked =
        |argument, mask: u64, value: u64| SeccompCondition::new(argument, Len::Qword, Op::MaskedEq(mask), value);
    let all = |conditions: Vec<SeccompCondition>| SeccompRule::new(conditions);
    let own_process = u64::from(std::process::id());

    // Threads, not processes.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![all(vec![masked(0, thread, thread)?])?]);
    // abort() and raise(), at nobody else.
    rules.insert(libc::SYS_tgkill, vec![all(vec![is(0, own_process)?])?]);
    rules.insert(libc::SYS_kill, vec![all(vec![is(0, own_process)?])?]);
    // Two ends inside this process, with which GStreamer wakes its own loops: no socket that leads anywhere.
    rules.insert(libc::SYS_socketpair, vec![all(vec![is(0, libc::AF_UNIX as u64)?])?]);
    if network != Network::None {
        rules.extend(ON_SOCKETS.iter().map(|call| (*call, Vec::new())));
        // The internet's sockets, and the kernel's answer to which addresses this machine has. Which ports: Landlock.
        let families = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
        let families: Result<_, _> = families.iter().map(|family| all(vec![is(0, *family as u64)?])).collect();
        rules.insert(libc::SYS_socket, families?);
        // A pair of datagram sockets could be connected elsewhere; of streams, not.
        let stream = masked(1, 0xf, libc::SOCK_STREAM as u64)?;
        rules.insert(libc::SYS_socketpair, vec![all(vec![is(0, libc::AF_UNIX as u64)?, stream])?]);
    }
    // Reading a limit, not setting one.
    let unset = SeccompCondition::new(2, Len::Qword, Op::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![all(vec![unset])?]);
    // Names of threads and of memory, and which capabilities there are.
    const PR_SET_VMA: u64 = 0x5356_4d41;
    let harmless = [libc::PR_SET_NAME as u64, libc::PR_GET_NAME as u64, libc::PR_CAPBSET_READ as u64, PR_SET_VMA];
    let named: Result<_, _> = harmless.iter().map(|option| all(vec![is(0, *option)?])).collect();
    rules.insert(libc::SYS_prctl, named?);
    // "Is it a terminal, how wide, how much is there to read, do not block."
    let asked = [libc::TCGETS, libc::TIOCGWINSZ, libc::FIONREAD, libc::FIONBIO, libc::FIOCLEX];
    // And the number of a network's name, for whoever joins a multicast group on it.
    let of_network = (network != Network::None).then_some(libc::SIOCGIFINDEX as _);
    let asked: Result<_, _> = asked.iter().chain(&of_network).map(|request| all(vec![is(1, *request)?])).collect();
    rules.insert(libc::SYS_ioctl, asked?);

    let changes = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND) as u64;
    let opening = |flags_at| match may_write_files {
        true => Ok(Vec::new()),
        false => Ok(vec![all(vec![masked(flags_at, changes, libc::O_RDONLY as u64)?])?]),
    };
    rules.insert(libc::SYS_openat, opening(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, opening(1)?);

    if executing == Executing::ProgramFd {
        let this_descriptor = is(0, PROGRAM_FD as u64)?;
        let itself = is(4, libc::AT_EMPTY_PATH as u64)?;
        rules.insert(libc::SYS_execveat, vec![all(vec![this_descriptor, itself])?]);
    }
    Ok(rules)
}
