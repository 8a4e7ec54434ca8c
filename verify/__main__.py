"""`python -m verify` is the command w2s."""

from verify.commands import main

if __name__ == "__main__":
    main()
