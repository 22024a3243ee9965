//! `cargo just <recipe>`: the task list of this repository on a machine that has
//! only cargo and python3 with pip.
//!
//! Puts pinned copies of `just` and `uv` into `.venv`, then hands the recipe to
//! `just`. Everything else the recipes need, the justfile installs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

/// What `.venv` needs before the justfile can run; the stamp file records it.
const TOOLS: [&str; 2] = ["rust-just==1.59.0", "uv==0.13.9"];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match prepare(&root).and_then(|venv| hand_over(&root, &venv)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cargo just: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Creates `.venv` with the pinned tools unless its stamp says they are there.
///
/// `--without-pip` works where Debian's `python3-venv` is missing, and
/// `pip --python` installs into the venv only, so an externally managed
/// system Python does not stop it.
fn prepare(root: &Path) -> io::Result<PathBuf> {
    let venv = root.canonicalize()?.join(".venv");
    let stamp = venv.join("just-and-uv.txt");
    let wanted = TOOLS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(venv);
    }
    let python = env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
    run(Command::new(&python).args(["-m", "venv", "--without-pip"]).arg(&venv))?;
    run(Command::new(&python)
        .args(["-m", "pip", "--python"])
        .arg(scripts(&venv).join("python"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(TOOLS))?;
    fs::write(&stamp, wanted)?;
    Ok(venv)
}

fn hand_over(root: &Path, venv: &Path) -> io::Result<ExitCode> {
    let mut path = vec![scripts(venv)];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let status = Command::new(scripts(venv).join("just"))
        .arg("--justfile")
        .arg(root.join("justfile"))
        .args(env::args_os().skip(1))
        .env("VIRTUAL_ENV", venv)
        .env("PATH", env::join_paths(path).map_err(io::Error::other)?)
        .status()?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

fn scripts(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

fn run(command: &mut Command) -> io::Result<()> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{} ended with {status}", command.get_program().display())))
}
