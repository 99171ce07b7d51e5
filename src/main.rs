//! Chooses a role; nothing else.

fn main() -> std::process::ExitCode {
    siaran::cli::main()
}
