"""`python -m trialkit` is `trialkit`."""

import sys


def main() -> None:
    """The command, its modules loaded only here: Ctrl-C while they load is no fault to show."""
    try:
        from trialkit.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
