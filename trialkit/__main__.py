"""`python -m trialkit` is `trialkit`."""

from trialkit.cli import main

if __name__ == "__main__":
    main()
