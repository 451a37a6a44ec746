"""What is shipped: the wheel holds templates and sample data, and the demo runs from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.packaging
@pytest.mark.parametrize("folder", ["templates", "sample_data"])
def test_the_wheel_holds_every_file(wheel, folder):
    shipped = {
        f"agreement/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    assert shipped
    assert shipped - set(zipfile.ZipFile(wheel).namelist()) == set()


@pytest.mark.packaging
def test_the_demo_runs_from_the_unpacked_wheel(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    command = [sys.executable, "-c", "import agreement.cli as c, sys; print(c.__file__); sys.exit(c.run(['demo']))"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "site") in done.stdout
    assert (tmp_path / "agreement-report.html").stat().st_size > 10_000


def test_no_python_file_ships_beside_the_package():
    assert [path for folder in ("templates", "sample_data") for path in (ROOT / folder).rglob("*.py")] == []
