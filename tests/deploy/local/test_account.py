"""Where the servers' state lives, and whose it is."""

import os
import shutil
import tempfile
from pathlib import Path

from deploy.local.account import ELSEWHERE, state_home, unprivileged
from tests.deploy.local.people import root_only


@root_only
def test_a_checkout_that_the_servers_user_cannot_enter_gets_its_state_elsewhere() -> None:
    """As in /root: the state goes to /var/lib/burenbus and a link stands where it was wanted, also the next time."""
    closed = Path(tempfile.mkdtemp())  # mode 0700
    account = unprivileged()
    try:
        home = state_home(closed / "var" / "servers", account)
        assert home.parent == ELSEWHERE
        assert (closed / "var" / "servers").resolve() == home
        assert account.can_enter(home)
        assert state_home(closed / "var" / "servers", account) == home
        home.rmdir()
    finally:
        shutil.rmtree(closed)


def test_a_checkout_that_can_be_entered_keeps_its_state_whatever_the_umask() -> None:
    """A cautious umask does not lock the servers out of a directory made for them."""
    here = Path(tempfile.mkdtemp())
    here.chmod(0o755)
    before = os.umask(0o077)
    try:
        account = unprivileged()
        home = state_home(here / "servers", account)
        assert home == here / "servers"
        assert account.can_enter(home)
    finally:
        os.umask(before)
        shutil.rmtree(here)


def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    """Also when a file that everybody could read stood there before."""
    file = tmp_path / "secret"
    file.write_text("old")
    file.chmod(0o666)
    unprivileged().write(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)
