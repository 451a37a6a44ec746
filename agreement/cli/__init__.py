"""The command line: arguments in, exit code out; heavy imports wait inside commands."""

from agreement.cli import auditing as auditing
from agreement.cli import deciding as deciding
from agreement.cli import listing as listing
from agreement.cli._main import main as main
from agreement.cli._main import run as run
