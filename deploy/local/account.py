"""Which unprivileged user the private servers run as, and where their state can live.

PostgreSQL refuses to run as root, and a broker has no business being root either. As root we make one system user and
give it the state; otherwise the servers run as whoever we are.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import DeployError

NAME = "burenbus"
ELSEWHERE = Path("/var/lib/burenbus")


@dataclass(frozen=True)
class Account:
    """A user of this machine. `switch` says whether we must change to it: only when we are root."""

    name: str
    uid: int
    gid: int
    switch: bool

    @property
    def popen(self) -> dict[str, object]:
        """Arguments for `subprocess.Popen` that make the child run as this user and none of our groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def can_enter(self, directory: Path) -> bool:
        """Whether this user can reach a directory: every folder above it counts, ACLs included, so we try it."""
        test = ["test", "-r", str(directory), "-a", "-x", str(directory)]
        return subprocess.run(test, cwd="/", check=False, **self.popen).returncode == 0  # type: ignore[call-overload,no-any-return]

    def own(self, directory: Path, *, deep: bool = False) -> Path:
        """A directory that belongs to this user alone; `deep`: with everything in it, while nobody works there."""
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        if self.switch:
            for path in (directory, *(directory.rglob("*") if deep else ())):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
        return directory

    def write(self, path: Path, text: str, *, mode: int = 0o600) -> None:
        """A file of this user, whole at any moment and never readable by others."""
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
        if self.switch:
            os.chown(new, self.uid, self.gid)
        new.replace(path)


def unprivileged() -> Account:
    """Ourselves, or as root the system user `burenbus`, made when it is not there."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Account(me.pw_name, me.pw_uid, me.pw_gid, switch=False)
    try:
        user = pwd.getpwnam(NAME)
    except KeyError:
        if shutil.which("useradd") is None:
            raise DeployError(
                f"De systeemgebruiker {NAME} ontbreekt en `useradd` ook: maak deze gebruiker aan."
            ) from None
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        made = subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], check=False, capture_output=True)
        if made.returncode not in {0, 9}:  # 9: somebody else has just made it
            raise DeployError(f"De systeemgebruiker {NAME} kon niet worden gemaakt: {made.stderr.decode()}") from None
        user = pwd.getpwnam(NAME)
    return Account(user.pw_name, user.pw_uid, user.pw_gid, switch=True)


def state_home(wanted: Path, account: Account) -> Path:
    """Where a directory of the servers can really live.

    A checkout in, say, /root cannot be entered by the unprivileged user: then the state goes to /var/lib/burenbus,
    in a directory of this checkout's own, and a link stands where it was wanted.
    """
    wanted = wanted.absolute()
    if wanted.is_symlink():
        return wanted.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if account.can_enter(wanted.parent):
        return _enterable(wanted)
    if wanted.is_dir():
        try:
            wanted.rmdir()
        except OSError:
            raise DeployError(
                f"Gebruiker {account.name} kan niet bij {wanted}. Verwijder die map en probeer opnieuw."
            ) from None
    home = _enterable(_enterable(ELSEWHERE) / hashlib.sha256(str(wanted).encode()).hexdigest()[:12])
    wanted.symlink_to(home)
    return home


def _enterable(directory: Path) -> Path:
    """Made if need be, and open to pass through whatever our umask says."""
    if not directory.is_dir():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    return directory
